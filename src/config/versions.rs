//! The mappings of a configuration: compiled or taken over from before, by version, and which one a tenant means.
//!
//! Several versions of one mapping may be there: two files that describe the same party, and texts of before that
//! messages under way were accepted under. A tenant takes the party's default or pins a version: `NAME@HASH`.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::index::Placed;
use super::{FileOf, Files, Snapshot};
use crate::diagnostic::{Diagnostic, Source, Span, suggest};
use crate::language::Schemas;
use crate::mapping::{self, Mapping, Party};
use crate::model::Name;

/// The problems that reading a file found, by file.
pub(super) type Notes = BTreeMap<Arc<str>, Vec<Diagnostic>>;

/// A tenant's mapping is missing.
const MISSING: &str = "SB0501";

/// Every mapping there is.
pub(super) struct Versions {
    /// What each file comes to: its text, or its last good one.
    pub(super) by_file: BTreeMap<Arc<str>, Arc<Mapping>>,
    /// What tenants without a pin take.
    pub(super) defaults: BTreeMap<(Party, Name), Arc<Mapping>>,
    /// Those of files, then those of before.
    pub(super) all: Vec<Arc<Mapping>>,
    /// Files that describe a party whose default is none of them by its name.
    rivals: Vec<(Arc<Mapping>, Arc<Mapping>)>,
}

/// Why a tenant's mapping cannot be had.
pub(super) struct NoMapping {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) help: String,
}

impl Versions {
    pub(super) fn read(files: &Files, before: Option<&Snapshot>, notes: &mut Notes) -> Self {
        let mut by_file = BTreeMap::new();
        for source in &files.mappings {
            let known = before.and_then(|before| before.by_file.get(&source.name));
            if let Some(mapping) = one(source, files.schemas.as_ref(), known, before, notes) {
                by_file.insert(source.name.clone(), mapping);
            }
        }
        for unread in files.unread.iter().filter(|unread| unread.of == FileOf::Mapping) {
            let known = before.and_then(|before| before.by_file.get(&unread.file));
            by_file.extend(known.map(|known| (unread.file.clone(), known.clone())));
            notes.insert(unread.file.clone(), vec![unread.problem()]);
        }
        let mut all: Vec<Arc<Mapping>> = by_file.values().cloned().collect();
        for source in &files.earlier {
            // It compiled once; where a newer program refuses it, its messages go on under the newest version.
            let version = version(&source.text);
            if all.iter().all(|mapping| mapping.version != version) {
                let kept = before.and_then(|before| before.loaded(&version)).cloned();
                all.extend(kept.or_else(|| mapping::compile(source, version, None, &mut Vec::new()).map(Arc::new)));
            }
        }
        let mut versions = Self { by_file, defaults: BTreeMap::new(), all, rivals: Vec::new() };
        versions.choose(before);
        versions
    }

    /// The default of each party: of the file that is named after it; else of the one that was it before, else of the
    /// first by name, and then nobody may rely on it.
    fn choose(&mut self, before: Option<&Snapshot>) {
        let mut parties: BTreeMap<(Party, Name), Vec<&Arc<Mapping>>> = BTreeMap::new();
        for mapping in self.by_file.values() {
            parties.entry((mapping.party, mapping.name.clone())).or_default().push(mapping);
        }
        for (key, described) in parties {
            let was = before.and_then(|before| before.mappings.get(&key));
            let named = described.iter().find(|mapping| stem(&mapping.source.name) == key.1.as_str());
            let was = described.iter().find(|mapping| was.is_some_and(|was| was.source.name == mapping.source.name));
            let Some(chosen) = named.or(was).or(described.first()) else { continue };
            if named.is_none() {
                let others = described.iter().filter(|other| !Arc::ptr_eq(other, chosen));
                self.rivals.extend(others.map(|other| ((*other).clone(), (*chosen).clone())));
            }
            self.defaults.insert(key, (*chosen).clone());
        }
    }

    /// The mapping that `NAME` or `NAME@HASH` means.
    pub(super) fn find(&self, party: Party, written: &str) -> Result<Arc<Mapping>, NoMapping> {
        let kind = kind(party);
        let Some((name, pin)) = written.split_once('@') else {
            let default = self.defaults.get(&(party, Name::from(written)));
            return default.cloned().ok_or_else(|| {
                let known = self.defaults.keys().filter(|(of, _)| *of == party).map(|(_, name)| name.as_str());
                let help = suggest(written, known).map_or_else(
                    || format!("a mapping file with `{kind}: {written}` is needed, without errors"),
                    |name| format!("did you mean `{name}`?"),
                );
                NoMapping { code: MISSING, message: format!("there is no {kind} `{written}`"), help }
            });
        };
        let of_party = || self.all.iter().filter(|mapping| mapping.party == party && mapping.name.as_str() == name);
        let mut fitting: Vec<&Arc<Mapping>> = of_party().filter(|mapping| mapping.version.starts_with(pin)).collect();
        fitting.sort_by(|a, b| a.version.cmp(&b.version));
        fitting.dedup_by(|a, b| a.version == b.version);
        match fitting.as_slice() {
            [mapping] if !pin.is_empty() => return Ok((*mapping).clone()),
            _ => {}
        }
        let known: Vec<String> = of_party().map(|mapping| self.described(mapping)).collect();
        let message = match fitting.len() {
            0 => format!("no version of the {kind} `{name}` begins with `{pin}`"),
            _ => format!("`{pin}` does not say which version of the {kind} `{name}` is meant"),
        };
        let help = if known.is_empty() {
            format!("a mapping file with `{kind}: {name}` is needed, without errors")
        } else {
            format!("known are: {}", known.join(", "))
        };
        Err(NoMapping { code: "SB0506", message, help })
    }

    fn described(&self, mapping: &Arc<Mapping>) -> String {
        let of_file = self.by_file.values().any(|known| Arc::ptr_eq(known, mapping));
        let place = if of_file { mapping.source.name.to_string() } else { "an earlier text, kept".to_owned() };
        format!("{} ({place})", mapping.version)
    }

    /// Two files of one party, and somebody takes what is not decided.
    pub(super) fn report_rivals(&self, tenants: &[Placed], problems: &mut Vec<Diagnostic>) {
        for (mapping, chosen) in &self.rivals {
            let mut users = tenants
                .iter()
                .map(|(tenant, _)| tenant.written(mapping.party))
                .filter(|written| written.split('@').next() == Some(mapping.name.as_str()))
                .peekable();
            if users.peek().is_some() && users.all(|written| written.contains('@')) {
                continue;
            }
            let (kind, name) = (kind(mapping.party), &mapping.name);
            problems.push(
                Diagnostic::error("SB0504", format!("`{name}` is described twice"))
                    .at(&mapping.source, Span::default())
                    .help(format!("the other file is {}; keep one of the two", chosen.source.name))
                    .help(format!(
                        "or call the one that tenants take `{name}.yaml`, or pin every tenant: `{kind}: {name}@HASH`"
                    )),
            );
        }
    }
}

/// A schema's text; `None` of `None`: there are none at hand to check against.
fn text_of<'s>(schemas: Option<&'s Schemas>, name: &str) -> Option<Option<&'s str>> {
    schemas.map(|schemas| schemas.get(name).map(|source| &*source.text))
}

/// A file's mapping: the one from before where its text and its schemas' are the same, or where it has an error; else
/// compiled.
fn one(
    source: &Source,
    schemas: Option<&Schemas>,
    known: Option<&Arc<Mapping>>,
    before: Option<&Snapshot>,
    notes: &mut Notes,
) -> Option<Arc<Mapping>> {
    let version = version(&source.text);
    let before_schemas = before.and_then(|before| before.schemas.as_ref());
    let same = |mapping: &Mapping| {
        let mut declared = mapping.schemas();
        mapping.version == version && declared.all(|name| text_of(before_schemas, name) == text_of(schemas, name))
    };
    let same = known.filter(|mapping| same(mapping));
    let said = before.and_then(|before| before.notes.get(&source.name));
    // What was said last may be of a broken text in between: then what is to be said of this one is not known.
    let known_good = said.is_none_or(|said| !said.iter().any(Diagnostic::is_error));
    if let Some(same) = same.filter(|_| known_good) {
        notes.extend(said.map(|said| (source.name.clone(), said.clone())));
        return Some(same.clone());
    }
    let mut problems = Vec::new();
    let compiled = mapping::compile(source, version, schemas, &mut problems).map(Arc::new);
    let broken = compiled.is_none() || problems.iter().any(Diagnostic::is_error);
    if !problems.is_empty() {
        notes.insert(source.name.clone(), problems);
    }
    if broken { known.cloned() } else { same.cloned().or(compiled) }
}

/// One missing mapping is one problem, however many tenants take it: told where the first of them names it.
pub(super) fn told_once(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::new();
    let mut more: BTreeMap<String, Vec<Arc<str>>> = BTreeMap::new();
    for problem in problems {
        if problem.code == MISSING {
            let known = more.get_mut(&problem.message);
            if let (Some(files), Some((source, _))) = (known, &problem.place) {
                files.push(source.name.clone());
                continue;
            }
            more.insert(problem.message.clone(), Vec::new());
        }
        kept.push(problem);
    }
    let count = |problem: Diagnostic| match more.get(&problem.message).map(Vec::as_slice) {
        Some([first, rest @ ..]) if problem.code == MISSING => {
            let others = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            problem.help(format!("{} tenants take it: also {first}{others}", rest.len() + 2))
        }
        _ => problem,
    };
    kept.into_iter().map(count).collect()
}

const fn kind(party: Party) -> &'static str {
    match party {
        Party::Platform => "platform",
        Party::Provider => "provider",
    }
}

/// A file's name without folder and ending.
fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// A text's version: a hash of it, short.
#[must_use]
pub fn version(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

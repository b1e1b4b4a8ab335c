//! Files to snapshot: every mapping, then every tenant; all problems of all files in one run.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::index;
use super::secret::Resolve;
use super::tenant::{self, Tenant};
use super::{Files, Snapshot};
use crate::diagnostic::{Diagnostic, Severity, Source, Span};
use crate::mapping::{self, Mapping, Party, Reader};
use crate::model::Name;
use crate::yaml;

/// Builds a snapshot. A mapping or tenant whose file has an error keeps its version of `before`, if it had one.
#[must_use]
pub fn build(
    files: &Files,
    before: Option<&Snapshot>,
    resolve: Resolve<'_>,
    key: [u8; 32],
) -> (Snapshot, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut mappings = mappings(&files.mappings, before, &mut problems);
    let mut tenants = Vec::new();
    for source in &files.tenants {
        if let Some(tenant) = one_tenant(source, &mappings, before, resolve, &mut problems) {
            tenants.push((tenant, source.clone()));
        }
    }
    // Whoever works already goes before a newcomer who claims the same.
    let new = |tenant: &Tenant| before.is_none_or(|before| before.tenant(tenant.name.as_str()).is_none());
    tenants.sort_by_key(|(tenant, _)| new(tenant));
    let mut tenants = index::without_clashes(tenants, &mut problems);
    tenants.extend(removed(&tenants, &mappings, before, resolve, &mut problems));
    // A mapping whose file is gone stays for as long as somebody uses it.
    for mapping in tenants.iter().flat_map(|(tenant, _)| [&tenant.platform, &tenant.provider]) {
        mappings.entry((mapping.party, mapping.name.clone())).or_insert_with(|| mapping.clone());
    }
    (index::snapshot(mappings, tenants, before, key, &mut problems), problems)
}

fn mappings(
    files: &[Source],
    before: Option<&Snapshot>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<(Party, Name), Arc<Mapping>> {
    let mut mappings: BTreeMap<(Party, Name), Arc<Mapping>> = BTreeMap::new();
    let known = |source: &Source| {
        before.and_then(|snapshot| snapshot.mappings.values().find(|mapping| mapping.source.name == source.name))
    };
    // Whoever works already goes before a newcomer of the same name.
    let mut files: Vec<&Source> = files.iter().collect();
    files.sort_by_key(|source| known(source).is_none());
    for source in files {
        let version = version(&source.text);
        let known = known(source);
        if let Some(same) = known.filter(|mapping| mapping.version == version) {
            mappings.insert((same.party, same.name.clone()), same.clone());
            continue;
        }
        let first = problems.len();
        let compiled = mapping::compile(source, version, problems).map(Arc::new);
        let broken = compiled.is_none() || problems[first..].iter().any(|problem| problem.severity == Severity::Error);
        let Some(mapping) = (if broken { known.cloned() } else { compiled }) else { continue };
        let key = (mapping.party, mapping.name.clone());
        if let Some(other) = mappings.get(&key) {
            problems.push(
                Diagnostic::error("SB0504", format!("`{}` is described twice", mapping.name))
                    .at(source, Span::default())
                    .help(format!("the other file is {}; keep one of the two", other.source.name)),
            );
            continue;
        }
        mappings.insert(key, mapping);
    }
    mappings
}

fn one_tenant(
    source: &Source,
    mappings: &BTreeMap<(Party, Name), Arc<Mapping>>,
    before: Option<&Snapshot>,
    resolve: Resolve<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Arc<Tenant>> {
    let mut reader = Reader::new(source.clone());
    let node = yaml::parse(source, &mut reader.problems);
    let tenant = node.as_ref().and_then(|node| read(&mut reader, node, mappings, resolve));
    problems.append(&mut reader.problems);
    if tenant.is_some() {
        return tenant.map(Arc::new);
    }
    let last = last_good(source, node.as_ref(), before?)?;
    Some(again(last, mappings, resolve).map_or_else(|| last.clone(), Arc::new))
}

/// Reads a tenant; `None` if it has an error.
fn read(
    reader: &mut Reader,
    node: &yaml::Node,
    mappings: &BTreeMap<(Party, Name), Arc<Mapping>>,
    resolve: Resolve<'_>,
) -> Option<Tenant> {
    let find = |party: Party, name: &str| mappings.get(&(party, Name::from(name))).cloned();
    let tenant = tenant::read(reader, node, &find, resolve);
    tenant.filter(|_| reader.problems.iter().all(|problem| problem.severity != Severity::Error))
}

/// The tenant that a broken file was before it broke: of that file, or of the name the file still gives.
fn last_good<'s>(source: &Source, node: Option<&yaml::Node>, before: &'s Snapshot) -> Option<&'s Arc<Tenant>> {
    let same_file = before.tenants.iter().find(|tenant| tenant.source.name == source.name);
    same_file.or_else(|| before.tenant(node?.get("tenant")?.as_text()?))
}

/// A tenant's last good text under the mappings of today; `None` where they do not fit any more.
fn again(last: &Tenant, mappings: &BTreeMap<(Party, Name), Arc<Mapping>>, resolve: Resolve<'_>) -> Option<Tenant> {
    let mut reader = Reader::new(last.source.clone());
    let node = yaml::parse(&last.source, &mut reader.problems)?;
    read(&mut reader, &node, mappings, resolve)
}

/// Tenants whose files are gone: disabled, so that what they sent before is still told of, and a STOP still heard. One
/// whose name, number or credential is somebody's now is gone altogether.
fn removed(
    tenants: &[index::Placed],
    mappings: &BTreeMap<(Party, Name), Arc<Mapping>>,
    before: Option<&Snapshot>,
    resolve: Resolve<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<index::Placed> {
    let gone = before.map_or(&[][..], |before| &before.tenants).iter();
    let gone = gone.filter(|known| tenants.iter().all(|(tenant, _)| tenant.name != known.name));
    let disabled = gone.map(|known| {
        let tenant = again(known, mappings, resolve).unwrap_or_else(|| Tenant::clone(known));
        (Arc::new(Tenant { enabled: false, ..tenant }), known.source.clone())
    });
    let all: Vec<index::Placed> = tenants.iter().cloned().chain(disabled).collect();
    let kept = index::without_clashes(all, &mut Vec::new()).split_off(tenants.len());
    problems.extend(kept.iter().map(|(tenant, source)| {
        let what = format!("the tenant `{}` has no file any more: disabled until the next start", tenant.name);
        let mut problem = Diagnostic::warning("SB0505", what);
        problem.help.push(format!("it was {}; its statuses and opt-outs are still taken in", source.name));
        problem
    }));
    kept
}

/// A mapping's version: a hash of its text, short.
fn version(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;

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
    let mappings = mappings(&files.mappings, before, &mut problems);
    let mut tenants = Vec::new();
    for source in &files.tenants {
        if let Some(tenant) = one_tenant(source, &mappings, before, resolve, &mut problems) {
            tenants.push((tenant, source.clone()));
        }
    }
    let tenants = index::without_clashes(tenants, &mut problems);
    (index::snapshot(mappings, tenants, key, &mut problems), problems)
}

fn mappings(
    files: &[Source],
    before: Option<&Snapshot>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<(Party, Name), Arc<Mapping>> {
    let mut mappings: BTreeMap<(Party, Name), Arc<Mapping>> = BTreeMap::new();
    for source in files {
        let version = version(&source.text);
        let known =
            before.and_then(|snapshot| snapshot.mappings.values().find(|mapping| mapping.source.name == source.name));
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
    let find = |party: Party, name: &str| mappings.get(&(party, Name::from(name))).cloned();
    let tenant = node.as_ref().and_then(|node| tenant::read(&mut reader, node, &find, resolve));
    let broken = reader.problems.iter().any(|problem| problem.severity == Severity::Error);
    problems.append(&mut reader.problems);
    match tenant {
        Some(tenant) if !broken => Some(Arc::new(tenant)),
        _ => last_good(node.as_ref(), before?),
    }
}

/// The tenant that a broken file was before it broke, found by the name the file still gives.
fn last_good(node: Option<&yaml::Node>, before: &Snapshot) -> Option<Arc<Tenant>> {
    let name = node?.get("tenant")?.as_text()?;
    before.tenant(name).cloned()
}

/// A mapping's version: a hash of its text, short.
fn version(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

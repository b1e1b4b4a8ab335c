//! Changes of the files, in the audit log: which version is in place since when, and whose files are others than before.
//!
//! Written before a configuration is put in place. Unlike what is done over the admin API it holds nothing up: the files
//! are the operator's word, and a store in trouble is no reason to go on with what he took back.

use std::collections::BTreeMap;

use tracing::warn;

use super::clock::now;
use crate::config::Snapshot;
use crate::model::Name;
use crate::store::{Audit, Audits, Store, StoreError};

/// Who stands in the audit log: no token can have that name.
const WHO: &str = "the files";
/// What is said to have been done.
const WHAT: &str = "configuration";
/// With more changes at once, nobody reads them one by one.
const MOST: usize = 20;

/// A file as it is served: whose, and which text of it.
type Served = BTreeMap<(String, Option<Name>), String>;

/// Notes what is served from a start on, if it is another version than was noted last.
pub(super) async fn start(store: &dyn Store, after: &Snapshot) {
    let version = format!("version {}", after.version());
    let last = Audits { who: Some(WHO.to_owned()), what: Some(WHAT.to_owned()), ..Audits::default() };
    let noted = async {
        let lines = store.audits(&last, MOST + 1).await?;
        let known = lines.iter().find(|line| line.about.starts_with("version "));
        if known.is_some_and(|line| line.about.starts_with(&version)) {
            return Ok(());
        }
        let (tenants, mappings) = (after.tenants.len(), after.by_file.len());
        note(store, None, format!("{version}: at the start, {tenants} tenants and {mappings} mappings")).await
    };
    complain(noted.await);
}

/// Notes a change. `told`: everything was read again, secrets too, whether it changed or not.
pub(super) async fn change(store: &dyn Store, before: &Snapshot, after: &Snapshot, told: bool) {
    let version = after.version();
    if before.version() == version && !told {
        return;
    }
    let changes = changes(&served(before), &served(after));
    let noted = async {
        for (tenant, what) in changes.iter().take(MOST) {
            note(store, tenant.clone(), what.clone()).await?;
        }
        let more = changes.len().saturating_sub(MOST);
        let more = if more > 0 { format!(", {more} more files") } else { String::new() };
        let told = if told { ", secrets read again" } else { "" };
        note(store, None, format!("version {version}: {} changed files{more}{told}", changes.len())).await
    };
    complain(noted.await);
}

fn served(snapshot: &Snapshot) -> Served {
    let tenants = snapshot.tenants.iter().map(|tenant| {
        let state = if tenant.removed { " without its file" } else { "" };
        ((tenant.source.name.to_string(), Some(tenant.name.clone())), format!("{}{state}", tenant.version))
    });
    let mappings = snapshot.by_file.iter().map(|(file, mapping)| ((file.to_string(), None), mapping.version.clone()));
    tenants.chain(mappings).collect()
}

/// Each file that is new, another, or gone.
fn changes(before: &Served, after: &Served) -> Vec<(Option<Name>, String)> {
    let now = after.iter().filter_map(|(file, version)| match before.get(file) {
        Some(known) if known == version => None,
        Some(_) => Some((file, format!("{} is now {version}", short(&file.0)))),
        None => Some((file, format!("{} is new: {version}", short(&file.0)))),
    });
    let gone = before
        .keys()
        .filter(|file| !after.contains_key(file))
        .map(|file| (file, format!("{} is gone", short(&file.0))));
    now.chain(gone).map(|(file, what)| (file.1.clone(), what)).collect()
}

/// The file and its folder.
fn short(file: &str) -> &str {
    file.rmatch_indices('/').nth(1).map_or(file, |(at, _)| &file[at + 1..])
}

async fn note(store: &dyn Store, tenant: Option<Name>, about: String) -> Result<(), StoreError> {
    store.audit(Audit { id: 0, at: now(), who: WHO.to_owned(), what: WHAT.to_owned(), tenant, about }).await
}

fn complain(noted: Result<(), StoreError>) {
    if let Err(problem) = noted {
        warn!(%problem, "the change of the files could not be written into the audit log");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_that_is_another_is_named_once() {
        let served = |files: &[(&str, Option<&str>, &str)]| -> Served {
            let one = |(file, tenant, version): &(&str, Option<&str>, &str)| {
                (((*file).to_owned(), tenant.map(Name::from)), (*version).to_owned())
            };
            files.iter().map(one).collect()
        };
        let before = served(&[("/etc/t/a.yaml", Some("a"), "1"), ("b.yaml", Some("b"), "1"), ("m.yaml", None, "7")]);
        let after = served(&[("b.yaml", Some("b"), "2"), ("c.yaml", Some("c"), "1"), ("m.yaml", None, "7")]);
        let said: Vec<String> = changes(&before, &after).into_iter().map(|(_, what)| what).collect();
        assert_eq!(said, ["b.yaml is now 2", "c.yaml is new: 1", "t/a.yaml is gone"]);
        assert_eq!(changes(&after, &after), []);
    }
}

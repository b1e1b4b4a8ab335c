//! Which texts of the configuration the store keeps: the last good one of every file, and earlier mappings that messages
//! were accepted under. What they mean is `config`'s affair.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::gateway::Options;
use crate::config::{Files, Snapshot};
use crate::diagnostic::Source;
use crate::store::{Text, TextKind};
use crate::value::Timestamp;

/// A text goes out of use with the swap, which comes a moment after it is written that it does.
const SWAP: Duration = Duration::from_secs(60);

/// Of a mapping every version is kept; of a tenant the one last good text of its file, which therefore needs no version.
type Key = (TextKind, String, String);

/// As the store has it.
#[derive(Debug, Default)]
pub(super) struct Library(BTreeMap<Key, Kept>);

#[derive(Clone, Debug)]
struct Kept {
    content: Arc<str>,
    retired: Option<Timestamp>,
}

impl Library {
    pub(super) fn new(texts: Vec<Text>) -> Self {
        let kept = texts.into_iter().map(|text| {
            let Text { kind, file, version, content, retired } = text;
            ((kind, file, version), Kept { content: content.into(), retired })
        });
        Self(kept.collect())
    }

    /// Adds to the files what only the store has: mappings as they were, and which tenants no message needs any more.
    pub(super) fn complete(&self, files: &mut Files, before: Option<&Snapshot>) {
        let versions: HashSet<String> =
            files.mappings.iter().map(|source| crate::config::version(&source.text)).collect();
        let earlier =
            self.0.iter().filter(|((kind, _, version), _)| *kind == TextKind::Mapping && !versions.contains(version));
        files.earlier = earlier
            .map(|((_, file, version), kept)| Source::new(format!("{file}@{version}"), kept.content.clone()))
            .collect();
        let removed = before.map_or(&[][..], |before| &before.tenants).iter().filter(|tenant| tenant.removed);
        let settled = removed.filter(|tenant| !self.0.contains_key(&tenant_key(&tenant.source)));
        files.settled = settled.map(|tenant| tenant.source.name.clone()).collect();
    }

    /// What there was when all files were good, for a start at which one of them is not: every file's last good text
    /// under the name that the file has now.
    pub(super) fn last_good(&self, options: &Options) -> Files {
        let mut files = Files::default();
        for ((kind, file, version), kept) in &self.0 {
            let name = |folder: &Path| folder.join(file).display().to_string();
            match kind {
                TextKind::Mapping if kept.retired.is_none() => {
                    files.mappings.push(Source::new(name(&options.mappings), kept.content.clone()));
                }
                TextKind::Mapping => {
                    files.earlier.push(Source::new(format!("{file}@{version}"), kept.content.clone()));
                }
                // Also of one that was taken away before: it is disabled until its last message is settled.
                TextKind::Tenant => files.tenants.push(Source::new(name(&options.tenants), kept.content.clone())),
                TextKind::Gateway => {}
            }
        }
        files
    }

    /// Whether a file is gone whose text is kept.
    pub(super) fn misses(&self, files: &Files) -> bool {
        let there: HashSet<Key> = files
            .tenants
            .iter()
            .map(tenant_key)
            .chain(files.mappings.iter().map(|source| (TextKind::Mapping, file_name(&source.name), String::new())))
            .collect();
        self.0.iter().any(|((kind, file, _), kept)| {
            let file = (*kind, file.clone(), String::new());
            (*kind == TextKind::Tenant || kept.retired.is_none()) && !there.contains(&file)
        })
    }

    /// What must be written before this snapshot is put in place: new texts, and those that go out of use with it.
    pub(super) fn changes(&self, snapshot: &Snapshot, now: Timestamp) -> Vec<Text> {
        let mut used: BTreeMap<Key, Arc<str>> = BTreeMap::new();
        for (file, mapping) in &snapshot.by_file {
            used.insert((TextKind::Mapping, file_name(file), mapping.version.clone()), mapping.source.text.clone());
        }
        let of_files: HashSet<&str> = snapshot.by_file.values().map(|mapping| mapping.version.as_str()).collect();
        let users = snapshot.tenants.iter().flat_map(|tenant| [&tenant.platform, &tenant.provider]);
        for mapping in users.filter(|mapping| !of_files.contains(mapping.version.as_str())) {
            // Pinned, or under a file that has an error: it is kept under the name that it had.
            let known = |(kind, _, version): &&Key| *kind == TextKind::Mapping && *version == mapping.version;
            let file = self.0.keys().find(known).map(|(_, file, _)| file.clone());
            let file = file.unwrap_or_else(|| file_name(&mapping.source.name));
            used.insert((TextKind::Mapping, file, mapping.version.clone()), mapping.source.text.clone());
        }
        for tenant in snapshot.tenants.iter().filter(|tenant| !tenant.removed) {
            used.insert(tenant_key(&tenant.source), tenant.source.text.clone());
        }
        let as_kept = |key: &Key, content: &Arc<str>| {
            let known = self.0.get(key).filter(|kept| kept.retired.is_none());
            known.is_some_and(|kept| Arc::ptr_eq(&kept.content, content) || kept.content == *content)
        };
        let new = used.iter().filter(|(key, content)| !as_kept(key, content));
        let new = new.map(|(key, content)| text(key, content, None));
        let retired = self.0.iter().filter(|(key, kept)| kept.retired.is_none() && !used.contains_key(*key));
        let retired = retired.map(|(key, kept)| text(key, &kept.content, Some(now.after(SWAP))));
        new.chain(retired).collect()
    }

    /// They are written.
    pub(super) fn keep(&mut self, texts: Vec<Text>) {
        self.0.append(&mut Self::new(texts).0);
    }

    /// Whether there is something that goes some day.
    pub(super) fn has_retired(&self) -> bool {
        self.0.values().any(|kept| kept.retired.is_some())
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn text((kind, file, version): &Key, content: &Arc<str>, retired: Option<Timestamp>) -> Text {
    Text { kind: *kind, file: file.clone(), version: version.clone(), content: content.to_string(), retired }
}

fn tenant_key(source: &Source) -> Key {
    (TextKind::Tenant, file_name(&source.name), String::new())
}

/// A file's name inside its folder: the folder may be called otherwise at the next start.
fn file_name(name: &str) -> String {
    let path = Path::new(name).file_name();
    path.map_or_else(|| name.to_owned(), |name| name.to_string_lossy().into_owned())
}

//! Files to snapshot: every mapping, then every tenant; all problems of all files in one run.
//!
//! What did not change is taken over from the snapshot before: a mapping whose text and schemas are the same, and a
//! tenant whose text was not even read again and whose mappings are the same ones.

use std::sync::Arc;

use super::accounts::Book;
use super::gateway::Defaults;
use super::index::{self, Placed};
use super::secret::Resolve;
use super::tenant::{self, Tenant};
use super::versions::{Notes, Versions, told_once};
use super::{FileOf, Files, Snapshot};
use crate::diagnostic::{Diagnostic, Source};
use crate::mapping::{Party, Reader};
use crate::yaml;

/// What a tenant is read with.
struct Around<'a> {
    versions: &'a Versions,
    resolve: Resolve<'a>,
    key: [u8; 32],
    before: Option<&'a Snapshot>,
    defaults: &'a Defaults,
    book: &'a Book,
}

/// Builds a snapshot. A mapping or tenant whose file has an error keeps its version of `before`, if it had one. `key`:
/// random, new at each start.
#[must_use]
pub fn build(
    files: &Files,
    before: Option<&Snapshot>,
    resolve: Resolve<'_>,
    key: [u8; 32],
) -> (Snapshot, Vec<Diagnostic>) {
    let mut notes = Notes::new();
    let versions = Versions::read(files, before, &mut notes);
    let find = |party: Party, written: &str| versions.find(party, written);
    let defaults = &files.defaults;
    let (book, of_accounts) = Book::open(&defaults.accounts, &defaults.limits, &find, resolve);
    let around = Around { versions: &versions, resolve, key, before, defaults, book: &book };
    let mut tenants = Vec::new();
    for source in &files.tenants {
        if let Some(tenant) = around.tenant(source, &mut notes) {
            tenants.push((tenant, source.clone()));
        }
    }
    for unread in files.unread.iter().filter(|unread| unread.of == FileOf::Tenant) {
        notes.insert(unread.file.clone(), vec![unread.problem()]);
        if let Some(last) = before.and_then(|before| before.of_file(&unread.file)) {
            tenants.push((around.as_it_was(last), last.source.clone()));
        }
    }
    // Whoever works already goes before a newcomer who claims the same.
    let new = |tenant: &Tenant| before.is_none_or(|before| before.tenant(tenant.name.as_str()).is_none());
    tenants.sort_by_key(|(tenant, _)| new(tenant));
    let mut problems = of_accounts;
    let mut tenants = index::without_clashes(tenants, &key, &mut problems);
    tenants.extend(around.removed(files, &tenants, &mut problems));
    versions.report_rivals(&tenants, &mut problems);
    let mut snapshot = index::snapshot(versions, tenants, notes, (before, key), &mut problems);
    snapshot.public_url.clone_from(&files.public_url);
    snapshot.schemas.clone_from(&files.schemas);
    snapshot.defaults.clone_from(defaults);
    index::report_signed_urls(&snapshot, &mut problems);
    let mut all = told_once(snapshot.notes.values().flatten().cloned().collect());
    all.append(&mut problems);
    (snapshot, all)
}

impl Around<'_> {
    /// A file's tenant, as it is or as it was.
    fn tenant(&self, source: &Source, notes: &mut Notes) -> Option<Arc<Tenant>> {
        if let Some((tenant, said)) = self.unchanged(source) {
            notes.extend(said.map(|said| (source.name.clone(), said.clone())));
            return Some(tenant.clone());
        }
        let mut reader = Reader::new(source.clone());
        let node = yaml::parse(source, &mut reader.problems);
        let tenant = node.as_ref().and_then(|node| self.read(&mut reader, node));
        if !reader.problems.is_empty() {
            notes.insert(source.name.clone(), reader.problems);
        }
        if tenant.is_some() {
            return tenant.map(Arc::new);
        }
        let last = last_good(source, node.as_ref(), self.before?)?;
        Some(self.as_it_was(last))
    }

    /// A tenant's last good version, under the mappings of today as far as they fit.
    fn as_it_was(&self, last: &Arc<Tenant>) -> Arc<Tenant> {
        self.again(last).map_or_else(|| last.clone(), Arc::new)
    }

    /// The tenant of a file that was not read again since, and that means the same mappings, with what was said of it.
    fn unchanged(&self, source: &Source) -> Option<(&Arc<Tenant>, Option<&Vec<Diagnostic>>)> {
        let before = self.before?;
        let known = before.of_file(&source.name)?;
        let same = Arc::ptr_eq(&known.source.text, &source.text) && !known.removed && self.means_the_same(known);
        same.then(|| (known, before.notes.get(&source.name)))
    }

    fn means_the_same(&self, known: &Tenant) -> bool {
        if self.before.is_none_or(|before| before.defaults != *self.defaults) {
            return false;
        }
        [Party::Platform, Party::Provider].into_iter().all(|party| {
            let now = self.versions.find(party, known.written(party));
            now.is_ok_and(|mapping| Arc::ptr_eq(&mapping, known.mapping(party)))
        })
    }

    /// Reads a tenant; `None` if it has an error.
    fn read(&self, reader: &mut Reader, node: &yaml::Node) -> Option<Tenant> {
        let find = |party: Party, written: &str| self.versions.find(party, written);
        let mut tenant = tenant::read(reader, node, &find, self.resolve, (self.defaults, self.book))?;
        if reader.problems.iter().any(Diagnostic::is_error) {
            return None;
        }
        tenant.entries = index::entries_of(&tenant);
        Some(tenant)
    }

    /// A tenant's last good text under the mappings of today; `None` where they do not fit any more.
    fn again(&self, last: &Tenant) -> Option<Tenant> {
        let mut reader = Reader::new(last.source.clone());
        let node = yaml::parse(&last.source, &mut reader.problems)?;
        self.read(&mut reader, &node)
    }

    /// Tenants whose files are gone: disabled, so that what they sent before is still told of, and a STOP still heard.
    /// One whose name, number or credential is somebody's now, or that no message needs any more, is gone altogether.
    fn removed(&self, files: &Files, tenants: &[Placed], problems: &mut Vec<Diagnostic>) -> Vec<Placed> {
        let there: std::collections::HashSet<&str> = tenants.iter().map(|(tenant, _)| tenant.name.as_str()).collect();
        let gone = self.before.map_or(&[][..], |before| &before.tenants).iter();
        let gone = gone.filter(|known| !there.contains(known.name.as_str()));
        let gone: Vec<&Arc<Tenant>> = gone.filter(|known| !files.settled.contains(&known.source.name)).collect();
        if gone.is_empty() {
            return Vec::new();
        }
        let disabled = gone.into_iter().map(|known| {
            if known.removed && self.means_the_same(known) {
                return (known.clone(), known.source.clone());
            }
            let tenant = self.again(known).unwrap_or_else(|| Tenant::clone(known));
            (Arc::new(Tenant { enabled: false, removed: true, ..tenant }), known.source.clone())
        });
        let all: Vec<Placed> = tenants.iter().cloned().chain(disabled).collect();
        let kept = index::without_clashes(all, &self.key, &mut Vec::new()).split_off(tenants.len());
        problems.extend(kept.iter().map(|(tenant, source)| {
            let what = format!(
                "the tenant `{}` has no file any more: disabled until its last message is settled",
                tenant.name
            );
            let mut problem = Diagnostic::warning("SB0505", what);
            problem.help.push(format!("it was {}; its statuses and opt-outs are still taken in", source.name));
            problem
        }));
        kept
    }
}

/// The tenant that a broken file was before it broke: of that file, or of the name the file still gives.
fn last_good<'s>(source: &Source, node: Option<&yaml::Node>, before: &'s Snapshot) -> Option<&'s Arc<Tenant>> {
    before.of_file(&source.name).or_else(|| before.tenant(node?.get("tenant")?.as_text()?))
}

#[cfg(test)]
mod tests;

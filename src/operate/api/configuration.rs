//! `GET /api/configuration`: every file with what is served of it, and every problem as `check` prints it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{Desk, Standing, standing};
use super::changes::changes;
use super::fault::Fault;
use super::ledger::time;
use super::token::Bearer;
use crate::config::Snapshot;
use crate::diagnostic::Diagnostic;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {}

/// Which files somebody sees: all of them, or a tenant's own and those of its mappings.
pub(super) struct Seen {
    /// Nothing: all of them.
    files: Option<BTreeSet<Arc<str>>>,
    /// Names and files of others, which are nobody's business who sees some files only.
    others: Vec<String>,
}

impl Seen {
    pub(super) fn by(bearer: &Bearer, snapshot: &Snapshot, standing: &Standing) -> Self {
        let Some(own) = bearer.tenant() else { return Self { files: None, others: Vec::new() } };
        let mut files = BTreeSet::new();
        if let Some(tenant) = snapshot.tenant(own) {
            files.insert(tenant.source.name.clone());
            let versions = [&tenant.platform.version, &tenant.provider.version];
            let used = snapshot.by_file.iter().filter(|(_, mapping)| versions.contains(&&mapping.version));
            files.extend(used.map(|(file, _)| file.clone()));
        }
        let others = snapshot.tenants.iter().filter(|tenant| tenant.name.as_str() != own);
        let names = others.flat_map(|tenant| [tenant.name.to_string(), tenant.source.name.to_string()]);
        let broken = standing.problems.iter().filter_map(standing::file);
        let broken = broken.filter(|file| !files.contains(file)).map(|file| file.to_string());
        let others = names.chain(broken).collect();
        Self { files: Some(files), others }
    }

    fn sees(&self, file: Option<&Arc<str>>) -> bool {
        self.files.as_ref().is_none_or(|files| file.is_some_and(|file| files.contains(file)))
    }

    fn problems<'s>(&self, standing: &'s Standing) -> impl Iterator<Item = &'s Diagnostic> {
        standing.problems.iter().filter(|problem| self.sees(standing::file(problem).as_ref()))
    }

    /// Errors and warnings in them.
    pub(super) fn count(&self, standing: &Standing) -> [usize; 2] {
        let errors = self.problems(standing).filter(|problem| problem.is_error()).count();
        [errors, self.problems(standing).count() - errors]
    }

    /// As `check` prints it; a word about somebody else's file is kept back.
    fn text(&self, problem: &Diagnostic) -> String {
        let text = problem.to_string();
        if self.others.iter().any(|other| text.contains(other.as_str())) {
            return format!(
                "{}[{}]: it has to do with another tenant: ask whoever runs the gateway",
                problem.severity, problem.code
            );
        }
        text
    }
}

impl Desk {
    pub(super) fn configuration(&self, bearer: &Bearer, _: Asked) -> Result<Value, Fault> {
        let (snapshot, standing) = (self.flow.snapshot.load_full(), self.standing());
        let seen = Seen::by(bearer, &snapshot, &standing);
        let problems = seen.problems(&standing).map(|problem| {
            json!({
                "severity": problem.severity.to_string(), "code": problem.code,
                "file": standing::file(problem).as_deref(), "text": seen.text(problem),
            })
        });
        Ok(json!({
            "version": standing.version, "loaded_at": time(standing.at), "failure": standing.failure,
            "files": files(&snapshot, &standing, &seen), "problems": problems.collect::<Vec<_>>(),
        }))
    }
}

/// Every file, with what it describes and what of it is served.
fn files(snapshot: &Snapshot, standing: &Standing, seen: &Seen) -> Vec<Value> {
    let mut files: BTreeMap<Arc<str>, (&str, &str, &str)> = BTreeMap::new();
    for (file, mapping) in &snapshot.by_file {
        files.insert(file.clone(), ("mapping", mapping.name.as_str(), &mapping.version));
    }
    for tenant in &snapshot.tenants {
        files.insert(tenant.source.name.clone(), ("tenant", tenant.name.as_str(), &tenant.version));
    }
    let unserved = standing.problems.iter().filter(|problem| problem.is_error()).filter_map(standing::file);
    for file in unserved {
        files.entry(file).or_insert(("", "", ""));
    }
    let of = |file: &Arc<str>, (kind, name, version): (&str, &str, &str)| {
        let served = match (kind, standing.last_good.contains(file)) {
            ("", _) => "nothing",
            (_, true) => "last good",
            (_, false) => "the file",
        };
        let here = standing.problems.iter().filter(|problem| standing::file(problem).as_ref() == Some(file));
        let lines = (served == "last good").then(|| unserved_lines(snapshot, standing, file)).flatten();
        let (errors, all) = (here.clone().filter(|problem| problem.is_error()).count(), here.count());
        json!({
            "file": &**file, "kind": kind, "name": name, "version": version, "served": served,
            "errors": errors, "warnings": all - errors, "changes": lines,
        })
    };
    files.into_iter().filter(|(file, _)| seen.sees(Some(file))).map(|(file, about)| of(&file, about)).collect()
}

/// What the file says otherwise than its last good text, which is served; nothing where it is gone or cannot be read.
fn unserved_lines(snapshot: &Snapshot, standing: &Standing, file: &Arc<str>) -> Option<Vec<Value>> {
    let mapping = || snapshot.by_file.get(file).map(|mapping| &mapping.source);
    let served = snapshot.of_file(file).map(|tenant| &tenant.source).or_else(mapping)?;
    let errors = standing.problems.iter().filter(|problem| problem.is_error());
    let mut sources = errors.filter_map(|problem| problem.place.as_ref()).map(|(source, _)| source);
    // A file that cannot be read has no text.
    let written = sources.find(|source| source.name == *file && !source.text.is_empty())?;
    Some(changes(served, written))
}

//! The shipped mappings with their cases, samples and schemas, read from the repository. No test is here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use switchboard::cases::{Coverage, Equivalents, Hunt, Material, Mutant, Noticed, Report, Suite};
use switchboard::diagnostic::{Diagnostic, Source};
use switchboard::value::Timestamp;

/// The texts under `mappings/`.
pub(crate) struct Shipped {
    mappings: Vec<Source>,
    cases: Vec<Source>,
    /// By file name; `unused.yaml` is none.
    pub(crate) samples: BTreeMap<String, Arc<[u8]>>,
    schemas: BTreeMap<String, Arc<str>>,
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings")
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let mut files: Vec<_> = paths
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

impl Shipped {
    pub(crate) fn read() -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let sources =
            files(&folder()).into_iter().filter(|(name, _)| name.ends_with(".yaml") && name != "mutants.yaml");
        let (cases, mappings): (Vec<_>, Vec<_>) = sources
            .map(|(name, bytes)| Source::new(format!("mappings/{name}"), text(bytes)))
            .partition(|source| source.name.ends_with(".cases.yaml"));
        let samples = files(&folder().join("samples")).into_iter().filter(|(name, _)| name.ends_with(".json"));
        let schemas = files(&folder().join("schemas")).into_iter();
        Self {
            mappings,
            cases,
            samples: samples.map(|(name, bytes)| (name, bytes.into())).collect(),
            schemas: schemas.map(|(name, bytes)| (name, text(bytes).into())).collect(),
        }
    }

    pub(crate) fn suites(&self) -> (Vec<Suite>, Vec<Diagnostic>) {
        Suite::pair(&self.mappings, &self.cases, &|name| self.schemas.get(name).cloned())
    }

    /// As [`Shipped::suites`], but nothing is held against a schema.
    pub(crate) fn suites_without_schemas(&self) -> Vec<Suite> {
        Suite::pair(&self.mappings, &self.cases, &|_| Some("{}".into())).0
    }

    pub(crate) fn cover(&self, suite: &Suite) -> (Report, Option<Coverage>) {
        suite.cover(&material(&|name| self.samples.get(name).cloned()))
    }

    /// The mutants that nobody can notice.
    pub(crate) fn equivalents() -> Equivalents {
        let text = std::fs::read_to_string(folder().join("mutants.yaml")).unwrap();
        let mut problems = Vec::new();
        let read = Equivalents::read(&Source::new("mappings/mutants.yaml", text), &mut problems);
        assert!(problems.is_empty(), "{}", switchboard::diagnostic::render(&problems));
        read
    }

    pub(crate) fn hunt<'s>(&self, suite: &'s Suite) -> Hunt<'s> {
        Hunt::new(suite, &material(&|name| self.samples.get(name).cloned()))
    }

    pub(crate) fn notice(&self, hunt: &mut Hunt<'_>, mutant: &Mutant) -> Noticed {
        hunt.notice(mutant, &material(&|name| self.samples.get(name).cloned()))
    }

    pub(crate) fn run(&self, suite: &Suite) -> Report {
        suite.run(&material(&|name| self.samples.get(name).cloned()))
    }
}

pub(crate) fn material<'m>(sample: &'m dyn Fn(&str) -> Option<Arc<[u8]>>) -> Material<'m> {
    Material { sample, rsa_key_pem: key(), now: Timestamp::from_millis(1_793_783_646_981) }
}

/// A key made for the run: none is in the repository.
fn key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| switchboard::sim::keys::generate().unwrap().private_pem)
}

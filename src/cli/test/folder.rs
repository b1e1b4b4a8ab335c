//! A folder of mappings with all that its cases read: samples, schemas, a key.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::app::{now, read_folder};
use crate::cases::{Material, Suite};
use crate::diagnostic::{self, Source};
use crate::sim::keys;

/// Why a folder cannot be worked with.
pub(in crate::cli) type Trouble = Box<dyn std::error::Error>;

/// A folder of mappings.
pub(in crate::cli) struct Folder {
    path: PathBuf,
    pub(in crate::cli) mappings: Vec<Source>,
    pub(in crate::cli) cases: Vec<Source>,
    key: String,
    /// Samples that were read: mutants are tried on the same ones thousands of times.
    samples: Mutex<HashMap<String, Option<Arc<[u8]>>>>,
}

impl Folder {
    /// Reads the texts of mappings and cases.
    pub(in crate::cli) fn read(path: &Path) -> Result<Self, Trouble> {
        let all = read_folder(path)?.into_iter().filter(|source| !source.name.ends_with("mutants.yaml"));
        let is_cases = |source: &Source| source.name.ends_with(".cases.yaml") || source.name.ends_with(".cases.yml");
        let (cases, mappings) = all.partition(is_cases);
        // A key made for the run: what is signed with it proves nothing beyond.
        let key = keys::generate()?.private_pem;
        Ok(Self { path: path.to_owned(), mappings, cases, key, samples: Mutex::default() })
    }

    /// Every text with cases in it.
    pub(super) fn texts(&mut self) -> impl Iterator<Item = &mut Source> {
        self.mappings.iter_mut().chain(&mut self.cases)
    }

    /// The mappings with their cases. A file of cases that belongs to no mapping is trouble.
    pub(in crate::cli) fn suites(&self) -> Result<Vec<Suite>, Trouble> {
        let schema = |name: &str| String::from_utf8(self.beside("schemas", name)?).ok().map(Arc::from);
        let (suites, problems) = Suite::pair(&self.mappings, &self.cases, &schema);
        if problems.is_empty() { Ok(suites) } else { Err(diagnostic::render(&problems).into()) }
    }

    /// Does something with what cases are given.
    pub(in crate::cli) fn with<T>(&self, body: impl FnOnce(&Material<'_>) -> T) -> T {
        let sample = |name: &str| {
            let mut samples = self.samples.lock().ok()?;
            let read = || self.beside("samples", name).map(Arc::from);
            samples.entry(name.to_owned()).or_insert_with(read).clone()
        };
        body(&Material { sample: &sample, rsa_key_pem: &self.key, now: now() })
    }

    fn beside(&self, folder: &str, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.path.join(folder).join(name)).ok()
    }
}

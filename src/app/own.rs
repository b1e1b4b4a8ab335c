//! The gateway's own file while the gateway runs: read again with the others, its last good content going on where it
//! has an error or is gone.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::files::read_file;
use crate::config::Own;
use crate::diagnostic::{Diagnostic, Source, Span};

/// The file, and what it said.
pub(super) struct OwnFile {
    path: Option<PathBuf>,
    /// There was one at some time: it may be gone.
    seen: bool,
    /// What the gateway was started with.
    started: Own,
    last: Own,
}

/// What is told of the file.
#[derive(Default)]
pub(super) struct Told {
    pub(super) problems: Vec<Diagnostic>,
    /// Its name, if its last good content stands in for it.
    pub(super) broken: Option<Arc<str>>,
}

impl OwnFile {
    /// As the gateway was started with it.
    pub(super) fn new(path: Option<PathBuf>, started: Own) -> Self {
        Self { seen: path.as_ref().is_some_and(|path| path.exists()), path, last: started.clone(), started }
    }

    /// What it said when it was good.
    pub(super) const fn last(&self) -> &Own {
        &self.last
    }

    /// Reads it again.
    pub(super) fn read(&mut self) -> Told {
        let Some(path) = &self.path else { return Told::default() };
        let source = match read_file(path) {
            Ok(source) => source,
            Err(file) if file.problem.kind() == io::ErrorKind::NotFound && !self.seen => return Told::default(),
            Err(file) => {
                let source = Source::new(path.display().to_string(), "");
                let problem = Diagnostic::error("SB0507", format!("the file cannot be read: {}", file.problem))
                    .at(&source, Span::default())
                    .help("what it said before goes on; the next start needs it, or does without it");
                return Told { problems: vec![problem], broken: Some(source.name) };
            }
        };
        self.seen = true;
        let mut problems = Vec::new();
        let Some(own) = Own::read(&source, &mut problems) else {
            return Told { problems, broken: Some(source.name) };
        };
        problems.extend(self.started.waits(&own, &source));
        self.last = own;
        Told { problems, broken: None }
    }
}

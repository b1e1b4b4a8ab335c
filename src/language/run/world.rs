//! [`World`]: what all programs of one request may ask; [`Fault`]: why one stopped.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::diagnostic::Span;
use crate::functions::Facts;
use crate::language::compiler::Module;
use crate::language::observer::Observer;
use crate::language::overrides::Overrides;
use crate::model::{Reason, Refusal};
use crate::value::{Arena, Timestamp, Value};

/// What all programs of one request may ask.
pub struct World<'v> {
    /// Where results live.
    pub arena: &'v Arena,
    /// The file's tables and named trees.
    pub module: &'v Module,
    /// The tenant's changes to the tables.
    pub overrides: Option<&'v Overrides>,
    /// The gateway's knowledge.
    pub facts: &'v dyn Facts,
    /// The time the request or event was taken in.
    pub now: Timestamp,
    /// The tenant's name; empty before it is known.
    pub tenant: &'v str,
    /// The tenant's settings for this file, defaults filled in.
    pub settings: Value<'v>,
    /// The tenant's credentials for this file, a map of secrets (the first of a list); `Null` where out of scope.
    pub credentials: Value<'v>,
    pub(super) observer: Option<&'v dyn Observer>,
    pub(super) misses: RefCell<Vec<Miss>>,
    pub(super) steps: Cell<u32>,
}

impl<'v> World<'v> {
    /// A world without a tenant; set the public fields once it is known.
    pub fn new(arena: &'v Arena, module: &'v Module, facts: &'v dyn Facts, now: Timestamp) -> Self {
        Self {
            arena,
            module,
            overrides: None,
            facts,
            now,
            tenant: "",
            settings: Value::Null,
            credentials: Value::Null,
            observer: module.observer(),
            misses: RefCell::default(),
            steps: Cell::new(0),
        }
    }

    /// The look-ups that fell to `else` since the last call.
    pub fn take_misses(&self) -> Vec<Miss> {
        self.misses.take()
    }
}

/// Why a program stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it means to the party.
    pub reason: Reason,
    /// For people: the path or function and what was expected; no value of the data.
    pub text: String,
    /// What was read, where that is known.
    pub path: Option<String>,
    /// The expression in the mapping's source.
    pub span: Span,
}

impl Fault {
    #[cold]
    pub(super) fn malformed(text: impl Into<String>, span: Span) -> Box<Self> {
        Box::new(Self { reason: Reason::Malformed, text: text.into(), path: None, span })
    }

    /// A required read that came to nothing: the text is the path.
    #[cold]
    pub(super) fn missing(path: &str, span: Span) -> Box<Self> {
        Box::new(Self { reason: Reason::MissingField, text: path.to_owned(), path: Some(path.to_owned()), span })
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { path: fault.path, ..Self::new(fault.reason, fault.text) }
    }
}

/// A table look-up that fell to `else`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Miss {
    /// The table's name.
    pub table: Arc<str>,
    /// The key that has no row, columns joined by a comma.
    pub key: String,
}

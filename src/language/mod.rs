//! The mapping language: expressions, trees, tables and scopes; checked and compiled at load, run per message.
//!
//! Compile: a [`Compiler`] per mapping file knows its tables and named trees; a [`ScopeBuilder`] per section knows the
//! names in scope and turns YAML nodes into [`Program`]s; [`Compiler::finish`] yields the immutable [`Module`].
//! Run: a [`World`] per request holds what all programs ask; a [`Frame`] per section holds the names' values;
//! [`Program::value`] builds a tree, [`Program::write_json`] writes the same straight to bytes.
//! Absent on purpose: I/O, clock, await, and any way to evaluate data.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::functions::Facts;
use crate::model::{Reason, Refusal};
use crate::value::{Arena, Timestamp, Tree, Value};
use crate::yaml::Node;

/// Compiles one mapping file's trees. Problems are pushed to the list it was given.
pub struct Compiler<'d> {
    problems: &'d mut Vec<Diagnostic>,
}

/// A setting that a mapping declares: what `$.settings.NAME` may say.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The setting's name.
    pub name: Arc<str>,
    /// May hold nothing (no default and `optional`).
    pub optional: bool,
}

impl<'d> Compiler<'d> {
    /// Starts on a file. `settings`: what it declares.
    pub fn new(source: &Source, settings: &[Declared], problems: &'d mut Vec<Diagnostic>) -> Self {
        let _ = (source, settings);
        Self { problems }
    }
    /// Compiles the file's `tables:`.
    pub fn tables(&mut self, node: &Node) {
        let _ = node;
    }
    /// Notes the file's `use:`; each tree is compiled with the names that its first use gives.
    pub fn uses(&mut self, node: &Node) {
        let _ = node;
    }
    /// A new section's scope. The names of everywhere (`settings`, `tenant.name`, `now`) need not be listed.
    pub fn scope(&mut self, roots: &[Root]) -> ScopeBuilder {
        let _ = roots;
        ScopeBuilder { _private: () }
    }
    /// What the file's programs refer to. Reports tables and trees that nothing uses.
    pub fn finish(self) -> Module {
        let _ = self.problems;
        Module { _private: () }
    }
}

/// A name that a scope starts with.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    /// As written after `$.`.
    pub name: &'static str,
    /// May hold nothing: reading it needs `?` or `??`.
    pub optional: bool,
    /// Its members are secrets (`credentials`).
    pub secret: bool,
}

/// The names a section's trees may read, and their slots.
pub struct ScopeBuilder {
    _private: (),
}

impl ScopeBuilder {
    /// Adds a name that the trees compiled from here on may read.
    pub fn add(&mut self, root: Root) {
        let _ = root;
    }
    /// Adds a section's `let:` names, in order; each sees the earlier.
    pub fn lets(&mut self, compiler: &mut Compiler<'_>, node: &Node) {
        let _ = (compiler, node);
    }
    /// Compiles a tree or a single expression.
    pub fn tree(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> Program {
        let _ = (compiler, node);
        Program { _private: () }
    }
    /// Compiles a condition: a comparison, a boolean, or an expression with `?`.
    pub fn condition(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> Program {
        let _ = (compiler, node);
        Program { _private: () }
    }
    /// Compiles what must be a list: a plural path (`each:`).
    pub fn list(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> Program {
        let _ = (compiler, node);
        Program { _private: () }
    }
    /// Freezes the scope.
    pub fn finish(self) -> Layout {
        Layout { _private: () }
    }
}

/// The frozen scope of a section.
#[derive(Debug)]
pub struct Layout {
    _private: (),
}

/// Everything of one file that programs refer to by number: tables and named trees.
#[derive(Debug)]
pub struct Module {
    _private: (),
}

impl Module {
    /// Compiles a tenant's `tables:` block: rows and columns laid over this file's tables.
    pub fn overrides(&self, source: &Source, node: &Node, problems: &mut Vec<Diagnostic>) -> Overrides {
        let _ = (source, node, problems);
        Overrides::default()
    }
}

/// A tenant's rows and columns laid over a module's tables.
#[derive(Debug, Default)]
pub struct Overrides {
    _private: (),
}

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
    misses: RefCell<Vec<Miss>>,
    steps: Cell<u32>,
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
            misses: RefCell::default(),
            steps: Cell::new(0),
        }
    }
    /// The look-ups that fell to `else` since the last call.
    pub fn take_misses(&self) -> Vec<Miss> {
        let _ = self.steps.get();
        self.misses.take()
    }
}

/// The values of one section's names. A `let` is computed when it is first read, and once.
pub struct Frame<'v> {
    world: &'v World<'v>,
}

impl<'v> Frame<'v> {
    /// All names hold nothing.
    pub fn new(world: &'v World<'v>, layout: &'v Layout) -> Self {
        let _ = layout;
        Self { world }
    }
    /// Gives a name its value. Names the layout does not have are ignored: nothing reads them.
    pub fn set(&self, name: &str, value: Value<'v>) {
        let _ = (name, value, self.world);
    }
    /// Goes to the next item of `each`: `item`, `index`, `outer`; lets that read them are computed anew.
    pub fn item(&self, item: Value<'v>, index: usize, outer: Option<Value<'v>>) {
        let _ = (item, index, outer);
    }
}

/// A compiled tree or expression.
#[derive(Debug)]
pub struct Program {
    _private: (),
}

impl Program {
    /// Builds the value; `None` is nothing.
    ///
    /// # Errors
    /// [`Fault`]: no partial value is ever seen.
    pub fn value<'v>(&'v self, frame: &Frame<'v>) -> Result<Option<Value<'v>>, Fault> {
        let _ = frame;
        Ok(None)
    }
    /// Whether a condition holds.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn holds<'v>(&'v self, frame: &Frame<'v>) -> Result<bool, Fault> {
        let _ = frame;
        Ok(false)
    }
    /// Writes the same as [`Program::value`] as JSON; false is nothing, and then nothing was written. A secret is
    /// written open: only calls have one in scope.
    ///
    /// # Errors
    /// [`Fault`]; what was written so far is taken back.
    pub fn write_json<'v>(&'v self, frame: &Frame<'v>, out: &mut Vec<u8>) -> Result<bool, Fault> {
        let _ = (frame, out);
        Ok(false)
    }
    /// A tree without expressions, as it will always be; `None` if it computes anything.
    #[must_use]
    pub fn constant(&self) -> Option<&Tree> {
        None
    }
    /// Reads one of a name's members: `credentials` `api_key`. For "needs these credentials".
    #[must_use]
    pub fn reads(&self) -> &[(Box<str>, Box<str>)] {
        &[]
    }
}

/// Why a program stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it means to the party.
    pub reason: Reason,
    /// For people: the path or function and what was expected; no value of the data.
    pub text: String,
    /// The expression in the mapping's source.
    pub span: Span,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { reason: fault.reason, text: Some(fault.text) }
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

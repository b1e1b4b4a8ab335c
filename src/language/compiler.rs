//! [`Compiler`]: one mapping file on its way to a [`Module`]; it gathers problems and never stops at the first.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::lower::Made;
use super::observer::Watched;
use super::outline::{ANYTHING, OutlineId, Outlines};
use super::places::{Place, Reachable};
use super::plan::{Base, Plan};
use super::program::Reading;
use super::scope::{Name, Root, ScopeBuilder, Start};
use super::table::{Lookups, Table};
use super::want::Schemas;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::yaml::Node;

/// A setting that a mapping declares: what `$.settings.NAME` may say.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The setting's name.
    pub name: Arc<str>,
    /// May hold nothing (no default and `optional`).
    pub optional: bool,
    /// What is known of its value.
    pub words: Vec<String>,
    /// Where it is declared; a setting with a place is to be read somewhere.
    pub span: Option<Span>,
}

/// Compiles one mapping file's trees. Problems are pushed to the list it was given.
pub struct Compiler<'d> {
    pub(super) source: Source,
    pub(super) settings: Vec<Declared>,
    pub(super) tables: Vec<Table>,
    pub(super) uses: Vec<Named>,
    pub(super) outlines: Outlines,
    pub(super) schemas: Option<&'d Schemas>,
    /// What the platform's messages keep.
    pub(super) kept: Option<(OutlineId, OutlineId)>,
    problems: &'d mut Vec<Diagnostic>,
    notes: Vec<Note>,
    pub(super) places: Vec<Reachable>,
    pub(super) numbers: HashMap<Reachable, Place>,
    pub(super) settings_known: Option<OutlineId>,
    /// The credentials that are read.
    pub(super) credentials: BTreeSet<Box<str>>,
    /// What was reported, so that a tree may be compiled in several scopes.
    reported: HashSet<(&'static str, Option<Span>, String)>,
    noted: HashMap<(Box<str>, usize), usize>,
    /// The values that each table is asked for, as far as they are known.
    pub(super) lookups: Vec<Lookups>,
    /// What is compiled belongs to no module.
    pub(super) unnumbered: bool,
}

/// A named tree of `use:`.
pub(super) struct Named {
    pub(super) name: Box<str>,
    pub(super) span: Span,
    pub(super) node: Node,
    /// The names its first use gave; until then it is not compiled.
    pub(super) with: Option<Vec<Box<str>>>,
    pub(super) body: Option<Body>,
    pub(super) reads: Vec<Reading>,
    /// It is being compiled: a use within itself is not followed.
    pub(super) busy: bool,
    /// How often it was checked with the values of a use.
    pub(super) reviews: usize,
}

/// A compiled named tree; its first slots are the names of `with`.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) plan: Plan,
    pub(super) starts: Box<[Start]>,
}

/// Whether something that was defined is used.
struct Note {
    what: &'static str,
    name: Box<str>,
    span: Span,
    used: bool,
}

impl<'d> Compiler<'d> {
    /// Starts on a file. `settings`: what it declares. Tell it of [`tables`](Self::tables) and [`uses`](Self::uses)
    /// before the first scope.
    pub fn new(source: &Source, settings: &[Declared], problems: &'d mut Vec<Diagnostic>) -> Self {
        Self {
            source: source.clone(),
            settings: settings.to_vec(),
            tables: Vec::new(),
            uses: Vec::new(),
            outlines: Outlines::of_file(source),
            schemas: None,
            kept: None,
            problems,
            notes: Vec::new(),
            places: Vec::new(),
            numbers: HashMap::new(),
            settings_known: None,
            credentials: BTreeSet::new(),
            reported: HashSet::new(),
            noted: HashMap::new(),
            lookups: Vec::new(),
            unnumbered: false,
        }
    }

    /// What sections declare by `schema:` is found here; without it no path is checked against a schema.
    pub const fn schemas(&mut self, schemas: Option<&'d Schemas>) {
        self.schemas = schemas;
    }

    /// Compiles the file's `tables:`.
    pub fn tables(&mut self, node: &Node) {
        let Some(entries) = node.as_map() else {
            self.error("SB0216", "`tables` is a map of tables", node.span);
            return;
        };
        for (key, node) in entries {
            let note = self.remember("table", &key.text, key.span);
            let mut table = Table::read(self, &key.text, node, note);
            table.outline = self.outlines.table(self.tables.len(), &table.key, node);
            self.tables.push(table);
        }
    }

    /// Notes the file's `use:`; each tree is compiled with the names that its first use gives.
    pub fn uses(&mut self, node: &Node) {
        let Some(entries) = node.as_map() else {
            self.error("SB0219", "`use` is a map of named trees", node.span);
            return;
        };
        let named = entries.iter().map(|(key, node)| Named {
            name: key.text.clone(),
            span: key.span,
            node: node.clone(),
            with: None,
            body: None,
            reads: Vec::new(),
            busy: false,
            reviews: 0,
        });
        self.uses = named.collect();
    }

    /// A new section's scope. The names of everywhere (`settings`, `tenant.name`, `now`) need not be listed.
    pub fn scope(&mut self, roots: &[Root]) -> ScopeBuilder {
        ScopeBuilder::new(roots)
    }

    /// One more problem of this file; one that is known already, at the same place, is not repeated, so that a tree
    /// may be compiled in several scopes.
    pub fn report(&mut self, problem: Diagnostic) {
        let span = problem.place.as_ref().map(|(_, span)| *span);
        if self.reported.insert((problem.code, span, problem.message.clone())) {
            self.problems.push(problem);
        }
    }

    /// The file that is compiled.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What the file's programs refer to. Reports tables, trees and lets that nothing uses.
    #[must_use]
    pub fn finish(mut self) -> Module {
        self.unread_settings();
        self.strange_rows();
        for note in std::mem::take(&mut self.notes).iter().filter(|note| !note.used) {
            self.unused(note.what, &note.name, note.span);
        }
        let uses = std::mem::take(&mut self.uses);
        for named in uses.iter().filter(|named| named.with.is_none()) {
            self.unused("tree", &named.name, named.span);
        }
        for demand in std::mem::take(&mut self.outlines.demands) {
            self.tables[demand.cell.table].demands.push(demand);
        }
        Module {
            tables: std::mem::take(&mut self.tables).into(),
            uses: uses.into_iter().map(|named| named.body.unwrap_or_default()).collect(),
            places: std::mem::take(&mut self.places).into(),
            credentials: std::mem::take(&mut self.credentials),
            watched: Watched::default(),
        }
    }

    /// A setting is read; `None`: all of them.
    pub fn setting_is_read(&mut self, name: Option<&str>) {
        self.settings
            .iter_mut()
            .filter(|known| name.is_none_or(|name| *known.name == *name))
            .for_each(|known| known.span = None);
    }

    fn unread_settings(&mut self) {
        let unread = self.settings.iter().filter_map(|known| Some((known.name.clone(), known.span?)));
        for (name, span) in unread.collect::<Vec<_>>() {
            self.unused("setting", &name, span);
        }
    }

    fn unused(&mut self, what: &str, name: &str, span: Span) {
        let problem = Diagnostic::warning("SB0225", format!("nothing reads the {what} `{name}`"));
        let problem = problem.at(&self.source, span).help("remove it, or read it");
        self.report(problem);
    }

    /// Warns of what no message ever comes to.
    pub(super) fn unreachable(&mut self, span: Span, message: &str, help: &str) {
        let problem = Diagnostic::warning("SB0231", message).at(&self.source, span);
        self.report(problem.help(help));
    }

    /// Reports an error with nothing more to say.
    pub(super) fn error(&mut self, code: &'static str, message: impl Into<String>, span: Span) {
        self.problem(code, message, span, |problem| problem);
    }

    /// Reports an error; `more` adds label and help.
    pub(super) fn problem(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: Span,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let problem = more(Diagnostic::error(code, message).at(&self.source, span));
        self.report(problem);
    }

    /// Notes a `let`; a section compiled twice notes it once.
    pub(super) fn note(&mut self, name: &str, span: Span) -> usize {
        self.remember("name", name, span)
    }

    fn remember(&mut self, what: &'static str, name: &str, span: Span) -> usize {
        let next = self.notes.len();
        let note = *self.noted.entry((name.into(), span.start)).or_insert(next);
        if note == next {
            self.notes.push(Note { what, name: name.into(), span, used: false });
        }
        note
    }

    /// Something that was noted is read.
    pub(super) fn used(&mut self, note: usize) {
        self.notes[note].used = true;
    }

    /// The scope inside of a named tree: the names of everywhere and those of `with`.
    pub(super) fn inside<'w>(with: impl Iterator<Item = (&'w str, &'w Made)>) -> ScopeBuilder {
        let mut scope = ScopeBuilder::new(&[]);
        for (name, made) in with {
            let slot = scope.slot(Start::Empty);
            let (outline, trail) = (made.outline.unwrap_or(ANYTHING), made.trail.clone());
            scope.names.push(Name { local: true, outline, trail, ..Name::plain(name, Base::Slot(slot)) });
        }
        scope
    }
}

/// Everything of one file that programs refer to by number: tables and named trees.
#[derive(Debug)]
pub struct Module {
    pub(super) tables: Box<[Table]>,
    pub(super) uses: Box<[Body]>,
    pub(super) places: Box<[Reachable]>,
    pub(super) credentials: BTreeSet<Box<str>>,
    pub(super) watched: Watched,
}

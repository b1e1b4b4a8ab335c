//! The names of a section: which there are, where their values live, and what is known of them at load.
//!
//! A name becomes a slot here and is never looked up again. Not here: how a tree is compiled (`tree`, `lower`) and
//! how a slot is filled (`run`).

use std::rc::Rc;

use super::compiler::Compiler;
use super::lower::Build;
use super::lower::Missing;
use super::outline::{ANYTHING, Known as Outlined, OutlineId};
use super::places::Kind;
use super::plan::{Base, Plan};
use super::program::{Program, Reading, distinct};
use super::tree::Place;
use super::want::Want;
use crate::diagnostic::Span;
use crate::yaml::Node;

/// A name that a scope starts with.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    /// As written after `$.`.
    pub name: &'static str,
    /// May hold nothing: reading it needs `?` or `??`, or a `$when` above that tests it.
    pub optional: bool,
    /// Its members are secrets (`credentials`).
    pub secret: bool,
    /// What is known of it.
    pub outline: Outlined,
}

impl Root {
    /// A name that is always there and of which nothing is known.
    #[must_use]
    pub const fn plain(name: &'static str) -> Self {
        Self { name, optional: false, secret: false, outline: Outlined::Anything }
    }
}

/// Members that may be missing, each by how much of a path leads to it.
pub(super) type Trail = Vec<(usize, Missing)>;

/// What the compiler knows of a name.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: Box<str>,
    pub(super) base: Base,
    pub(super) optional: bool,
    /// Holds a secret, or what was made of one.
    pub(super) secret: bool,
    /// Another value for each item of the section's `each`.
    pub(super) varies: bool,
    /// The path it stands for, where it is nothing but another name for one.
    pub(super) shown: Option<Box<str>>,
    /// The table it is a row of.
    pub(super) table: Option<usize>,
    /// Of `$each` or `with`: it lives in one tree only, and is no root.
    pub(super) local: bool,
    /// Of a `let`: its number among the compiler's notes on use.
    pub(super) note: Option<usize>,
    /// Of a `let`: what it reads.
    pub(super) reads: Rc<[Reading]>,
    /// Its outline.
    pub(super) outline: OutlineId,
    /// Its outline, where it is one of the program's own.
    pub(super) known: Option<Outlined>,
    /// The path it stands for, from a root.
    pub(super) from: Option<(Base, Box<[Box<str>]>)>,
    /// What of it may be missing.
    pub(super) trail: Trail,
}

impl Name {
    /// A name without anything particular.
    pub(super) fn plain(text: &str, base: Base) -> Self {
        Self {
            text: text.into(),
            base,
            optional: false,
            secret: false,
            varies: false,
            shown: None,
            table: None,
            local: false,
            note: None,
            reads: Rc::new([]),
            outline: ANYTHING,
            known: None,
            from: None,
            trail: Vec::new(),
        }
    }
}

/// What a slot holds before anything is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Nothing.
    Empty,
    /// The `let` of that number, once it is read.
    Lazy(usize),
}

/// Something that was tested on the way here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) base: Base,
    /// The members that lead to it.
    pub(super) keys: Box<[Box<str>]>,
    /// Its value chose the way: what stands beside it depends on it.
    pub(super) chooses: bool,
    /// Only this or another was there: which question, and which of its alternatives.
    pub(super) one_of: Option<(usize, usize)>,
    /// It is not there: this is the side of the others.
    pub(super) absent: bool,
}

/// Names in one `let`: every tree of the section looks through them when it is compiled.
const MOST_LETS: usize = 500;

/// The names a section's trees may read, and their slots.
pub struct ScopeBuilder {
    pub(super) names: Vec<Name>,
    pub(super) starts: Vec<Start>,
    pub(super) known: Vec<Known>,
    /// Conditions that hold in all that is compiled, as written.
    pub(super) conditions: Vec<Box<str>>,
    /// Why a function that asks the gateway has no answer here.
    pub(super) silent: Option<&'static str>,
    lets: Vec<Let>,
    varying: Vec<(usize, usize)>,
}

impl ScopeBuilder {
    /// The names of everywhere, and those given.
    pub(super) fn new(roots: &[Root]) -> Self {
        let names = [("settings", Base::Settings), ("tenant", Base::Tenant), ("now", Base::Now)]
            .map(|(text, base)| Name::plain(text, base))
            .to_vec();
        let mut scope = Self {
            names,
            starts: Vec::new(),
            known: Vec::new(),
            conditions: Vec::new(),
            silent: None,
            lets: Vec::new(),
            varying: Vec::new(),
        };
        for root in roots {
            scope.add(*root);
        }
        scope
    }

    /// Adds a name that the trees compiled from here on may read. A name that is there already stays as it is.
    pub fn add(&mut self, root: Root) {
        if self.find(root.name).is_some() {
            return;
        }
        let base = if root.name == "credentials" { Base::Credentials } else { Base::Slot(self.slot(Start::Empty)) };
        self.names.push(Name {
            optional: root.optional,
            secret: root.secret,
            known: Some(root.outline),
            varies: matches!(root.name, "item" | "index" | "outer"),
            ..Name::plain(root.name, base)
        });
    }

    /// Adds a section's `let:` names, in order; each sees the earlier.
    pub fn lets(&mut self, compiler: &mut Compiler<'_>, node: &Node) {
        let Some(entries) = node.as_map() else {
            compiler.error("SB0214", "`let` is a map of names", node.span);
            return;
        };
        if entries.len() > MOST_LETS {
            compiler.error("SB0214", format!("more than {MOST_LETS} names in one `let`"), node.span);
            return;
        }
        for (key, tree) in entries {
            self.define(compiler, &key.text, key.span, tree);
        }
    }

    fn define(&mut self, compiler: &mut Compiler<'_>, name: &str, span: Span, tree: &Node) {
        if self.find(name).is_some() {
            compiler.problem("SB0224", format!("the name `{name}` is taken"), span, |problem| {
                problem.help("choose another: two meanings of one name in one section mislead its readers")
            });
        }
        if !is_plain(name) {
            compiler.problem("SB0224", "a name holds letters, digits and `_`", span, |problem| problem);
        }
        let note = compiler.note(name, span);
        let mut build = Build::new(compiler, self);
        let plan = build.tree(tree, Place::Free);
        let found = build.finish();
        let slot = self.slot(Start::Lazy(self.lets.len()));
        if found.varies {
            self.varying.push((slot, self.lets.len()));
        }
        self.lets.push(Let { name: name.into(), span: tree.span, plan });
        let made = found.made;
        self.names.push(Name {
            outline: made.outline.unwrap_or(ANYTHING),
            from: made.from,
            trail: made.trail,
            secret: found.secret,
            varies: found.varies,
            shown: found.alias,
            table: found.table,
            note: Some(note),
            reads: distinct(found.reads).into(),
            ..Name::plain(name, Base::Slot(slot))
        });
    }

    /// Compiles a tree or a single expression.
    pub fn tree(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> Program {
        let mut build = Build::new(compiler, self);
        let plan = build.tree(node, Place::Required);
        Program::new(plan, node.span, build.finish())
    }

    /// Compiles a tree that must come to a certain value; gives back what it builds, too.
    pub fn built(&mut self, compiler: &mut Compiler<'_>, node: &Node, want: &Want) -> (Program, OutlineId) {
        let (program, outline) = self.open_tree(compiler, node);
        compiler.fits(node, outline, want);
        (program, outline)
    }

    /// Compiles a tree of which something is kept: a secret may not be in it.
    pub fn kept(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> Program {
        self.open_tree(compiler, node).0
    }

    fn open_tree(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> (Program, OutlineId) {
        let mut build = Build::new(compiler, self);
        let plan = build.tree(node, Place::Required);
        let found = build.finish();
        if found.secret {
            compiler.problem("SB0222", "a secret is kept here, and may be logged or told", node.span, |problem| {
                problem.help("credentials go into auth, and into URLs, headers and bodies of calls")
            });
        }
        let outline = found.made.outline.unwrap_or(ANYTHING);
        (Program::new(plan, node.span, found), outline)
    }

    /// Compiles a tree that must fit a schema.
    pub fn fitting(
        &mut self,
        compiler: &mut Compiler<'_>,
        node: &Node,
        wanted: Option<OutlineId>,
        what: &str,
    ) -> Program {
        let (program, outline) = self.outlined_tree(compiler, node);
        if let Some(wanted) = wanted {
            compiler.fits_outline(node, outline, wanted, what);
        }
        program
    }

    fn outlined_tree(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> (Program, OutlineId) {
        let mut build = Build::new(compiler, self);
        let plan = build.tree(node, Place::Required);
        let found = build.finish();
        let outline = found.made.outline.unwrap_or(ANYTHING);
        (Program::new(plan, node.span, found), outline)
    }

    /// Compiles a tree that may come to nothing as a whole: where nothing is an answer too, as in `let`.
    pub fn free(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> Program {
        let mut build = Build::new(compiler, self);
        let plan = build.tree(node, Place::Free);
        Program::new(plan, node.span, build.finish())
    }

    /// Compiles a condition: a comparison, a boolean, or an expression with `?`.
    pub fn condition(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> Program {
        self.decision(compiler, node, (Kind::Then, Kind::Else))
    }

    /// Compiles a condition of a check, `unless` being one that lets through.
    pub fn check(&mut self, compiler: &mut Compiler<'_>, node: &Node, unless: bool) -> Program {
        let (refuses, passes) = (Kind::Refuses, Kind::Passes);
        self.decision(compiler, node, if unless { (passes, refuses) } else { (refuses, passes) })
    }

    fn decision(&mut self, compiler: &mut Compiler<'_>, node: &Node, kinds: (Kind, Kind)) -> Program {
        let mut build = Build::new(compiler, self);
        let plan = build.condition_node(node, kinds);
        Program::new(plan, node.span, build.finish())
    }

    /// Compiles a section's own `when`: what it tests with `?` counts as there in all that is compiled afterwards.
    pub fn when(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> Program {
        let program = self.condition(compiler, node);
        self.learn(compiler, node);
        program
    }

    /// What is known of a name from here on: the outline of the body that a section declares.
    pub fn outline(&mut self, name: &str, outline: OutlineId) {
        if let Some(name) = self.names.iter_mut().rev().find(|known| *known.text == *name) {
            (name.outline, name.known) = (outline, None);
        }
    }

    /// What a condition compares is not any of its values in what is compiled afterwards.
    pub fn compared(&mut self, node: &Node) {
        self.conditions.extend(node.as_text().map(Into::into));
    }

    /// What a condition tests with `?` counts as there in all that is compiled afterwards.
    pub fn learn(&mut self, compiler: &mut Compiler<'_>, node: &Node) {
        self.compared(node);
        let tested = Build::new(compiler, self).tested_node(node);
        self.known.extend(tested);
    }

    /// Whether functions that ask the gateway have an answer in what is compiled from here on, and if not, why.
    pub const fn silent(&mut self, why: Option<&'static str>) {
        self.silent = why;
    }

    /// Compiles something where a condition holds: what it tests with `?` counts as there in that alone.
    pub fn under<T>(
        &mut self,
        compiler: &mut Compiler<'_>,
        condition: &Node,
        then: impl FnOnce(&mut Self, &mut Compiler<'_>) -> T,
    ) -> T {
        let (known, conditions) = (self.known.len(), self.conditions.len());
        self.learn(compiler, condition);
        let made = then(self, compiler);
        self.known.truncate(known);
        self.conditions.truncate(conditions);
        made
    }

    /// Compiles what must be a list: a plural path (`each:`).
    pub fn list(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> Program {
        self.items(compiler, node).0
    }

    /// The same, with what is known of an item.
    pub fn items(&mut self, compiler: &mut Compiler<'_>, node: &Node) -> (Program, OutlineId) {
        let mut build = Build::new(compiler, self);
        let plan = build.list_node(node).map_or(Plan::Omit, Plan::Leaf);
        let found = build.finish();
        let list = found.made.outline.unwrap_or(ANYTHING);
        let item = compiler.outlines.flat(list).items.unwrap_or(ANYTHING);
        (Program::new(plan, node.span, found), item)
    }

    /// Freezes the scope.
    #[must_use]
    pub fn finish(self) -> Layout {
        let roots = self.names.iter().filter(|name| name.note.is_none() && !name.local);
        let roots = roots.filter_map(|name| match name.base {
            Base::Slot(slot) => Some((name.text.clone(), slot)),
            _ => None,
        });
        Layout {
            roots: roots.collect(),
            starts: self.starts.into(),
            lets: self.lets.into(),
            varying: self.varying.into(),
        }
    }

    /// The newest of that name.
    pub(super) fn find(&self, name: &str) -> Option<&Name> {
        self.names.iter().rev().find(|known| *known.text == *name)
    }

    /// One more slot.
    pub(super) fn slot(&mut self, start: Start) -> usize {
        self.starts.push(start);
        self.starts.len() - 1
    }
}

/// Whether a name can be read as `$.name`.
pub(super) fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii())
}

/// A compiled `let`.
#[derive(Debug)]
pub(super) struct Let {
    pub(super) name: Box<str>,
    pub(super) span: Span,
    pub(super) plan: Plan,
}

/// The frozen scope of a section.
#[derive(Debug)]
pub struct Layout {
    /// Names that are set from outside, and their slots.
    pub(super) roots: Box<[(Box<str>, usize)]>,
    pub(super) starts: Box<[Start]>,
    pub(super) lets: Box<[Let]>,
    /// Slots and numbers of the lets that are computed per item.
    pub(super) varying: Box<[(usize, usize)]>,
}

impl Layout {
    /// The slot of a name that is set from outside.
    pub(super) fn slot(&self, name: &str) -> Option<usize> {
        self.roots.iter().find(|(known, _)| **known == *name).map(|(_, slot)| *slot)
    }
}

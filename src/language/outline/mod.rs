//! Outlines: what is known of a value before there is one. From a JSON Schema that a section declares, from the model's
//! own values, or from the tree that builds it.
//!
//! Permissive where schemas are clever: alternatives are laid over each other, conditions count as alternatives, and
//! what a schema does not say is not held against a path. Start at [`Outlines`]; `schema` reads JSON Schemas,
//! `merge` lays outlines over each other, `fit` holds what is built against what is wanted.

mod cell;
mod fit;
mod function;
mod kinds;
mod merge;
mod schema;

use std::collections::HashMap;
use std::rc::Rc;

use cell::Cell;
pub(super) use cell::Demand;
pub use function::LISTED;
pub(super) use kinds::Kinds;
pub use kinds::Known;
pub(super) use merge::{Flat, Next};

use crate::diagnostic::{Source, Span, line_col};

/// An outline's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutlineId(usize);

/// Anything: nothing is known.
pub(super) const ANYTHING: OutlineId = OutlineId(0);

/// Where an outline is written: the number of its source, and the place.
pub(super) type Origin = (usize, Span);

/// One outline as it was written. What it says together with those it refers to is [`Flat`].
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    /// What it may be.
    pub(super) kinds: Kinds,
    /// Its members, where they are listed.
    pub(super) members: Vec<(Box<str>, OutlineId, Option<Origin>)>,
    /// Names of members that are always there.
    pub(super) required: Vec<Box<str>>,
    /// Any further member has this outline.
    pub(super) rest: Option<OutlineId>,
    /// No member but those listed, even as a document.
    pub(super) sealed: bool,
    /// Its items.
    pub(super) items: Option<OutlineId>,
    /// The only values it has, as texts.
    pub(super) words: Option<Rc<[Box<str>]>>,
    /// These hold too.
    pub(super) every: Vec<OutlineId>,
    /// Of each group one holds.
    pub(super) any: Vec<Vec<OutlineId>>,
    /// One text that it may be; others may come, from tenants' tables.
    pub(super) sample: Option<Box<str>>,
    /// The table that yields it.
    pub(super) cell: Option<Cell>,
    /// Where it is written.
    pub(super) origin: Option<Origin>,
}

/// All outlines of one mapping file.
#[derive(Debug)]
pub(super) struct Outlines {
    outlines: Vec<Rc<Outline>>,
    flats: HashMap<OutlineId, Rc<Flat>>,
    /// Being flattened: an outline that holds itself on its own level says nothing more.
    busy: Vec<OutlineId>,
    sources: Vec<Source>,
    schemas: HashMap<Box<str>, Option<OutlineId>>,
    built_in: HashMap<(usize, usize), OutlineId>,
    /// What is wanted of what tables yield.
    pub(super) demands: Vec<Demand>,
}

/// The number of the file that is compiled, among the sources.
pub(super) const OWN: usize = 0;

impl Outlines {
    /// Those of one file.
    pub(super) fn of_file(source: &Source) -> Self {
        Self {
            outlines: vec![Rc::new(Outline::default())],
            flats: HashMap::new(),
            busy: Vec::new(),
            sources: vec![source.clone()],
            schemas: HashMap::new(),
            built_in: HashMap::new(),
            demands: Vec::new(),
        }
    }

    /// One more.
    pub(super) fn add(&mut self, outline: Outline) -> OutlineId {
        self.outlines.push(Rc::new(outline));
        OutlineId(self.outlines.len() - 1)
    }

    /// A value of these kinds.
    pub(super) fn of(&mut self, kinds: Kinds) -> OutlineId {
        if kinds == Kinds::ANY { ANYTHING } else { self.add(Outline { kinds, ..Outline::default() }) }
    }

    /// A value that is one of these words.
    pub(super) fn words<'w>(&mut self, words: impl IntoIterator<Item = &'w str>) -> OutlineId {
        let words: Rc<[Box<str>]> = words.into_iter().map(Into::into).collect();
        self.add(Outline { kinds: Kinds::TEXT, words: Some(words), ..Outline::default() })
    }

    /// A list of such items.
    pub(super) fn list(&mut self, items: OutlineId) -> OutlineId {
        self.add(Outline { kinds: Kinds::LIST, items: Some(items), ..Outline::default() })
    }

    /// A value of one of these outlines.
    pub(super) fn one_of(&mut self, mut outlines: Vec<OutlineId>) -> OutlineId {
        outlines.sort_unstable();
        outlines.dedup();
        match outlines.as_slice() {
            [] => ANYTHING,
            [one] => *one,
            many if many.contains(&ANYTHING) => ANYTHING,
            _ => self.add(Outline { any: vec![outlines], ..Outline::default() }),
        }
    }

    /// A value that has both outlines.
    pub(super) fn both(&mut self, one: OutlineId, other: OutlineId) -> OutlineId {
        match (one, other) {
            (ANYTHING, outline) | (outline, ANYTHING) => outline,
            (one, other) if one == other => one,
            (one, other) => self.add(Outline { every: vec![one, other], ..Outline::default() }),
        }
    }

    /// One of the program's own outlines.
    pub(super) fn known(&mut self, known: &Known) -> OutlineId {
        let outline = match known {
            Known::Anything => return ANYTHING,
            Known::Kind(kinds) => return self.of(*kinds),
            Known::Words(words) => return self.words(words()),
            Known::List(items) => {
                let items = self.known(items);
                return self.list(items);
            }
            Known::OneOf(outlines) => {
                let outlines = outlines.iter().map(|outline| self.known(outline)).collect();
                return self.one_of(outlines);
            }
            Known::Map(members) | Known::Open(members) | Known::With(_, members) => {
                // A static's address names it: the message's outline is asked for by several sections. One that is
                // made of another is named by both, since equal statics may share an address.
                let before = if let Known::With(before, _) = known { std::ptr::from_ref(*before).addr() } else { 0 };
                let address = (before, members.as_ptr().addr());
                if let Some(id) = self.built_in.get(&address) {
                    return *id;
                }
                let id = self.reserve();
                self.built_in.insert(address, id);
                let mut outline = Outline { kinds: Kinds::MAP, sealed: true, ..Outline::default() };
                if matches!(known, Known::Open(_)) {
                    (outline.sealed, outline.rest) = (false, Some(ANYTHING));
                }
                for (name, member) in known.members() {
                    let plain = name.trim_end_matches('?');
                    outline.members.push((plain.into(), self.known(&member), None));
                    if plain == name {
                        outline.required.push(plain.into());
                    }
                }
                (id, outline)
            }
        };
        self.fill(outline.0, outline.1);
        outline.0
    }

    fn reserve(&mut self) -> OutlineId {
        self.add(Outline::default())
    }

    fn fill(&mut self, id: OutlineId, outline: Outline) {
        self.outlines[id.0] = Rc::new(outline);
    }

    pub(super) fn outline(&self, id: OutlineId) -> Rc<Outline> {
        self.outlines[id.0].clone()
    }

    /// A number for the source of what is written.
    pub(super) fn source(&mut self, source: &Source) -> usize {
        let known = self.sources.iter().position(|known| known.name == source.name);
        known.unwrap_or_else(|| {
            self.sources.push(source.clone());
            self.sources.len() - 1
        })
    }

    /// Where an outline is written, for people: `schemas/a.json:12`.
    pub(super) fn written(&self, origin: Option<Origin>) -> Option<String> {
        let (source, span) = origin?;
        let source = self.sources.get(source)?;
        Some(format!("{}:{}", source.name, line_col(source, span.start).line))
    }
}

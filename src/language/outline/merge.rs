//! What an outline says all in all: its own words, those of all it refers to, and of its alternatives laid over each other.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{ANYTHING, Kinds, Origin, Outline, OutlineId, Outlines};

/// An outline with everything it refers to laid over it.
#[derive(Clone, Debug)]
pub(in crate::language) struct Flat {
    pub(in crate::language) kinds: Kinds,
    pub(in crate::language) members: BTreeMap<Box<str>, (OutlineId, Option<Origin>)>,
    pub(in crate::language) required: BTreeSet<Box<str>>,
    /// The members are listed, so that one which is not is likely a slip.
    pub(in crate::language) listed: bool,
    /// A document with another member is refused.
    pub(in crate::language) sealed: bool,
    pub(in crate::language) rest: Option<OutlineId>,
    pub(in crate::language) items: Option<OutlineId>,
    pub(in crate::language) words: Option<Rc<[Box<str>]>>,
    pub(in crate::language) origin: Option<Origin>,
}

/// One step into an outline.
#[derive(Clone, Debug)]
pub(in crate::language) enum Next {
    /// Nothing is known of it.
    Open,
    /// A member or item; `always`: it is there whenever what holds it is.
    Found { outline: OutlineId, always: bool, origin: Option<Origin> },
    /// The members are known, and it is none of them.
    Strange(Rc<Flat>),
    /// What stands there has no members or items of that sort.
    Wrong(Rc<Flat>),
}

impl Flat {
    fn of(outline: &Outline) -> Self {
        Self {
            kinds: outline.kinds,
            members: outline.members.iter().map(|(name, id, origin)| (name.clone(), (*id, *origin))).collect(),
            required: outline.required.iter().cloned().collect(),
            listed: (outline.sealed || !outline.members.is_empty()) && outline.rest.is_none(),
            sealed: outline.sealed,
            rest: outline.rest,
            items: outline.items,
            words: outline.words.clone(),
            origin: outline.origin,
        }
    }

    fn may_be_map(&self) -> bool {
        self.kinds.meets(Kinds::MAP)
    }
}

impl Outlines {
    /// All that an outline says.
    pub(in crate::language) fn flat(&mut self, id: OutlineId) -> Rc<Flat> {
        if let Some(flat) = self.flats.get(&id) {
            return flat.clone();
        }
        let outline = self.outline(id);
        if self.busy.contains(&id) {
            return Rc::new(Flat::of(&Outline::default()));
        }
        self.busy.push(id);
        let mut flat = Flat::of(&outline);
        for other in &outline.every {
            let other = self.flat(*other);
            flat = self.all_of(flat, &other);
        }
        for group in &outline.any {
            let either = group.iter().map(|id| self.flat(*id)).collect::<Vec<_>>();
            let either = either.into_iter().reduce(|one, other| Rc::new(self.either(&one, &other)));
            if let Some(either) = either {
                flat = self.all_of(flat, &either);
            }
        }
        self.busy.pop();
        let flat = Rc::new(flat);
        if self.busy.is_empty() {
            self.flats.insert(id, flat.clone());
        }
        flat
    }

    /// What has both.
    fn all_of(&mut self, mut one: Flat, other: &Flat) -> Flat {
        let kinds = one.kinds.and(other.kinds);
        // Two that exclude each other: a slip of the schema's author, which is not the mapping's affair.
        one.kinds = if kinds == Kinds::NONE { one.kinds.or(other.kinds) } else { kinds };
        for (name, (id, origin)) in &other.members {
            let known = one.members.get(name).copied();
            let id = known.map_or(*id, |(known, _)| self.both(known, *id));
            one.members.insert(name.clone(), (id, known.and_then(|(_, origin)| origin).or(*origin)));
        }
        one.required.extend(other.required.iter().cloned());
        one.listed |= other.listed;
        one.sealed |= other.sealed;
        one.rest = one.rest.or(other.rest);
        one.items = match (one.items, other.items) {
            (Some(one), Some(other)) => Some(self.both(one, other)),
            (one, other) => one.or(other),
        };
        one.words = one.words.take().or_else(|| other.words.clone());
        one.origin = one.origin.or(other.origin);
        one
    }

    /// What is one or the other.
    fn either(&mut self, one: &Flat, other: &Flat) -> Flat {
        let mut members = one.members.clone();
        for (name, (id, origin)) in &other.members {
            let known = members.get(name).copied();
            let id = known.map_or(*id, |(known, _)| self.one_of(vec![known, *id]));
            members.insert(name.clone(), (id, known.and_then(|(_, origin)| origin).or(*origin)));
        }
        let says = |flat: &Flat| flat.listed || !flat.may_be_map();
        let words = one.words.iter().zip(&other.words).next();
        let words = words.map(|(one, other)| one.iter().chain(other.iter()).cloned().collect::<BTreeSet<_>>());
        Flat {
            kinds: one.kinds.or(other.kinds),
            members,
            required: one.required.intersection(&other.required).cloned().collect(),
            listed: says(one) && says(other) && (one.listed || other.listed),
            sealed: one.sealed && other.sealed,
            rest: one.rest.or(other.rest),
            items: match (one.items, other.items) {
                (Some(one), Some(other)) => Some(self.one_of(vec![one, other])),
                (None, items) if !one.kinds.meets(Kinds::LIST) => items,
                (items, None) if !other.kinds.meets(Kinds::LIST) => items,
                _ => None,
            },
            words: words.map(|words| words.into_iter().collect()),
            origin: one.origin.or(other.origin),
        }
    }

    /// The member of a name.
    pub(in crate::language) fn member(&mut self, id: OutlineId, name: &str) -> Next {
        if id == ANYTHING {
            return Next::Open;
        }
        let flat = self.flat(id);
        if let Some((outline, origin)) = flat.members.get(name) {
            let always = flat.required.contains(name);
            return Next::Found { outline: *outline, always, origin: *origin };
        }
        match flat.rest {
            _ if !flat.may_be_map() => Next::Wrong(flat),
            Some(rest) => Next::Found { outline: rest, always: false, origin: flat.origin },
            None if flat.listed => Next::Strange(flat),
            None => Next::Open,
        }
    }

    /// Any item, or any member where it is a map.
    pub(in crate::language) fn item(&mut self, id: OutlineId) -> Next {
        if id == ANYTHING {
            return Next::Open;
        }
        let flat = self.flat(id);
        let found = |outline| Next::Found { outline, always: false, origin: flat.origin };
        match (flat.kinds.meets(Kinds::LIST), flat.may_be_map()) {
            (false, false) => Next::Wrong(flat),
            (true, false) => flat.items.map_or(Next::Open, found),
            _ => Next::Open,
        }
    }
}

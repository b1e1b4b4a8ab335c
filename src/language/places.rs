//! [`Place`]: everything of a mapping that a run can reach, numbered at load, so that whoever watches runs can say what
//! was never reached.

use super::compiler::{Compiler, Module};
use crate::diagnostic::Span;

/// What can be reached at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An expression came to a value.
    Expression,
    /// An alternative of `??` was the first that is there.
    Alternative,
    /// A condition held.
    Then,
    /// A condition did not hold.
    Else,
    /// A case of `$match`, or its `else`.
    Case,
    /// A row of a table.
    Row,
    /// The `else` of a table.
    Otherwise,
    /// A condition of a check was for refusing.
    Refuses,
    /// A condition of a check was for letting through.
    Passes,
    /// A keyword rule fired.
    Rule,
}

/// A place's number in its module; of what belongs to no module (a tenant's own table rows) it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place(u32);

/// Something that a run can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reachable {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the mapping's source.
    pub span: Span,
}

impl Place {
    /// Of nobody's interest.
    pub(super) const NONE: Self = Self(u32::MAX);

    /// As an index of [`Module::places`].
    #[must_use]
    pub fn index(self) -> Option<usize> {
        usize::try_from(self.0).ok().filter(|_| self != Self::NONE)
    }
}

impl Compiler<'_> {
    /// The number of a place. A tree that is compiled in several scopes has one number.
    pub fn place(&mut self, kind: Kind, span: Span) -> Place {
        if self.unnumbered {
            return Place::NONE;
        }
        let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let known = self.numbers.entry(Reachable { kind, span });
        let place = *known.or_insert(Place(next));
        if place.0 == next {
            self.places.push(Reachable { kind, span });
        }
        place
    }
}

impl Module {
    /// Everything that can be reached, a [`Place`] being an index into it.
    #[must_use]
    pub fn places(&self) -> &[Reachable] {
        &self.places
    }
}

//! Which kinds of values there may be, and the program's own outlines as data.

use crate::functions::Type;
use crate::value::{Number, Tree};

/// A set of kinds. Null is none of them: it is nothing, as what is missing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    pub(crate) const TEXT: Self = Self(1);
    pub(crate) const INTEGER: Self = Self(2);
    pub(crate) const NUMBER: Self = Self(2 | 4);
    pub(crate) const BOOLEAN: Self = Self(8);
    pub(crate) const TIME: Self = Self(16);
    pub(crate) const LIST: Self = Self(32);
    pub(crate) const MAP: Self = Self(64);
    pub(crate) const ANY: Self = Self(127);
    pub(crate) const NONE: Self = Self(0);

    /// Whether one of `other` is among them.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Those of either.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of both.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What the functions' table calls it, where it is one kind.
    pub(crate) const fn as_type(self) -> Type {
        match self {
            Self::TEXT => Type::Text,
            Self::INTEGER => Type::Integer,
            Self::NUMBER | Self(4) => Type::Number,
            Self::BOOLEAN => Type::Boolean,
            Self::TIME => Type::Time,
            Self::LIST => Type::List,
            Self::MAP => Type::Map,
            _ => Type::Any,
        }
    }

    /// The kinds of a type.
    pub(crate) const fn of(given: Type) -> Self {
        match given {
            Type::Any => Self::ANY,
            Type::Text | Type::Secret => Self::TEXT,
            Type::Number => Self::NUMBER,
            Type::Integer => Self::INTEGER,
            Type::Boolean => Self::BOOLEAN,
            Type::Time => Self::TIME,
            Type::List => Self::LIST,
            Type::Map => Self::MAP,
        }
    }

    /// The kind of a constant.
    pub(crate) fn of_tree(tree: &Tree) -> Self {
        match tree {
            Tree::Null => Self::NONE,
            Tree::Bool(_) => Self::BOOLEAN,
            Tree::Number(Number::Float(_)) => Self::NUMBER,
            Tree::Number(_) => Self::INTEGER,
            Tree::Text(_) => Self::TEXT,
            Tree::List(_) => Self::LIST,
            Tree::Map(_) => Self::MAP,
        }
    }

    /// For people: "a text or a list".
    pub(crate) fn shown(self) -> String {
        if self == Self::ANY {
            return "anything".to_owned();
        }
        let names = [
            (Self::TEXT, "a text"),
            (Self::NUMBER, "a number"),
            (Self::BOOLEAN, "a boolean"),
            (Self::TIME, "a time"),
            (Self::LIST, "a list"),
            (Self::MAP, "a map"),
        ];
        let names = names.into_iter().filter(|(kind, _)| self.meets(*kind)).map(|(_, name)| name);
        names.collect::<Vec<_>>().join(" or ")
    }
}

impl Default for Kinds {
    fn default() -> Self {
        Self::ANY
    }
}

/// An outline of the program's own: a name of a scope, a value of the model.
#[derive(Clone, Copy, Debug)]
pub enum Known {
    /// Not known.
    Anything,
    /// Of these kinds.
    Kind(Kinds),
    /// One of these words.
    Words(fn() -> Vec<&'static str>),
    /// A list of these.
    List(&'static Known),
    /// One of these.
    OneOf(&'static [Known]),
    /// A map with these members, and perhaps others.
    Open(&'static [(&'static str, Known)]),
    /// A map with these members and no other; a name with `?` need not be there.
    Map(&'static [(&'static str, Known)]),
    /// The map before, with these members beside its own, or instead of those of the same name.
    With(&'static Known, &'static [(&'static str, Known)]),
}

impl Known {
    /// A text.
    pub const TEXT: Self = Self::Kind(Kinds::TEXT);
    /// A number.
    pub const NUMBER: Self = Self::Kind(Kinds::NUMBER);
    /// A number without a fraction.
    pub const INTEGER: Self = Self::Kind(Kinds::INTEGER);
    /// `true` or `false`.
    pub const BOOLEAN: Self = Self::Kind(Kinds::BOOLEAN);
    /// A time.
    pub const TIME: Self = Self::Kind(Kinds::TIME);
    /// A time, or a text that says one: as a mapping may build it.
    pub const MOMENT: Self = Self::Kind(Kinds::TIME.or(Kinds::TEXT));
    /// A number or a text.
    pub const NUMBER_OR_TEXT: Self = Self::Kind(Kinds::NUMBER.or(Kinds::TEXT));
    /// A list of anything.
    pub const LIST: Self = Self::Kind(Kinds::LIST);
    /// A map with any members.
    pub const MAP: Self = Self::Kind(Kinds::MAP);

    /// A map's members; of anything else none.
    pub(super) fn members(&self) -> Vec<(&'static str, Self)> {
        match self {
            Self::Map(members) | Self::Open(members) => members.to_vec(),
            Self::With(before, members) => {
                let plain = |name: &'static str| name.trim_end_matches('?');
                let mut all = before.members();
                all.retain(|(name, _)| members.iter().all(|(new, _)| plain(new) != plain(name)));
                all.extend_from_slice(members);
                all
            }
            _ => Vec::new(),
        }
    }
}

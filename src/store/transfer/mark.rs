//! What a move has written into a store, so that nobody can serve half a store, or the same one twice.
//!
//! | store | while it is moved | afterwards |
//! |---|---|---|
//! | from | `leaving`: who serves it gives the move up | `left`: it is served no more |
//! | to | `arriving`: half a store, not to be served | `arrived`: who serves it takes the mark away |

use super::Notes;

/// How a store stands to a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Stand {
    Leaving,
    Left,
    Arriving,
    Arrived,
}

/// What stands in a store about a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Mark {
    pub(in crate::store) stand: Stand,
    /// Which move it is: the same in both stores.
    pub(in crate::store) id: String,
    /// Where the other store is, for people.
    pub(in crate::store) other: String,
}

const STANDS: [(Stand, &str); 4] =
    [(Stand::Leaving, "leaving"), (Stand::Left, "left"), (Stand::Arriving, "arriving"), (Stand::Arrived, "arrived")];

impl Mark {
    /// What the notes say; nothing if they say nothing of a move.
    pub(in crate::store) fn read(notes: &Notes) -> Option<Self> {
        let text = |name| notes.get(name).cloned();
        let stand = text("stand")?;
        let (stand, _) = STANDS.into_iter().find(|(_, word)| *word == stand)?;
        Some(Self { stand, id: text("id")?, other: text("other").unwrap_or_default() })
    }

    /// As notes.
    pub(super) fn notes(&self) -> Notes {
        let word = STANDS.iter().find(|(stand, _)| *stand == self.stand).map_or("", |(_, word)| *word);
        let notes = [("stand", word), ("id", &*self.id), ("other", &*self.other)];
        notes.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Whether both are of one move.
    pub(super) fn pairs(&self, other: Option<&Self>) -> bool {
        other.is_some_and(|other| other.id == self.id)
    }
}

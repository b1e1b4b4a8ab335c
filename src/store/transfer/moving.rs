//! Moving all of a store into another one, of whichever engine. Nobody serves either of them meanwhile: both are locked, and
//! marks keep a gateway from a half of a store and from one that was moved ([`super::mark`]).
//!
//! A move that was cut off anywhere is begun again with the same two stores, and goes on.

use super::super::StoreError;
use super::carry::{Pair, Tell};
use super::tables::TABLES;
use super::{Mark, Notes, Raw, Stand};

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// `moved`, `indexed`, `compared`.
    pub doing: &'static str,
    /// Of which table.
    pub table: &'static str,
    /// Rows that are done.
    pub rows: u64,
    /// Of so many.
    pub of: u64,
}

/// What was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Rows, by table.
    pub tables: Vec<(&'static str, u64)>,
    /// It went on where it had stopped.
    pub resumed: bool,
}

/// Why a store was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Moved before, to somewhere else perhaps.
    #[error("it was moved to {0}, and is served no more: name that store, or take the move back with --undo")]
    Left(String),
    /// All of it is there.
    #[error("it was moved to {0} before: start the gateway there")]
    Done(String),
    /// What is to be moved is not all there.
    #[error("{0} is half a store: a move into it has not ended")]
    Half(String),
    /// The target is not empty.
    #[error("{0} has something in it: name an empty database, or a file that is not there")]
    NotEmpty(String),
    /// The target has half of another store, or of one that was used meanwhile.
    #[error(
        "{to} has a part of {other}, which is another store or was used since: empty {to} with --undo, then move again"
    )]
    OtherHalf {
        /// The target.
        to: String,
        /// Where its half is from.
        other: String,
    },
    /// Both were read again, and are not the same. Neither is changed any more.
    #[error("the rows of {table} differ: {from} were to be there, {to} are; take the move back with --undo")]
    Differs {
        /// The table.
        table: &'static str,
        /// What should be there.
        from: u64,
        /// What is.
        to: u64,
    },
    /// There is nothing to be taken back.
    #[error("there is no move from {from} to {to} that could be taken back: a gateway that ran on {to} ends it")]
    NotMoved {
        /// The source.
        from: String,
        /// The target.
        to: String,
    },
    /// What a store says.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// Moves everything. The names are for people; `id` names this move, should it be a new one.
///
/// # Errors
/// [`MoveError`]. What was done so far stays, for the next try.
pub async fn move_all(
    (from, from_name): (&mut dyn Raw, &str),
    (to, to_name): (&mut dyn Raw, &str),
    id: String,
    tell: Tell<'_>,
) -> Result<Moved, MoveError> {
    let (here, there) = (mark(from).await?, mark(to).await?);
    let of_one = here.as_ref().is_some_and(|here| here.pairs(there.as_ref()));
    let stands = (here.as_ref().map(|mark| mark.stand), there.as_ref().map(|mark| mark.stand));
    let (id, resumed) = match stands {
        (Some(Stand::Left), Some(Stand::Arrived)) if of_one => return Err(MoveError::Done(to_name.to_owned())),
        (Some(Stand::Leaving | Stand::Left), Some(Stand::Arriving)) if of_one => {
            (here.map_or(id, |mark| mark.id), true)
        }
        (Some(Stand::Left), _) => return Err(MoveError::Left(here.map_or_else(String::new, |mark| mark.other))),
        (Some(Stand::Arriving), _) => {
            return Err(MoveError::Half(from_name.to_owned()));
        }
        (_, Some(Stand::Arriving)) => {
            let other = there.map_or_else(String::new, |mark| mark.other);
            return Err(MoveError::OtherHalf { to: to_name.to_owned(), other });
        }
        _ => {
            if !is_empty(to).await? {
                return Err(MoveError::NotEmpty(to_name.to_owned()));
            }
            // The source first: whoever serves it from here on gives the move up, and this half is worth nothing.
            write(from, Stand::Leaving, &id, to_name).await?;
            write(to, Stand::Arriving, &id, from_name).await?;
            (id, false)
        }
    };
    let mut pair = Pair { from, to };
    let tables = pair.carry(tell).await?;
    let last = pair.from.last_numbers().await?;
    pair.to.settle(last).await?;
    pair.compare(tell).await?;
    // In between neither is served; the next try comes here again.
    write(pair.from, Stand::Left, &id, to_name).await?;
    write(pair.to, Stand::Arrived, &id, from_name).await?;
    Ok(Moved { tables, resumed })
}

/// Takes a move back that nobody has served the target of: the target is emptied, the source can be served.
///
/// # Errors
/// [`MoveError`].
pub async fn undo(
    (from, from_name): (&mut dyn Raw, &str),
    (to, to_name): (&mut dyn Raw, &str),
) -> Result<(), MoveError> {
    let (here, there) = (mark(from).await?, mark(to).await?);
    let leaves = here.as_ref().is_some_and(|here| matches!(here.stand, Stand::Leaving | Stand::Left));
    let of_one = here.as_ref().is_some_and(|here| here.pairs(there.as_ref()));
    let half = there.as_ref().is_some_and(|there| there.stand == Stand::Arriving);
    // A half is nobody's; a whole one goes only while its source has the very same. An empty one was emptied just now.
    if !(half || leaves && (of_one || is_empty(to).await?)) {
        return Err(MoveError::NotMoved { from: from_name.to_owned(), to: to_name.to_owned() });
    }
    to.empty().await?;
    if leaves && (of_one || there.is_none()) {
        from.keep_notes(Notes::new()).await?;
    }
    Ok(())
}

async fn mark(raw: &mut dyn Raw) -> Result<Option<Mark>, StoreError> {
    Ok(Mark::read(&raw.notes().await?))
}

async fn write(raw: &mut dyn Raw, stand: Stand, id: &str, other: &str) -> Result<(), StoreError> {
    let mark = Mark { stand, id: id.to_owned(), other: other.to_owned() };
    raw.keep_notes(mark.notes()).await
}

async fn is_empty(raw: &mut dyn Raw) -> Result<bool, StoreError> {
    for table in TABLES {
        if !raw.page(table, None, 1).await?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

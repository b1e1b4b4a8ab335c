//! What the newest messages are found by, in memory until it is written to the index.
//!
//! Keys are hashes: each that is written for itself is a page of the index that has to be read, written and moved. Written
//! many together, and in their order, they share pages. Nothing depends on it: the keys of a message follow from its rows, so
//! opening a store makes those anew that the index has not ([`Recent::load`]).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use rusqlite::Connection;

use super::key;
use super::row;
use super::shared::Shared;
use super::tx::Tx;
use crate::model::Ref;

/// So many keys are worth writing: some twenty thousand messages, a few megabytes.
const TOGETHER: usize = 1 << 16;
/// With each commit goes this part of what is being written, and no less than so many: nobody's commit waits for the whole.
const PART: usize = 128;
const LEAST: usize = 256;

/// A hash, and the message that it stands for.
pub(super) type Key = (i64, i64);

/// Keys that may not be in the index.
#[derive(Debug)]
pub(in crate::store) struct Recent {
    /// The index has all keys of messages up to this number, or will have them once `moving` is empty.
    upto: i64,
    fresh: BTreeSet<Key>,
    /// On their way into the index, in their order.
    moving: Option<BTreeSet<Key>>,
    together: usize,
}

impl Default for Recent {
    fn default() -> Self {
        Self { upto: 0, fresh: BTreeSet::new(), moving: None, together: TOGETHER }
    }
}

/// All keys with that hash.
pub(super) fn of_hash(hash: i64) -> RangeInclusive<Key> {
    (hash, i64::MIN)..=(hash, i64::MAX)
}

/// What a transaction does to the keys in memory, once it is committed.
#[derive(Debug, Default)]
pub(in crate::store) struct Keyed {
    /// Learned; those of older messages are in the index already.
    pub(super) new: BTreeSet<Key>,
    /// Of what was purged or forgotten.
    pub(super) gone: Vec<Key>,
    /// Written to the index.
    written: Vec<Key>,
    /// Nothing is left to be written.
    done: bool,
}

impl Recent {
    /// The messages with a key of that hash that is in memory, newest first.
    pub(super) fn find(&self, hash: i64) -> Vec<i64> {
        let moving = self.moving.iter().flat_map(|moving| moving.range(of_hash(hash)));
        let mut found: Vec<i64> = self.fresh.range(of_hash(hash)).chain(moving).map(|(_, number)| *number).collect();
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.dedup();
        found
    }

    /// Whether the keys of that message are kept in memory; else they go to the index at once.
    pub(super) const fn keeps(&self, number: i64) -> bool {
        number > self.upto
    }

    pub(in crate::store) fn apply(&mut self, keyed: &Keyed) {
        self.fresh.extend(&keyed.new);
        for key in &keyed.gone {
            self.fresh.remove(key);
            if let Some(moving) = &mut self.moving {
                moving.remove(key);
            }
        }
        if keyed.done {
            self.moving = None;
        } else if let Some(moving) = &mut self.moving {
            for key in &keyed.written {
                moving.remove(key);
            }
        } else if self.fresh.len() >= self.together {
            let newest = self.fresh.iter().map(|(_, number)| *number).max();
            self.upto = newest.unwrap_or(self.upto);
            self.moving = Some(std::mem::take(&mut self.fresh));
        }
    }

    /// What is written next, and whether nothing is left then.
    fn next(&self) -> Option<(Vec<Key>, bool)> {
        let moving = self.moving.as_ref()?;
        let part = LEAST.max(moving.len() / PART);
        Some((moving.iter().take(part).copied().collect(), moving.len() <= part))
    }

    /// The keys of those messages that the index has not all keys of.
    pub(super) fn load(connection: &Connection, shared: &Shared) -> rusqlite::Result<Self> {
        let upto = connection.query_row("SELECT upto FROM indexed", [], |row| row.get(0))?;
        let mut recent = Self { upto, ..Self::default() };
        let mut statement = connection.prepare(&format!("{} WHERE m.ref > ?1", row::SELECT))?;
        let mut rows = statement.query([upto])?;
        while let Some(row) = rows.next()? {
            let lane = |id| shared.names().lane_of.get(&id).cloned().ok_or(rusqlite::Error::QueryReturnedNoRows);
            let message = row::without_content(row, lane)?;
            let (number, providers) = (message.reference.number(), row::providers(row)?);
            let hashes = key::all(&message).chain(providers.iter().map(|id| key::provider(id)));
            recent.fresh.extend(hashes.map(|hash| (hash, number)));
        }
        Ok(recent)
    }

    /// For tests: so few are worth writing.
    #[cfg(test)]
    pub(super) const fn together(&mut self, together: usize) {
        self.together = together;
    }
}

impl Tx<'_> {
    /// The message is found by that key from now on.
    pub(super) fn find_by(&mut self, hash: i64, number: i64) -> rusqlite::Result<()> {
        if self.shared.recent().keeps(number) {
            self.pending.keyed.new.insert((hash, number));
            return Ok(());
        }
        self.index((hash, number))
    }

    /// It is not found by it any more.
    pub(super) fn lose(&mut self, hash: i64, number: i64) -> rusqlite::Result<()> {
        self.pending.keyed.new.remove(&(hash, number));
        self.pending.keyed.gone.push((hash, number));
        self.execute("DELETE FROM key WHERE hash = ?1 AND ref = ?2", [hash, number]).map(drop)
    }

    /// The messages with a key of that hash, also those of this very transaction, oldest first.
    pub(super) fn found(&self, hash: i64) -> rusqlite::Result<Vec<Ref>> {
        let mut found: Vec<i64> = self.column("SELECT ref FROM key WHERE hash = ?1", [hash])?;
        found.extend(self.shared.recent().find(hash));
        found.extend(self.pending.keyed.new.range(of_hash(hash)).map(|(_, number)| *number));
        found.retain(|number| !self.pending.keyed.gone.contains(&(hash, *number)));
        found.sort_unstable();
        found.dedup();
        Ok(found.into_iter().map(Ref::from_number).collect())
    }

    /// Writes some of the keys that are on their way into the index.
    pub(super) fn write_keys(&mut self) -> rusqlite::Result<()> {
        let (next, upto) = {
            let recent = self.shared.recent();
            (recent.next(), recent.upto)
        };
        let Some((keys, last)) = next else { return Ok(()) };
        keys.iter().try_for_each(|key| self.index(*key))?;
        if last {
            self.execute("UPDATE indexed SET upto = ?1", [upto])?;
        }
        self.pending.keyed.written = keys;
        self.pending.keyed.done = last;
        Ok(())
    }

    fn index(&self, key: Key) -> rusqlite::Result<()> {
        self.execute("INSERT OR IGNORE INTO key VALUES (?1, ?2)", key).map(drop)
    }
}

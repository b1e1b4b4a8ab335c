//! All messages counted anew while the store goes on working.
//!
//! Rows are read by their numbers, some at a time, by whoever reads; the writer waits for none of it. What is counted
//! is followed from then on: the writer tells of each move, between its commit and anybody's next look. A row that moves
//! while its slice is being read counts as the writer says, since nobody knows which of both the slice has seen.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use super::Count;
use super::shared::Shared;
use super::tally::{Accounts, Move};
use crate::delivery::Phase;
use crate::model::Name;

/// So many rows are read at once: a few milliseconds.
pub(super) const SLICE: usize = 4096;

/// A count that is under way.
#[derive(Debug, Default)]
pub(super) struct Recount {
    /// Which count this is: a slice that was asked for by an earlier one, which was given up, is none of its.
    run: u64,
    /// Rows up to this number are counted, and followed.
    upto: i64,
    counted: Accounts,
    /// While a slice is being read: what moved that was not counted yet, and where it stands.
    moved: Option<HashMap<i64, (Name, Option<Phase>)>>,
}

impl Recount {
    /// A move that was just committed.
    pub(super) fn hear(&mut self, step: &Move) {
        let (number, tenant) = (step.reference.number(), &step.lane.tenant);
        if number <= self.upto {
            let account = self.counted.entry(tenant.clone()).or_default();
            step.before.iter().for_each(|phase| account.remove(*phase));
            step.after.iter().for_each(|phase| account.add(*phase));
        } else if let Some(moved) = &mut self.moved {
            moved.insert(number, (tenant.clone(), step.after));
        }
    }

    /// What was read from [`Recount::upto`] on; fewer rows than asked for are the last.
    fn add(&mut self, rows: Vec<(i64, Name, Phase)>) -> bool {
        let moved = self.moved.take().unwrap_or_default();
        let last = rows.len() < SLICE;
        self.upto = rows.last().filter(|_| !last).map_or(i64::MAX, |(number, ..)| *number);
        let seen = rows.into_iter().filter(|(number, ..)| !moved.contains_key(number));
        for (_, tenant, phase) in seen {
            self.counted.entry(tenant).or_default().add(phase);
        }
        for (number, (tenant, phase)) in &moved {
            if *number <= self.upto
                && let Some(phase) = phase
            {
                self.counted.entry(tenant.clone()).or_default().add(*phase);
            }
        }
        last
    }
}

/// Begins a count; dropping it ends the count.
pub(super) struct Counting<'s> {
    shared: &'s Shared,
    pub(super) run: u64,
}

impl<'s> Counting<'s> {
    pub(super) fn begin(shared: &'s Shared) -> Self {
        let run = shared.counts.fetch_add(1, Ordering::Relaxed);
        *shared.recount() = Some(Recount { run, ..Recount::default() });
        Self { shared, run }
    }
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        *self.shared.recount() = None;
    }
}

/// Where the next slice begins; from now on the writer's moves are heard. `None`: given up by whoever asked.
pub(super) fn next_slice(shared: &Shared, run: u64) -> Option<i64> {
    shared.recount().as_mut().filter(|count| count.run == run).map(|count| {
        count.moved = Some(HashMap::new());
        count.upto
    })
}

/// Adds what was read. After the last slice what it all comes to, beside what the tally says at that moment.
pub(super) fn add_slice(shared: &Shared, run: u64, rows: Vec<(i64, Name, Phase)>) -> Option<Vec<Count>> {
    let mut count = shared.recount();
    let count = count.as_mut().filter(|count| count.run == run)?;
    count.add(rows).then(|| shared.tally().beside(&count.counted))
}

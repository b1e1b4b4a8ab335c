//! What writer, readers and callers share in memory. The writer alone changes it, after the commit and before the
//! acknowledgement, so that it never promises more than the disk holds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use super::part::Part;
use super::pause::Paused;
use super::recount::Recount;
use super::seal::Seals;
use super::sqlite::recent::{Keyed, Recent};
use super::suppressed::Suppressed;
use super::tally::{Move, Tally};
use super::usage::{Billed, Item, Sums};
use super::veil::{Proof, Veil};
use super::{Lane, Pause, Release, Which};
use crate::faults::Trail;
use crate::model::{Address, Name, Ref};

/// Numbers that stand for names in the tables.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) tenants: HashMap<Name, i64>,
    pub(super) tenant_of: HashMap<i64, Name>,
    pub(super) lanes: HashMap<Lane, i64>,
    pub(super) lane_of: HashMap<i64, Lane>,
}

/// The shared state.
#[derive(Debug, Default)]
pub(super) struct Shared {
    names: RwLock<Names>,
    tally: RwLock<Tally>,
    suppressed: RwLock<Suppressed>,
    paused: RwLock<Paused>,
    begun: RwLock<HashSet<Ref>>,
    recent: RwLock<Recent>,
    /// A count that is under way. Locked from a commit to its end in memory, so that a count never sees half of one.
    recount: Mutex<Option<Recount>>,
    /// Counts that were begun.
    pub(super) counts: AtomicU64,
    /// Transactions that were committed.
    pub(super) commits: AtomicU64,
    /// How far histories were emptied: a message's number.
    pub(super) emptied: AtomicI64,
    /// What contents are sealed with.
    pub(super) seals: Arc<Seals>,
    /// The key of what was forgotten; there from the first time on.
    veil: OnceLock<Veil>,
}

/// What a transaction will have changed once it is committed.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) tenants: Vec<(Name, i64)>,
    pub(super) lanes: Vec<(Lane, i64)>,
    pub(super) moves: Vec<Move>,
    /// What was used, by the number of the lane: written at the end, each total once.
    pub(super) usage: BTreeMap<(i64, Item), Sums>,
    pub(super) keyed: Keyed,
    pub(super) suppressions: Vec<Entry>,
    /// Opt-outs of the forgotten: whose, for which sender, and the hash.
    pub(super) proofs: Vec<(Name, Option<Address>, Proof)>,
    /// Addresses that leave the list, whatever stands for them.
    pub(super) forgotten: Vec<(Name, Address)>,
    /// What is paused from now on, or goes on, in their order.
    pub(super) pauses: Vec<Result<Pause, (Name, Which)>>,
    /// What is to try again at every process.
    pub(super) releases: Vec<Release>,
    /// So many of both were there, and ended within the transaction.
    pub(super) undone: usize,
    /// The key of the forgotten, where it was just made.
    pub(super) veil: Option<Veil>,
    /// By how much the queues of tenants grew.
    pub(super) queued: Vec<(Name, i64)>,
    /// Parts that this process took, with how long ago somebody else had them, and those that it gave up.
    pub(super) took: Vec<(Part, Option<Duration>)>,
    pub(super) gave: Vec<Part>,
    /// Every node has to know so many news before whoever asked for this is told, and the first of them that are its own.
    pub(super) news: i64,
    pub(super) own_news: Option<i64>,
    /// In their order: an attempt began (true) or ended.
    pub(super) attempts: Vec<(Ref, bool)>,
    /// Where a test may kill the process once it is committed.
    pub(super) trail: Trail,
}

/// An address on the list, or off it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) tenant: Name,
    pub(super) sender: Option<Address>,
    pub(super) address: Address,
    pub(super) on: bool,
}

impl Pending {
    /// One message of that lane adds this.
    pub(super) fn used(&mut self, lane: i64, billed: &Billed) {
        for (item, sums) in &billed.usage {
            self.usage.entry((lane, item.clone())).or_default().and(*sums);
        }
    }

    /// An address goes on the list or off it, with the hash that stands for it. These lists are applied one after the other,
    /// so what this ends of the same transaction goes.
    pub(super) fn list(&mut self, entry: Entry, proof: Option<Proof>) {
        let before = self.proofs.len() + self.forgotten.len();
        if entry.on {
            self.forgotten.retain(|(tenant, address)| (tenant, address) != (&entry.tenant, &entry.address));
        } else {
            self.proofs.retain(|(tenant, sender, known)| {
                (tenant, Some(*known)) != (&entry.tenant, proof) || (entry.sender.is_some() && *sender != entry.sender)
            });
        }
        self.undone += before - self.proofs.len() - self.forgotten.len();
        self.suppressions.push(entry);
    }
}

impl Shared {
    pub(super) fn new(seals: impl Into<Arc<Seals>>) -> Self {
        Self { seals: seals.into(), ..Self::default() }
    }

    pub(super) fn names(&self) -> RwLockReadGuard<'_, Names> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tally(&self) -> RwLockReadGuard<'_, Tally> {
        self.tally.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For loading; afterwards only [`Shared::apply`] writes.
    pub(super) fn tally_mut(&self) -> RwLockWriteGuard<'_, Tally> {
        self.tally.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn suppressed(&self) -> RwLockReadGuard<'_, Suppressed> {
        self.suppressed.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn paused(&self) -> RwLockReadGuard<'_, Paused> {
        self.paused.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begun(&self) -> RwLockReadGuard<'_, HashSet<Ref>> {
        self.begun.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn recent(&self) -> RwLockReadGuard<'_, Recent> {
        self.recent.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For loading and tests; afterwards only [`Shared::apply`] writes.
    pub(super) fn recent_mut(&self) -> RwLockWriteGuard<'_, Recent> {
        self.recent.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of what was forgotten, if anybody ever was.
    pub(super) fn veil(&self) -> Option<&Veil> {
        self.veil.get()
    }

    pub(super) fn veil_by(&self, veil: Veil) {
        self.suppressed.write().unwrap_or_else(PoisonError::into_inner).veil_by(veil.clone());
        // There is one for the life of a store.
        let _known = self.veil.set(veil);
    }

    /// Everything that was loaded anew, in place of what was known; keys and counters stay.
    pub(super) fn replace(&self, fresh: Self) {
        fn put<T>(place: &RwLock<T>, fresh: RwLock<T>) {
            *place.write().unwrap_or_else(PoisonError::into_inner) =
                fresh.into_inner().unwrap_or_else(PoisonError::into_inner);
        }
        let Self { names, tally, suppressed, paused, begun, recent, veil, .. } = fresh;
        put(&self.names, names);
        put(&self.tally, tally);
        put(&self.suppressed, suppressed);
        put(&self.paused, paused);
        put(&self.begun, begun);
        put(&self.recent, recent);
        if let Some(veil) = veil.into_inner() {
            // There is one for the life of a store.
            let _known = self.veil.set(veil);
        }
        // A count that was under way followed other moves.
        *self.recount() = None;
    }

    /// Held by the writer while it commits and applies.
    pub(super) fn recount(&self) -> MutexGuard<'_, Option<Recount>> {
        self.recount.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn apply(&self, pending: &Pending) {
        if !pending.tenants.is_empty() || !pending.lanes.is_empty() {
            let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
            names.learn(pending);
        }
        if !pending.attempts.is_empty() {
            let mut open = self.begun.write().unwrap_or_else(PoisonError::into_inner);
            for (reference, begun) in &pending.attempts {
                let _changed = if *begun { open.insert(*reference) } else { open.remove(reference) };
            }
        }
        self.recent_mut().apply(&pending.keyed);
        if let Some(veil) = &pending.veil {
            self.veil_by(veil.clone());
        }
        let Pending { suppressions, proofs, forgotten, .. } = pending;
        if !(suppressions.is_empty() && proofs.is_empty() && forgotten.is_empty()) {
            let mut list = self.suppressed.write().unwrap_or_else(PoisonError::into_inner);
            suppressions.iter().for_each(|entry| entry.apply(&mut list));
            for (tenant, sender, proof) in proofs {
                let _new = list.add_proof(tenant, sender.as_ref(), *proof);
            }
            forgotten.iter().for_each(|(tenant, address)| list.forget(tenant, address));
        }
        if !pending.pauses.is_empty() {
            let mut paused = self.paused.write().unwrap_or_else(PoisonError::into_inner);
            for pause in &pending.pauses {
                let _changed = match pause {
                    Ok(pause) => paused.add(pause),
                    Err((tenant, which)) => paused.remove(tenant, which),
                };
            }
        }
        if !pending.moves.is_empty() {
            let mut tally = self.tally_mut();
            pending.moves.iter().for_each(|step| tally.record(step));
        }
    }
}

impl Names {
    fn learn(&mut self, pending: &Pending) {
        for (name, id) in &pending.tenants {
            self.tenants.insert(name.clone(), *id);
            self.tenant_of.insert(*id, name.clone());
        }
        for (lane, id) in &pending.lanes {
            self.lanes.insert(lane.clone(), *id);
            self.lane_of.insert(*id, lane.clone());
        }
    }
}

impl Entry {
    fn apply(&self, list: &mut Suppressed) {
        let _changed = if self.on {
            list.add(&self.tenant, self.sender.as_ref(), &self.address)
        } else {
            list.remove(&self.tenant, self.sender.as_ref(), &self.address)
        };
    }
}

//! Counts that are asked too often to be counted anew: queued messages by tenant and lane, and the ledger.

use std::collections::{BTreeSet, HashMap};

use super::{Count, Lane, Ledger};
use crate::delivery::Phase;
use crate::model::{Name, Ref};

/// How many messages stand where.
#[derive(Debug, Default)]
pub(super) struct Tally {
    tenants: HashMap<Name, OfTenant>,
    lanes: HashMap<Lane, u64>,
}

#[derive(Debug, Default)]
struct OfTenant {
    now: Account,
    /// Those that were purged: the ledger still has them, no row has.
    purged: Ledger,
}

/// Some of a tenant's messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) queued: u64,
    pub(super) ledger: Ledger,
}

/// Some messages, by tenant.
pub(super) type Accounts = HashMap<Name, Account>;

/// One message was accepted (no `before`), changed, or purged (no `after`).
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) reference: Ref,
    pub(super) lane: Lane,
    pub(super) before: Option<Phase>,
    pub(super) after: Option<Phase>,
}

impl Account {
    /// One message more that stands there.
    pub(super) fn add(&mut self, phase: Phase) {
        self.add_many(phase, 1);
    }

    /// So many more that stand there.
    pub(super) fn add_many(&mut self, phase: Phase, rows: u64) {
        self.ledger.accepted += rows;
        *bucket(&mut self.ledger, phase) += rows;
        self.queued += if phase == Phase::Queued { rows } else { 0 };
    }

    /// One less. What was never counted takes nothing away.
    pub(super) fn remove(&mut self, phase: Phase) {
        self.ledger.accepted = self.ledger.accepted.saturating_sub(1);
        let bucket = bucket(&mut self.ledger, phase);
        *bucket = bucket.saturating_sub(1);
        self.queued = self.queued.saturating_sub(u64::from(phase == Phase::Queued));
    }
}

impl Tally {
    pub(super) fn record(&mut self, step: &Move) {
        let Move { lane, before, after, .. } = step;
        if before == after {
            return;
        }
        let of = self.tenants.entry(lane.tenant.clone()).or_default();
        let Some(after) = after else {
            // Finished, so neither queued nor in a lane.
            before.iter().for_each(|phase| add(&mut of.purged, *phase));
            return;
        };
        before.iter().for_each(|phase| of.now.remove(*phase));
        of.now.add(*after);
        if *before == Some(Phase::Queued)
            && let Some(count) = self.lanes.get_mut(lane)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.lanes.remove(lane);
            }
        }
        if *after == Phase::Queued {
            *self.lanes.entry(lane.clone()).or_default() += 1;
        }
    }

    /// For loading: so many are queued.
    pub(super) fn queue(&mut self, lane: &Lane, count: u64) {
        self.tenants.entry(lane.tenant.clone()).or_default().now.queued += count;
        *self.lanes.entry(lane.clone()).or_default() += count;
    }

    /// For loading.
    pub(super) fn ledger_mut(&mut self, tenant: &Name) -> &mut Ledger {
        &mut self.tenants.entry(tenant.clone()).or_default().now.ledger
    }

    /// For loading: what was purged.
    pub(super) fn purged_mut(&mut self, tenant: &Name) -> &mut Ledger {
        &mut self.tenants.entry(tenant.clone()).or_default().purged
    }

    pub(super) fn ledger(&self, tenant: &Name) -> Ledger {
        self.tenants.get(tenant).map(|tenant| tenant.now.ledger).unwrap_or_default()
    }

    pub(super) fn backlog(&self, tenant: &Name) -> u64 {
        self.tenants.get(tenant).map_or(0, |tenant| tenant.now.queued)
    }

    pub(super) fn lanes(&self) -> Vec<(Lane, u64)> {
        let mut lanes: Vec<_> = self.lanes.iter().map(|(lane, count)| (lane.clone(), *count)).collect();
        lanes.sort();
        lanes
    }

    /// What is told beside what all rows come to, by tenant.
    pub(super) fn beside(&self, rows: &Accounts) -> Vec<Count> {
        let tenants: BTreeSet<&Name> = self.tenants.keys().chain(rows.keys()).collect();
        let count = |tenant: &Name| {
            let none = OfTenant::default();
            let told = self.tenants.get(tenant).unwrap_or(&none);
            let rows = rows.get(tenant).copied().unwrap_or_default();
            Count {
                tenant: tenant.clone(),
                told: told.now.ledger,
                counted: sum(rows.ledger, told.purged),
                queued: [told.now.queued, rows.queued],
            }
        };
        tenants.into_iter().map(count).collect()
    }
}

fn add(ledger: &mut Ledger, phase: Phase) {
    ledger.accepted += 1;
    *bucket(ledger, phase) += 1;
}

fn sum(one: Ledger, other: Ledger) -> Ledger {
    Ledger {
        accepted: one.accepted + other.accepted,
        submitted: one.submitted + other.submitted,
        rejected: one.rejected + other.rejected,
        suppressed: one.suppressed + other.suppressed,
        expired: one.expired + other.expired,
        failed: one.failed + other.failed,
        in_flight: one.in_flight + other.in_flight,
    }
}

/// Where the ledger counts a message of that phase.
pub(super) const fn bucket(ledger: &mut Ledger, phase: Phase) -> &mut u64 {
    match phase {
        Phase::Queued | Phase::Sending | Phase::InDoubt => &mut ledger.in_flight,
        Phase::Submitted => &mut ledger.submitted,
        Phase::Rejected => &mut ledger.rejected,
        Phase::Failed => &mut ledger.failed,
        Phase::Expired => &mut ledger.expired,
        Phase::Suppressed => &mut ledger.suppressed,
    }
}

/// What some moves do to one tenant's ledger.
#[derive(Debug, Default)]
pub(super) struct Sums {
    more: Ledger,
    less: Ledger,
    queued: i64,
    purged: Ledger,
}

/// Moves added up by tenant, in the order of their coming.
pub(super) fn sums(moves: &[Move]) -> Vec<(Name, Sums)> {
    let mut sums: Vec<(Name, Sums)> = Vec::new();
    for step in moves {
        let place = sums.iter().position(|(tenant, ..)| *tenant == step.lane.tenant).unwrap_or_else(|| {
            sums.push((step.lane.tenant.clone(), Sums::default()));
            sums.len() - 1
        });
        sums[place].1.add(step);
    }
    sums
}

impl Sums {
    fn add(&mut self, step: &Move) {
        match (step.before, step.after) {
            (before, Some(after)) => {
                self.more.accepted += u64::from(before.is_none());
                *bucket(&mut self.more, after) += 1;
                before.iter().for_each(|before| *bucket(&mut self.less, *before) += 1);
                self.queued += i64::from(after == Phase::Queued) - i64::from(before == Some(Phase::Queued));
            }
            (Some(last), None) => *bucket(&mut self.purged, last) += 1,
            (None, None) => {}
        }
    }

    /// By how much accepted, submitted, rejected, suppressed, expired and failed change, if they do.
    pub(super) fn ends(&self) -> Option<[i64; 6]> {
        (self.more != self.less).then(|| differences(&self.more, &self.less))
    }

    /// The same, and by how much what is in flight changes, and of that what is queued.
    pub(super) fn account(&self) -> Option<[i64; 8]> {
        let [a, b, c, d, e, f] = differences(&self.more, &self.less);
        let in_flight = self.more.in_flight.wrapping_sub(self.less.in_flight).cast_signed();
        Some([a, b, c, d, e, f, in_flight, self.queued]).filter(|account| *account != [0; 8])
    }

    /// How many submitted, rejected, suppressed, expired and failed ones were purged, if any.
    pub(super) fn purged(&self) -> Option<[i64; 5]> {
        let [_, ends @ ..] = differences(&self.purged, &Ledger::default());
        (self.purged != Ledger::default()).then_some(ends)
    }
}

fn differences(more: &Ledger, less: &Ledger) -> [i64; 6] {
    let column = |one: fn(&Ledger) -> u64| one(more).wrapping_sub(one(less)).cast_signed();
    [
        column(|l| l.accepted),
        column(|l| l.submitted),
        column(|l| l.rejected),
        column(|l| l.suppressed),
        column(|l| l.expired),
        column(|l| l.failed),
    ]
}

//! Counts that are asked too often to be counted anew: queued messages by tenant and lane, and the ledger.

use std::collections::HashMap;

use super::{Lane, Ledger};
use crate::delivery::Phase;
use crate::model::Name;

/// How many messages stand where.
#[derive(Debug, Default)]
pub(super) struct Tally {
    tenants: HashMap<Name, OfTenant>,
    lanes: HashMap<Lane, u64>,
}

#[derive(Debug, Default)]
struct OfTenant {
    queued: u64,
    ledger: Ledger,
}

/// One message was accepted (no `before`) or changed.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) lane: Lane,
    pub(super) before: Option<Phase>,
    pub(super) after: Phase,
}

impl Tally {
    pub(super) fn record(&mut self, step: &Move) {
        if step.before.is_none() {
            self.ledger_mut(&step.lane.tenant).accepted += 1;
        }
        if step.before == Some(step.after) {
            return;
        }
        if let Some(before) = step.before {
            let bucket = bucket(self.ledger_mut(&step.lane.tenant), before);
            *bucket = bucket.saturating_sub(1);
        }
        *bucket(self.ledger_mut(&step.lane.tenant), step.after) += 1;
        if step.before == Some(Phase::Queued) {
            self.unqueue(&step.lane);
        }
        if step.after == Phase::Queued {
            self.queue(&step.lane, 1);
        }
    }

    pub(super) fn queue(&mut self, lane: &Lane, count: u64) {
        self.tenants.entry(lane.tenant.clone()).or_default().queued += count;
        *self.lanes.entry(lane.clone()).or_default() += count;
    }

    fn unqueue(&mut self, lane: &Lane) {
        if let Some(tenant) = self.tenants.get_mut(&lane.tenant) {
            tenant.queued = tenant.queued.saturating_sub(1);
        }
        if let Some(count) = self.lanes.get_mut(lane) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.lanes.remove(lane);
            }
        }
    }

    pub(super) fn ledger_mut(&mut self, tenant: &Name) -> &mut Ledger {
        &mut self.tenants.entry(tenant.clone()).or_default().ledger
    }

    pub(super) fn ledger(&self, tenant: &Name) -> Ledger {
        self.tenants.get(tenant).map(|tenant| tenant.ledger).unwrap_or_default()
    }

    pub(super) fn backlog(&self, tenant: &Name) -> u64 {
        self.tenants.get(tenant).map_or(0, |tenant| tenant.queued)
    }

    pub(super) fn lanes(&self) -> Vec<(Lane, u64)> {
        let mut lanes: Vec<_> = self.lanes.iter().map(|(lane, count)| (lane.clone(), *count)).collect();
        lanes.sort();
        lanes
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

//! The gate of a provider account: senders sit at it, ask for a turn, and are let through one by one as `turns` says.
//!
//! Nobody's task stands behind it: who asks, and whose call ends, lets through whoever is next, and rings.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::info;

use super::turns::{May, SeatId, Stake, Turns};
use super::waits::Limit;
use crate::config::{Snapshot, Tenant};
use crate::flow::Flow;
use crate::limits::{Limits, Speed, Turned, Verdict, keys};
use crate::model::Class;
use crate::store::Lane;

/// The gates of all accounts, made when first asked for.
pub(super) struct Gates {
    flow: Arc<Flow>,
    gates: Mutex<HashMap<String, Arc<Gate>>>,
    seats: AtomicU64,
    /// How many lanes are open.
    pub(super) lanes: Arc<AtomicUsize>,
}

impl Gates {
    pub(super) fn new(flow: Arc<Flow>) -> Self {
        Self { flow, gates: Mutex::default(), seats: AtomicU64::default(), lanes: Arc::default() }
    }

    /// A seat at an account's gate. The bell rings when asking again may help.
    pub(super) fn sit(&self, account: &str, lane: &Lane, bell: Arc<Notify>) -> Seat {
        let gate = {
            let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Gate::new(account, self.flow.clone()));
            gates.entry(account.to_owned()).or_insert_with(new).clone()
        };
        let id = self.seats.fetch_add(1, Ordering::Relaxed);
        let mut hall = gate.hall();
        hall.turns.sit(&lane.tenant, id);
        hall.sitting.insert(id, Sitter { lane: lane.clone(), tenant_key: keys::tenant(lane.tenant.as_str()), bell });
        drop(hall);
        Seat { gate, id, lane: lane.clone() }
    }
}

/// One account's.
struct Gate {
    account: String,
    account_key: String,
    flow: Arc<Flow>,
    /// A lock is held for one decision, never over an await.
    hall: Mutex<Hall>,
}

#[derive(Default)]
struct Hall {
    turns: Turns,
    sitting: HashMap<SeatId, Sitter>,
    /// Let through, and not gone yet.
    called: HashSet<SeatId>,
    under: Option<Under>,
}

struct Sitter {
    lane: Lane,
    tenant_key: String,
    bell: Arc<Notify>,
}

/// The configuration that the last decision went by, and what it says of the account.
struct Under {
    snapshot: Arc<Snapshot>,
    /// Of all tenants of the account together.
    weight: u64,
    tenants: usize,
}

/// A sender's seat; given up when dropped.
pub(super) struct Seat {
    gate: Arc<Gate>,
    id: SeatId,
    lane: Lane,
}

/// What came of asking.
pub(super) enum Turn {
    /// One call may go.
    Go(Permit),
    /// Not before then, if the bell does not ring earlier.
    At(Instant),
    /// The bell will ring.
    Bell,
}

/// One call under way; over when dropped.
pub(super) struct Permit {
    gate: Arc<Gate>,
    lane: Lane,
}

impl Seat {
    /// Whether the seat is at that account's gate.
    pub(super) fn is_at(&self, account: &str) -> bool {
        self.gate.account == account
    }

    /// Asks for a turn, for a message of that class.
    pub(super) fn ask(&self, class: Class) -> Turn {
        let now = Instant::now();
        let mut hall = self.gate.hall();
        if !hall.called.contains(&self.id) {
            hall.turns.want(&self.lane.tenant, self.id, Some(class));
            self.gate.serve(&mut hall, now, Some(self.id));
        }
        if hall.called.remove(&self.id) {
            return Turn::Go(Permit { gate: self.gate.clone(), lane: self.lane.clone() });
        }
        hall.turns.alarm(&self.lane.tenant, self.id, now).map_or(Turn::Bell, Turn::At)
    }

    /// What keeps it from a turn now.
    pub(super) fn waits_for(&self) -> Limit {
        let hall = self.gate.hall();
        hall.sitting.get(&self.id).map_or(Limit::Account, |sitter| self.gate.waits_for(sitter))
    }

    /// Nothing is wanted now. A turn that was given meanwhile goes to the next.
    pub(super) fn rest(&self) {
        let mut hall = self.gate.hall();
        self.rest_in(&mut hall);
    }

    fn rest_in(&self, hall: &mut Hall) {
        hall.turns.want(&self.lane.tenant, self.id, None);
        if hall.called.remove(&self.id) {
            hall.turns.done(&self.lane.tenant);
            self.gate.serve(hall, Instant::now(), None);
        }
        hall.pass_the_watch(&self.lane);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut hall = self.gate.hall();
        self.rest_in(&mut hall);
        hall.turns.leave(&self.lane.tenant, self.id);
        hall.sitting.remove(&self.id);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut hall = self.gate.hall();
        hall.turns.done(&self.lane.tenant);
        self.gate.serve(&mut hall, Instant::now(), None);
    }
}

impl Hall {
    fn pass_the_watch(&self, lane: &Lane) {
        if let Some(sitter) = self.turns.watch(&lane.tenant, Instant::now()).and_then(|next| self.sitting.get(&next)) {
            sitter.bell.notify_one();
        }
    }
}

impl Gate {
    fn new(account: &str, flow: Arc<Flow>) -> Self {
        Self { account: account.to_owned(), account_key: keys::account(account), flow, hall: Mutex::default() }
    }

    fn hall(&self) -> MutexGuard<'_, Hall> {
        // A decision is whole at every moment, so the hall is usable even if its last user came to grief.
        self.hall.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets through everybody who may go; rings for all but the one who asks.
    fn serve(&self, hall: &mut Hall, now: Instant, asking: Option<SeatId>) {
        let snapshot = self.flow.snapshot.load_full();
        if hall.under.as_ref().is_none_or(|under| !Arc::ptr_eq(&under.snapshot, &snapshot)) {
            hall.under = Some(Under::new(snapshot, &self.account));
            hall.turns.refresh();
        }
        let Hall { turns, sitting, called, under } = hall;
        let Some(under) = under else { return };
        let mut went = Vec::new();
        loop {
            let may = |_: &_, seat| sitting.get(&seat).map_or(MISSING, |sitter| self.may(&under.snapshot, sitter));
            let Some((tenant, seat)) = turns.next(now, |tenant| under.stake(tenant.as_str()), may) else { break };
            called.insert(seat);
            went.push(tenant);
            if let Some(sitter) = sitting.get(&seat).filter(|_| asking != Some(seat)) {
                sitter.bell.notify_one();
            }
        }
        for tenant in went {
            if let Some(next) = turns.watch(&tenant, now).filter(|next| asking != Some(*next))
                && let Some(sitter) = sitting.get(&next)
            {
                sitter.bell.notify_one();
            }
        }
    }

    /// The number's rate, then the tenant's; both are counted, or none.
    fn may(&self, snapshot: &Snapshot, sitter: &Sitter) -> May {
        let Some(tenant) = snapshot.tenant(sitter.lane.tenant.as_str()) else { return MISSING };
        let limits = &self.flow.limits;
        let of_number = match self.number(limits, tenant, sitter) {
            Ok(of_number) => of_number,
            Err(wait) => return wait,
        };
        let of_tenant = tenant.limits.send.map(|rate| Speed::new(rate, tenant.limits.burst));
        if let Some((key, speed)) = &of_number
            && let Verdict::Wait(wait) = limits.peek(key, *speed)
        {
            return May::NotYet(wait.max(speed.nap()));
        }
        // Nobody but this gate asks for the tenant, and only its lock decides: what is free now is free below.
        if let Some(speed) = of_tenant
            && let Verdict::Wait(wait) = limits.take(&sitter.tenant_key, speed)
        {
            return May::NobodyYet(wait.max(speed.nap()));
        }
        match of_number.map(|(key, speed)| limits.take(&key, speed)) {
            // Another account's tenant sends from the same number, and was faster.
            Some(Verdict::Wait(wait)) => May::NotYet(wait),
            Some(Verdict::Go) | None => May::Go,
        }
    }

    /// What [`Gate::may`] would say no for; else it is the calls under way.
    fn waits_for(&self, sitter: &Sitter) -> Limit {
        let snapshot = self.flow.snapshot.load();
        let Some(tenant) = snapshot.tenant(sitter.lane.tenant.as_str()) else { return Limit::Account };
        let limits = &self.flow.limits;
        let waits = |key: &str, speed| matches!(limits.peek(key, speed), Verdict::Wait(_));
        match self.number(limits, tenant, sitter) {
            Err(_) if !limits.slowdown(&self.account_key).pause.is_zero() => return Limit::Account,
            Err(_) => return Limit::Number,
            Ok(Some((key, speed))) if waits(&key, speed) => return Limit::Number,
            Ok(_) => {}
        }
        let send = tenant.limits.send.map(|rate| Speed::new(rate, tenant.limits.burst));
        if send.is_some_and(|speed| waits(&sitter.tenant_key, speed)) { Limit::Send } else { Limit::Account }
    }

    /// The number's cell and its speed of this moment; how long to wait while its provider wants to be left alone.
    fn number(&self, limits: &Limits, tenant: &Tenant, sitter: &Sitter) -> Result<Option<(String, Speed)>, May> {
        let from = sitter.lane.from.as_str();
        let Some(number) = tenant.number(from) else { return Ok(None) };
        let key = keys::number(tenant.provider.name.as_str(), from);
        let own = limits.slowdown(&key);
        tell(own.turned, sitter, "number");
        let shared = limits.slowdown(&self.account_key);
        tell(shared.turned, sitter, "account");
        let pause = own.pause.max(shared.pause);
        if !pause.is_zero() {
            return Err(May::NotYet(pause));
        }
        let speed = Speed::new(number.rate, None).slowed(own.percent.min(shared.percent));
        Ok(Some((key, speed)))
    }
}

const MISSING: May = May::NotYet(std::time::Duration::from_secs(1));

/// The way up; `flow` tells of the way down.
fn tell(turned: Option<Turned>, sitter: &Sitter, scope: &str) {
    let (tenant, number) = (&sitter.lane.tenant, sitter.lane.from.as_str());
    match turned {
        Some(Turned::Up(percent)) => info!(%tenant, number, scope, percent, "speeding up again"),
        Some(Turned::Over) => info!(%tenant, number, scope, "at its full rate again"),
        Some(Turned::Down(_)) | None => {}
    }
}

impl Under {
    fn new(snapshot: Arc<Snapshot>, account: &str) -> Self {
        let here = snapshot.tenants.iter().filter(|tenant| tenant.account() == account && tenant.enabled);
        let (weight, tenants) = here.fold((0, 0), |(weight, tenants), tenant| (weight + of(tenant), tenants + 1));
        Self { snapshot, weight, tenants }
    }

    fn stake(&self, tenant: &str) -> Option<Stake> {
        let tenant = self.snapshot.tenant(tenant)?;
        let (weight, most) = (of(tenant), tenant.delivery.concurrency);
        let fair = u64::try_from(most).unwrap_or(u64::MAX).saturating_mul(weight) / self.weight.max(weight);
        let fair = usize::try_from(fair).unwrap_or(usize::MAX).max(1);
        let spare = if self.tenants > 1 && most > 1 { (most / 8).max(1) } else { 0 };
        Some(Stake { weight, most, fair, spare })
    }
}

fn of(tenant: &Tenant) -> u64 {
    tenant.limits.weight.get().into()
}

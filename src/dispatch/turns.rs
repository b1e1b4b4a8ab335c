//! Whose turn it is at one provider account: a pure decision over who wants to send, without clock, limits or tasks.
//!
//! Tenants share the account's calls by weight: next is the one with the fewest under way for its weight, then the one
//! who had the fewest so far. Within a tenant transactional goes before promotional, then the sender who waited longest.
//! No tenant's load, and no class it gives its messages, moves it before another. Start at [`Turns::next`].

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::model::{Class, Name};

/// A sender's seat.
pub(super) type SeatId = u64;

/// What a tenant has of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stake {
    /// Against the other tenants' weights.
    pub(super) weight: u64,
    /// Calls that may be under way, all tenants together.
    pub(super) most: usize,
    /// Its part of them by weight, at least one.
    pub(super) fair: usize,
    /// So many are left for tenants who have less than their part: somebody whose calls hang must not have them all.
    pub(super) spare: usize,
}

/// What the limits say of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum May {
    /// It may send, and that was counted.
    Go,
    /// Not before so long, because of its own rate.
    NotYet(Duration),
    /// Neither it nor any other of its tenant's.
    NobodyYet(Duration),
}

/// All who sit at one account.
#[derive(Debug, Default)]
pub(super) struct Turns {
    tenants: BTreeMap<Name, Party>,
    under_way: usize,
    /// What was spent by the tenant that went last: a newcomer starts here, not with the credit of its absence.
    spent: u64,
    /// Turns so far.
    turns: u64,
}

/// One tenant.
#[derive(Debug, Default)]
struct Party {
    seats: BTreeMap<SeatId, Place>,
    under_way: usize,
    /// Turns, each divided by the weight of its time.
    spent: u64,
    not_before: Option<Instant>,
}

#[derive(Debug)]
struct Place {
    wants: Option<Class>,
    /// The turn it had last.
    turn: u64,
    not_before: Option<Instant>,
}

/// A turn of weight one.
const TURN: u64 = 1 << 32;

impl Turns {
    /// Somebody sits down.
    pub(super) fn sit(&mut self, tenant: &Name, seat: SeatId) {
        let party = self.tenants.entry(tenant.clone()).or_default();
        party.seats.insert(seat, Place { wants: None, turn: 0, not_before: None });
    }

    /// Somebody leaves.
    pub(super) fn leave(&mut self, tenant: &Name, seat: SeatId) {
        if let Some(party) = self.tenants.get_mut(tenant) {
            party.seats.remove(&seat);
        }
        self.forget(tenant);
    }

    /// What the best is that a sender has, if it has anything.
    pub(super) fn want(&mut self, tenant: &Name, seat: SeatId, class: Option<Class>) {
        let spent = self.spent;
        let Some(party) = self.tenants.get_mut(tenant) else { return };
        if class.is_some() && party.rests() {
            party.spent = party.spent.max(spent);
        }
        if let Some(place) = party.seats.get_mut(&seat) {
            place.wants = class;
        }
    }

    /// The sender whose turn it is, if anybody may go now. `stake`: `None` for a tenant that is gone.
    pub(super) fn next(
        &mut self,
        now: Instant,
        stake: impl Fn(&Name) -> Option<Stake>,
        mut may: impl FnMut(&Name, SeatId) -> May,
    ) -> Option<(Name, SeatId)> {
        let mut order: Vec<(u64, u64, Name, u64)> = Vec::new();
        for (name, party) in self.tenants.iter().filter(|(_, party)| party.ready(now).next().is_some()) {
            let Some(stake) = stake(name) else { continue };
            if self.has_room(party, stake) {
                let load = u64::try_from(party.under_way).unwrap_or(u64::MAX).saturating_mul(TURN) / stake.weight;
                order.push((load, party.spent, name.clone(), stake.weight));
            }
        }
        order.sort_unstable();
        for (_, _, name, weight) in order {
            if let Some(seat) = self.tenants.get_mut(&name).and_then(|party| party.next(now, |seat| may(&name, seat))) {
                self.go(&name, seat, weight);
                return Some((name, seat));
            }
        }
        None
    }

    const fn has_room(&self, party: &Party, stake: Stake) -> bool {
        let left = stake.most.saturating_sub(self.under_way);
        left > stake.spare || left > 0 && party.under_way < stake.fair
    }

    fn go(&mut self, tenant: &Name, seat: SeatId, weight: u64) {
        self.turns += 1;
        self.under_way += 1;
        let Some(party) = self.tenants.get_mut(tenant) else { return };
        party.under_way += 1;
        self.spent = party.spent;
        party.spent += TURN / weight;
        if let Some(place) = party.seats.get_mut(&seat) {
            place.wants = None;
            place.turn = self.turns;
        }
    }

    /// A turn is over.
    pub(super) fn done(&mut self, tenant: &Name) {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some(party) = self.tenants.get_mut(tenant) {
            party.under_way = party.under_way.saturating_sub(1);
        }
        self.forget(tenant);
    }

    fn forget(&mut self, tenant: &Name) {
        if self.tenants.get(tenant).is_some_and(|party| party.seats.is_empty() && party.under_way == 0) {
            self.tenants.remove(tenant);
        }
    }

    /// When a sender that was not let through at `now` has to ask again by itself; `None`: it waits for the end of a
    /// call, or for another sender of its tenant.
    pub(super) fn alarm(&self, tenant: &Name, seat: SeatId, now: Instant) -> Option<Instant> {
        let party = self.tenants.get(tenant)?;
        if let Some(at) = party.waits(now) {
            // The tenant's rate is waited for by one of its senders: all of them would wake at the same instant.
            return (party.first() == Some(seat)).then_some(at);
        }
        party.seats.get(&seat)?.not_before.filter(|at| *at > now)
    }

    /// Who has to watch its tenant's rate from now on, after another of its senders went or left.
    pub(super) fn watch(&self, tenant: &Name, now: Instant) -> Option<SeatId> {
        let party = self.tenants.get(tenant)?;
        party.waits(now).and_then(|_| party.first())
    }

    /// The limits changed: who had to wait may be let through now.
    pub(super) fn refresh(&mut self) {
        for party in self.tenants.values_mut() {
            party.not_before = None;
            party.seats.values_mut().for_each(|place| place.not_before = None);
        }
    }
}

impl Party {
    fn rests(&self) -> bool {
        self.under_way == 0 && self.seats.values().all(|place| place.wants.is_none())
    }

    /// Until when its own rate has all of its senders wait.
    fn waits(&self, now: Instant) -> Option<Instant> {
        self.not_before.filter(|at| *at > now)
    }

    fn ready(&self, now: Instant) -> impl Iterator<Item = (SeatId, &Place)> {
        let open = self.waits(now).is_none();
        let seats = self.seats.iter().filter(move |_| open).map(|(seat, place)| (*seat, place));
        seats.filter(move |(_, place)| place.wants.is_some() && place.not_before.is_none_or(|at| at <= now))
    }

    /// The first of those who wait, whatever they wait for.
    fn first(&self) -> Option<SeatId> {
        let waiting = self.seats.iter().filter_map(|(seat, place)| Some((place.wants?, place.turn, *seat)));
        waiting.min().map(|(_, _, seat)| seat)
    }

    fn next(&mut self, now: Instant, mut may: impl FnMut(SeatId) -> May) -> Option<SeatId> {
        let mut order: Vec<_> = self.ready(now).map(|(seat, place)| (place.wants, place.turn, seat)).collect();
        order.sort_unstable();
        for (_, _, seat) in order {
            match may(seat) {
                May::Go => {
                    self.not_before = None;
                    return Some(seat);
                }
                May::NotYet(wait) => {
                    if let Some(place) = self.seats.get_mut(&seat) {
                        place.not_before = Some(now + wait);
                    }
                }
                May::NobodyYet(wait) => {
                    self.not_before = Some(now + wait);
                    return None;
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;

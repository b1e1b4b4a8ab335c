//! Calls that wait for their time. Lanes share what is asked for, so that one with a platform that is down and a hundred
//! thousand reports does not keep the others' waiting.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::{Call, CallLane, NewCall};
use crate::model::{Name, Ref};
use crate::value::Timestamp;

/// Waiting calls, by id, by time and by what must keep its order.
#[derive(Debug, Default)]
pub(super) struct Calls {
    all: HashMap<i64, Call>,
    by_time: BTreeMap<CallLane, BTreeSet<(Timestamp, i64)>>,
    in_order: HashMap<(Ref, String), BTreeSet<i64>>,
}

impl Calls {
    pub(super) fn add(&mut self, call: NewCall) {
        self.add_anew(call, false);
    }

    /// `newest`: redriven, it goes by the newest mapping.
    pub(super) fn add_anew(&mut self, call: NewCall, newest: bool) {
        self.by_time.entry(call.lane()).or_default().insert((call.at, call.id));
        if let Some(message) = call.message {
            self.in_order.entry((message, call.name.clone())).or_default().insert(call.id);
        }
        self.all.insert(call.id, Call { attempts: 0, due: call.at, newest, call });
    }

    /// The largest id of them.
    pub(super) fn newest(&self) -> Option<i64> {
        self.all.keys().max().copied()
    }

    pub(super) fn remove(&mut self, id: i64) -> Option<Call> {
        let call = self.all.remove(&id)?;
        if let Some(times) = self.by_time.get_mut(&call.call.lane()) {
            times.remove(&(call.due, id));
        }
        if let Some(message) = call.call.message {
            let key = (message, call.call.name.clone());
            if let Some(order) = self.in_order.get_mut(&key) {
                order.remove(&id);
                if order.is_empty() {
                    self.in_order.remove(&key);
                }
            }
        }
        Some(call)
    }

    /// Those of a tenant that are meant go; how many.
    pub(super) fn remove_if(&mut self, tenant: &Name, meant: impl Fn(&NewCall) -> bool) -> u64 {
        let all = self.all.values().map(|call| &call.call);
        let gone: Vec<i64> = all.filter(|call| call.tenant == *tenant && meant(call)).map(|call| call.id).collect();
        gone.into_iter().filter_map(|id| self.remove(id)).map(|_| 1).sum()
    }

    pub(super) fn again(&mut self, id: i64, due: Timestamp) -> Option<&Call> {
        let call = self.all.get_mut(&id)?;
        let times = self.by_time.entry(call.call.lane()).or_default();
        times.remove(&(call.due, id));
        times.insert((due, id));
        call.due = due;
        call.attempts = call.attempts.saturating_add(1);
        Some(call)
    }

    pub(super) fn has(&self, id: i64) -> bool {
        self.all.contains_key(&id)
    }

    /// Those that speak of that message, in their order.
    pub(super) fn about(&self, message: Ref) -> Vec<Call> {
        let mut about: Vec<Call> =
            self.all.values().filter(|call| call.call.message == Some(message)).cloned().collect();
        about.sort_by_key(|call| call.call.id);
        about
    }

    /// Whether one that waits speaks of that message.
    pub(super) fn speak_of(&self, message: Ref) -> bool {
        self.all.values().any(|call| call.call.message == Some(message))
    }

    pub(super) fn due(
        &self,
        now: Timestamp,
        most: usize,
        held: &HashSet<i64>,
        stopped: &HashSet<CallLane>,
    ) -> (Vec<Call>, Option<Timestamp>) {
        let later = |times: &BTreeSet<(Timestamp, i64)>| times.iter().find(|(due, _)| *due > now).map(|(due, _)| *due);
        let going = || self.by_time.iter().filter(|(lane, _)| !stopped.contains(lane)).map(|(_, times)| times);
        let next = going().filter_map(later).min();
        let mut ready: Vec<_> = going().map(|times| self.ready(times, now, held)).collect();
        let mut found = Vec::new();
        // The oldest of each lane, then the second of each, …
        loop {
            let round: Vec<_> = ready.iter_mut().filter_map(Iterator::next).collect();
            if round.is_empty() || found.len() >= most {
                break;
            }
            found.extend(round.into_iter().take(most - found.len()));
        }
        found.sort_by_key(|call| (call.due, call.call.id));
        (found, next)
    }

    fn ready<'c>(
        &'c self,
        times: &'c BTreeSet<(Timestamp, i64)>,
        now: Timestamp,
        held: &'c HashSet<i64>,
    ) -> impl Iterator<Item = Call> + 'c {
        let due = times.iter().take_while(move |(due, _)| *due <= now).map(|(_, id)| id);
        due.filter(|id| !held.contains(id))
            .filter_map(|id| self.all.get(id))
            .filter(|call| self.is_first(call))
            .cloned()
    }

    /// Whether no call of the same message and name is waiting or under way.
    pub(super) fn is_free(&self, call: &NewCall) -> bool {
        call.message.is_none_or(|message| !self.in_order.contains_key(&(message, call.name.clone())))
    }

    /// Whether no older call of the same message and name is still waiting or under way.
    fn is_first(&self, call: &Call) -> bool {
        let Some(message) = call.call.message else { return true };
        let order = self.in_order.get(&(message, call.call.name.clone()));
        order.and_then(BTreeSet::first).is_none_or(|first| *first == call.call.id)
    }
}

//! What known callers post, taken aside for a comparison of two configurations: a few of each tenant and leg, never all.
//!
//! Beside the traffic, as [`super::shapes`]: a request leaves a copy of itself in a queue that has room, and nobody waits for
//! that. Whoever empties the queue ([`Samples::take`]) masks it before it is kept.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::request::{Passage, Way, kept};
use crate::config::{Hit, Sampling};
use crate::legs::{Decision, Step};
use crate::mapping::Leg;
use crate::model::wire::Incoming;
use crate::model::{Name, Ref};
use crate::value::Timestamp;

/// So many wait; more are not taken.
const WAITING: usize = 64;
/// A request with a longer body is not taken, in bytes.
const LONGEST: usize = 64 * 1024;
/// This part of a ring may be filled at once; the rest in the time that a sample is kept.
const AT_ONCE: i64 = 4;

/// A request that somebody known posted, as it came but for what proves it.
#[derive(Debug)]
pub struct Posted {
    /// The number that a message of it would have.
    pub id: Ref,
    /// Whose.
    pub tenant: Name,
    /// The section that read it.
    pub leg: Leg,
    /// Where that is.
    pub hit: Hit,
    /// Some of it was refused, or could not be used.
    pub refused: bool,
    /// Without credentials, in headers only what the mapping reads and the content type.
    pub incoming: Incoming,
    /// When.
    pub at: Timestamp,
}

/// Whose turn it is: of a tenant and leg, what was refused and what was not.
type Kind = (Name, Leg, bool);

/// Requests on their way to be kept.
pub struct Samples {
    queue: Sender<Posted>,
    inbox: Mutex<Receiver<Posted>>,
    /// Said once, at the start; until then none is taken.
    sampling: OnceLock<Sampling>,
    /// When the next one is due that would fill its ring too soon, in milliseconds.
    next: Mutex<HashMap<Kind, i64>>,
}

impl Default for Samples {
    /// None is taken.
    fn default() -> Self {
        let (queue, inbox) = channel(WAITING);
        Self { queue, inbox: Mutex::new(inbox), sampling: OnceLock::new(), next: Mutex::default() }
    }
}

impl Samples {
    /// How much is kept from now on. Only the first word counts.
    pub fn keep(&self, sampling: Sampling) {
        let _ = self.sampling.set(sampling);
    }

    /// How much is kept.
    #[must_use]
    pub fn sampling(&self) -> Sampling {
        self.sampling.get().copied().unwrap_or(Sampling::OFF)
    }

    /// What waits; it leaves the queue.
    #[must_use]
    pub fn take(&self) -> Vec<Posted> {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| inbox.try_recv().ok()).take(WAITING).collect()
    }

    /// Leaves a request of somebody known to be kept, if it is its turn.
    pub(super) fn offer(&self, passage: &Passage, way: Way<'_>, decision: &Decision) {
        let sampling = self.sampling();
        if sampling.is_off() || passage.incoming.body.len() > LONGEST {
            return;
        }
        let Some(leg) = decision.leg.filter(|leg| matches!(leg, Leg::Send | Leg::Status | Leg::Inbound)) else {
            return;
        };
        let Some(hit) = way.hits.iter().find(|hit| hit.section().is_some_and(|section| section.leg == leg)) else {
            return;
        };
        let Some(tenant) = passage.tenant(decision.tenant.or_else(|| verified(&decision.step))) else { return };
        let refused = !decision.refused.is_empty();
        if !self.has_turn((tenant.name.clone(), leg, refused), sampling, passage.now) {
            return;
        }
        // Nothing is copied for a queue that is full.
        let Ok(place) = self.queue.try_reserve() else { return };
        let Incoming { method, query, headers, body, .. } = &passage.incoming;
        let content_type = headers.iter().filter(|(name, _)| name == "content-type").cloned();
        let incoming = Incoming {
            method: method.clone(),
            path: way.shown(passage).into_owned(),
            query: hit.shown_query(query),
            headers: content_type.chain(kept(way.hits, headers)).collect(),
            body: body.clone(),
            peer: None,
        };
        place.send(Posted {
            id: passage.id,
            tenant: tenant.name.clone(),
            leg,
            hit: hit.clone(),
            refused,
            incoming,
            at: passage.now,
        });
    }

    /// A ring's worth in the time that it is kept, so that it is of all that time, and a part of it at once.
    fn has_turn(&self, kind: Kind, sampling: Sampling, now: Timestamp) -> bool {
        let most = i64::try_from(sampling.most).unwrap_or(i64::MAX).max(1);
        let every = i64::try_from(sampling.age.as_millis()).unwrap_or(i64::MAX) / most;
        let at_once = (most / AT_ONCE).max(1) - 1;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let next = next.entry(kind).or_insert(i64::MIN);
        if *next > now.millis() {
            return false;
        }
        *next = (*next).max(now.millis().saturating_sub(every.saturating_mul(at_once))).saturating_add(every);
        true
    }
}

/// Whose credentials a webhook has that does not say whose it is.
fn verified(step: &Step) -> Option<usize> {
    let Step::Take(webhooks, _) = step else { return None };
    webhooks.first()?.verified.tenants.first().copied()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_part_of_a_ring_is_filled_at_once_and_the_rest_in_its_time() {
        let samples = Samples::default();
        let sampling = Sampling { most: 8, age: Duration::from_secs(80) };
        let turns = |tenant: &str, refused: bool, seconds: i64, times: usize| {
            let kind = || (Name::from(tenant), Leg::Send, refused);
            let now = Timestamp::from_millis(1_793_783_646_000 + seconds * 1000);
            (0..times).filter(|_| samples.has_turn(kind(), sampling, now)).count()
        };
        assert_eq!(turns("acme", false, 0, 9), 2, "a quarter of the ring");
        assert_eq!(turns("acme", false, 9, 9), 0);
        assert_eq!(turns("acme", false, 10, 9), 1, "one in an eighth of its time");
        assert_eq!(turns("acme", false, 1000, 9), 2, "no more after a long time");
        // What is refused, and another tenant, have turns of their own.
        assert_eq!(turns("acme", true, 1000, 9), 2);
        assert_eq!(turns("globex", false, 1000, 9), 2);
    }
}

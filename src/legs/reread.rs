//! A webhook that was verified before, read again: by the mapping of now, without its credentials.

use super::decide::{Asked, Came, Decision};
use super::gateway::Gateway;
use super::shared::both;
use crate::auth::Verified;
use crate::mapping::Leg;

/// What the sections of one leg make of it; `None` where none of them reads it. Content types are not asked for: what was
/// taken once is taken again.
pub fn reread<G: Gateway>(asked: Asked<'_, G>, leg: Leg, verified: &Verified) -> Option<Decision> {
    let of_leg = |place: &usize| {
        let section = asked.hits.get(*place).and_then(|hit| hit.section());
        section.is_some_and(|section| section.leg == leg)
    };
    let read = (0..asked.hits.len()).filter(of_leg).filter_map(|place| match asked.section(place, verified) {
        Came::LeftOut(_) => None,
        Came::Unread(decision) | Came::Decided(decision) => Some(decision),
    });
    read.reduce(both)
}

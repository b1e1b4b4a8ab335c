//! Several sections of a file on one route: which of them read the request, and who answers.

use super::decide::{Asked, Came, Decision, Step};
use super::gateway::Gateway;
use crate::auth::Unverified;
use crate::mapping::Leg;

/// Webhooks are read by every section whose `when` does not leave them out, and acknowledged as the first of them says;
/// anything else is the first such section's alone.
///
/// Nothing of a stranger's is read. A section that would read the request must know its credentials, whatever the others
/// know: else events would be lost.
pub(super) fn decide<G: Gateway>(asked: Asked<'_, G>, places: &[usize]) -> Decision {
    let unknown = || Err(Unverified { cause: crate::auth::Cause::Missing, nobody: false, print: None });
    let verified: Vec<_> = places.iter().map(|place| (*place, asked.verify(*place).unwrap_or_else(unknown))).collect();
    if let Some((first, Err(unverified))) = verified.first()
        && verified.iter().all(|(_, verified)| verified.is_err())
    {
        return asked.unverified(*first, *unverified);
    }
    let print = verified.iter().find_map(|(_, verified)| verified.as_ref().ok()?.print);
    let (mut taken, mut unread, mut first) = (None, None, None);
    for (number, (place, verified)) in verified.into_iter().enumerate() {
        let came = match verified {
            Ok(verified) => asked.section(place, &verified),
            Err(unverified) if asked.leaves_out(place) => Came::LeftOut(asked.unverified(place, unverified)),
            Err(unverified) => return asked.unverified(place, unverified),
        };
        match came {
            Came::LeftOut(decision) if number == 0 => first = Some(decision),
            Came::LeftOut(_) => {}
            Came::Unread(decision) => unread = unread.or(Some(decision)),
            Came::Decided(decision) if matches!(decision.leg, Some(Leg::Status | Leg::Inbound)) => {
                taken = Some(match taken {
                    Some(taken) => both(taken, decision),
                    None => decision,
                });
            }
            Came::Decided(decision) => return Decision { print, ..decision },
        }
    }
    Decision { print, ..taken.or(unread).or(first).unwrap_or_else(|| Decision::bare(500)) }
}

/// Both sections' events, and the first one's answer. What answers without events has none to add.
pub(super) fn both(mut first: Decision, second: Decision) -> Decision {
    first.refused.extend(second.refused);
    first.misses.extend(second.misses);
    first.tenant = first.tenant.or(second.tenant);
    first.step = match (first.step, second.step) {
        (Step::Take(mut webhooks, reply), Step::Take(more, _)) => {
            webhooks.extend(more);
            Step::Take(webhooks, reply)
        }
        (Step::Answer(reply), Step::Take(webhooks, _)) => Step::Take(webhooks, reply),
        (first, _) => first,
    };
    first
}

//! When a message is to be looked at, whatever the engine.

use crate::delivery::{Life, Phase};
use crate::value::Timestamp;

/// The life's own wake; for a queued one also the end of its time, so that expiry needs no lane that moves.
pub(super) fn wake_of(life: &Life) -> Option<Timestamp> {
    match life.phase {
        Phase::Queued => Some(life.wake.unwrap_or(life.expires).min(life.expires)),
        Phase::Sending => None,
        _ => life.wake,
    }
}

//! The only place that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::flow::Ambient;
use crate::value::Timestamp;

/// The system's clock and random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemAmbient;

/// The time of the system's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Ambient for SystemAmbient {
    fn now(&self) -> Timestamp {
        now()
    }

    fn random(&self) -> u64 {
        rand::random()
    }
}

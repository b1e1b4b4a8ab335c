//! The clock of tokio's timer.

use std::time::Instant;

use governor::clock::Clock;

/// Time as tokio's timer tells it: whoever sleeps as long as a verdict says is let through afterwards, in a test that
/// pauses the timer too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timer;

impl Clock for Timer {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

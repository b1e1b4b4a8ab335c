//! Waiting without asserting times: a condition is polled until it holds; the guard only ends a test that hangs.

use std::time::{Duration, Instant};

/// Far beyond what any wait takes, even on a machine that does much else.
pub(crate) const GUARD: Duration = Duration::from_secs(300);

const PAUSE: Duration = Duration::from_millis(15);

/// Waits until `ready`.
#[track_caller]
pub(crate) fn until(what: &str, mut ready: impl FnMut() -> bool) -> impl Future<Output = ()> {
    until_async(what, async move || ready())
}

/// Waits until `ready`.
#[track_caller]
pub(crate) fn until_async(what: &str, mut ready: impl AsyncFnMut() -> bool) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let begun = Instant::now();
        while !ready().await {
            assert!(begun.elapsed() < GUARD, "never happened: {what}, waited for at {place}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

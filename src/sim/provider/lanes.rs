//! The provider's own rate limit: a bucket per sender. Judges, never waits.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

#[derive(Debug, Default)]
pub(super) struct Lanes(Mutex<HashMap<String, Bucket>>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Lanes {
    /// Whether one more is within `rate` a second; the burst is one second's worth.
    pub(super) fn takes(&self, sender: &str, rate: u32, now: Instant) -> bool {
        let full = f64::from(rate);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(sender.to_owned()).or_insert(Bucket { tokens: full, at: now });
        bucket.tokens = (bucket.tokens + now.saturating_duration_since(bucket.at).as_secs_f64() * full).min(full);
        bucket.at = now;
        let takes = bucket.tokens >= 1.0;
        if takes {
            bucket.tokens -= 1.0;
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let lanes = Lanes::default();
        let start = Instant::now();
        let taken = |sender: &str, millis: u64| {
            (0..10).filter(|_| lanes.takes(sender, 4, start + Duration::from_millis(millis))).count()
        };
        assert_eq!((taken("a", 0), taken("b", 0)), (4, 4));
        assert_eq!(taken("a", 500), 2);
        assert_eq!(taken("a", 60_000), 4);
    }
}

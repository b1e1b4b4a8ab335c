//! How long to wait before the next attempt: doubling, capped, spread by a given jitter.

use std::time::Duration;

use super::Policy;

/// The delay after this many attempts. `jitter` from 0 to 1000 spreads it by a fifth either way, so that messages
/// that failed together do not come back together.
pub(super) fn delay(policy: &Policy, attempts: u32, jitter: u16) -> Duration {
    let doublings = attempts.saturating_sub(1).min(31);
    let plain = policy.first.saturating_mul(1 << doublings).min(policy.max);
    let thousandths = 800 + u32::from(jitter.min(1000)) * 2 / 5;
    plain.saturating_mul(thousandths) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::AfterDoubt;

    #[test]
    fn delays_double_up_to_the_longest_and_spread_by_a_fifth() {
        let policy = Policy {
            first: Duration::from_secs(1),
            max: Duration::from_secs(900),
            doubt: Duration::from_secs(120),
            then: AfterDoubt::Resend,
            resend: false,
        };
        for (attempts, jitter, millis) in [
            (0, 500, 1000),
            (1, 500, 1000),
            (2, 500, 2000),
            (4, 500, 8000),
            (11, 500, 900_000),
            (u32::MAX, 500, 900_000),
            (1, 0, 800),
            (1, 1000, 1200),
            (1, u16::MAX, 1200),
        ] {
            assert_eq!(delay(&policy, attempts, jitter), Duration::from_millis(millis), "{attempts} {jitter}");
        }
        let endless = Policy { first: Duration::MAX, max: Duration::MAX, ..policy };
        assert!(delay(&endless, 40, 1000) > Duration::from_secs(1 << 40));
    }
}

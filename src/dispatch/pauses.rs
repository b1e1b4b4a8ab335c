//! How long a lane stands still before something is tried, be it of messages or of calls.

use std::time::Duration;

/// The first pause and the longest; each is twice the one before.
pub(super) type Pauses = [Duration; 2];

/// Where a party said that the lane must stop: somebody must look first.
pub(super) const HELD: Pauses = [Duration::from_secs(60), Duration::from_secs(900)];
/// Where nobody answers.
pub(super) const SILENCE: Pauses = [Duration::from_secs(2), Duration::from_secs(60)];
/// So many in a row that nobody answered, or of which nobody knows what came of them, stop a lane.
pub(super) const SILENT: u32 = 5;

/// The pause after that one; nothing stands for none before.
pub(super) fn longer(last: Duration, [first, longest]: Pauses) -> Duration {
    (last * 2).clamp(first, longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds = |pauses| {
            let next = |last: &Duration| Some(longer(*last, pauses));
            let all = std::iter::successors(next(&Duration::ZERO), next).take(7);
            all.map(|pause| pause.as_secs()).collect::<Vec<_>>()
        };
        assert_eq!(seconds(HELD), [60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(seconds(SILENCE), [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(longer(HELD[1], SILENCE), SILENCE[1], "another reason has its own longest");
        assert_eq!(longer(SILENCE[0], HELD), HELD[0], "and its own first");
    }
}

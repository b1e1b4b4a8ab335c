//! A pace below the ceiling, because the provider said "too fast": halved at once, recovered slowly, never above.
//!
//! A decision over numbers: no clock, no cell. Times count from any one moment.

use std::time::Duration;

/// An answer to what was sent within this time after a cut says nothing new: the cut has to show its effect first.
const SETTLE: Duration = Duration::from_secs(1);
/// So long after the last such answer the pace begins to rise.
const QUIET: Duration = Duration::from_secs(10);
/// Then by a hundredth of the ceiling in each of these times: from a half to the whole within a minute.
const STEP: Duration = Duration::from_secs(1);
/// A provider's `Retry-After` stops everything for so long at most; the message itself waits as long as it was told.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Never slower, in hundredths: somebody has to find out that it is over.
const LEAST: u32 = 1;
/// The ceiling, in hundredths of itself.
pub(super) const WHOLE: u32 = 100;

/// The direction that a pace took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// It was cut, to so many hundredths of the ceiling.
    Down(u32),
    /// It rises, from so many.
    Up(u32),
    /// It is at its ceiling again.
    Over,
}

/// How far one key is below its ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slowdown {
    /// Hundredths of the ceiling, until it rises.
    percent: u32,
    cut: Option<Duration>,
    rises: Duration,
    paused: Duration,
    rising: bool,
}

impl Slowdown {
    pub(super) const NONE: Self =
        Self { percent: WHOLE, cut: None, rises: Duration::ZERO, paused: Duration::ZERO, rising: true };

    /// One that was sent at `sent` came back as too fast, perhaps with the wish to be left alone for `after`.
    pub(super) fn cut(&mut self, sent: Duration, now: Duration, after: Option<Duration>) -> Option<Turned> {
        let percent = self.percent(now);
        let after = after.unwrap_or_default().min(LONGEST_PAUSE);
        let known = self.cut.is_some_and(|cut| sent < cut + SETTLE);
        let was_rising = self.rising;
        self.paused = self.paused.max(now + after);
        self.percent = if known { percent } else { (percent / 2).max(LEAST) };
        self.cut = if known { self.cut } else { Some(now) };
        self.rises = now + QUIET.max(after);
        self.rising = false;
        was_rising.then_some(Turned::Down(self.percent))
    }

    /// Hundredths of the ceiling.
    pub(super) fn percent(&self, now: Duration) -> u32 {
        let steps = now.saturating_sub(self.rises).as_nanos() / STEP.as_nanos();
        u32::try_from(steps).unwrap_or(WHOLE).saturating_add(self.percent).min(WHOLE)
    }

    /// How long nothing is to be sent at all.
    pub(super) fn pause(&self, now: Duration) -> Duration {
        self.paused.saturating_sub(now)
    }

    /// Told once for each change of direction.
    pub(super) fn turned(&mut self, now: Duration) -> Option<Turned> {
        let percent = self.percent(now);
        if percent == WHOLE {
            return Some(Turned::Over);
        }
        let turns = !self.rising && percent > self.percent;
        self.rising |= turns;
        turns.then_some(Turned::Up(self.percent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Answers "too fast" of messages sent and answered at these seconds; the percent at some seconds after.
    fn check(cuts: &[(u64, u64, Option<u64>)], expected: &[(u64, u32)]) {
        let mut slowdown = Slowdown::NONE;
        for (sent, now, after) in cuts {
            let _ = slowdown.cut(s(*sent), s(*now), after.map(s));
        }
        for (now, percent) in expected {
            assert_eq!(slowdown.percent(s(*now)), *percent, "{cuts:?} at {now}");
        }
    }

    #[test]
    fn halved_by_news_quiet_for_ten_seconds_and_up_by_a_hundredth_a_second() {
        check(&[], &[(0, 100), (1000, 100)]);
        check(&[(5, 5, None)], &[(5, 50), (15, 50), (16, 51), (40, 75), (65, 100), (9000, 100)]);
        // What was under way at the cut, or sent within a second of it, halves nothing; the ten seconds begin anew.
        check(&[(5, 5, None), (4, 6, None), (5, 12, None)], &[(12, 50), (22, 50), (32, 60)]);
        check(&[(5, 5, None), (6, 6, None)], &[(6, 25), (16, 25), (17, 26)]);
        // Cut while it rises: from where it is.
        check(&[(5, 5, None), (35, 35, None)], &[(35, 35), (46, 36)]);
        // Never to nothing.
        let many: Vec<_> = (0..50).map(|n| (2 * n, 2 * n, None)).collect();
        check(&many, &[(98, 1), (109, 2), (98 + 10 + 99, 100)]);
    }

    #[test]
    fn a_wish_to_be_left_alone_pauses_for_as_long_but_not_for_ever() {
        for (after, paused, rises) in [(Some(30), 30, 30), (Some(2), 2, 10), (None, 0, 10), (Some(86_400), 300, 300)] {
            let mut slowdown = Slowdown::NONE;
            let _ = slowdown.cut(s(7), s(7), after.map(s));
            assert_eq!((slowdown.pause(s(7)), slowdown.pause(s(7 + paused))), (s(paused), s(0)), "{after:?}");
            assert_eq!((slowdown.percent(s(7 + rises)), slowdown.percent(s(8 + rises))), (50, 51), "{after:?}");
        }
    }

    #[test]
    fn each_change_of_direction_is_told_once() {
        let mut slowdown = Slowdown::NONE;
        assert_eq!(slowdown.cut(s(5), s(5), None), Some(Turned::Down(50)));
        assert_eq!(slowdown.cut(s(8), s(8), None), None, "still down");
        assert_eq!(
            (slowdown.turned(s(18)), slowdown.turned(s(19)), slowdown.turned(s(20))),
            (None, Some(Turned::Up(25)), None)
        );
        assert_eq!(slowdown.cut(s(20), s(20), None), Some(Turned::Down(13)));
        assert_eq!(slowdown.turned(s(31)), Some(Turned::Up(13)));
        assert_eq!(slowdown.turned(s(500)), Some(Turned::Over));
    }
}

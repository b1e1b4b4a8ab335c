//! One lane of calls: how many go at once, and whether it is stopped. A platform that is gone costs no sockets: after some
//! calls in a row without an answer one goes at a time, as a probe, until one is answered.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::pauses::{HELD, Pauses, SILENCE, SILENT, longer};
use crate::flow::Heard;

/// Under way at once.
const ABREAST: usize = 32;
/// Longer is not waited for at one word of the platform.
const LONGEST: Duration = Duration::from_secs(900);

/// One lane.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) gate: Semaphore,
    state: Mutex<State>,
}

/// All nothing: calls go.
#[derive(Debug, Default)]
struct State {
    /// Calls in a row without an answer.
    silent: u32,
    /// Stopped since then.
    since: Option<Instant>,
    /// No probe before.
    until: Option<Instant>,
    /// How long the last wait was.
    last: Duration,
    /// A probe is under way.
    probing: bool,
}

/// What a lane does with one more call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It goes beside the others.
    Open,
    /// It goes alone, to see whether somebody answers.
    Probe,
    /// It waits.
    Shut,
}

impl Default for Line {
    fn default() -> Self {
        Self { gate: Semaphore::new(ABREAST), state: Mutex::default() }
    }
}

impl Line {
    /// What one more call may do.
    pub(super) fn way(&self) -> Way {
        let state = self.state();
        match state.until {
            None => Way::Open,
            Some(until) if !state.probing && until <= Instant::now() => Way::Probe,
            Some(_) => Way::Shut,
        }
    }

    /// One call goes as a probe: no other does until its end is heard.
    pub(super) fn probe(&self) {
        self.state().probing = true;
    }

    /// When it is to be probed, if that is still to come: from then on its calls are due as any other.
    pub(super) fn until(&self) -> Option<Instant> {
        let state = self.state();
        state.until.filter(|until| !state.probing && *until > Instant::now())
    }

    /// Since when it is stopped, and when it is probed; nothing while calls go.
    pub(super) fn standing(&self) -> Option<(Instant, Instant)> {
        let state = self.state();
        state.since.zip(state.until)
    }

    /// Somebody changed something: calls go again, and show whether it helped.
    pub(super) fn open(&self) {
        let mut state = self.state();
        *state = State { probing: state.probing, ..State::default() };
    }

    /// What came of a call; how long the lane is stopped, if it is now.
    pub(super) fn hear(&self, heard: Heard, begun: Instant, probe: bool) -> Option<Duration> {
        let mut state = self.state();
        state.probing &= !probe;
        // One that began before the lane was stopped says nothing of the time since.
        if heard == Heard::Nothing || state.since.is_some_and(|since| begun < since) {
            return None;
        }
        match heard {
            Heard::Nothing => None,
            Heard::Answer => {
                *state = State::default();
                None
            }
            Heard::Silence => {
                state.silent = state.silent.saturating_add(1);
                (state.since.is_some() || state.silent >= SILENT).then(|| state.stop_longer(SILENCE))
            }
            Heard::Hold => Some(state.stop_longer(HELD)),
            Heard::Rest(time) => Some(state.stop(time.min(LONGEST))),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn stop_longer(&mut self, pauses: Pauses) -> Duration {
        self.last = longer(self.last, pauses);
        self.stop(self.last)
    }

    fn stop(&mut self, time: Duration) -> Duration {
        let now = Instant::now();
        (self.since, self.until) = (Some(now), Some(now + time));
        time
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A call that takes a second, as the lane lets it go.
    async fn call(line: &Line, heard: Heard) -> Option<Duration> {
        let (begun, probe) = (Instant::now(), line.way() == Way::Probe);
        assert_ne!(line.way(), Way::Shut);
        if probe {
            line.probe();
            assert_eq!(line.way(), Way::Shut, "no other goes beside a probe");
        }
        advance(secs(1)).await;
        line.hear(heard, begun, probe)
    }

    #[tokio::test(start_paused = true)]
    async fn silence_stops_a_lane_and_an_answer_opens_it() {
        let line = Line::default();
        for _ in 0..SILENT - 1 {
            assert_eq!(call(&line, Heard::Silence).await, None);
        }
        // Whoever answers, even to refuse, is there.
        assert_eq!((call(&line, Heard::Answer).await, line.way()), (None, Way::Open));
        for _ in 0..SILENT - 1 {
            assert_eq!(call(&line, Heard::Silence).await, None);
        }
        let early = Instant::now();
        for wait in [2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(call(&line, Heard::Silence).await, Some(secs(wait)));
            assert_eq!(line.hear(Heard::Answer, early, false), None);
            assert_eq!(line.way(), Way::Shut, "an answer to a call from before opens nothing");
            advance(secs(wait)).await;
        }
        assert_eq!(
            (call(&line, Heard::Nothing).await, line.way()),
            (None, Way::Probe),
            "it tells nothing: another one"
        );
        assert_eq!((call(&line, Heard::Answer).await, line.way()), (None, Way::Open));
        assert_eq!(call(&line, Heard::Silence).await, None, "counted from the start");
    }

    #[tokio::test(start_paused = true)]
    async fn a_word_of_the_platform_stops_a_lane_at_once() {
        let line = Line::default();
        assert_eq!(call(&line, Heard::Rest(secs(7))).await, Some(secs(7)));
        assert_eq!(line.until(), Some(Instant::now() + secs(7)));
        advance(secs(7)).await;
        assert_eq!((line.way(), line.until()), (Way::Probe, None), "nothing to wait for but a call");
        assert_eq!(call(&line, Heard::Rest(secs(86_400))).await, Some(LONGEST));
        advance(LONGEST).await;
        for wait in [60, 120, 240, 480, 900, 900] {
            assert_eq!(call(&line, Heard::Hold).await, Some(secs(wait)));
            advance(secs(wait)).await;
        }
        line.probe();
        line.open();
        assert_eq!(line.way(), Way::Open, "a changed configuration is tried with all");
        assert_eq!(line.hear(Heard::Hold, Instant::now(), true), Some(secs(60)), "and judged anew");
    }
}

//! A held lane: one probe after a minute, doubling to fifteen, at once when the configuration changes. Where nobody
//! answers, after two seconds, doubling to a minute: a provider that is gone must not put a whole queue in doubt.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::pauses::{HELD, Pauses, SILENCE, SILENT, longer};
use crate::config::Snapshot;

/// How often a held lane looks whether the configuration changed.
const LOOK: Duration = Duration::from_secs(1);

/// Whether a lane is held, and until when.
#[derive(Debug, Default)]
pub(super) struct Hold {
    until: Option<Instant>,
    since: Option<Instant>,
    last: Duration,
    under: Option<Arc<Snapshot>>,
    probing: bool,
    /// Attempts in a row without an answer that says anything.
    silent: u32,
}

impl Hold {
    /// Holds the lane, longer each time.
    pub(super) fn begin(&mut self) {
        self.stop(HELD);
    }

    /// An attempt that began then reached nobody, or nobody knows what came of it; how long the lane is stopped, if it is now.
    pub(super) fn silence(&mut self, begun: Instant) -> Option<Duration> {
        if self.since.is_some_and(|since| begun <= since) {
            return None;
        }
        self.silent = self.silent.saturating_add(1);
        (self.since.is_some() || self.silent >= SILENT).then(|| self.stop(SILENCE))
    }

    fn stop(&mut self, pauses: Pauses) -> Duration {
        let now = Instant::now();
        if self.until.is_none_or(|until| until <= now) {
            let last = longer(self.last, pauses);
            let silent = self.silent;
            *self = Self { until: Some(now + last), since: Some(now), last, under: None, probing: false, silent };
        }
        self.last
    }

    /// The operator says that its cause is mended: it probes at once. Whether it was held.
    pub(super) fn release(&mut self) -> bool {
        let now = Instant::now();
        let held = self.until.is_some_and(|until| until > now);
        if held {
            self.until = Some(now);
        }
        held
    }

    /// Since when it is held or probed, and when it probes; nothing while all goes well.
    pub(super) fn standing(&self) -> Option<(Instant, Instant)> {
        let since = self.since?;
        Some((since, self.until.unwrap_or(since)))
    }

    /// An attempt went well. One that began before the lane was held says nothing of the time since.
    pub(super) fn end(&mut self, begun: Instant) {
        if self.since.is_none_or(|since| begun > since) {
            *self = Self::default();
        }
    }

    /// The hold is over, and one attempt is to show whether its cause is: no other goes beside it.
    pub(super) const fn probes(&self) -> bool {
        self.probing
    }

    /// When to look again, while it is held.
    pub(super) fn until(&mut self, snapshot: &Arc<Snapshot>) -> Option<Instant> {
        let until = self.until?;
        let changed = self.under.as_ref().is_some_and(|under| !Arc::ptr_eq(under, snapshot));
        if until <= Instant::now() || changed {
            self.until = None;
            self.probing = true;
            return None;
        }
        self.under.get_or_insert_with(|| snapshot.clone());
        Some(until.min(Instant::now() + LOOK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_hold_doubles_ends_by_a_later_success_only_and_probes_alone() {
        let (one, other) = (Arc::new(Snapshot::default()), Arc::new(Snapshot::default()));
        let mut hold = Hold::default();
        let before = Instant::now();
        assert_eq!(hold.until(&one), None);
        tokio::time::advance(Duration::from_secs(1)).await;
        hold.begin();
        hold.begin();
        hold.end(before);
        assert!(hold.until(&one).is_some(), "a success from before the hold ends nothing");
        tokio::time::advance(HELD[0] - Duration::from_millis(1)).await;
        assert!(hold.until(&one).is_some());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!((hold.until(&one), hold.probes()), (None, true));
        hold.begin();
        tokio::time::advance(HELD[0]).await;
        assert!(hold.until(&one).is_some(), "the second hold is twice as long");
        assert_eq!((hold.until(&other), hold.probes()), (None, true), "a changed configuration ends the wait");
        hold.end(Instant::now());
        assert_eq!((hold.until(&other), hold.probes()), (None, false));
        assert!(!hold.release(), "nothing is held");
        hold.begin();
        assert!(hold.until(&other).is_some());
        assert!(hold.release() && !hold.release());
        assert_eq!((hold.until(&other), hold.probes()), (None, true), "released, it probes at once");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_stops_a_lane_until_somebody_says_something() {
        let here = Arc::new(Snapshot::default());
        let mut hold = Hold::default();
        let second = || tokio::time::advance(Duration::from_secs(1));
        for _ in 0..SILENT - 1 {
            second().await;
            assert_eq!(hold.silence(Instant::now()), None);
        }
        second().await;
        hold.end(Instant::now());
        for _ in 0..SILENT - 1 {
            second().await;
            assert_eq!(hold.silence(Instant::now()), None, "counted anew");
        }
        for wait in [2, 4, 8, 16, 32, 60, 60] {
            second().await;
            let begun = Instant::now();
            assert_eq!(hold.silence(begun), Some(Duration::from_secs(wait)));
            assert_eq!(hold.silence(begun), None, "one from before says nothing new");
            assert!(hold.until(&here).is_some());
            tokio::time::advance(Duration::from_secs(wait)).await;
            assert_eq!((hold.until(&here), hold.probes()), (None, true));
        }
        second().await;
        hold.end(Instant::now());
        assert_eq!((hold.probes(), hold.standing()), (false, None));
    }
}

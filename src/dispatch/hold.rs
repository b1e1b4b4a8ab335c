//! A held lane: one probe after a minute, doubling to fifteen, at once when the configuration changes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::Snapshot;

const FIRST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(900);
/// How often a held lane looks whether the configuration changed.
const LOOK: Duration = Duration::from_secs(1);

/// Whether a lane is held, and until when.
#[derive(Debug, Default)]
pub(super) struct Hold {
    until: Option<Instant>,
    last: Duration,
    under: Option<Arc<Snapshot>>,
}

impl Hold {
    /// Holds the lane, longer each time.
    pub(super) fn begin(&mut self) {
        if self.until.is_some_and(|until| until > Instant::now()) {
            return;
        }
        self.last = if self.last.is_zero() { FIRST } else { (self.last * 2).min(LONGEST) };
        self.until = Some(Instant::now() + self.last);
        self.under = None;
    }

    /// An attempt went well.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// When to look again, while it is held.
    pub(super) fn until(&mut self, snapshot: &Arc<Snapshot>) -> Option<Instant> {
        let until = self.until?;
        let changed = self.under.as_ref().is_some_and(|under| !Arc::ptr_eq(under, snapshot));
        if until <= Instant::now() || changed {
            self.until = None;
            return None;
        }
        self.under.get_or_insert_with(|| snapshot.clone());
        Some(until.min(Instant::now() + LOOK))
    }
}

//! Writes that somebody else repeats if they are told "later": what platforms send and providers post.
//!
//! They wait for the writer for a bounded time, and not at all where much is waiting: what the gateway has to write
//! about the messages that it took before goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::FutureExt;
use tokio::time::timeout;

use super::super::{StoreError, Stored};
use super::Sqlite;
use super::queue::Urgency;
use super::tx::Tx;
use super::writer::Trouble;
use crate::faults::Point;

/// The longest wait for the writer: callers give up soon after.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest wait for a commit that was begun. Then nobody knows what became of it; a repeat will find it.
const COMMIT: Duration = Duration::from_secs(30);

/// A place in the queue. Whoever is first has it: the writer, which does the work, or the caller, who gives it up.
#[derive(Clone, Debug, Default)]
struct Place(Arc<AtomicBool>);

impl Place {
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}

impl Sqlite {
    /// [`StoreError::Overloaded`] means that nothing was written.
    pub(super) fn step_or_later<'s, T, F>(&'s self, points: [Point; 2], mut work: F) -> Stored<'s, T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Trouble> + Send + 'static,
    {
        let place = Place::default();
        let (theirs, mut taken) = (place.clone(), false);
        let mut written = self.step_in(Urgency::New, points, move |tx| {
            // After a roll-back it is run again.
            taken = taken || theirs.take();
            if taken { work(tx) } else { Err(Trouble::Refused(StoreError::Overloaded)) }
        });
        async move {
            match timeout(PATIENCE, &mut written).await {
                Ok(done) => done,
                Err(_) if place.take() => Err(StoreError::Overloaded),
                Err(_) => {
                    let late = |_| Err(StoreError::Failed("the disk does not answer".to_owned()));
                    timeout(COMMIT, written).await.unwrap_or_else(late)
                }
            }
        }
        .boxed()
    }
}

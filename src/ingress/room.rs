//! Memory for the bodies of all requests together. It is taken as they come: what a caller announces costs nothing.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// It is counted in pieces of so many bytes.
const PIECE: usize = 1024;

/// What there is.
#[derive(Debug)]
pub(super) struct Room(Arc<Semaphore>);

/// What one request has of it, until it is answered.
#[derive(Debug, Default)]
pub(super) struct Held {
    pieces: usize,
    permit: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / PIECE).min(Semaphore::MAX_PERMITS))))
    }

    /// Whether there is room for a request of that length, which it then has.
    pub(super) fn hold(&self, held: &mut Held, length: usize) -> bool {
        let wanted = length.div_ceil(PIECE);
        let more = wanted.saturating_sub(held.pieces);
        if more == 0 {
            return true;
        }
        let permit = u32::try_from(more).ok().and_then(|more| Arc::clone(&self.0).try_acquire_many_owned(more).ok());
        let Some(permit) = permit else { return false };
        match &mut held.permit {
            Some(known) => known.merge(permit),
            none => *none = Some(permit),
        }
        held.pieces = wanted;
        true
    }
}

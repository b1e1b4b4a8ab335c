//! How long each stretch of a message's way took, for whoever collects that: offered beside the traffic to a queue that has
//! room, and to nobody where nobody listens. No record: that is the message's history. Nothing of a person is in it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::Sender;

use super::Flow;
use crate::model::{Name, Ref};
use crate::value::Timestamp;

/// A stretch of a message's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Whose.
    pub message: Ref,
    /// Its tenant.
    pub tenant: Name,
    /// What went on.
    pub stretch: Stretch,
    /// From then.
    pub from: Timestamp,
    /// To then.
    pub to: Timestamp,
    /// It did not come to a good end.
    pub failed: bool,
}

/// What goes on in a stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// It is taken in, to the moment in which it is durable.
    Accept,
    /// It waits for its first turn.
    Wait,
    /// The provider is called.
    Send {
        /// Which attempt, from 1.
        attempt: u32,
        /// HTTP status, if there was an answer.
        http: Option<u16>,
    },
    /// A status of it is taken in.
    Status {
        /// The provider's word.
        word: Option<String>,
    },
    /// Its platform is called.
    Report {
        /// The call's name.
        call: String,
        /// HTTP status, if there was an answer.
        http: Option<u16>,
    },
}

/// Who listens, and to which messages.
#[derive(Debug, Default)]
pub struct Spans {
    listener: OnceLock<Listener>,
    lost: AtomicU64,
}

#[derive(Debug)]
struct Listener {
    queue: Sender<Span>,
    /// So many of a million messages.
    share: u32,
}

const MILLION: u64 = 1_000_000;

impl Spans {
    /// From now on spans go there, those of so many of a million messages: all spans of a message or none, and the same
    /// messages at each gateway. Only the first who listens is told.
    pub fn listen(&self, queue: Sender<Span>, share: u32) {
        let _ = self.listener.set(Listener { queue, share });
    }

    /// How many went to nobody, since too many waited.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn to(&self, message: Ref) -> Option<&Sender<Span>> {
        let listener = self.listener.get()?;
        (mixed(message, 0) % MILLION < u64::from(listener.share)).then_some(&listener.queue)
    }

    fn offer(&self, span: Span) {
        if self.to(span.message).is_some_and(|queue| queue.try_send(span).is_err()) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Flow {
    /// A stretch begins: now, or nothing where nobody listens to that message.
    pub(super) fn begins(&self, message: Ref) -> Option<Timestamp> {
        self.spans.to(message).map(|_| self.ambient.now())
    }

    /// What began then ends now.
    pub(super) fn ends(
        &self,
        (message, tenant): (Ref, &Name),
        from: Option<Timestamp>,
        failed: bool,
        stretch: impl FnOnce() -> Stretch,
    ) {
        if let Some(from) = from {
            let (tenant, to) = (tenant.clone(), self.ambient.now().max(from));
            self.spans.offer(Span { message, tenant, stretch: stretch(), from, to, failed });
        }
    }
}

/// A number that looks like chance and is the same at each gateway: of a message's id, which grows with time, and a lane of
/// it. (The mixing steps of SplitMix64, Steele and others 2014.)
#[must_use]
pub fn mixed(message: Ref, lane: u64) -> u64 {
    let step = (message.number().unsigned_abs()).wrapping_add(lane.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let step = (step ^ (step >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let step = (step ^ (step >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    step ^ (step >> 31)
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::channel;

    use super::*;

    fn span(number: i64) -> Span {
        let (message, tenant, now) = (Ref::from_number(number), Name::from("acme"), Timestamp::from_millis(0));
        Span { message, tenant, stretch: Stretch::Accept, from: now, to: now, failed: false }
    }

    /// How many of ten thousand messages are told.
    fn told(share: u32) -> usize {
        let (spans, (queue, heard)) = (Spans::default(), channel(10_000));
        spans.listen(queue, share);
        (0..10_000).for_each(|number| spans.offer(span(number)));
        assert_eq!(spans.lost(), 0);
        heard.len()
    }

    #[test]
    fn a_share_of_the_messages_is_told() {
        assert_eq!((told(0), told(1_000_000)), (0, 10_000));
        assert!((2_000..3_000).contains(&told(250_000)), "{}", told(250_000));
    }

    #[test]
    fn nobody_waits_for_whoever_listens() {
        let (spans, (queue, heard)) = (Spans::default(), channel(2));
        spans.offer(span(1));
        assert_eq!(spans.lost(), 0, "nobody listens");
        spans.listen(queue, 1_000_000);
        (0..5).for_each(|number| spans.offer(span(number)));
        assert_eq!((heard.len(), spans.lost()), (2, 3));
    }
}

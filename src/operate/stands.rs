//! Where a message stands, in one word that operators read, and how far many of them came. The phases themselves are
//! `delivery`'s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::delivery::Phase;
use crate::model::Status;
use crate::store::CampaignMessage;

/// Where messages stand, in the order of their lives. Each is at one of them.
pub const STANDS: [&str; 11] = [
    "queued",
    "sending",
    "in_doubt",
    "submitted",
    "delivered",
    "read",
    "undelivered",
    "rejected",
    "failed",
    "expired",
    "suppressed",
];

/// What the provider took is where the provider says it is.
pub(super) fn stand(message: &CampaignMessage) -> &'static str {
    match (message.phase, message.best) {
        (Phase::Queued, _) => "queued",
        (Phase::Sending, _) => "sending",
        (Phase::InDoubt, _) => "in_doubt",
        (Phase::Submitted, Some(Status::Delivered)) => "delivered",
        (Phase::Submitted, Some(Status::Read)) => "read",
        (Phase::Submitted, Some(Status::Failed)) => "undelivered",
        (Phase::Submitted, _) => "submitted",
        (Phase::Rejected, _) => "rejected",
        (Phase::Failed, _) => "failed",
        (Phase::Expired, _) => "expired",
        (Phase::Suppressed, _) => "suppressed",
    }
}

/// How far messages came: who read one had it delivered, and what was delivered the provider had taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funnel {
    /// Taken by the provider.
    pub taken: u64,
    /// Of those.
    pub delivered: u64,
    /// Of those.
    pub read: u64,
}

impl Funnel {
    pub(super) fn of(stands: &BTreeMap<&str, u64>) -> Self {
        let count = |word: &str| stands.get(word).copied().unwrap_or_default();
        let read = count("read");
        let delivered = read + count("delivered");
        Self { taken: delivered + count("submitted") + count("undelivered"), delivered, read }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Ref;

    #[test]
    fn every_message_stands_at_one_word_that_is_counted() {
        let news = [None, Some(Status::Failed), Some(Status::Submitted), Some(Status::Delivered), Some(Status::Read)];
        let mut seen = std::collections::BTreeSet::new();
        for (phase, best) in Phase::ALL.into_iter().flat_map(|phase| news.map(|best| (phase, best))) {
            seen.insert(stand(&CampaignMessage { reference: Ref::from_number(1), phase, best }));
        }
        assert_eq!(seen, STANDS.into_iter().collect());
    }

    #[test]
    fn what_is_read_was_delivered_and_taken() {
        let stands = [("read", 3), ("delivered", 4), ("submitted", 2), ("undelivered", 1), ("queued", 5)];
        assert_eq!(Funnel::of(&stands.into()), Funnel { taken: 10, delivered: 7, read: 3 });
    }
}

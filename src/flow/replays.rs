//! Tokens that are bound to a body, and come again. With the same body that does no harm: a status goes forward once, an
//! inbound message is taken once. An id that comes with another body is nobody's any more.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tracing::warn;

use super::Flow;
use super::request::Passage;
use crate::legs::Webhook;

/// Tokens are good for minutes; who keeps one for longer is refused for its time.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);
/// Beyond it the least used are forgotten: their own time ends them.
const MOST: u64 = 100_000;

/// Which token, of whose account, and the body that it came with.
pub(super) struct Replays {
    hash: RandomState,
    seen: moka::sync::Cache<u64, u64>,
}

impl Default for Replays {
    fn default() -> Self {
        let seen = moka::sync::Cache::builder().max_capacity(MOST).time_to_live(REMEMBERED).build();
        Self { hash: RandomState::new(), seen }
    }
}

impl Replays {
    /// Whether the token came with that body before, or never.
    fn is_of(&self, token: &(u64, &str), body: &[u8]) -> bool {
        let body = self.hash.hash_one(body);
        self.seen.get_with(self.hash.hash_one(token), || body) == body
    }
}

impl Flow {
    /// Whether a webhook's token came with another body before.
    pub(super) fn is_replayed(&self, passage: &Passage, webhooks: &[Webhook]) -> bool {
        let body = &passage.incoming.body;
        let again = webhooks.iter().any(|Webhook { verified, .. }| {
            let account = verified.print.map_or(0, |print| print.value);
            verified.token.as_deref().is_some_and(|token| !self.replays.is_of(&(account, token), body))
        });
        if again {
            warn!(id = %passage.id, "a token came again with another body: refused");
        }
        again
    }
}

//! Sends a prepared request and returns an answer; pools, time and size limits, address guard.
//!
//! Knows no tenant, retries nothing, and does not know what an answer means. Start at [`Outbound`]; [`Http`] is the one
//! that really sends.

mod answer;
#[cfg(feature = "otlp")]
mod collector;
mod connect;
pub mod guard;
mod http;
mod operator;
mod resolve;
#[cfg(test)]
mod tests;
mod trouble;
mod wire;

use futures_util::future::BoxFuture;

use crate::model::wire::{Answer, Prepared};

#[cfg(feature = "otlp")]
pub use collector::collector;
pub use http::{ClientError, Http, Options};
pub use operator::Operator;

/// Sends calls. Every trouble is an [`Answer`] too: `unreached` when nothing was written, else `unanswered`.
pub trait Outbound: Send + Sync + 'static {
    /// Makes one call, once.
    fn send(&self, call: Prepared) -> BoxFuture<'_, Answer>;

    /// Whether a call to this URL would be let out, as far as the URL itself tells; a name may still resolve badly.
    fn allows(&self, url: &url::Url) -> bool;
}

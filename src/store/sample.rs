//! Samples of what known callers post, for a comparison of two configurations: a ring for each tenant and leg. What is kept
//! here says nothing of a person: whoever keeps it masks it first.

use bytes::Bytes;

use super::Came;
use crate::model::Name;
use crate::value::Timestamp;

/// A request as a party posted it, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Unique, growing with time.
    pub id: i64,
    /// Whose.
    pub tenant: Name,
    /// `send`, `status`, `inbound`: the section that read it.
    pub leg: String,
    /// Some of it was refused, or could not be used.
    pub refused: bool,
    /// The path that it came to; what is a credential stands in it as `{name}`.
    pub path: String,
    /// Its body.
    pub content: Bytes,
    /// What it came with besides.
    pub came: Came,
    /// When.
    pub at: Timestamp,
}

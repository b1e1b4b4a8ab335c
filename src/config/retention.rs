//! `retention:` of the gateway's file: how long what is kept.

use std::time::Duration;

use crate::mapping::{Fields, Reader};
use crate::shape;
use crate::yaml::Node;

/// A repeat is known, and a late status finds its message, for at least so long.
const LEAST: Duration = Duration::from_secs(72 * 60 * 60);

/// How long what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Finished messages, with their ids, contents and histories.
    pub messages: Duration,
    /// Histories of finished messages; as long as their messages unless said.
    pub histories: Option<Duration>,
    /// Ids of inbound messages.
    pub inbound: Duration,
    /// Dead letters on the list; until somebody does them again unless said.
    pub dead_letters: Option<Duration>,
    /// The audit log.
    pub audit: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let audit = Duration::from_secs(400 * 24 * 60 * 60);
        Self { messages: LEAST, histories: None, inbound: LEAST, dead_letters: None, audit }
    }
}

impl Retention {
    /// Reads `7d`, or a map with an age for each kind.
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Self {
        let mut retention = Self::default();
        if node.as_map().is_none() {
            if let Some(age) = promised(reader, node, "retention") {
                retention.messages = age;
                retention.inbound = age;
            }
            return retention;
        }
        let fields = Fields::read(reader, node, &shape::RETENTION);
        if let Some(age) = fields.get("messages").and_then(|node| promised(reader, node, "messages")) {
            retention.messages = age;
            retention.inbound = age;
        }
        if let Some(age) = fields.get("inbound").and_then(|node| promised(reader, node, "inbound")) {
            retention.inbound = age;
        }
        retention.histories = fields.get("histories").and_then(|node| reader.duration(node, "histories"));
        retention.dead_letters = fields.get("dead_letters").and_then(|node| reader.duration(node, "dead_letters"));
        if let Some(age) = fields.get("audit").and_then(|node| reader.duration(node, "audit")) {
            retention.audit = age;
        }
        retention
    }
}

/// What the promises to platforms need.
fn promised(reader: &mut Reader, node: &Node, what: &str) -> Option<Duration> {
    let age = reader.duration(node, what)?;
    if age >= LEAST {
        return Some(age);
    }
    let message = format!("`{what}` is shorter than repeats have to be known for");
    reader.error("SB0423", node.span, message, "at least 72h; contents can be erased earlier: `switchboard forget`");
    None
}

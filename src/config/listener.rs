//! `listener:` of the gateway's file: how many callers there may be, and how long they are waited for.

use std::num::NonZeroU32;
use std::time::Duration;

use super::limits::number;
use crate::mapping::{Fields, Reader};
use crate::shape;
use crate::yaml::Node;

/// What the file says of the listeners; where it says nothing, their own defaults hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listener {
    /// Connections at once.
    pub connections: Option<NonZeroU32>,
    /// Connections at once of one source.
    pub per_source: Option<NonZeroU32>,
    /// For the head of a request.
    pub head: Option<Duration>,
    /// For its body.
    pub body: Option<Duration>,
    /// For writing its answer.
    pub answer: Option<Duration>,
    /// Without a request.
    pub idle: Option<Duration>,
}

impl Listener {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Self {
        let fields = Fields::read(reader, node, &shape::LISTENER);
        let mut count =
            |name: &str| fields.get(name).and_then(|node| number(reader, node, &format!("listener.{name}")));
        let (connections, per_source) = (count("connections"), count("per_source"));
        let mut span = |name: &str| {
            let node = fields.get(name)?;
            let span = reader.duration(node, &format!("listener.{name}"))?;
            if span.is_zero() {
                let help = "no caller is that quick; leave it out for what holds without it";
                reader.error("SB0304", node.span, format!("`listener.{name}` is no time at all"), help);
                return None;
            }
            Some(span)
        };
        let (head, body, answer, idle) = (span("head"), span("body"), span("answer"), span("idle"));
        Self { connections, per_source, head, body, answer, idle }
    }
}

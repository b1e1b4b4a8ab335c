//! Which line of the platform's mapping made each field of a message, and of the answer that took it in. Requests are not
//! kept, so it is what the mapping alone tells.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Desk;
use super::mask;
use super::words::Words;
use crate::cases::origins::{Origin, of_answer, of_message, of_part};
use crate::config::Tenant;
use crate::mapping::Mapping;
use crate::store::{self, Line, Message};

/// Characters of a line's own text.
const SHOWN: usize = 120;
/// No line made it.
const OURS: &str = "the gateway";
/// A part of a message, as a line of history names it.
const PART: &str = "(`";

impl Desk {
    /// In words what is known, and the lines.
    pub(super) fn origins(&self, tenant: &Tenant, message: &Message, words: &Words) -> Value {
        let (why, mapping) = self.taken_by(tenant, message);
        let (made, answer) = mapping
            .map_or_else(Default::default, |mapping| (of_message(&mapping, &content(message)), of_answer(&mapping)));
        let rows = |origins: &[Origin]| origins.iter().map(|origin| row(origin, words)).collect::<Vec<_>>();
        json!({ "why": why, "message": rows(&made), "answer": rows(&answer) })
    }

    /// Where a line of history names a part of the message, the line of the mapping that made it stands behind.
    pub(super) fn with_lines(&self, tenant: Option<&Tenant>, message: &Message, history: &mut [Line]) {
        let names = |line: &&mut Line| line.text.contains(PART);
        let mut lines = history.iter_mut().filter(names).peekable();
        if lines.peek().is_none() {
            return;
        }
        let Some(mapping) = tenant.and_then(|tenant| self.taken_by(tenant, message).1) else { return };
        let made = of_message(&mapping, &content(message));
        for line in lines {
            let part = line.text.split_once(PART).and_then(|(_, rest)| rest.split_once('`'));
            if let Some(origin) = part.and_then(|(part, _)| of_part(&made, part)) {
                line.text += &format!(", made by {}", origin.lines.join(" or "));
            }
        }
    }

    /// The mapping that took it in, where one did.
    fn taken_by(&self, tenant: &Tenant, message: &Message) -> (String, Option<Arc<Mapping>>) {
        match message.message.origin {
            _ if message.message.is_forgotten() => return ("its recipient was forgotten".to_owned(), None),
            store::Origin::Reply | store::Origin::Consent => {
                return ("a keyword rule made it, of no request".to_owned(), None);
            }
            store::Origin::Operator => return ("sent by hand: no line of a mapping made it".to_owned(), None),
            store::Origin::Platform => {}
        }
        let then = self.flow.snapshot.load().loaded(&message.message.version).cloned();
        let known = if then.is_some() { "as it was then" } else { "as it is now: that of then is not there any more" };
        let mapping = then.unwrap_or_else(|| tenant.platform.clone());
        let why = format!(
            "its request is not kept: what follows is what {}, {known}, tells by itself. Where a condition chose and the \
             message does not show how, all lines are named that can have made a field",
            mapping.source.name
        );
        (why, Some(mapping))
    }
}

fn content(message: &Message) -> Value {
    serde_json::from_slice(&message.message.body).unwrap_or_default()
}

fn row(origin: &Origin, words: &Words) -> Value {
    let Origin { field, lines, written, value } = origin;
    let value = value.as_ref().map(|value| mask::masked(value.to_string().as_bytes(), words));
    let written: String = written.join(" or ").chars().take(SHOWN).collect();
    let line = if lines.is_empty() { OURS.to_owned() } else { lines.join(" or ") };
    json!({ "field": field, "line": line, "written": mask::words(&written), "value": value })
}

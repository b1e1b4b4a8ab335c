//! What is live: parts of a page that a browser asks for again and again, as server-sent events.
//!
//! Each answer is one event and ends; `retry` tells the browser to ask for the next one two seconds later, with the id of what
//! it has, and what has not changed is not sent again. So nothing is held open: a stream would keep a place of the listener
//! and would have to be told of the gateway's end.

use maud::Markup;

use super::answers::{answer, html};
use super::pages::{configuration, error, overview, trace};
use super::place::Place;
use super::{Console, Visit};
use crate::config::version;
use crate::model::wire::Reply;
use crate::operate::Fault;

/// Milliseconds between two events.
const PACE: u32 = 2000;

impl Console {
    /// The newest state of a part of a page.
    pub(super) async fn event(&self, visit: &Visit<'_>) -> Reply {
        match self.part(visit).await {
            Ok(part) => {
                let known = visit.request.header("last-event-id").unwrap_or_default();
                answer(200, &[("content-type", "text/event-stream")], written(&part.into_string(), known))
            }
            Err(fault) => html(fault.told().0, error::alone(fault.told().2)),
        }
    }

    async fn part(&self, visit: &Visit<'_>) -> Result<Markup, Fault> {
        let nothing = serde_json::Map::new;
        match visit.place {
            Place::LiveMessage(id) => Ok(trace::part(&self.trace(visit, id, "").await?)),
            Place::LiveConfiguration => {
                Ok(configuration::part(&self.ask(visit, "/api/configuration", nothing()).await?))
            }
            _ => Ok(overview::part(&self.ask(visit, "/api/overview", nothing()).await?)),
        }
    }
}

/// An event as it is sent; only the pace, where the browser has it already.
fn written(part: &str, known: &str) -> String {
    let id = version(part);
    if known == id {
        return format!("retry: {PACE}\n\n");
    }
    let lines = part.split(['\n', '\r']).map(|line| format!("data: {line}\n"));
    format!("retry: {PACE}\nid: {id}\nevent: part\n{}\n", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_sent_once_and_no_line_of_it_is_another_event() {
        let sent = written("<p>one\n\nevent: evil\r\rdata: two</p>", "");
        let id = sent.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
        assert!(sent.lines().filter(|line| line.starts_with("event:")).eq(["event: part"]), "{sent}");
        assert_eq!(sent.matches("\n\n").count(), 1, "it ends once: {sent:?}");
        assert_eq!(written("<p>one\n\nevent: evil\r\rdata: two</p>", id), "retry: 2000\n\n");
    }
}

//! What a call's answer means for its next attempt: the `retry:` key.

use std::time::Duration;

use super::fields::{Fields, Reader};
use crate::model::wire::{Answer, Class};
use crate::shape;
use crate::yaml::Node;

/// What comes after an answer that is not ok.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Later.
    Again,
    /// Perhaps done: settle first.
    InDoubt,
    /// Once, with fresh credentials.
    Renew,
    /// Stop the lane and alarm.
    Hold,
    /// It will never be better.
    Final,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Http(u16),
    Class(Class),
}

/// A call's `retry:`.
#[derive(Clone, Debug)]
pub struct Retry {
    renew: Vec<Case>,
    rest: Vec<(Case, Turn)>,
    /// How long it is repeated.
    pub span: Duration,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Retry {
    fn default() -> Self {
        let again = [
            Case::Class(Class::Unreached),
            Case::Class(Class::Unanswered),
            Case::Http(429),
            Case::Class(Class::Server),
        ];
        Self { renew: Vec::new(), rest: again.into_iter().map(|case| (case, Turn::Again)).collect(), span: DAY }
    }
}

impl Retry {
    /// What comes next. `renewed`: this attempt already had fresh credentials, so `renew` no longer applies.
    #[must_use]
    pub fn turn(&self, answer: &Answer, renewed: bool) -> Turn {
        let http = answer.http.map(Case::Http);
        let class = Case::Class(answer.class);
        let names = |case: &Case| Some(*case) == http || *case == class;
        if !renewed && self.renew.iter().any(names) {
            return Turn::Renew;
        }
        // A number goes before its class.
        [http, Some(class)]
            .into_iter()
            .flatten()
            .find_map(|wanted| self.rest.iter().find(|(case, _)| *case == wanted).map(|(_, turn)| *turn))
            .unwrap_or(Turn::Final)
    }
}

const CLASSES: &[(&str, Class)] = &[
    ("unreached", Class::Unreached),
    ("unanswered", Class::Unanswered),
    ("2xx", Class::Success),
    ("3xx", Class::Redirect),
    ("4xx", Class::Client),
    ("5xx", Class::Server),
];

/// Reads `retry:`.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Retry {
    let fields = Fields::read(reader, node, &shape::RETRY);
    let mut retry = Retry { renew: Vec::new(), rest: Vec::new(), span: DAY };
    for (key, turn) in
        [("again", Turn::Again), ("in_doubt", Turn::InDoubt), ("renew", Turn::Renew), ("hold", Turn::Hold)]
    {
        for item in fields.get(key).map_or(&[][..], Reader::one_or_many) {
            let Some(case) = case(reader, item) else { continue };
            if turn == Turn::Renew {
                retry.renew.push(case);
            } else if retry.rest.iter().any(|(known, _)| *known == case) {
                reader.error(
                    "SB0307",
                    item.span,
                    "this answer is listed twice",
                    "an answer has one turn: keep it in one of the lists",
                );
            } else {
                retry.rest.push((case, turn));
            }
        }
    }
    if let Some(span) = fields.get("for").and_then(|node| reader.duration(node, "retry.for")) {
        retry.span = span;
    }
    retry
}

fn case(reader: &mut Reader, node: &Node) -> Option<Case> {
    let text = node.scalar_text();
    if let Some(http) = text.as_deref().and_then(|text| text.parse().ok()).filter(|http| (100..=599).contains(http)) {
        return Some(Case::Http(http));
    }
    let class = text.as_deref().and_then(|text| CLASSES.iter().find(|(word, _)| *word == text));
    if class.is_none() {
        reader.error(
            "SB0308",
            node.span,
            "not an answer that a call can have",
            "an HTTP status, or one of unreached, unanswered, 2xx, 4xx, 5xx",
        );
    }
    class.map(|(_, class)| Case::Class(*class))
}

//! What comes in, held against the schemas that its sections declare: counted and logged, never refused.
//!
//! Beside the traffic: a request only leaves its document in a queue that has room, and whoever empties the queue
//! ([`Flow::check_shape`]) checks a sample of each route's documents and those that could not be mapped.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tracing::warn;

use super::Flow;
use super::request::{Passage, Way};
use crate::config::Hit;
use crate::legs::{Decision, Request, Step};
use crate::mapping::Leg;
use crate::model::Name;
use crate::model::wire::Incoming;
use crate::value::{Arena, Value};

/// So many documents of each kind wait; more are not looked at.
const WAITING: usize = 64;

/// So many of one section are checked within a second: of all that comes in, and of what could not be mapped.
const A_SECOND: [u32; 2] = [1, 10];

/// Digits longer than this are no index of a list, and may be a number of a person.
const INDEX: usize = 5;

/// A section of a mapping, and which of the queues.
type Kind = (Name, Leg, usize);

/// One document.
struct Sample {
    hit: Hit,
    incoming: Incoming,
}

/// How many documents of a section were checked, and how many did not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// All.
    pub documents: u64,
    /// Those that are not of the declared shape.
    pub mismatches: u64,
}

/// Documents on their way to be checked, and what came of it.
pub struct Shapes {
    /// In the order of [`A_SECOND`].
    queues: [Sender<Sample>; 2],
    inbox: tokio::sync::Mutex<Inbox>,
    /// The second, and how many were offered in it.
    seen: Mutex<HashMap<Kind, (i64, u32)>>,
    counts: Mutex<BTreeMap<(String, &'static str), Checked>>,
}

struct Inbox {
    passing: Receiver<Sample>,
    failed: Receiver<Sample>,
    /// By the schema's name: its text, and what it was compiled to, if it could be.
    validators: HashMap<String, (Arc<str>, Option<Arc<Validator>>)>,
}

impl Default for Shapes {
    fn default() -> Self {
        let ((passing_in, passing), (failed_in, failed)) = (channel(WAITING), channel(WAITING));
        let inbox = tokio::sync::Mutex::new(Inbox { passing, failed, validators: HashMap::new() });
        Self { queues: [passing_in, failed_in], inbox, seen: Mutex::default(), counts: Mutex::default() }
    }
}

impl Shapes {
    /// Leaves a document that somebody known sent to be checked, for each section that read it.
    pub(super) fn offer(&self, passage: &Passage, way: Way<'_>, decision: &Decision) {
        let declares = |hit: &&Hit| hit.section().is_some_and(|section| section.schema.is_some());
        for hit in way.hits.iter().filter(declares) {
            let Some(leg) = hit.section().map(|section| section.leg) else { continue };
            let failed = match &decision.step {
                Step::Take(webhooks, _) => {
                    let Some(webhook) = webhooks.iter().find(|webhook| webhook.leg == leg) else { continue };
                    webhook.told.iter().any(|told| told.news.is_err())
                }
                _ if decision.leg == Some(leg) && decision.tenant.is_some() => !decision.refused.is_empty(),
                _ => continue,
            };
            if !self.has_time((hit.mapping.name.clone(), leg, usize::from(failed)), passage.now.seconds()) {
                continue;
            }
            // Nothing is copied for a queue that is full.
            let Ok(place) = self.queues[usize::from(failed)].try_reserve() else { continue };
            let Incoming { method, query, body, .. } = &passage.incoming;
            let (headers, path) = (Vec::new(), String::new());
            let (method, query, body) = (method.clone(), query.clone(), body.clone());
            place.send(Sample {
                hit: hit.clone(),
                incoming: Incoming { method, path, query, headers, body, peer: None },
            });
        }
    }

    /// Whether one more of this section may be checked now.
    fn has_time(&self, key: Kind, second: i64) -> bool {
        let most = A_SECOND[key.2];
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.entry(key).or_default();
        if seen.0 != second {
            *seen = (second, 0);
        }
        seen.1 += 1;
        seen.1 <= most
    }

    /// By mapping and section, since the start.
    #[must_use]
    pub fn all(&self) -> Vec<((String, &'static str), Checked)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(key, count)| (key.clone(), *count)).collect()
    }

    fn count(&self, mapping: &str, leg: Leg, fits: bool) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((mapping.to_owned(), leg.as_str())).or_default();
        count.documents += 1;
        count.mismatches += u64::from(!fits);
    }
}

impl Inbox {
    async fn next(&mut self) -> Option<Sample> {
        tokio::select! {
            biased;
            Some(sample) = self.failed.recv() => Some(sample),
            Some(sample) = self.passing.recv() => Some(sample),
            else => None,
        }
    }

    /// A schema compiled, anew when its text changes.
    fn validator(&mut self, name: &str, text: &Arc<str>) -> Option<Arc<Validator>> {
        if let Some((known, validator)) = self.validators.get(name)
            && known == text
        {
            return validator.clone();
        }
        let parsed = serde_json::from_str(text).ok();
        let validator = parsed.and_then(|parsed| jsonschema::validator_for(&parsed).ok()).map(Arc::new);
        self.validators.insert(name.to_owned(), (text.clone(), validator.clone()));
        validator
    }
}

impl Flow {
    /// Waits for a document and checks it, on a thread where nobody waits.
    pub async fn check_shape(&self) {
        let mut inbox = self.shapes.inbox.lock().await;
        let Some(sample) = inbox.next().await else { return };
        let snapshot = self.snapshot.load_full();
        let mapping = sample.hit.mapping.name.to_string();
        let Some((leg, schema)) = sample.hit.section().and_then(|section| Some((section.leg, section.schema.clone()?)))
        else {
            return;
        };
        // The schemas of the newest configuration: a document is a sample, and the version before is gone soon.
        let Some(text) = snapshot.schema(&schema).map(|source| source.text.clone()) else { return };
        let Some(validator) = inbox.validator(&schema, &text) else { return };
        drop(inbox);
        let checked = tokio::task::spawn_blocking(move || misfit(&validator, &text, &sample)).await;
        let Ok(Some(found)) = checked else { return };
        self.shapes.count(&mapping, leg, found.is_none());
        if let Some(Misfit { place, expected }) = found {
            let section = leg.as_str();
            warn!(mapping, section, schema, place, expected, "a document is not of the declared shape");
        }
    }
}

/// Where a document does not fit, and what the schema says there; nothing of the document's own.
#[derive(Debug, PartialEq, Eq)]
struct Misfit {
    place: String,
    expected: String,
}

/// The first misfit of a document; `None` if it is none.
fn misfit(validator: &Validator, schema: &str, sample: &Sample) -> Option<Option<Misfit>> {
    let Sample { hit, incoming } = sample;
    let (section, route) = (hit.section()?, hit.route()?);
    let request = Request { incoming, mapping: &hit.mapping, section, route, path: &[] };
    let arena = Arena::new();
    let body = request.decode(&arena).ok()?.body;
    if matches!(body, Value::Null) {
        return None;
    }
    let document = serde_json::to_value(body).ok()?;
    Some(first(validator, schema, &document))
}

fn first(validator: &Validator, schema: &str, document: &serde_json::Value) -> Option<Misfit> {
    let error = validator.iter_errors(document).next()?;
    let place = shown(error.instance_path().as_str(), schema);
    Some(Misfit { place, expected: error.schema_path().as_str().to_owned() })
}

/// A place without the names that are the document's own: a member may be called after a person.
fn shown(place: &str, schema: &str) -> String {
    let known = |name: &str| {
        let index = name.len() <= INDEX && name.bytes().all(|byte| byte.is_ascii_digit());
        index || schema.contains(&format!("\"{name}\""))
    };
    place.split('/').map(|name| if known(name) || name.is_empty() { name } else { "*" }).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_misfit_says_the_place_and_the_rule_and_nothing_of_the_document() {
        let schema = json!({
            "type": "object", "required": ["id"],
            "properties": { "id": { "type": "string" }, "all": { "items": { "enum": ["a", "b"] } } },
            "additionalProperties": { "type": "object", "additionalProperties": { "type": "string" } },
        });
        let (validator, text) = (jsonschema::validator_for(&schema).unwrap(), schema.to_string());
        let told = |document| first(&validator, &text, &document).map(|Misfit { place, expected }| (place, expected));
        let said = |place: &str, expected: &str| Some((place.to_owned(), expected.to_owned()));
        assert_eq!(told(json!({"id": "m1", "all": ["a"]})), None);
        assert_eq!(told(json!({"id": 6_598_114_720_u64})), said("/id", "/properties/id/type"));
        assert_eq!(told(json!({})), said("", "/required"));
        assert_eq!(told(json!({"id": "m", "all": ["a", "Asha"]})), said("/all/1", "/properties/all/items/enum"));
        let person = json!({"id": "m", "asha@example.com": {"6598114720": 5}});
        assert_eq!(told(person), said("/*/*", "/additionalProperties/additionalProperties/type"));
    }
}

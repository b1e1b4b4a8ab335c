//! What came of a changed case, and how two of them differ.

use serde_json::{Value as Json, json};

use super::super::Material;
use super::super::drive::{Scene, drive};
use super::super::facts::GivenFacts;
use super::super::suite::Suite;
use super::super::wanted::Trees;
use super::field::Trial;
use crate::mapping::Mapping;
use crate::value::Arena;

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    /// Everything that `expect` could name, with every URL taken apart.
    pub(super) all: Json,
    /// Why there is not more.
    pub(super) why: Option<String>,
    /// Calls that could not be made.
    pub(super) lost: Vec<String>,
}

/// Runs a case; `Err` where the changed text makes it no case, which the model's own readers say.
pub(super) fn run(trial: &Trial, suite: &Suite, mapping: &Mapping, material: &Material<'_>) -> Result<Outcome, String> {
    let trees = Trees::new(&trial.case.source, material.sample);
    let tenant = trial.given.snapshot.tenants.first().expect("a case has a tenant");
    let facts = GivenFacts::new(tenant, trial.given.templates.clone(), trial.given.suppressed.clone());
    let arena = Arena::new();
    let scene = Scene {
        party: mapping.party,
        given: &trial.given,
        tenant,
        facts: &facts,
        arena: &arena,
        trees: &trees,
        schemas: &suite.schemas,
        case: &trial.case,
    };
    let found = drive(&scene).map_err(|broken| broken.message.clone())?;
    let mut all = serde_json::to_value(found.value(&arena)).expect("a value is JSON");
    open(&mut all);
    let lost = found.notes.iter().map(|note| format!("{}: {}", note.path, note.found)).collect();
    Ok(Outcome { all, why: found.why, lost })
}

/// Takes the URLs of calls apart: a text is percent-encoded there, and has to be found again.
fn open(value: &mut Json) {
    match value {
        Json::Object(members) => {
            if let Some(url) = members.get_mut("url")
                && let Some(parsed) =
                    url.as_str().filter(|text| text.starts_with("http")).and_then(|text| url::Url::parse(text).ok())
            {
                let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
                let path: Vec<String> = parsed.path_segments().into_iter().flatten().map(decode).collect();
                let query: Vec<_> = parsed.query_pairs().map(|(name, value)| json!([name, value])).collect();
                *url = json!({ "origin": parsed.origin().ascii_serialization(), "path": path, "query": query,
                    "user": parsed.username(), "fragment": parsed.fragment() });
            }
            members.values_mut().for_each(open);
        }
        Json::Array(items) => items.iter_mut().for_each(open),
        _ => {}
    }
}

/// In how many places a text came out.
pub(super) fn count(value: &Json, text: &str) -> usize {
    match value {
        Json::String(found) => usize::from(found.contains(text)),
        Json::Array(items) => items.iter().map(|item| count(item, text)).sum(),
        Json::Object(members) => members.values().map(|member| count(member, text)).sum(),
        _ => 0,
    }
}

/// Every place at which the one is not the other with the hostile text where the plain one was.
pub(super) fn differences(plain: &Json, hostile: &Json, texts: (&str, &str), path: &str, found: &mut Vec<Difference>) {
    match (plain, hostile) {
        (Json::String(before), Json::String(after)) if replaced(before, after, texts) => {}
        (Json::Array(before), Json::Array(after)) if before.len() == after.len() => {
            for (place, (before, after)) in before.iter().zip(after).enumerate() {
                differences(before, after, texts, &format!("{path}[{place}]"), found);
            }
        }
        // A text may have become part of a key.
        (Json::Object(before), Json::Object(after))
            if before.keys().all(|key| after.contains_key(&renamed(key, texts))) && before.len() == after.len() =>
        {
            for (key, before) in before {
                differences(before, &after[&renamed(key, texts)], texts, &format!("{path}.{key}"), found);
            }
        }
        (before, after) if before == after => {}
        (before, after) => {
            let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            found.push(Difference { path: path.to_owned(), before: text(before), after: text(after) });
        }
    }
}

fn renamed(key: &str, (plain, hostile): (&str, &str)) -> String {
    key.replace(plain, hostile)
}

/// A place at which the hostile text does not stand for the plain one.
pub(super) struct Difference {
    pub(super) path: String,
    pub(super) before: String,
    pub(super) after: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cut = |text: &str| text.chars().take(120).collect::<String>();
        write!(f, "{}: {:?} became {:?}", self.path, cut(&self.before), cut(&self.after))
    }
}

/// The text byte by byte, or as a JSON text inside of a text.
pub(super) fn replaced(before: &str, after: &str, (plain, hostile): (&str, &str)) -> bool {
    before.replace(plain, hostile) == after || before.replace(plain, &quoted(hostile)) == after
}

/// As it stands inside of a JSON text.
fn quoted(text: &str) -> String {
    let quoted = Json::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

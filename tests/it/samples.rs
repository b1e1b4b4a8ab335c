//! Every sample is used by a contract case or listed as unused with a reason; and a used one counts: with one of its
//! values changed or left out, or with what is wrong in it mended, a case of its fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use switchboard::cases::{Suite, Verdict, mutate};
use switchboard::diagnostic::Source;
use switchboard::yaml;

use crate::shipped::{Shipped, folder, material};

/// Samples of which no single value matters to a case, with the reason.
const NO_VALUE_MATTERS: &[(&str, &str)] = &[
    ("vonage.templates.error-401.json", "a listing that fails is told by its HTTP status; nobody reads the body"),
    ("vonage.templates.error-404.json", "as above"),
    ("vonage.templates.error-429.json", "as above"),
    ("sinch.templates.error-401.json", "as above"),
];

/// Samples that are refused whatever else is in them: where each is wrong, and a value with which it would be right.
const MENDED: &[(&str, &str, &str)] = &[
    ("moengage.send.invalid.missing-msg-id.json", "/msg_id", r#""c-1""#),
    ("moengage.send.invalid.unknown-header-type.json", "/template/components/0/parameters/0/type", r#""text""#),
    ("webengage.send.invalid.missing-version.json", "/version", r#""1.0""#),
    ("webengage.send.version-2.json", "/version", r#""1.0""#),
    (
        "vonage.templates.list-empty.json",
        "/templates",
        r#"[{"id": "1", "name": "t", "language": "en", "status": "APPROVED", "category": "UTILITY", "components": []}]"#,
    ),
    ("sinch.delivery.other-channel.json", "/message_delivery_report/channel_identity/channel", r#""WHATSAPP""#),
    ("sinch.inbound.other-channel.json", "/message/channel_identity/channel", r#""WHATSAPP""#),
    (
        "sinch.event.composing.json",
        "/message",
        r#"{"id": "x", "channel_identity": {"channel": "WHATSAPP", "identity": "1"}, "contact_message": {"text_message": {"text": "Hi"}}}"#,
    ),
];

/// Which cases use a sample: the suite's place and the case's name.
type Uses = BTreeMap<String, Vec<(usize, String)>>;

fn uses(shipped: &Shipped, suites: &[Suite]) -> Uses {
    let mut uses = Uses::new();
    for (place, suite) in suites.iter().enumerate() {
        for outcome in shipped.run(suite).outcomes {
            for sample in outcome.samples {
                uses.entry(sample).or_default().push((place, outcome.name.clone()));
            }
        }
    }
    uses
}

/// The names in `unused.yaml`; each entry says why, and what uses it instead.
fn unused() -> BTreeSet<String> {
    let path = folder().join("samples").join("unused.yaml");
    let source = Source::new("unused.yaml", std::fs::read_to_string(path).unwrap());
    let mut problems = Vec::new();
    let node = yaml::parse(&source, &mut problems).unwrap();
    assert!(problems.is_empty(), "{}", switchboard::diagnostic::render(&problems));
    let mut names = BTreeSet::new();
    for entry in node.get("unused").and_then(yaml::Node::as_list).unwrap() {
        for part in ["why", "used_by"] {
            let said = entry.get(part).and_then(yaml::Node::as_text).unwrap_or_default();
            assert!(!said.is_empty(), "an entry of unused.yaml has no `{part}`");
        }
        let sample = entry.get("sample").unwrap();
        for name in sample.as_list().unwrap_or(std::slice::from_ref(sample)) {
            let name = name.as_text().unwrap();
            assert!(names.insert(name.to_owned()), "{name} is listed twice in unused.yaml");
        }
    }
    names
}

#[test]
fn every_sample_is_used_by_a_case_or_listed_with_a_reason() {
    let shipped = Shipped::read();
    let (suites, _) = shipped.suites();
    let used: BTreeSet<String> = uses(&shipped, &suites).into_keys().collect();
    let unused = unused();
    let all: BTreeSet<String> = shipped.samples.keys().cloned().collect();
    let both: Vec<_> = used.intersection(&unused).collect();
    assert!(both.is_empty(), "listed in unused.yaml and used by a case: {both:?}");
    let told: BTreeSet<String> = used.union(&unused).cloned().collect();
    let silent: Vec<_> = all.difference(&told).collect();
    assert!(silent.is_empty(), "neither used by a case nor in unused.yaml: {silent:?}");
    let gone: Vec<_> = told.difference(&all).collect();
    assert!(gone.is_empty(), "no such sample: {gone:?}");
    println!("{} samples: {} used by cases, {} listed as unused", all.len(), used.len(), unused.len());
}

#[test]
fn the_index_lists_every_sample_of_a_platform() {
    let shipped = Shipped::read();
    let index: serde_json::Value = serde_json::from_slice(&shipped.samples["cep-index.json"]).unwrap();
    let listed = index["samples"].as_array().unwrap().iter().map(|entry| entry["file"].as_str().unwrap());
    let listed: BTreeSet<&str> = listed.collect();
    let is_platform = |name: &&str| name.starts_with("moengage.") || name.starts_with("webengage.");
    let there: BTreeSet<&str> = shipped.samples.keys().map(String::as_str).filter(is_platform).collect();
    assert_eq!(listed, there);
}

#[test]
fn another_value_in_a_used_sample_breaks_a_case() {
    let shipped = Shipped::read();
    // Without schemas: a value that only a schema refuses says nothing of the mapping.
    let suites = shipped.suites_without_schemas();
    let mut idle = Vec::new();
    let (mut samples, mut tried) = (0, 0);
    for (sample, cases) in uses(&shipped, &suites) {
        samples += 1;
        let text = &shipped.samples[&sample];
        let mended = MENDED.iter().filter(|(name, ..)| *name == sample);
        let mended = mended.map(|(_, place, value)| mutate::with(text, place, &serde_json::from_str(value).unwrap()));
        let leaves = mutate::leaves(text);
        let changed = leaves.iter().flat_map(|leaf| [mutate::changed(text, leaf), mutate::without(text, leaf)]);
        let matters = mended.chain(changed).flatten().any(|changed| {
            tried += 1;
            breaks(&shipped, &suites, &sample, &changed.into(), &cases)
        });
        let excepted = NO_VALUE_MATTERS.iter().any(|(name, _)| *name == sample);
        assert!(!(matters && excepted), "{sample} is excepted, and a value of it matters");
        if !matters && !excepted {
            idle.push(sample);
        }
    }
    println!("{samples} samples, {tried} changes, {} exceptions", NO_VALUE_MATTERS.len());
    assert!(idle.is_empty(), "no value of these matters to a case: {idle:?}");
}

/// Whether a case fails with another text of the sample.
fn breaks(shipped: &Shipped, suites: &[Suite], sample: &str, changed: &Arc<[u8]>, cases: &[(usize, String)]) -> bool {
    let read = |name: &str| if name == sample { Some(changed.clone()) } else { shipped.samples.get(name).cloned() };
    let material = material(&read);
    cases.iter().any(|(place, case)| {
        let report = suites[*place].run_some(&material, &|name| name == case);
        report.outcomes.iter().any(|outcome| matches!(outcome.verdict, Verdict::Failed(_)))
    })
}

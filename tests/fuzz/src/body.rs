//! What parties send us: requests, webhooks and answers, over the legs of every shipped mapping, and over those of
//! `corner.yaml`, which reads every format.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use switchboard::cases::{Material, Suite, Verdict};
use switchboard::diagnostic::{Source, render};
use switchboard::value::Timestamp;
use switchboard::yaml::{self, Node};

use crate::shipped;

/// What stands for the body in the cases of `corner.cases.yaml`.
const INPUT: &str = "input";

/// A case whose body is given: its suite, its name, the sample that the body replaces.
pub struct Place {
    suite: usize,
    case: String,
    /// The name of the sample.
    pub sample: String,
}

/// Everything that a body is tried on.
pub struct Ground {
    suites: Vec<Suite>,
    /// In the order in which the first byte of an input counts them.
    pub places: Vec<Place>,
    key: String,
    /// The samples by name.
    pub samples: BTreeMap<String, Arc<[u8]>>,
}

/// The ground, made once.
pub fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let mut mappings = shipped::sources("mappings", false);
        let mut cases = shipped::sources("mappings", true);
        mappings.extend(shipped::sources("tests/fuzz/corner", false));
        cases.extend(shipped::sources("tests/fuzz/corner", true));
        let mut samples = shipped::samples();
        samples.insert(INPUT.to_owned(), b"{}"[..].into());
        let (suites, problems) = Suite::pair(&mappings, &cases, &|_| Some("{}".into()));
        assert!(problems.is_empty(), "{}", render(&problems));
        let places = mappings.iter().enumerate().flat_map(|(suite, mapping)| {
            let own = cases.iter().filter(|cases| name(&cases.text, "for") == party(mapping));
            let sources: Vec<&Source> = own.chain([mapping]).collect();
            sources.into_iter().flat_map(places).map(move |(case, sample)| Place { suite, case, sample })
        });
        let key = switchboard::sim::keys::generate().expect("a key is made").private_pem;
        Ground { places: places.collect(), suites, key, samples }
    })
}

fn name<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
}

fn party(mapping: &Source) -> Option<&str> {
    name(&mapping.text, "platform").or_else(|| name(&mapping.text, "provider"))
}

/// The cases of a file whose request or first answer is a sample: one case a sample.
fn places(source: &Source) -> Vec<(String, String)> {
    let node = yaml::parse(source, &mut Vec::new()).expect("the cases are YAML");
    let sample = |node: Option<&Node>| Some(node?.get("body")?.get("$file")?.as_text()?.to_owned());
    let mut found = Vec::new();
    for case in node.get("cases").and_then(Node::as_list).unwrap_or_default() {
        let answer = case.get("answers").and_then(Node::as_list).and_then(<[Node]>::first);
        let samples = [sample(case.get("request")), sample(answer)];
        let name = case.get("case").and_then(Node::as_text).unwrap_or_default();
        found.extend(samples.into_iter().flatten().map(|sample| (name.to_owned(), sample)));
    }
    found.sort_by(|left, right| left.1.cmp(&right.1));
    if !source.name.starts_with("tests/fuzz") {
        found.dedup_by(|left, right| left.1 == right.1);
    }
    found
}

/// The first two bytes say which case, the rest is the body.
pub fn run(input: &[u8]) {
    let Some(([high, low], body)) = input.split_first_chunk() else { return };
    let ground = ground();
    let place = &ground.places[usize::from(u16::from_be_bytes([*high, *low])) % ground.places.len()];
    let body: Arc<[u8]> = body.into();
    let sample = |name: &str| {
        if name == place.sample { Some(body.clone()) } else { ground.samples.get(name).cloned() }
    };
    let material =
        Material { sample: &sample, rsa_key_pem: &ground.key, now: Timestamp::from_millis(1_793_783_646_981) };
    let report = ground.suites[place.suite].run_some(&material, &|name| name == place.case);
    assert_eq!(report.outcomes.len(), 1, "{}", place.case);
    for outcome in report.outcomes {
        if let Verdict::Broken(problem) = outcome.verdict {
            // A sample that an expectation reads too must be JSON; that is no finding.
            assert!(problem.code == "SB0605", "{}: {}", place.case, render(&[*problem]));
        }
    }
}

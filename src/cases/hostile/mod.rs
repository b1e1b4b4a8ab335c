//! A data value is never evaluated: hostile texts in every text that a party sends us, over every shipped contract.
//!
//! Each field of each case first gets a plain text. What a hostile one brings about must be the same with the one text in
//! the place of the other, byte by byte; both sinks of the language are compared on the way. What a contract may do to a
//! text all the same is in [`Meant`], and each of it must be seen.

mod field;
mod outcome;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use field::{Region, Trial};
use outcome::{Difference, Outcome, differences, replaced};
use texts::{Hostile, PLAIN};

use super::{Material, Suite};
use crate::diagnostic::Source;
use crate::language::tests::both::both_sinks;
use crate::mapping::Mapping;
use crate::value::Timestamp;

/// Fields in which a contract looks for a part of the text: a file's name, a code behind a `#`. Which mapping, and the
/// end of the field's place. A new row belongs here only if the mapping means it.
const PARTS: &[(&str, &str)] = &[
    ("braze", "/header_document"),
    ("moengage", "/document/link"),
    ("sinch", "/templates/*/language"),
    ("vonage", "/type"),
];

/// What a contract may do to any text: what is left of it is a text still, and the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Meant {
    /// Its words are in lower case.
    Lower,
    /// It has one line, and no white space but blanks.
    OneLine,
    /// It says no more than the beginning.
    Cut,
    /// It is refused for its length, and nothing else of it is told.
    TooLong,
    /// Its SHA-256 goes on.
    Digest,
    /// A row of [`PARTS`]; without such a part, an item of a list cannot be read.
    Part(usize),
}

fn read(folder: &str, ending: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path));
    named.filter(|(name, _)| name.ends_with(ending)).map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

fn suites() -> Vec<Suite> {
    let sources = read("mappings", ".yaml").into_iter().filter(|(name, _)| !name.ends_with("mutants.yaml"));
    let sources = sources.map(|(name, bytes)| Source::new(name.as_str(), String::from_utf8(bytes).unwrap()));
    let (cases, mappings): (Vec<_>, Vec<_>) = sources.partition(|source| source.name.ends_with(".cases.yaml"));
    let (suites, problems) = Suite::pair(&mappings, &cases, &|_| Some("{}".into()));
    assert!(problems.is_empty() && suites.len() >= 3);
    suites
}

fn with_material<T>(body: impl FnOnce(&Material<'_>) -> T) -> T {
    let samples: BTreeMap<String, Arc<[u8]>> =
        read("mappings/samples", ".json").into_iter().map(|(name, bytes)| (name, bytes.into())).collect();
    let key = crate::sim::keys::generate().unwrap().private_pem;
    let sample = |name: &str| samples.get(name).cloned();
    body(&Material { sample: &sample, rsa_key_pem: &key, now: Timestamp::from_millis(1_793_783_646_981) })
}

/// What the run has seen.
#[derive(Default)]
struct Seen {
    kinds: BTreeSet<String>,
    runs: usize,
    /// Fields whose plain text came out somewhere.
    shown: usize,
    meant: BTreeSet<Meant>,
    findings: Vec<String>,
}

#[test]
fn a_data_value_is_never_evaluated() {
    let (mut seen, mut cases) = (Seen::default(), 0);
    both_sinks(|| {
        with_material(|material| {
            for suite in &suites() {
                let mapping = suite.subject.mapping.clone().unwrap();
                for case in &suite.cases {
                    let Some(trial) = Trial::of(suite, &mapping, case, material) else { continue };
                    cases += 1;
                    Field { suite, mapping: &mapping, material, seen: &mut seen }.each(trial);
                }
            }
        });
    });
    let Seen { kinds, runs, shown, meant, findings } = seen;
    println!("{cases} cases, {} fields, {runs} runs; {shown} fields came out", kinds.len());
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
    assert!(cases >= 800 && kinds.len() >= 650 && shown >= 250, "too little was looked at");
    let all = [Meant::Lower, Meant::OneLine, Meant::Cut, Meant::TooLong, Meant::Digest];
    assert!(all.iter().all(|wanted| meant.contains(wanted)), "not all of it was seen: {meant:?}");
    assert!(meant.iter().any(|meant| matches!(meant, Meant::Part(_))));
}

struct Field<'s> {
    suite: &'s Suite,
    mapping: &'s Mapping,
    material: &'s Material<'s>,
    seen: &'s mut Seen,
}

impl Field<'_> {
    fn each(&mut self, mut trial: Trial) {
        let hostile = texts::texts();
        let route = match &trial.case.stimulus {
            super::suite::Stimulus::Request(node) => {
                node.get("path").and_then(|path| path.as_text()).unwrap_or_default()
            }
            _ => "",
        };
        let route = route.to_owned();
        for (region, tree) in std::mem::take(&mut trial.said) {
            for place in field::texts(&tree) {
                let field = format!("{} {route} {region:?} {}", self.mapping.name, kind(&place));
                // The same field of another case is another text, not another field.
                if !self.seen.kinds.insert(field.clone()) {
                    continue;
                }
                let at = format!("{field} in `{}`", trial.case.name);
                let mut run = |text: &str| {
                    let there = trial.put(region, &field::with(&tree, &place, text));
                    self.seen.runs += 1;
                    if !there {
                        return Err("no template of the model".to_owned());
                    }
                    outcome::run(&trial, self.suite, self.mapping, self.material)
                };
                let plain = run(PLAIN);
                let out = plain.as_ref().is_ok_and(|plain| outcome::count(&plain.all, PLAIN) > 0);
                let header = matches!(region, Region::Headers | Region::AnswerHeaders(_));
                let fits = |text: &&Hostile| (!header || text.fits_header()) && (out || text.text.len() < texts::LONG);
                let came: Vec<_> = hostile.iter().filter(fits).map(|text| (text, run(&text.text))).collect();
                trial.put(region, &tree);
                self.seen.shown += usize::from(out);
                for (text, came) in came {
                    self.judge(&at, &place, text, &plain, &came);
                }
            }
        }
    }

    /// What the contract did to the text on purpose, if that explains the difference.
    fn meant(&self, place: &str, difference: &Difference, text: &Hostile, after: &Outcome) -> Option<Meant> {
        let Difference { before, after: is, .. } = difference;
        let whole = before.replace(PLAIN, &text.text);
        let why = after.why.as_deref().unwrap_or_default();
        let long = [" longer than ", "a text of more than ", " are taken; "].iter().any(|words| why.contains(words));
        let row = PARTS.iter().position(|row| *row.0 == *self.mapping.name.as_str() && kind(place).ends_with(row.1));
        let is_part = || is.split(['"', ' ']).all(|part| text.text.contains(part) || before.contains(part));
        let unreadable = || why.ends_with("of its items cannot be read");
        let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if *is == before.replace(PLAIN, &text.text.to_lowercase()) {
            Some(Meant::Lower)
        } else if is_digest(before) && is_digest(is) {
            Some(Meant::Digest)
        } else if *is == one_line(&whole) {
            Some(Meant::OneLine)
        } else if is_cut(before, is, &text.text) || is_cut(before, is, &one_line(&text.text)) {
            Some(Meant::Cut)
        } else if text.text.len() >= texts::LONG && long && !is.contains(&text.text[..32]) {
            Some(Meant::TooLong)
        } else {
            row.filter(|_| is_part() || unreadable()).map(Meant::Part)
        }
    }

    fn judge(
        &mut self,
        at: &str,
        place: &str,
        text: &Hostile,
        plain: &Result<Outcome, String>,
        came: &Result<Outcome, String>,
    ) {
        let mut wrong: Vec<String> = Vec::new();
        match (plain, came) {
            (Err(before), Err(after)) if replaced(before, after, (PLAIN, &text.text)) => {}
            (Ok(before), Ok(after)) => {
                let mut found = Vec::new();
                differences(&before.all, &after.all, (PLAIN, &text.text), "", &mut found);
                let word = |outcome: &Outcome| serde_json::json!([outcome.why, outcome.lost]);
                differences(&word(before), &word(after), (PLAIN, &text.text), "why", &mut found);
                for difference in found {
                    match self.meant(place, &difference, text, after) {
                        Some(meant) => self.seen.meant.extend([meant]),
                        None => wrong.push(difference.to_string()),
                    }
                }
            }
            (before, after) => wrong.push(format!("{:?} became {:?}", before.as_ref().err(), after.as_ref().err())),
        }
        self.seen.findings.extend(wrong.iter().map(|wrong| format!("{at}, {}: {wrong}", text.name)));
    }
}

/// Whether it is the beginning, of at least 32 characters, and then what comes behind the text, or a part of that.
fn is_cut(before: &str, is: &str, text: &str) -> bool {
    let Some((head, tail)) = before.split_once(PLAIN) else { return false };
    let Some(rest) = is.strip_prefix(head) else { return false };
    let same = rest.chars().zip(text.chars()).take_while(|(left, right)| left == right).count();
    let end = rest.char_indices().nth(same).map_or(rest.len(), |(at, _)| at);
    same >= 32 && tail.starts_with(&rest[end..])
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A field's place without the numbers of items.
fn kind(place: &str) -> String {
    place.split('/').map(|part| if part.parse::<usize>().is_ok() { "*" } else { part }).collect::<Vec<_>>().join("/")
}

/// Half a character is no text: JSON that says one is refused before any program runs.
#[test]
fn half_a_character_is_no_text() {
    with_material(|material| {
        let mut bodies = 0;
        for (name, sample) in read("mappings/samples", ".json") {
            let text = String::from_utf8(sample).unwrap();
            for (at, _) in text.match_indices("\": \"").take(40) {
                let mut bad = text.clone();
                bad.insert_str(at + 4, "\\ud800");
                let arena = crate::value::Arena::new();
                let read = crate::codec::json::read(bad.as_bytes(), &arena);
                assert!(read.is_err_and(|error| error.to_string().starts_with("not JSON")), "{name}");
                bodies += 1;
            }
        }
        assert!(bodies > 500, "{bodies}");
        let sample = |name: &str| {
            (material.sample)(name).map(|bytes| {
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                text.replacen("\": \"", "\": \"\\udc00", 1).into_bytes().into()
            })
        };
        let material = Material { sample: &sample, ..*material };
        for suite in &suites() {
            let mapping = suite.subject.mapping.clone().unwrap();
            for case in suite.cases.iter().filter(|case| payload(case)) {
                let Some(trial) = Trial::raw(suite, &mapping, case, &material) else { continue };
                let came = outcome::run(&trial, suite, &mapping, &material).unwrap();
                for made in ["message", "messages", "event", "events", "inbound"] {
                    let made = came.all.get(made).filter(|made| !made.as_array().is_some_and(Vec::is_empty));
                    assert!(made.is_none(), "{}: {}", case.name, came.all);
                }
            }
        }
    });
}

/// Whether a case's body is a sample.
fn payload(case: &super::suite::Case) -> bool {
    let super::suite::Stimulus::Request(node) = &case.stimulus else { return false };
    node.get("body").is_some_and(|body| body.get("$file").is_some())
}

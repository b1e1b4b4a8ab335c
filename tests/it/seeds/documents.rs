//! `docs/seeds.md` names tests and contract cases: all of them are there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every function of this folder's files, by name.
fn tests() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/seeds");
    let test = Regex::new(r"#\[(?:tokio::)?test[^\]]*\]\s*(?:async )?fn (\w+)\(").unwrap();
    let texts = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    texts.flat_map(|text| test.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>()).collect()
}

/// The names of a file's contract cases, and the headings above them.
struct Cases {
    names: BTreeSet<String>,
    text: String,
}

fn cases(file: &str) -> Cases {
    let text = read(&format!("mappings/{file}"));
    let name = Regex::new(r#"(?m)^\s*- case: ("(?:[^"\\]|\\.)*"|'[^']*'|[^\n]*)"#).unwrap();
    let names = name.captures_iter(&text).map(|found| found[1].trim().trim_matches(['"', '\'']).to_owned()).collect();
    Cases { names, text }
}

impl Cases {
    /// A name as the page writes it: whole, or its beginning and `…`; what is in brackets after it is a remark.
    fn has(&self, written: &str) -> bool {
        let name = written.split(" (").next().unwrap_or(written).trim();
        match name.split_once('…') {
            Some((beginning, _)) => self.names.iter().any(|known| known.starts_with(beginning.trim_end())),
            None => self.names.iter().any(|known| known.trim_end_matches('.') == name.trim_end_matches('.')),
        }
    }
}

/// What a cell names: `(files, names)` for each mention of cases, headings in quotes apart.
fn mentions(page: &str) -> Vec<(String, String)> {
    let cell = Regex::new(r"(?m)^\|.*\|\s*$").unwrap();
    let mention = Regex::new(r"(?:\b(M|W|V)|`(\w+\.yaml)`) (?:code: )?cases?(?: of [a-z ]+)?: ([^;|]+)").unwrap();
    let mut found = Vec::new();
    for line in cell.find_iter(page) {
        for mention in mention.captures_iter(line.as_str()) {
            let file = mention.get(1).or(mention.get(2)).unwrap().as_str();
            for name in mention[3].split(" · ") {
                found.push((file.to_owned(), name.trim().to_owned()));
            }
        }
    }
    found
}

fn headings(page: &str) -> Vec<(String, String)> {
    let under = Regex::new(r#"\b(M|W|V) cases under "([^"]+)"(?: and "([^"]+)")?"#).unwrap();
    let mut found = Vec::new();
    for mention in under.captures_iter(page) {
        for heading in [mention.get(2), mention.get(3)].into_iter().flatten() {
            found.push((mention[1].to_owned(), heading.as_str().to_owned()));
        }
    }
    found
}

fn files() -> BTreeMap<&'static str, Cases> {
    let named = [
        ("M", "moengage.cases.yaml"),
        ("W", "webengage.cases.yaml"),
        ("V", "vonage.cases.yaml"),
        ("moengage.yaml", "moengage.yaml"),
        ("webengage.yaml", "webengage.yaml"),
        ("vonage.yaml", "vonage.yaml"),
    ];
    named.map(|(short, file)| (short, cases(file))).into()
}

#[test]
fn every_test_named_in_docs_exists() {
    let page = read("docs/seeds.md");
    let named = Regex::new(r"`seeds::(\w+)`").unwrap();
    let named: BTreeSet<String> = named.captures_iter(&page).map(|found| found[1].to_owned()).collect();
    assert!(named.len() > 20, "only {} tests are named", named.len());
    let tests = tests();
    let missing: Vec<_> = named.difference(&tests).collect();
    assert!(missing.is_empty(), "named, and not there: {missing:?}");
    let silent: Vec<_> = tests.difference(&named).collect();
    assert!(silent.is_empty(), "there, and not named: {silent:?}");
}

#[test]
fn every_case_named_in_docs_exists() {
    let page = read("docs/seeds.md");
    let files = files();
    let mentions = mentions(&page);
    assert!(mentions.len() > 100, "only {} cases are named", mentions.len());
    let wrong: Vec<_> =
        mentions.iter().filter(|(file, name)| !files.get(file.as_str()).is_some_and(|file| file.has(name))).collect();
    assert!(wrong.is_empty(), "named, and not there: {wrong:#?}");
    let headings = headings(&page);
    assert!(headings.len() > 5);
    let wrong: Vec<_> =
        headings.iter().filter(|(file, heading)| !files[file.as_str()].text.contains(heading.as_str())).collect();
    assert!(wrong.is_empty(), "no such heading: {wrong:#?}");
}

//! Golden diagnostics: each file of `tests/cases/diagnostics` holds a small mapping or tenant with a mistake, and the
//! words that its author is told. `SWITCHBOARD_BLESS=1 cargo test --lib golden` writes what is said now; read every
//! difference as the operator who will.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Files, NoSecret, Own, Reference, build};
use crate::diagnostic::{Diagnostic, Source, codes, render, sort};
use crate::language::Schemas;
use crate::model::Secret;
use crate::yaml::{self, Node};

/// What a platform's mapping needs besides; it stands behind the file's own text, so that lines count from that.
const PLATFORM: &str = "\
dsl: 1
platform: shop
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused: { http: 400 }
";

/// The same of a provider.
const PROVIDER: &str = "\
dsl: 1
provider: carrier
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused: { http: 400 }
";

/// Mappings for files that hold a tenant.
const SHOP: &str = "\
settings: { report_url: { type: url } }
send:
  route: { method: POST, path: /send }
  message: { id: $.body.id, to: $.body.to, from: $.body.from, text: $.body.text }
status: { words: { failed: failed }, do: [ report ] }
inbound: { rules: { opt_out: { words: [ STOP ], do: [ suppress, reply ] } } }
calls: { report: { method: POST, url: $.settings.report_url, body: { reason: $.event.failure.reason | table(codes) } } }
tables: { codes: { rows: { expired: gone }, else: lost } }
";

const CARRIER: &str = "\
settings: { base_url: { type: url, default: \"https://api.carrier.example\" } }
send:
  call:
    method: POST
    url: $.settings.base_url
    auth: { bearer: { token: $.credentials.token } }
    body: { to: $.message.to }
    take: { provider_id: $.answer.body.id }
    retry: { again: [ unreached ] }
";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/diagnostics")
}

/// Everything that is said of one file.
fn said(case: &Node) -> Vec<Diagnostic> {
    let part = |name: &str| case.get(name).and_then(Node::as_text);
    let mut files = Files::default();
    let own = [("platform", PLATFORM), ("provider", PROVIDER), ("mapping", "")];
    for (kind, rest) in own {
        let text = part(kind).map(|text| format!("{text}{rest}"));
        files.mappings.extend(text.map(|text| Source::new("mapping.yaml", text)));
    }
    if let Some(tenant) = part("tenant") {
        let whole = |name: &str, text: &str, rest: &str| Source::new(name, format!("{text}{rest}"));
        if part("platform").is_none() {
            files.mappings.push(whole("shop.yaml", SHOP, PLATFORM));
        }
        if part("provider").is_none() {
            files.mappings.push(whole("carrier.yaml", CARRIER, PROVIDER));
        }
        files.tenants.push(Source::new("tenant.yaml", tenant));
    }
    let schema = part("schema").map(|text| Source::new("schemas/body.json", text));
    files.schemas = Some(schema.into_iter().map(|schema| ("body.json".to_owned(), schema)).collect::<Schemas>());
    let (mut of_gateway, mut keys) = (Vec::new(), super::Encryption::default());
    if let Some(gateway) = part("gateway") {
        let own = Own::read(&Source::new("switchboard.yaml", gateway), &mut of_gateway);
        let own = own.unwrap_or_default();
        keys = own.encryption.clone();
        files.defaults = own.defaults;
    }
    let resolve = |reference: &Reference| match reference {
        Reference::Env(name) if name == "MISSING" => Err(NoSecret::Env(name.clone())),
        Reference::Env(name) | Reference::File(name) => Ok(Secret::new(name.clone())),
    };
    let (_, mut problems) = build(&files, None, &resolve, [0; 32]);
    problems.append(&mut of_gateway);
    problems.extend(keys.keys(&resolve).err().map(|problem| *problem));
    sort(&mut problems);
    problems
}

/// The file with another expectation.
fn blessed(text: &str, expected: &str) -> String {
    let own = text.find("\nexpect:").map_or(text, |end| &text[..=end]);
    let lines = expected.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") });
    format!("{own}expect: |\n{}", lines.collect::<String>())
}

#[test]
fn every_mistake_is_told_in_these_words() {
    let bless = std::env::var_os("SWITCHBOARD_BLESS").is_some();
    let mut files: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 60, "only {} files", files.len());
    let mut wrong = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let mut unread = Vec::new();
        let source = Source::new(file.display().to_string(), text.as_str());
        let case = yaml::parse(&source, &mut unread).unwrap_or_else(|| panic!("{}", render(&unread)));
        let problems = said(&case);
        let found = render(&problems);
        for problem in &problems {
            assert!(codes::explain(problem.code).is_some(), "{} is not in the table", problem.code);
            if problem.place.is_none() || problem.help.is_empty() && problem.label.is_none() {
                wrong.push(format!("{}: no place or no fix: {}", file.display(), problem.headline()));
            }
        }
        let expected = case.get("expect").and_then(Node::as_text).unwrap_or_default();
        if bless {
            fs::write(file, blessed(&text, &found)).unwrap();
        } else if expected != found || problems.is_empty() {
            wrong.push(format!("{}\nexpected:\n{expected}\nfound:\n{found}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

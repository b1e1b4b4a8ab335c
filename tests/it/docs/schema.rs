//! The JSON Schemas of the files: what is shipped is what the command prints, takes every shipped file, and refuses
//! wrong keys and words. That a schema and the loader know the same keys is by construction; here it is looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jsonschema::Validator;
use serde_json::{Value as Json, json};
use switchboard::config::GatewayFile;
use switchboard::diagnostic::{Source, render};
use switchboard::shape::{self, Document, Kind, MapShape, OPERATORS, schema};
use switchboard::yaml;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn validator(document: Document) -> Validator {
    jsonschema::draft7::new(&schema(document)).unwrap()
}

fn read(text: &str) -> Json {
    let mut problems = Vec::new();
    let node = yaml::parse(&Source::new("t.yaml", text), &mut problems);
    serde_json::to_value(yaml::to_tree(&node.unwrap_or_else(|| panic!("{text}\n{problems:?}")))).unwrap()
}

fn problems(validator: &Validator, document: &Json) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{} {error}", error.instance_path())).collect()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    // Mutants that nobody can notice: of no document.
    files.retain(|path| !path.ends_with("mutants.yaml"));
    files.sort();
    files
}

#[test]
fn every_shipped_file_fits_its_schema() {
    let mut seen = 0;
    for (folder, plain) in [("mappings", Document::Mapping), ("tenants", Document::Tenant)] {
        for path in files(folder) {
            let cases = path.to_str().unwrap().ends_with(".cases.yaml");
            let validator = validator(if cases { Document::Cases } else { plain });
            let found = problems(&validator, &read(&fs::read_to_string(&path).unwrap()));
            assert!(found.is_empty(), "{}\n{}", path.display(), found.join("\n"));
            seen += 1;
        }
    }
    assert!(seen > 9, "only {seen} files were found");
}

#[test]
fn the_shipped_schemas_are_what_the_command_prints() {
    for document in Document::ALL {
        let name = document.as_str();
        let output = Command::new(env!("CARGO_BIN_EXE_switchboard")).args(["schema", name]).output().unwrap();
        let shipped = fs::read(root().join(format!("docs/schemas/{name}.json"))).unwrap_or_default();
        assert!(output.stdout == shipped, "run: cargo run -- schema --out docs/schemas");
        assert!(output.status.success() && !shipped.is_empty());
    }
    assert!(!Command::new(env!("CARGO_BIN_EXE_switchboard")).arg("schema").output().unwrap().status.success());
}

/// Every shape that a shape leads to, itself first.
pub(super) fn reached(shape: &'static MapShape, all: &mut Vec<&'static MapShape>) {
    if all.iter().any(|known| known.name == shape.name) {
        return;
    }
    all.push(shape);
    shape.members().for_each(|member| inner(member.kind, all));
}

fn inner(kind: Kind, all: &mut Vec<&'static MapShape>) {
    match kind {
        Kind::Map(shape) => reached(shape, all),
        Kind::Named(kind) | Kind::List(kind) | Kind::Many(kind) => inner(*kind, all),
        Kind::Either(kinds) => kinds.iter().for_each(|kind| inner(*kind, all)),
        _ => {}
    }
}

const ROOTS: [(Document, &[&MapShape]); 4] = [
    (Document::Mapping, &[&shape::PLATFORM, &shape::PROVIDER]),
    (Document::Tenant, &[&shape::TENANT]),
    (Document::Gateway, &[&shape::GATEWAY]),
    (Document::Cases, &[&shape::CASES]),
];

#[test]
fn schemas_have_the_keys_of_the_tables_and_no_others() {
    let mut seen = 0;
    for (document, roots) in ROOTS {
        let schema = schema(document);
        let mut all = Vec::new();
        roots.iter().for_each(|root| reached(root, &mut all));
        for shape in all {
            let definition = &schema["definitions"][shape.name];
            let keys: Vec<&String> = definition["properties"].as_object().unwrap().keys().collect();
            let mut known: Vec<&str> = shape.names().collect();
            known.sort_unstable();
            assert_eq!(keys, known, "{}", shape.name);
            assert_eq!(definition["additionalProperties"], false, "{}", shape.name);
            for member in shape.members() {
                let property = &definition["properties"][member.name];
                assert!(property["description"].as_str().is_some_and(|says| says.starts_with(member.says)));
                assert!(property["examples"][0] != Json::Null, "{}.{}", shape.name, member.name);
                seen += 1;
            }
        }
    }
    assert!(seen > 150, "only {seen} members were seen");
}

/// A schema of one definition among those of its document.
fn part(document: Document, of: &Json) -> Validator {
    let mut whole = schema(document);
    whole["allOf"] = Json::Array(vec![of.clone()]);
    jsonschema::draft7::new(&whole).unwrap()
}

#[test]
fn every_example_of_a_key_fits_it_and_wrong_words_and_keys_do_not() {
    let mut words = 0;
    for (document, roots) in ROOTS {
        let mut all = Vec::new();
        roots.iter().for_each(|root| reached(root, &mut all));
        let members = all.iter().flat_map(|shape| shape.members().map(move |member| (shape.name, member)));
        let members: Vec<_> =
            members.map(|(shape, member)| (format!("{shape}.{}", member.name), shape, member)).collect();
        let whole = schema(document);
        let property = |shape: &str, name: &str| whole["definitions"][shape]["properties"][name].clone();
        let properties = members.iter().map(|(place, shape, member)| (place.clone(), property(shape, member.name)));
        let properties: serde_json::Map<_, _> = properties.collect();
        let validator = part(document, &json!({ "properties": properties }));
        for (place, _, member) in &members {
            let example = read(member.example);
            let found = problems(&validator, &json!({ place: example }));
            assert!(found.is_empty(), "{place}: {}\n{}", member.example, found.join("\n"));
            if let Kind::Word(_) | Kind::Reason | Kind::Exactly(_) = member.kind {
                assert!(!validator.is_valid(&json!({ place: "no such word" })), "{place}");
                words += 1;
            }
            if let (Kind::Map(_), Json::Object(mut map)) = (member.kind, example) {
                map.insert("no_such_key".to_owned(), Json::from("x"));
                assert!(!validator.is_valid(&json!({ place: map })), "{place}");
            }
        }
    }
    assert!(words > 15, "only {words} words were seen");
}

/// `switchboard.yaml` is read into a struct: its fields are the table's.
#[test]
fn the_gateway_reads_the_keys_of_its_table_and_no_others() {
    let gateway = |text: String| {
        let mut problems = Vec::new();
        let file: Option<GatewayFile> = yaml::settings(&Source::new("switchboard.yaml", text), &mut problems);
        (file, render(&problems))
    };
    for member in shape::GATEWAY.members() {
        let (file, said) = gateway(format!("{}: {}\n", member.name, member.example));
        assert!(file.is_some() && said.is_empty(), "{said}");
    }
    let (_, said) = gateway("no_such_key: 1".to_owned());
    let known = said.split_once("known are ").map(|(_, known)| known.lines().next().unwrap_or_default());
    let known = known.unwrap_or_else(|| panic!("{said}")).trim_matches('`');
    let mut known: Vec<&str> = known.split("`, `").collect();
    known.sort_unstable();
    let mut names: Vec<&str> = shape::GATEWAY.names().collect();
    names.sort_unstable();
    assert_eq!(known, names);
}

#[test]
fn operators_are_known_with_their_parts() {
    let tree = json!({"$ref": "#/definitions/tree"});
    let validator = part(Document::Mapping, &tree);
    for operator in OPERATORS {
        let head = format!("{}: {}", operator.head.name, operator.head.example);
        let parts: Vec<String> = operator.parts.iter().map(|part| format!("{}: {}", part.name, part.example)).collect();
        let whole = format!("{{ {head}{}{} }}", if parts.is_empty() { "" } else { ", " }, parts.join(", "));
        let found = problems(&validator, &read(&whole));
        assert!(found.is_empty(), "{whole}\n{}", found.join("\n"));
        let beside = format!("{}, beside: x }}", whole.strip_suffix(" }").unwrap());
        for wrong in [beside, whole.replacen('$', "$no_", 1)] {
            assert!(!validator.is_valid(&read(&wrong)), "{wrong}");
        }
    }
    for lacking in ["{ $when: $.a? }", "{ $each: \"$.a[*]\" }", "{ $match: $.a }", "{ $pipe: x }"] {
        assert!(!validator.is_valid(&read(lacking)), "{lacking}");
    }
}

#[test]
fn spellings_are_checked() {
    let provider =
        "dsl: 1\nprovider: x\nsend: { call: { method: POST, url: $.settings.url, take: {}, retry: { for: 24h } } }\n";
    let platform = "dsl: 1\nplatform: x\nretry_budget: 30m\ninbound: { rules: { stop: { words: STOP, when: $.inbound.text?, do: [ reply ] } } }\n";
    let tenant = "tenant: a\nplatform: b\nprovider: c\nnumbers: [ { number: \"1415\", rate: 80/s, shop: west } ]\n";
    let check = |document, good: &str, changes: &[(&str, &str)]| {
        let validator = validator(document);
        let found = problems(&validator, &read(good));
        assert!(found.is_empty(), "{good}\n{}", found.join("\n"));
        for (from, to) in changes {
            assert!(good.contains(from), "{from}");
            assert!(!validator.is_valid(&read(&good.replacen(from, to, 1))), "{from} → {to}");
        }
    };
    check(
        Document::Mapping,
        provider,
        &[
            ("dsl: 1", "dsl: 2"),
            ("24h", "24 hours"),
            ("24h", "24"),
            ("method: POST, ", ""),
            ("take: {}", "tak: {}"),
            ("provider: x", "plattform: x"),
            ("call: {", "calls: {"),
            ("retry: { for: 24h }", "retry: { again: [ 6xx ] }"),
            ("retry: { for: 24h }", "retry: { again: [ 99 ] }"),
            ("url: $.settings.url", "url: { bse: $.settings.url }"),
            ("url: $.settings.url", "url: { base: x, pth: y }"),
        ],
    );
    check(
        Document::Mapping,
        platform,
        &[
            ("30m", "30min"),
            ("do: [ reply ]", "doo: [ reply ]"),
            ("$.inbound.text?", "inbound.text?"),
            ("words: STOP", "words: 1"),
            ("rules:", "rule:"),
            ("inbound: {", "inbound: { match: hole,"),
            ("retry_budget", "hosts: [ { a: b } ]\nretry_budgets"),
        ],
    );
    check(
        Document::Tenant,
        tenant,
        &[
            ("80/s", "80 per second"),
            ("80/s", "0/s"),
            ("\"1415\"", "\"+1415\""),
            ("tenant: a\n", ""),
            ("numbers:", "number:"),
            ("numbers", "enabled: \"yes\"\nnumbers"),
            ("numbers", "delivery: { suppression: none }\nnumbers"),
            ("numbers", "delivery: { in_doubt: { than: fail } }\nnumbers"),
        ],
    );
    check(Document::Gateway, "log: json\n", &[("json", "xml"), ("log", "logs")]);
    check(
        Document::Cases,
        "for: x\ncases: [ { case: a, request: { path: /x, signed: wrong }, expect: { answer: { http: 401 } } } ]\n",
        &[("expect", "expects"), ("answer", "answers"), ("signed: wrong", "signed: false"), ("for: x\n", "")],
    );
}

/// What the loader says of a mistake that a schema can see.
const SEEN: [&str; 6] = ["SB0301", "SB0302", "SB0305", "SB0212", "SB0213", "has no `else`"];

/// Of these codes what a schema does not see: what a computed tree holds, and methods, which may be written in small letters.
const UNSEEN: [&str; 2] = ["`take` needs", "is no HTTP method"];

#[test]
fn golden_mistakes_of_keys_and_words_do_not_fit() {
    let (mut wrong, mut right) = (0, 0);
    let validator = validator(Document::Mapping);
    for path in files("tests/cases/diagnostics") {
        let case = read(&fs::read_to_string(&path).unwrap());
        let said = case["expect"].as_str().unwrap();
        for (kind, head) in [("platform", "dsl: 1\nplatform: p\n"), ("provider", "dsl: 1\nprovider: p\n")] {
            // A file that YAML itself is at odds with has no tree to hold against anything.
            let Some(text) = case[kind].as_str().filter(|_| !said.contains("error[SB01") && case["tenant"].is_null())
            else {
                continue;
            };
            let fits = validator.is_valid(&read(&format!("{head}{text}")));
            if SEEN.iter().any(|code| said.contains(code)) && !UNSEEN.iter().any(|text| said.contains(text)) {
                assert!(!fits, "{} fits the schema", path.display());
                wrong += 1;
            } else {
                right += usize::from(fits);
            }
        }
    }
    assert!(wrong >= 5 && right >= 30, "{wrong} were refused, {right} taken");
}

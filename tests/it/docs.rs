//! The documentation kept true: every YAML example is loaded by the gateway's own code, the table of functions is the
//! code's table, what pages name is there, every relative link leads somewhere.

mod cookbook;
mod delivery;
mod dependencies;
mod fences;
mod layout;
mod named;
mod reference;
mod schema;
mod shells;
mod start;
mod tutorial;
mod words;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use switchboard::config::{self, Files, GatewayFile};
use switchboard::diagnostic::{Diagnostic, Source, render};
use switchboard::functions::{FUNCTIONS, Function, Type};
use switchboard::model::Secret;
use switchboard::yaml;

/// An example in a page: what its fence says it is, and its text.
struct Example {
    name: String,
    kind: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown page of the repository.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let built = folder == root() && ["target", "data"].contains(&name);
            if path.is_dir() && !name.starts_with('.') && !built {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    assert!(pages.len() > 5, "only {} pages were found", pages.len());
    pages
}

/// The YAML examples of a page: fenced as `yaml KIND`, or a file that a shell example writes.
fn examples(page: &Path) -> Vec<Example> {
    let text = fs::read_to_string(page).unwrap();
    let mut examples = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let (kind, end) = if let Some(kind) = line.strip_prefix("```yaml") {
            (kind.trim(), "```")
        } else if line.ends_with("<<'YAML'") {
            ("tenant", "YAML")
        } else {
            continue;
        };
        let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != end).collect();
        let name = format!("{}:{}", page.strip_prefix(root()).unwrap().display(), number + 1);
        examples.push(Example { name, kind: kind.to_owned(), text: body.join("\n") + "\n" });
    }
    examples
}

fn shipped_mappings() -> Vec<Source> {
    let mut sources = Vec::new();
    for name in ["moengage", "webengage", "vonage"] {
        let path = root().join("mappings").join(format!("{name}.yaml"));
        sources.push(Source::new(format!("{name}.yaml"), fs::read_to_string(path).unwrap()));
    }
    sources
}

/// What is wrong with a mapping, as its loader states it.
fn state(name: &str, mapping: &str) -> Vec<Diagnostic> {
    let files = Files { mappings: vec![Source::new(name, mapping)], ..Files::default() };
    config::build(&files, None, &|_| Ok(Secret::new("a value".to_owned())), [7; 32]).1
}

fn problems(example: &Example) -> Vec<Diagnostic> {
    let source = Source::new(example.name.clone(), example.text.clone());
    let files = match example.kind.as_str() {
        "tenant" => Files { mappings: shipped_mappings(), tenants: vec![source], ..Files::default() },
        "mapping" => Files { mappings: vec![source], ..Files::default() },
        "gateway" => {
            let mut problems = Vec::new();
            let _read: Option<GatewayFile> = yaml::settings(&source, &mut problems);
            return problems;
        }
        "part" => {
            let mut problems = Vec::new();
            let _node = yaml::parse(&source, &mut problems);
            return problems;
        }
        other => panic!("{}: is `{other}` a tenant, a mapping, a gateway or a part?", example.name),
    };
    let whole = files.tenants.len();
    let (snapshot, problems) =
        config::build(&files, None, &|_| Ok(Secret::new("a value of thirty-two characters".to_owned())), [7; 32]);
    assert!(!problems.is_empty() || snapshot.tenants.len() == whole, "{}: not loaded", example.name);
    problems
}

#[test]
fn every_example_loads_without_a_problem() {
    let mut seen = BTreeSet::new();
    for page in pages() {
        for example in examples(&page) {
            let run = page.ends_with("cookbook.md") && example.kind != "part"; // By `cookbook`.
            if run || example.kind.starts_with("step") {
                continue; // Those by `tutorial`.
            }
            let problems = problems(&example);
            assert!(problems.is_empty(), "{}\n{}", example.name, render(&problems));
            seen.insert(example.kind);
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["gateway", "mapping", "part", "tenant"]);
}

fn types(types: &[Type]) -> String {
    let word = |one: &Type| format!("{one:?}").to_lowercase();
    types.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn call(function: &Function) -> String {
    let arguments = function.arguments.iter().map(|argument| {
        let mark = match (argument.rest, argument.required) {
            (true, _) => ", …",
            (false, true) => "",
            (false, false) => "?",
        };
        format!("{}{mark}", argument.name)
    });
    let arguments = arguments.collect::<Vec<_>>().join(", ");
    if arguments.is_empty() { function.name.to_owned() } else { format!("{}({arguments})", function.name) }
}

/// The reference's table of functions, as the code's own table has it.
fn table() -> String {
    let mut table = String::from("| function | from → to | what it yields | for example |\n|---|---|---|---|\n");
    for function in FUNCTIONS {
        let asks = if function.asks { ". Asks the gateway" } else { "" };
        let example = function.examples.first().map_or_else(String::new, |example| {
            let shown = |text: &str| text.replace('|', "\\|");
            let gives = example.gives.map_or_else(|| "nothing".to_owned(), |gives| format!("`{}`", shown(gives)));
            format!("`{}` of `{}`: {gives}", shown(example.expression), shown(example.given))
        });
        let (takes, gives) = (types(function.takes), types(&[function.gives]));
        let _ = writeln!(table, "| `{}` | {takes} → {gives} | {}{asks} | {example} |", call(function), function.says);
    }
    table
}

#[test]
fn the_reference_lists_exactly_the_functions_there_are() {
    let page = fs::read_to_string(root().join("docs/language.md")).unwrap();
    let listed = page.split("<!-- functions -->\n").nth(1).and_then(|rest| rest.split("<!-- end -->").next());
    assert!(listed == Some(&table()), "docs/language.md, between `functions` and `end`, must be:\n{}", table());
}

#[test]
fn every_command_is_in_the_readme() {
    let help = Command::new(env!("CARGO_BIN_EXE_switchboard")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"serve"), "{help}");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let table: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `")).collect();
    for command in commands {
        let named = |line: &&str| line.contains(&format!("`{command}`")) || line.contains(&format!("`{command} "));
        assert!(table.iter().any(named), "README.md does not list `{command}`");
    }
}

#[test]
fn the_house_rules_list_exactly_the_rooms_there_are() {
    let page = fs::read_to_string(root().join("docs/house.md")).unwrap();
    let room = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    let listed: BTreeSet<String> = page.lines().filter_map(room).collect();
    let folders = fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap());
    let folders = folders.filter(|entry| entry.path().is_dir());
    let rooms: BTreeSet<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(listed, rooms);
}

/// As the usual renderers make it of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn has_anchor(page: &Path, wanted: &str) -> bool {
    let text = fs::read_to_string(page).unwrap();
    text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line.trim_start_matches('#')) == wanted)
}

#[test]
fn every_relative_link_leads_somewhere() {
    let link = regex::Regex::new(r"\]\(([^()\s]+)\)").unwrap();
    let mut followed = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for target in link.captures_iter(&text).map(|found| found[1].to_owned()) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(path.exists(), "{}: there is no {target}", page.display());
            assert!(heading.is_empty() || has_anchor(&path, heading), "{}: no heading {target}", page.display());
            followed += 1;
        }
    }
    assert!(followed > 10, "only {followed} links were found");
}

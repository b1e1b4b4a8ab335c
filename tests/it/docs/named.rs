//! What pages name is there: commands with their flags, metrics, alerts, checks of `doctor`; and in the guides, which say
//! them in one way each, lines of the log (`"lane held"`) and keys (`numbers[].rate`, `enabled: false`).

use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use regex::Regex;
use switchboard::cli::grammar;
use switchboard::shape::{self, Kind, MapShape};

use super::fences::fences;
use super::schema::reached;
use super::{pages, root};

/// The pages that show the way, and leave what there is in full to the others.
const GUIDES: [&str; 9] = [
    "start.md",
    "concepts.md",
    "moengage.md",
    "webengage.md",
    "troubleshooting.md",
    "runbook.md",
    "cutover.md",
    "upgrading.md",
    "scope.md",
];

fn guides() -> Vec<PathBuf> {
    GUIDES.iter().map(|name| root().join("docs").join(name)).collect()
}

/// The `code` within a page's prose and tables.
fn code(text: &str) -> Vec<String> {
    let mut prose = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        let fence = line.starts_with("```");
        fenced ^= fence;
        prose.extend((!fence && !fenced).then_some(line));
    }
    let code = Regex::new(r"`([^`]+)`").unwrap();
    code.captures_iter(&prose.join("\n")).map(|found| found[1].to_owned()).collect()
}

/// A command line as a shell cuts it up, up to a comment, a pipe or a redirection.
fn words(line: &str) -> Vec<String> {
    let word = Regex::new(r#"'[^']*'|"[^"]*"|\S+?="[^"]*"|\S+"#).unwrap();
    let words = word.find_iter(line).map(|found| found.as_str());
    let own = words.take_while(|word| !["#", "|", ">", "&&", "||", ";"].contains(word) && !word.starts_with('#'));
    own.map(|word| word.replace(['"', '\''], "")).collect()
}

/// Every command of the program in a page's shell examples, without the program's name.
fn shell(text: &str) -> Vec<Vec<String>> {
    let shells = fences(text).into_iter().filter(|fence| fence.kind == "sh");
    let lines = shells.flat_map(|fence| {
        let text = fence.text.replace("\\\n", " ");
        text.lines().map(str::trim).map(str::to_owned).collect::<Vec<_>>()
    });
    let ours = lines.filter_map(|line| {
        let begins = ["switchboard ", "cargo run -q -- ", "cargo run -- "];
        begins.iter().find_map(|begin| line.strip_prefix(begin).map(words))
    });
    ours.collect()
}

/// Why the program has no such command line.
fn refused(arguments: &[String]) -> Option<String> {
    let typed = std::iter::once("switchboard".to_owned()).chain(arguments.iter().cloned());
    let problem = grammar().try_get_matches_from(typed).err()?;
    problem.use_stderr().then(|| problem.to_string())
}

/// The same of a command that is only spoken of: what it needs may be left out.
fn unknown(arguments: &[String]) -> Option<String> {
    let mut command: Command = grammar();
    command.build();
    for word in arguments {
        let flag = word.strip_prefix("--").map(|flag| flag.split('=').next().unwrap_or(flag));
        if let Some(flag) = flag {
            let flags = command.get_arguments().filter_map(|argument| argument.get_long());
            if flag.chars().any(char::is_alphabetic) && !flags.into_iter().any(|known| known == flag) {
                return Some(format!("{} has no --{flag}", command.get_name()));
            }
        } else if let Some(next) = command.find_subcommand(word) {
            command = next.clone();
        } else if command.get_positionals().next().is_none() && command.has_subcommands() {
            return Some(format!("{} has no {word}", command.get_name()));
        }
    }
    None
}

#[test]
fn every_command_and_flag_is_the_programs() {
    let (mut typed, mut named) = (0, 0);
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for arguments in shell(&text) {
            let problem = refused(&arguments);
            assert!(problem.is_none(), "{}: {arguments:?}\n{}", page.display(), problem.unwrap());
            typed += 1;
        }
        let placeholder = |line: &str| line.starts_with("switchboard COMMAND");
        for line in code(&text).iter().filter(|line| line.starts_with("switchboard ") && !placeholder(line)) {
            let problem = unknown(&words(line)[1..]);
            assert!(problem.is_none(), "{}: `{line}`: {}", page.display(), problem.unwrap());
            named += 1;
        }
    }
    assert!(typed > 60 && named > 100, "{typed} commands, {named} in prose");
    let wrong = |line: &str| (refused(&words(line)).is_some(), unknown(&words(line)).is_some());
    assert_eq!(wrong("doctor acme"), (false, false));
    assert_eq!(wrong("doctor"), (true, false));
    assert_eq!(wrong("doctor acme --loud"), (true, true));
    assert_eq!(wrong("store chekc"), (true, true));
}

/// The code of a part of the program, all files in one.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all += &fs::read_to_string(&path).unwrap();
        }
    }
    all
}

#[test]
fn every_metric_and_alert_is_there() {
    let src = sources(&root().join("src"));
    let alerts = fs::read_to_string(root().join("deploy/alerts.yml")).unwrap();
    let metric = Regex::new(r"\bswitchboard_[a-z_]+\b").unwrap();
    let alert = Regex::new(r"\bSwitchboard[A-Z][A-Za-z]+\b").unwrap();
    let (mut metrics, mut named) = (0, 0);
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for found in metric.find_iter(&text) {
            let known = src.contains(&format!("\"{}\"", found.as_str()));
            assert!(known, "{}: no metric is called {}", page.display(), found.as_str());
            metrics += 1;
        }
        for found in alert.find_iter(&text) {
            let known = alerts.contains(&format!("alert: {}\n", found.as_str()));
            assert!(known, "{}: no alert is called {}", page.display(), found.as_str());
            named += 1;
        }
    }
    assert!(metrics > 40 && named > 5, "{metrics} metrics, {named} alerts");
}

#[test]
fn every_check_of_doctor_is_listed_and_no_other() {
    let src = sources(&root().join("src/operate/doctor"));
    let constant = Regex::new(r#"const [A-Z_]+: &str = "([a-z_]+)";"#).unwrap();
    let mut checks: Vec<String> = constant.captures_iter(&src).map(|found| found[1].to_owned()).collect();
    checks.sort();
    let page = fs::read_to_string(root().join("docs/operating.md")).unwrap();
    let (_, table) = page.split_once("| `check` | what is looked at |\n").unwrap();
    let rows = table.lines().skip(1).take_while(|row| row.starts_with('|'));
    let word = Regex::new("`([a-z_]+)`").unwrap();
    let named = |cell: &str| word.captures_iter(cell).map(|found| found[1].to_owned()).collect::<Vec<_>>();
    let mut listed: Vec<String> = rows.flat_map(|row| named(row.split('|').nth(1).unwrap())).collect();
    listed.sort();
    assert_eq!(listed, checks);

    let page = fs::read_to_string(root().join("docs/troubleshooting.md")).unwrap();
    let (_, table) = page.split_once("| symptom | check |").unwrap();
    let rows: Vec<&str> = table.lines().skip(2).take_while(|row| row.starts_with('|')).collect();
    assert!(rows.len() > 15, "{rows:?}");
    let used: Vec<String> = rows.iter().flat_map(|row| named(row.split('|').nth(2).unwrap())).collect();
    assert!(used.len() > 12, "{used:?}");
    for name in used {
        assert!(checks.contains(&name), "doctor has no check {name}");
    }
}

#[test]
fn every_line_of_the_log_is_written_somewhere() {
    let src = sources(&root().join("src"));
    let mut lines = 0;
    for page in guides() {
        let text = fs::read_to_string(&page).unwrap();
        for line in code(&text).iter().filter(|code| code.starts_with('"') && code.ends_with('"')) {
            assert!(src.contains(line.as_str()), "{}: nothing says {line}", page.display());
            lines += 1;
        }
    }
    assert!(lines > 15, "only {lines} lines were found");
}

/// Every map that may stand in a file.
fn maps() -> Vec<&'static MapShape> {
    let mut all = Vec::new();
    for root in [&shape::PLATFORM, &shape::PROVIDER, &shape::TENANT, &shape::GATEWAY] {
        reached(root, &mut all);
    }
    all
}

/// Whether these keys lead on from there.
fn leads(kind: Kind, keys: &[&str]) -> bool {
    let Some((key, rest)) = keys.split_first() else { return true };
    match kind {
        Kind::Map(map) => {
            let own = map.member(key).or(map.others.as_ref().map(|others| &others.member));
            own.is_some_and(|member| leads(member.kind, rest))
        }
        Kind::Named(inner) => leads(*inner, rest),
        Kind::List(inner) | Kind::Many(inner) => leads(*inner, keys),
        Kind::Either(kinds) => kinds.iter().any(|kind| leads(*kind, keys)),
        _ => false,
    }
}

/// Whether the shipped mappings know this of `settings` or `credentials`.
fn a_mapping_has(keys: &[&str]) -> bool {
    let mapping = |name: &str| fs::read_to_string(root().join(format!("mappings/{name}.yaml"))).unwrap();
    let text: String = ["moengage", "webengage", "braze", "vonage", "sinch"].map(mapping).concat();
    match keys {
        ["settings", name] => Regex::new(&format!(r"(?m)^  {name}: +\{{ type:")).unwrap().is_match(&text),
        ["credentials", party, name] => mapping(party).contains(&format!("$.credentials.{name}")),
        _ => true,
    }
}

#[test]
fn every_key_may_stand_in_a_file() {
    let maps = maps();
    let path = Regex::new(r"^[a-z_]+(\[\])?(\.[a-z_]+)+$").unwrap();
    let pair = Regex::new(r"^([a-z_]+): \S").unwrap();
    let is_file = |code: &str| [".md", ".yaml", ".yml", ".json", ".rs"].iter().any(|end| code.ends_with(end));
    let known = |code: &str| {
        if let Some(found) = pair.captures(code) {
            return maps.iter().any(|map| map.member(&found[1]).is_some());
        }
        let keys: Vec<&str> = code.split('.').map(|key| key.trim_end_matches("[]")).collect();
        maps.iter().any(|map| map.member(keys[0]).is_some() && leads(Kind::Map(map), &keys)) && a_mapping_has(&keys)
    };
    let mut keys = 0;
    for page in guides() {
        let text = fs::read_to_string(&page).unwrap();
        for code in code(&text) {
            if pair.is_match(&code) || path.is_match(&code) && !is_file(&code) {
                assert!(known(&code), "{}: no file has `{code}`", page.display());
                keys += 1;
            }
        }
    }
    assert!(keys > 60, "only {keys} keys were found");
    let others = ["limits.sned", "settings.report_ulr", "credentials.vonage.api_kee", "enbled: false", "limits.send.x"];
    for wrong in others {
        assert!(!known(wrong), "{wrong}");
    }
}

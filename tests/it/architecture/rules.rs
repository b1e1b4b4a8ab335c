//! The rules. Each looks at all files and names the lines that break it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::code::File;
use super::rooms::{CLOCK_READERS, CORE, HOMES, MOST_LINES, NEVER_IN_CORE, PARTIES, PLAYS_PARTIES, ROOMS, Room};

/// Fewer words are no reason: somebody, does, something.
const MOST_CURT: usize = 3;

/// A broken rule and its place.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    file: String,
    line: usize,
    says: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.says)
    }
}

/// All findings of all rules, by place.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        imports(file, &mut findings);
        core(file, &mut findings);
        homes(file, &mut findings);
        clock(file, &mut findings);
        parties(file, &mut findings);
        panics(file, &mut findings);
        prints(file, &mut findings);
        expects(file, &mut findings);
        form(file, &mut findings);
    }
    circles(files, &mut findings);
    findings.sort();
    findings.dedup();
    findings
}

fn report(findings: &mut Vec<Finding>, file: &File, offset: usize, says: impl Into<String>) {
    findings.push(Finding { file: file.name.clone(), line: file.line(offset), says: says.into() });
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Every mention of another room: its offset and the room's name.
fn mentions(file: &File) -> Vec<(usize, String)> {
    static CRATE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:crate|switchboard)::\s*(\w+|\{)"));
    static SUPER: LazyLock<Regex> = LazyLock::new(|| pattern(r"((?:\bsuper::)+)\s*(\w+)"));
    let mut found = Vec::new();
    for hit in CRATE.captures_iter(&file.code) {
        let target = hit.get(1).expect("the group is not optional");
        if target.as_str() == "{" {
            found.extend(group(&file.code, target.end()));
        } else {
            found.push((target.start(), target.as_str().to_owned()));
        }
    }
    for hit in SUPER.captures_iter(&file.code) {
        if hit[1].matches("super").count() == file.depth {
            found.push((hit.get(2).map_or(0, |target| target.start()), hit[2].to_owned()));
        }
    }
    found.retain(|(_, room)| *room != file.room && ROOMS.iter().any(|known| known.name == room));
    found
}

/// The first names in `{a, b::{c, d}, e}` after its opening bracket.
fn group(code: &str, start: usize) -> Vec<(usize, String)> {
    let (mut depth, mut first, mut found) = (0_usize, true, Vec::new());
    for (at, c) in code[start..].char_indices().map(|(at, c)| (start + at, c)) {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => first = true,
            c if first && (c.is_alphanumeric() || c == '_') => {
                first = false;
                let name = code[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.push((at, name));
            }
            _ => {}
        }
    }
    found
}

fn known(file: &File) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == file.room)
}

fn imports(file: &File, findings: &mut Vec<Finding>) {
    if file.depth == 0 {
        return;
    }
    let Some(room) = known(file) else {
        report(findings, file, 0, format!("the room `{}` is not in the table of rooms", file.room));
        return;
    };
    for (at, other) in mentions(file) {
        if !room.may_use.contains(&other.as_str()) {
            report(findings, file, at, format!("`{}` may not use `{other}`", room.name));
        }
    }
}

/// Two rooms that need each other, directly or over others, are one room.
fn circles(files: &[File], findings: &mut Vec<Finding>) {
    let mut edges: BTreeMap<(String, String), (&File, usize)> = BTreeMap::new();
    for file in files.iter().filter(|file| file.depth > 0) {
        for (at, other) in mentions(file) {
            edges.entry((file.room.clone(), other)).or_insert((file, at));
        }
    }
    let next = |room: &str| -> Vec<String> {
        edges.keys().filter(|(from, _)| from == room).map(|(_, to)| to.clone()).collect()
    };
    for ((from, to), (file, at)) in &edges {
        let (mut open, mut seen) = (vec![to.clone()], vec![to.clone()]);
        while let Some(room) = open.pop() {
            for further in next(&room) {
                if !seen.contains(&further) {
                    seen.push(further.clone());
                    open.push(further);
                }
            }
        }
        if seen.contains(from) {
            report(findings, file, *at, format!("a circle: `{from}` uses `{to}`, which comes back to `{from}`"));
        }
    }
}

fn core(file: &File, findings: &mut Vec<Finding>) {
    static NEVER: LazyLock<Vec<(Regex, &str)>> =
        LazyLock::new(|| NEVER_IN_CORE.iter().map(|(text, says)| (pattern(text), *says)).collect());
    if CORE.contains(&file.room.as_str()) {
        for (never, says) in NEVER.iter() {
            never.find_iter(&file.code).for_each(|hit| report(findings, file, hit.start(), *says));
        }
    }
}

fn homes(file: &File, findings: &mut Vec<Finding>) {
    static PACKAGES: LazyLock<Vec<Regex>> =
        LazyLock::new(|| HOMES.iter().map(|(name, _)| pattern(&format!(r"\b{name}::|\buse {name}\b"))).collect());
    for ((name, rooms), package) in HOMES.iter().zip(PACKAGES.iter()) {
        if !rooms.contains(&file.room.as_str()) {
            let says = format!("`{name}` lives in {}", rooms.join(" and "));
            package.find_iter(&file.code).for_each(|hit| report(findings, file, hit.start(), says.clone()));
        }
    }
}

fn clock(file: &File, findings: &mut Vec<Finding>) {
    static NOW: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(SystemTime|Timestamp|Zoned)::now\b"));
    if !CLOCK_READERS.contains(&file.room.as_str()) {
        NOW.find_iter(&file.code).for_each(|hit| report(findings, file, hit.start(), "only `app` reads the clock"));
    }
}

fn parties(file: &File, findings: &mut Vec<Finding>) {
    static NAMES: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){}", PARTIES.join("|"))));
    if file.room != PLAYS_PARTIES {
        NAMES.find_iter(&file.with_texts).for_each(|hit| {
            report(findings, file, hit.start(), format!("the code names a party: {}", hit.as_str()));
        });
    }
}

/// `println!` panics where the reader of a pipe has enough.
fn prints(file: &File, findings: &mut Vec<Finding>) {
    static PRINTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bprint(?:ln)?!"));
    if file.depth > 0 && file.name != "src/cli/out.rs" {
        for hit in PRINTS.find_iter(&file.code) {
            report(findings, file, hit.start(), format!("`{}`: commands print by `out!` and `outln!`", hit.as_str()));
        }
    }
}

fn panics(file: &File, findings: &mut Vec<Finding>) {
    static PANICS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\.(unwrap|unwrap_err|unwrap_unchecked)\(\)|\b(panic|todo|unimplemented|unreachable|assert|assert_eq|assert_ne|dbg)!",
        )
    });
    PANICS.find_iter(&file.code).for_each(|hit| {
        report(findings, file, hit.start(), format!("`{}` outside tests", hit.as_str()));
    });
}

/// `expect` says why what it expects is so: in a sentence, not in one that says what went wrong.
fn expects(file: &File, findings: &mut Vec<Finding>) {
    static EXPECTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\.expect(?:_err)?\("));
    static SAID: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^\.expect\(\s*"([^"]*)",?\s*\)"#));
    static COMPLAINT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(fail|failed|fails|failure|error|cannot|could|couldn|should|must|invalid|unable|unexpected|oops|bug)\b",
        )
    });
    for hit in EXPECTS.find_iter(&file.code) {
        // A method of that name of one's own.
        if file.code[..hit.start()].ends_with("self") {
            continue;
        }
        let said = SAID.captures(&file.with_texts[hit.start()..]).map(|said| said[1].to_owned());
        let why = said.as_deref().unwrap_or_default();
        let words = why.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
        if words < MOST_CURT || COMPLAINT.is_match(why) {
            let says = format!("`expect` does not say why it holds: `{why}`");
            report(findings, file, hit.start(), says);
        }
    }
}

fn form(file: &File, findings: &mut Vec<Finding>) {
    if !file.text.starts_with("//!") {
        report(findings, file, 0, "the file does not open with `//!`: what it is and what it is not");
    }
    let lines = file.lines_of_code();
    if lines > MOST_LINES {
        report(findings, file, 0, format!("{lines} lines of code, at most {MOST_LINES}"));
    }
}

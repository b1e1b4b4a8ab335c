//! The reference's tables of keys are the loader's own tables. `SWITCHBOARD_BLESS=1` writes them into the pages.
//!
//! A page names a table in a comment: `keys SHAPE`, then `beside SHAPE` for only what differs from that one, and
//! `whole` to list the members of inner maps too.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use switchboard::shape::{self, Kind, MapShape, Member};

const ROOTS: [&MapShape; 5] = [&shape::PLATFORM, &shape::PROVIDER, &shape::TENANT, &shape::GATEWAY, &shape::CASES];

/// The map that stands in a value, if there is one.
fn inside(kind: Kind) -> Option<&'static MapShape> {
    match kind {
        Kind::Map(shape) => Some(shape),
        Kind::Named(kind) | Kind::List(kind) | Kind::Many(kind) => inside(*kind),
        Kind::Either(kinds) => kinds.iter().find_map(|kind| inside(*kind)),
        _ => None,
    }
}

fn find(name: &str, among: &[&'static MapShape], depth: usize) -> Option<&'static MapShape> {
    let inner =
        |shape: &&'static MapShape| shape.members().filter_map(|member| inside(member.kind)).collect::<Vec<_>>();
    let here = among.iter().find(|shape| shape.name == name).copied();
    let deeper = || {
        let next: Vec<_> = among.iter().flat_map(inner).collect();
        find(name, &next, depth - 1)
    };
    here.or_else(|| if depth == 0 { None } else { deeper() })
}

fn shown(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// What a value is, in words.
fn value(kind: Kind) -> String {
    match kind {
        Kind::Text | Kind::Pipe => "text".to_owned(),
        Kind::Prose => "text with `{{names}}`".to_owned(),
        Kind::File => "name of a file".to_owned(),
        Kind::Word(words) => words.iter().map(|word| shown(word)).collect::<Vec<_>>().join(" "),
        Kind::Reason => "reason".to_owned(),
        Kind::Exactly(text) => shown(text),
        Kind::Integer => "whole number".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Duration => "duration".to_owned(),
        Kind::Rate => "rate".to_owned(),
        Kind::Size => "size".to_owned(),
        Kind::Digits => "digits".to_owned(),
        Kind::AnswerCase => "`unreached` `unanswered` `2xx` … `5xx` or a number".to_owned(),
        Kind::Secret => "secret".to_owned(),
        Kind::Expression => "expression".to_owned(),
        Kind::Condition => "condition".to_owned(),
        Kind::Tree => "tree".to_owned(),
        Kind::Computed => "expression or operator".to_owned(),
        Kind::Any => "value".to_owned(),
        Kind::Map(shape) if shape.what.starts_with("a ") || shape.what.starts_with("an ") => {
            shape.what.split_once(' ').map_or(shape.what, |(_, what)| what).to_owned()
        }
        Kind::Map(_) => "map".to_owned(),
        Kind::Named(kind) => format!("name → {}", value(*kind)),
        Kind::List(kind) => format!("list of: {}", value(*kind)),
        Kind::Many(kind) => format!("{}, or a list", value(*kind)),
        Kind::Either(kinds) => kinds.iter().map(|kind| value(*kind)).collect::<Vec<_>>().join("; or "),
    }
}

fn row(member: &Member, before: &str, table: &mut String) {
    let in_words = |text: &str| ["any", "none"].contains(&text) || text.contains(' ') && !text.contains(['{', '$']);
    let need = match member.default {
        _ if member.required => "required".to_owned(),
        Some(default) if in_words(default) => default.to_owned(),
        Some(default) => shown(default),
        None => String::new(),
    };
    let simple = inside(member.kind).is_none() && member.default != Some(member.example);
    let example = if simple && !matches!(member.kind, Kind::Word(_) | Kind::Boolean | Kind::Exactly(_)) {
        format!(": {}", shown(member.example))
    } else {
        String::new()
    };
    let name = if member.name.contains(' ') { member.name.to_owned() } else { shown(member.name) };
    let _ = writeln!(table, "| {before}{name} | {}{example} | {need} | {} |", value(member.kind), member.says);
}

/// `listed`: the inner maps that the table has by now; schemes have a table of their own.
fn rows(
    shape: &MapShape,
    beside: Option<&MapShape>,
    mut listed: Option<&mut Vec<&str>>,
    before: &str,
    table: &mut String,
) {
    for member in shape.members() {
        let same = |other: &MapShape| other.member(member.name).is_some_and(|other| other.says == member.says);
        if beside.is_some_and(same) {
            continue;
        }
        row(member, before, table);
        if let (Some(inner), Some(listed)) = (inside(member.kind), listed.as_deref_mut()) {
            let apart = inner.choice && inner.others.is_none();
            if !apart && (shape.choice || !listed.contains(&inner.name)) {
                listed.push(inner.name);
                rows(inner, None, Some(listed), &format!("{before}· "), table);
            }
        }
    }
    if let Some(others) = shape.others {
        row(&others.member, before, table);
    }
}

/// The table that a comment asks for.
fn table(asked: &str) -> String {
    let mut words = asked.split_whitespace();
    let named = |name: Option<&str>| find(name.unwrap(), &ROOTS, 6).unwrap_or_else(|| panic!("{asked}: no such shape"));
    let shape = named(words.next());
    let (mut beside, mut whole) = (None, false);
    while let Some(word) = words.next() {
        match word {
            "beside" => beside = Some(named(words.next())),
            "whole" => whole = true,
            other => panic!("{asked}: {other}?"),
        }
    }
    let mut table = String::from("| key | value: for example | | |\n|---|---|---|---|\n");
    rows(shape, beside, whole.then(Vec::new).as_mut(), "", &mut table);
    table
}

/// A page with its tables as they must be, and how many there are.
fn renewed(page: &str) -> (String, usize) {
    let mut parts = page.split("<!-- keys ");
    let (mut text, mut tables) = (parts.next().unwrap().to_owned(), 0);
    for part in parts {
        let (asked, rest) = part.split_once(" -->\n").expect("the comment ends");
        let (_, rest) = rest.split_once("<!-- end -->").expect("the table ends with `end`");
        let _ = write!(text, "<!-- keys {asked} -->\n{}<!-- end -->{rest}", table(asked));
        tables += 1;
    }
    (text, tables)
}

#[test]
fn the_reference_lists_exactly_the_keys_there_are() {
    for (page, least) in [("docs/language.md", 15), ("docs/tenants.md", 1), ("docs/testing.md", 1)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        let text = fs::read_to_string(&path).unwrap();
        let (renewed, tables) = renewed(&text);
        if std::env::var_os("SWITCHBOARD_BLESS").is_some() {
            fs::write(&path, &renewed).unwrap();
        } else {
            assert!(text == renewed, "{page} is not the code's: SWITCHBOARD_BLESS=1 cargo test --test it docs::");
        }
        assert!(tables >= least, "only {tables} tables in {page}");
    }
}

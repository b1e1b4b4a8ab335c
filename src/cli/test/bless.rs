//! `switchboard test --bless`: failing cases expect from now on what was found. What is written is read back and run
//! before it is written.

use std::collections::BTreeMap;
use std::path::Path;

use super::folder::{Folder, Trouble};
use super::judged;
use crate::cases::{Blessing, Edit, Verdict, edited};
use crate::cli::out::{out, outln};
use crate::diagnostic::{Source, Span, line_col};

/// Blesses the failing cases whose name contains `only`; whether all of them pass then.
pub(super) fn run(path: &Path, only: Option<&str>) -> Result<bool, Trouble> {
    let mut folder = Folder::read(path)?;
    let suites = folder.suites()?;
    let wanted = |name: &str| only.is_none_or(|only| name.contains(only));
    let blessings: Vec<Blessing> =
        folder.with(|material| suites.iter().flat_map(|suite| suite.bless(material, &wanted)).collect());
    let mut files: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    for Blessing { case, place: (source, span), edits } in &blessings {
        let at = line_col(source, span.start);
        match edits {
            Err(why) => outln!("not blessed: {case} ({}:{}:{})\n  {why}", source.name, at.line, at.column),
            Ok(edits) => {
                outln!("blessed: {case} ({}:{}:{})", source.name, at.line, at.column);
                out!("{}", difference(source, edits));
                files.entry(source.name.to_string()).or_default().extend(edits.iter().cloned());
            }
        }
    }
    for (name, edits) in &mut files {
        edits.sort_by_key(|edit| edit.span.start);
        for source in folder.texts().filter(|source| *source.name == **name) {
            *source = Source::new(source.name.clone(), edited(&source.text, edits));
        }
    }
    let suites = folder.suites()?;
    let blessed = |name: &str| blessings.iter().any(|one| one.edits.is_ok() && one.case == name);
    let runs =
        folder.with(|material| suites.iter().map(|suite| suite.run_some(material, &blessed)).collect::<Vec<_>>());
    let outcomes = runs.iter().flat_map(|report| &report.outcomes);
    if let Some(failed) = outcomes.into_iter().find(|outcome| !matches!(outcome.verdict, Verdict::Passed)) {
        return Err(format!("nothing was written: with what was found there would still be\n{failed}").into());
    }
    for source in folder.texts().filter(|source| files.contains_key(&*source.name)) {
        std::fs::write(&*source.name, &*source.text)?;
    }
    judged(&folder, &suites, only, false)
}

/// The lines that change, as they were and as they are.
fn difference(source: &Source, edits: &[Edit]) -> String {
    let text = &source.text;
    let start = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = |at: usize| text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    let mut shown = String::new();
    let mut rest = edits;
    while let Some(first) = rest.first() {
        let mut lines = Span { start: start(first.span.start), end: end(first.span.end) };
        let mut count = 1;
        while let Some(next) = rest.get(count).filter(|next| next.span.start <= lines.end) {
            lines.end = end(next.span.end);
            count += 1;
        }
        let (own, after) = rest.split_at(count);
        rest = after;
        let within = |edit: &Edit| {
            let span = Span { start: edit.span.start - lines.start, end: edit.span.end - lines.start };
            Edit { span, text: edit.text.clone() }
        };
        let old = source.slice(lines);
        let new = edited(old, &own.iter().map(within).collect::<Vec<_>>());
        shown.push_str(&format!("  {}:{}\n", source.name, line_col(source, lines.start).line));
        old.lines().for_each(|line| shown.push_str(&format!("  - {line}\n")));
        new.lines().for_each(|line| shown.push_str(&format!("  + {line}\n")));
    }
    shown
}

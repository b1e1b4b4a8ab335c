//! The files, what is served of each, and every problem as `check` prints it.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Page, parts};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Configuration {
    version: String,
    loaded_at: Option<String>,
    failure: Option<String>,
    files: Vec<File>,
    problems: Vec<Problem>,
}

#[derive(Debug, Deserialize)]
struct File {
    file: String,
    kind: String,
    name: String,
    version: String,
    served: String,
    errors: u64,
    warnings: u64,
    /// What the file says otherwise than what is served of it, in pieces.
    #[serde(default)]
    changes: Option<Vec<Vec<Changed>>>,
}

/// A line of a change, or beside one.
#[derive(Debug, Deserialize)]
struct Changed {
    sign: String,
    old: Option<u64>,
    new: Option<u64>,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Problem {
    severity: String,
    code: String,
    text: String,
}

pub(in super::super) fn page(configuration: &Configuration) -> Page {
    let live = format!("{}/configuration", place::LIVE);
    Page::new("Configuration", html! { div data-live=(live) { (part(configuration)) } })
}

/// What is live of it.
pub(in super::super) fn part(configuration: &Configuration) -> Markup {
    let Configuration { version, loaded_at, failure, files, problems } = configuration;
    let rows: Vec<Vec<Markup>> = files.iter().map(row).collect();
    let of = |severity: &str| problems.iter().map(|problem| u64::from(problem.severity == severity)).sum();
    let (errors, warnings) = (of("error"), of("warning"));
    html! {
            p.standing {
                span { "Version " code { (version) } }
                span { "in place since " (parts::time_or_none(loaded_at.as_deref())) " UTC" }
    span data-spoken { (parts::counted(errors, "error")) ", " (parts::counted(warnings, "warning")) }
            }
            @if let Some(failure) = failure { p.notice.bad { "The folders could not be read at the last try: " (failure) } }
            @if !problems.is_empty() {
                h2 { "Problems" }
                @for problem in problems { pre.problem.(problem.severity) data-code=(problem.code) { (problem.text.trim_end()) } }
            }
            @for file in files {
                @if let Some(pieces) = file.changes.as_deref().filter(|pieces| !pieces.is_empty()) { (changes(&file.file, pieces)) }
            }
            h2 { "Files" }
            (parts::table("Files and what is served of them", &["File", "Describes", "Version", "Served", "Errors", "Warnings"], &rows))
        }
}

/// What waits in a file for its error to be mended: its lines against those that are served.
fn changes(file: &str, pieces: &[Vec<Changed>]) -> Markup {
    let number = |number: Option<u64>| html! { @if let Some(number) = number { (number) } };
    let row = |line: &Changed| {
        let what = match line.sign.as_str() {
            "-" => html! { del { (line.text) } },
            "+" => html! { ins { (line.text) } },
            _ => html! { (line.text) },
        };
        vec![number(line.old), number(line.new), html! { code { (line.sign) } }, html! { code { (what) } }]
    };
    html! {
        h2 { "Not served of " code { (file) } }
        p.hint { "The file has an error, so its last good text is served. What the file says otherwise takes effect when no error is left." }
        @for piece in pieces {
            (parts::table("Lines of the file and of what is served", &["Served", "File", "Change", "Line"], &piece.iter().map(row).collect::<Vec<_>>()))
        }
    }
}

fn row(file: &File) -> Vec<Markup> {
    vec![
        html! { code { (file.file) } },
        html! { @if file.kind.is_empty() { (parts::text_or_none(None)) } @else { (file.kind) " " strong { (file.name) } } },
        html! { @if file.version.is_empty() { (parts::text_or_none(None)) } @else { code { (file.version) } } },
        parts::state(&file.served),
        html! { (file.errors) },
        html! { (file.warnings) },
    ]
}

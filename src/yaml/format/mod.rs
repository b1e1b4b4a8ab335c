//! Lays a file out: one indentation, one spelling of brackets, expressions quoted where YAML would cut them. Comments,
//! blank lines, the order of keys and what is written in brackets and what on lines of its own stay the writer's.
//!
//! What a file means never changes: the tree and the comments of the result are compared with those of the source, and
//! without equality there is no result. Own code, because no library knows both our reading of YAML and alignment.
//! Start at [`format`]; `layout` reads, `writer` makes lines, `align` puts their columns in place.

mod align;
mod flow;
mod layout;
mod scalar;
mod writer;

#[cfg(test)]
mod tests;

use super::{parse, to_tree};
use crate::diagnostic::{Diagnostic, Source, Span};

/// Longer lines are broken where that is possible.
const WIDTH: usize = 120;
/// A level of indentation.
const STEP: usize = 2;

/// The same file, laid out.
///
/// # Errors
/// What of the file is no YAML that is taken, as `parse` says it.
pub fn format(source: &Source) -> Result<String, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let before = parse(source, &mut problems);
    problems.retain(Diagnostic::is_error);
    let (Some(before), true, Some(read)) = (before, problems.is_empty(), layout::read(&source.text)) else {
        return Err(problems);
    };
    let text = align::render(&writer::lines(&source.text, &read));
    let result = Source::new(source.name.clone(), text);
    let mut broken = Vec::new();
    let after = parse(&result, &mut broken);
    let same = after.is_some_and(|after| to_tree(&after) == to_tree(&before));
    let kept = layout::read(&result.text).is_some_and(|after| {
        let texts = |text: &str, read: &layout::Read| {
            let mut texts: Vec<String> =
                read.comments.iter().map(|at| text[at.clone()].trim_end().to_owned()).collect();
            texts.sort_unstable();
            texts
        };
        texts(&result.text, &after) == texts(&source.text, &read)
    });
    if same && kept && !broken.iter().any(Diagnostic::is_error) {
        return Ok(result.text.to_string());
    }
    let problem = Diagnostic::error("SB0121", "this file cannot be laid out without changing what it means");
    let help = "lay it out by hand: write keys on one line, and texts of several lines after `|-`";
    Err(vec![problem.at(source, Span::default()).help(help)])
}

//! Plain settings structs, read by `serde_yaml` under strict rules; nothing of the mapping language.
//!
//! The package behind that name is `serde-saphyr`. The original `serde_yaml` is archived, gives no place of a value,
//! takes the last of two equal keys in silence and rests on translated C; the crate here is maintained, safe, and
//! refuses what is ambiguous if told to. This file is where it is told to.

use serde::de::DeserializeOwned;
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Error, Location, Options};

use super::parse;
use crate::diagnostic::{Diagnostic, Source, Span, suggest};

/// Reads a plain struct; an empty file is an empty map. All problems are pushed to `problems`.
///
/// The text first goes through [`parse`], so that its traps are told in the same words as a mapping's. Values written
/// `+91…` and the like are safe only in a field that is a text: numbers are decided by the field's type here.
pub fn settings<T: DeserializeOwned>(source: &Source, problems: &mut Vec<Diagnostic>) -> Option<T> {
    let known = problems.len();
    let tree = parse(source, problems)?;
    if problems[known..].iter().any(Diagnostic::is_error) {
        return None;
    }
    let text = if tree.is_null() { "{}" } else { &source.text };
    match serde_yaml::from_str_with_options(text, strict()) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(explain(source, error.without_snippet()));
            None
        }
    }
}

fn strict() -> Options {
    serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        reject_unsupported_tags: true,
        reject_tagged_field_names: true,
        non_finite_float_policy: NonFiniteFloatPolicy::Reject,
        with_snippet: false,
        emit_comments: false,
        // No settings file comes near these; aliases are refused before, so none is needed.
        budget: serde_yaml::budget! { max_events: 100_000, max_nodes: 50_000, max_depth: 64, max_documents: 1, max_aliases: 0, max_anchors: 0, max_merge_keys: 0 },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: 0, max_replay_stack_depth: 0, max_alias_expansions_per_anchor: 0 },
    }
}

fn explain(source: &Source, error: &Error) -> Diagnostic {
    let problem = match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let problem = Diagnostic::error("SB0120", format!("the key `{field}` is not known here"));
            one_of(problem.did_you_mean(field, expected.iter().copied()), expected)
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            let near = suggest(variant, expected.iter().copied());
            let problem = Diagnostic::error("SB0120", "this word is not known here");
            one_of(
                near.into_iter().fold(problem, |problem, near| problem.help(format!("did you mean `{near}`?"))),
                expected,
            )
        }
        Error::SerdeMissingField { field, .. } => {
            Diagnostic::error("SB0120", format!("the key `{field}` is missing")).help(format!("add `{field}:`"))
        }
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => misfit(expected),
        Error::Unexpected { expected, .. } => misfit(expected),
        Error::InvalidScalar { ty, .. } => misfit(ty),
        Error::InvalidBooleanStrict { .. } => misfit("bool").help("write `true` or `false`"),
        // A type's own words: those of our types never repeat the value.
        Error::Message { msg, .. } => Diagnostic::error("SB0120", msg.trim_end_matches('.')),
        // The library's words may repeat the value, which may be a secret: none of the rest can come from a parsed tree.
        _ => Diagnostic::error("SB0120", "the settings cannot be read here"),
    };
    problem.at(source, place(source, error.location()))
}

/// The library's names of what it wanted, in the words of our other messages.
fn misfit(expected: &str) -> Diagnostic {
    let wanted = match expected {
        "string scalar" => "one value, no list or map",
        "mapping start" => "a map",
        "sequence start" => "a list",
        "bool" => "a boolean",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not below 0 and not too large",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number, not too large",
        other => other,
    };
    Diagnostic::error("SB0120", format!("the value does not fit: expected {wanted}"))
}

fn one_of(problem: Diagnostic, expected: &[&'static str]) -> Diagnostic {
    if expected.is_empty() { problem } else { problem.help(format!("known are `{}`", expected.join("`, `"))) }
}

/// Byte offsets of the library's characters.
fn place(source: &Source, location: Option<Location>) -> Span {
    let Some(location) = location else { return Span::default() };
    let span = location.span();
    let bytes = span.byte_offset().zip(span.byte_len());
    let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let start = bytes.map_or(0, |(start, _)| whole(start)).min(source.text.len());
    let end = bytes.map_or(0, |(start, length)| whole(start).saturating_add(whole(length)));
    Span { start, end: end.clamp(start, source.text.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Flags {
        #[serde(default)]
        listen: String,
        #[serde(default)]
        workers: u16,
        #[serde(default)]
        loopback: bool,
        #[serde(default)]
        log: Log,
        #[serde(default)]
        free: serde_json::Value,
    }

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Log {
        #[default]
        Text,
        Json,
    }

    fn read(text: &str) -> (Option<Flags>, String) {
        let (source, mut problems) = (Source::new("switchboard.yaml", text), Vec::new());
        let flags = settings(&source, &mut problems);
        let lines: Vec<String> = problems.iter().map(Diagnostic::headline).collect();
        (flags, lines.join("\n"))
    }

    #[test]
    fn good_settings() {
        let (flags, said) = read("listen: 0.0.0.0:80\nworkers: 4\nloopback: true\nlog: json\n");
        let flags = flags.unwrap();
        assert_eq!(
            (flags.listen.as_str(), flags.workers, flags.loopback, flags.log),
            ("0.0.0.0:80", 4, true, Log::Json)
        );
        assert_eq!(said, "");
        assert_eq!(read("").0.unwrap().workers, 0);
        assert_eq!(read("# nothing\n").1, "");
    }

    #[test]
    fn traps_read_as_texts_in_free_values() {
        let (flags, _) = read("free: { a: no, b: 0123, c: 1_000, d: 'x' }");
        assert_eq!(flags.unwrap().free, serde_json::json!({ "a": "no", "b": "0123", "c": "1_000", "d": "x" }));
    }

    #[test]
    fn problems_with_their_places() {
        let check = |text: &str, expected: &str| {
            let (flags, said) = read(text);
            assert_eq!(flags, None, "{text}");
            assert_eq!(said, expected, "{text}");
        };
        check("workers: 4\nlisen: x\n", "switchboard.yaml:2:1: error[SB0120]: the key `lisen` is not known here");
        check("é: x", "switchboard.yaml:1:1: error[SB0120]: the key `é` is not known here");
        check("listen: é\nlog: jsn", "switchboard.yaml:2:6: error[SB0120]: this word is not known here");
        let misfit = |place: &str, wanted: &str| {
            format!("switchboard.yaml:{place}: error[SB0120]: the value does not fit: expected {wanted}")
        };
        check("workers: many", &misfit("1:10", "a whole number, not below 0 and not too large"));
        check("workers: 99999", &misfit("1:10", "a whole number, not below 0 and not too large"));
        check("workers: [1]", &misfit("1:10", "one value, no list or map"));
        check("- a", &misfit("1:1", "a map"));
        check("loopback: maybe", &misfit("1:11", "a boolean"));
        check("a: 1\na: 2", "switchboard.yaml:2:1: error[SB0102]: the key `a` is given twice in one map");
        check("<<: { workers: 1 }", "switchboard.yaml:1:1: error[SB0105]: the merge key `<<` is not taken");
        check("workers: &a 1", "switchboard.yaml:1:10: error[SB0103]: anchors are not taken");
        check("listen: !x 1", "switchboard.yaml:1:9: error[SB0104]: tags are not taken");
    }
}

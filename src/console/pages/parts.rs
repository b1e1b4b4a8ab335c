//! What pages are made of: tables that become cards on a narrow screen, times, numbers, states, fields of forms.

use maud::{Markup, html};
use serde_json::Value;

use super::super::place;

/// The token of a session's forms.
pub(super) fn csrf(csrf: &str) -> Markup {
    html! { input type="hidden" name="csrf" value=(csrf); }
}

/// What a form carries on.
pub(super) fn hidden(fields: &[(String, String)]) -> Markup {
    html! { @for (name, value) in fields { input type="hidden" name=(name) value=(value); } }
}

/// A table. Its parts say what they are: a narrow screen shows rows as cards, and to a screen reader it is a table still.
pub(super) fn table(caption: &str, columns: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        table role="table" {
            caption { (caption) }
            thead role="rowgroup" {
                tr role="row" { @for column in columns { th role="columnheader" scope="col" { (column) } } }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    tr role="row" {
                        @for (cell, column) in row.iter().zip(columns) { td role="cell" data-label=(column) { (cell) } }
                    }
                }
            }
        }
    }
}

/// Names and what they are.
pub(super) fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } } }
}

/// A time, to the second; all of it for programs.
pub(super) fn time(at: &str) -> Markup {
    let shown = at.get(..19).unwrap_or(at).replace('T', " ");
    html! { time datetime=(at) { (shown) } }
}

/// A time, or a dash.
pub(super) fn time_or_none(at: Option<&str>) -> Markup {
    at.map_or_else(none, time)
}

/// A text, or a dash.
pub(super) fn text_or_none(text: Option<&str>) -> Markup {
    text.filter(|text| !text.is_empty()).map_or_else(none, |text| html! { (text) })
}

fn none() -> Markup {
    html! { span.none { "–" } }
}

/// So many of something.
pub(super) fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A number by thousands.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// So many seconds, as one says it.
pub(super) fn span(seconds: f64) -> String {
    if seconds < 0.05 {
        return "none".to_owned();
    }
    let (size, unit) = match seconds {
        ..10.0 => return format!("{seconds:.1} s"),
        ..120.0 => (1.0, "s"),
        ..7200.0 => (60.0, "min"),
        ..172_800.0 => (3600.0, "h"),
        _ => (86_400.0, "days"),
    };
    format!("{:.0} {unit}", seconds / size)
}

/// A word for a state, and how good it is.
pub(super) fn state(word: &str) -> Markup {
    let class = match word {
        "read" | "delivered" | "submitted" | "takes writes" | "queued" | "used" | "the file" => "good",
        "failed" | "rejected" | "error" | "nothing" => "bad",
        "in_doubt" | "expired" | "suppressed" | "stays" | "last good" | "warning" | "held" | "disabled" => "odd",
        _ => "plain",
    };
    html! { span class={ "state " (class) } { (word.replace('_', " ")) } }
}

/// A tenant, or a dash.
pub(super) fn tenant(name: Option<&str>) -> Markup {
    text_or_none(name)
}

/// A message's id as a link.
pub(super) fn message(id: &str) -> Markup {
    html! { a.id href={ (place::MESSAGES) "/" (id) } { (id) } }
}

/// A document, laid out.
pub(super) fn json(document: &Value) -> Markup {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    html! { pre { (text) } }
}

/// A line to type into.
pub(super) fn field(label: &str, name: &str, value: &str, hint: &str) -> Markup {
    html! {
        label.field {
            span { (label) }
            input type="text" name=(name) value=(value) placeholder=[(!hint.is_empty()).then_some(hint)] autocomplete="off" spellcheck="false";
        }
    }
}

/// One of some values, each with its words.
pub(super) fn one_of(label: &str, name: &str, values: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        label.field {
            span { (label) }
            select name=(name) {
                @for (value, words) in values { option value=(value) selected[*value == chosen] { (words) } }
            }
        }
    }
}

/// One of some words, or any.
pub(super) fn choice<S: AsRef<str>>(label: &str, name: &str, words: &[S], chosen: &str) -> Markup {
    html! {
        label.field {
            span { (label) }
            select name=(name) {
                option value="" { "any" }
                @for word in words {
                    option value=(word.as_ref()) selected[word.as_ref() == chosen] { (word.as_ref()) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_spans_are_said_as_people_say_them() {
        for (number, expected) in [(0, "0"), (999, "999"), (1000, "1 000"), (1_234_567, "1 234 567")] {
            assert_eq!(count(number).replace('\u{202f}', " "), expected);
        }
        for (seconds, expected) in
            [(0.0, "none"), (0.26, "0.3 s"), (59.0, "59 s"), (600.0, "10 min"), (7200.0, "2 h"), (864_000.0, "10 days")]
        {
            assert_eq!(span(seconds), expected);
        }
        assert_eq!(
            time("2026-11-04T09:14:06.981Z").into_string(),
            "<time datetime=\"2026-11-04T09:14:06.981Z\">2026-11-04 09:14:06</time>"
        );
        assert!(time("é").into_string().contains('é'), "what is no time is shown as it is");
    }
}

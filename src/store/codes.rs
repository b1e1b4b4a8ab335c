//! What words of the model are in columns: numbers, and texts. The same in every engine; another value here is another
//! format.

use crate::delivery::{Phase, Told};
use crate::model::{Class, Status};
use crate::value::Timestamp;

use super::{Line, Origin, TextKind};

/// The number of a phase: its place in [`Phase::ALL`], which the partial indexes of the schemas rely on.
pub(super) const fn phase_code(phase: Phase) -> i64 {
    match phase {
        Phase::Queued => 0,
        Phase::Sending => 1,
        Phase::InDoubt => 2,
        Phase::Submitted => 3,
        Phase::Rejected => 4,
        Phase::Failed => 5,
        Phase::Expired => 6,
        Phase::Suppressed => 7,
    }
}

pub(super) fn phase(code: i64) -> Option<Phase> {
    Phase::ALL.into_iter().find(|phase| phase_code(*phase) == code)
}

pub(super) const fn status_code(status: Status) -> i64 {
    match status {
        Status::Failed => 1,
        Status::Submitted => 2,
        Status::Delivered => 3,
        Status::Read => 4,
    }
}

pub(super) fn status(code: i64) -> Option<Status> {
    let all = [Status::Failed, Status::Submitted, Status::Delivered, Status::Read];
    all.into_iter().find(|status| status_code(*status) == code)
}

pub(super) const fn class_code(class: Class) -> i64 {
    match class {
        Class::Transactional => 0,
        Class::Promotional => 1,
    }
}

pub(super) const fn class(code: i64) -> Class {
    if code == 0 { Class::Transactional } else { Class::Promotional }
}

pub(super) const fn origin_code(origin: Origin) -> i64 {
    match origin {
        Origin::Platform => 0,
        Origin::Reply => 1,
        Origin::Consent => 2,
        Origin::Operator => 3,
    }
}

pub(super) const fn origin(code: i64) -> Origin {
    match code {
        0 => Origin::Platform,
        1 => Origin::Reply,
        2 => Origin::Consent,
        _ => Origin::Operator,
    }
}

pub(super) const fn text_code(kind: TextKind) -> i64 {
    match kind {
        TextKind::Gateway => 0,
        TextKind::Mapping => 1,
        TextKind::Tenant => 2,
    }
}

pub(super) fn text_kind(code: i64) -> Option<TextKind> {
    [TextKind::Gateway, TextKind::Mapping, TextKind::Tenant].into_iter().find(|kind| text_code(*kind) == code)
}

/// The column for a list; none for an empty one.
pub(super) fn list_text(list: &[String]) -> Option<String> {
    let text = |list| serde_json::to_string(list).ok();
    Some(list).filter(|list| !list.is_empty()).and_then(text)
}

/// The column for what was said about a failure; none for nothing.
pub(super) fn told_text(told: &Told) -> Result<Option<String>, serde_json::Error> {
    if *told == Told::Nothing { Ok(None) } else { serde_json::to_string(told).map(Some) }
}

/// A line of history as one line of text.
pub(super) fn line_text(line: &Line) -> String {
    format!("{} {}\n", line.at.millis(), line.text.replace(['\n', '\r'], " "))
}

/// All lines of a text.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let read = |line: &str| {
        let (at, text) = line.split_once(' ')?;
        Some(Line { at: Timestamp::from_millis(at.parse().ok()?), text: text.to_owned() })
    };
    text.lines().filter_map(read).collect()
}

//! A message as a row: columns to values and back.

use bytes::Bytes;
use rusqlite::types::Type;
use rusqlite::{Error, Row};

use super::super::{Lane, Line, Message, NewMessage, Origin};
use super::seal::Seals;
use crate::delivery::{Life, Phase, Told};
use crate::model::{Address, Class, Ref, Status};
use crate::value::Timestamp;

/// Every column of a message, in the order that [`message`] reads.
pub(super) const SELECT: &str = "SELECT m.ref, m.lane, m.class, m.origin, m.at, m.phase, m.attempts, m.resends, m.wake,
    m.expires, m.best, m.told, m.revision, m.providers, m.said, b.recipient, b.platform_id, b.dedupe, b.version, b.content,
    b.seal
    FROM message m JOIN body b ON b.ref = m.ref";

/// A row of [`SELECT`]; `lane` tells the lane of a number.
pub(super) fn message(
    row: &Row<'_>,
    seals: &Seals,
    lane: impl FnOnce(i64) -> rusqlite::Result<Lane>,
) -> rusqlite::Result<Message> {
    let message = NewMessage { body: seals.content(row, 19, 20)?, ..without_content(row, lane)? };
    Ok(Message { message, provider_id: providers(row)?.pop(), said: list(row, 14)?, revision: count(row, 12)? })
}

/// All ids that providers gave it, the newest last.
pub(super) fn providers(row: &Row<'_>) -> rusqlite::Result<Vec<String>> {
    list(row, 13)
}

/// The same row where nobody needs what the message says.
pub(super) fn without_content(
    row: &Row<'_>,
    lane: impl FnOnce(i64) -> rusqlite::Result<Lane>,
) -> rusqlite::Result<NewMessage> {
    let lane = lane(row.get(1)?)?;
    Ok(NewMessage {
        reference: Ref::from_number(row.get(0)?),
        lane,
        to: Address::from(row.get_ref(15)?.as_str()?),
        class: if row.get::<_, i64>(2)? == 0 { Class::Transactional } else { Class::Promotional },
        origin: match row.get::<_, i64>(3)? {
            0 => Origin::Platform,
            1 => Origin::Reply,
            _ => Origin::Consent,
        },
        platform_id: row.get(16)?,
        dedupe: row.get(17)?,
        body: Bytes::new(),
        version: row.get(18)?,
        life: life(row)?,
        at: Timestamp::from_millis(row.get(4)?),
    })
}

/// A count; negative ones were never written.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(column, number))
}

fn life(row: &Row<'_>) -> rusqlite::Result<Life> {
    let told = match row.get_ref(11)?.as_str_or_null()? {
        None => Told::Nothing,
        Some(text) => serde_json::from_str(text).map_err(|error| unreadable(11, error))?,
    };
    Ok(Life {
        phase: phase(row.get(5)?)?,
        attempts: row.get(6)?,
        resends: row.get(7)?,
        wake: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_millis),
        expires: Timestamp::from_millis(row.get(9)?),
        best: row.get::<_, Option<i64>>(10)?.and_then(status),
        told,
    })
}

/// A JSON list of texts; nothing is none.
pub(super) fn list(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    text.map_or(Ok(Vec::new()), |text| serde_json::from_str(text).map_err(|error| unreadable(column, error)))
}

/// The column for a list; none for an empty one.
pub(super) fn list_text(list: &[String]) -> Option<String> {
    let text = |list| serde_json::to_string(list).ok();
    Some(list).filter(|list| !list.is_empty()).and_then(text)
}

/// The column for what was said about a failure; none for nothing.
pub(super) fn told_text(told: &Told) -> rusqlite::Result<Option<String>> {
    let text = |told| serde_json::to_string(told).map_err(|error| Error::ToSqlConversionFailure(error.into()));
    if *told == Told::Nothing { Ok(None) } else { text(told).map(Some) }
}

/// The number of a phase: its place in [`Phase::ALL`], which the partial indexes of the schema rely on.
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

pub(super) fn phase(code: i64) -> rusqlite::Result<Phase> {
    let known = Phase::ALL.into_iter().find(|phase| phase_code(*phase) == code);
    known.ok_or(Error::IntegralValueOutOfRange(5, code))
}

pub(super) const fn status_code(status: Status) -> i64 {
    match status {
        Status::Failed => 1,
        Status::Submitted => 2,
        Status::Delivered => 3,
        Status::Read => 4,
    }
}

fn status(code: i64) -> Option<Status> {
    let all = [Status::Failed, Status::Submitted, Status::Delivered, Status::Read];
    all.into_iter().find(|status| status_code(*status) == code)
}

pub(super) const fn class_code(class: Class) -> i64 {
    match class {
        Class::Transactional => 0,
        Class::Promotional => 1,
    }
}

pub(super) const fn origin_code(origin: Origin) -> i64 {
    match origin {
        Origin::Platform => 0,
        Origin::Reply => 1,
        Origin::Consent => 2,
    }
}

/// A line of history as it is appended: one line of text.
pub(super) fn line_text(line: &Line) -> String {
    format!("{} {}\n", line.at.millis(), line.text.replace(['\n', '\r'], " "))
}

/// All lines that were appended.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let read = |line: &str| {
        let (at, text) = line.split_once(' ')?;
        Some(Line { at: Timestamp::from_millis(at.parse().ok()?), text: text.to_owned() })
    };
    text.lines().filter_map(read).collect()
}

fn unreadable(column: usize, error: serde_json::Error) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

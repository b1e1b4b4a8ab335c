//! A message as a row: columns to values and back.

use bytes::Bytes;
use rusqlite::types::Type;
use rusqlite::{Error, Row};

use super::super::codes;
pub(super) use super::super::codes::{class_code, line_text, lines, list_text, origin_code, phase_code, status_code};
use super::super::seal::Seals;
use super::super::{Bill, Lane, Message, NewMessage};
use crate::delivery::{Life, Phase, Told};
use crate::model::{Address, Ref};
use crate::value::Timestamp;

/// Every column of a message, in the order that [`message`] reads.
pub(super) const SELECT: &str = "SELECT m.ref, m.lane, m.class, m.origin, m.at, m.phase, m.attempts, m.resends, m.wake,
    m.expires, m.best, m.told, m.revision, m.providers, m.said, b.recipient, b.platform_id, b.dedupe, b.version, b.content,
    b.seal, b.campaign, m.bill
    FROM message m JOIN body b ON b.ref = m.ref";

/// A row of [`SELECT`]; `lane` tells the lane of a number.
pub(super) fn message(
    row: &Row<'_>,
    seals: &Seals,
    lane: impl FnOnce(i64) -> rusqlite::Result<Lane>,
) -> rusqlite::Result<Message> {
    let message = NewMessage { body: seals.content(row, 19, 20)?, ..without_content(row, lane)? };
    Ok(Message {
        message,
        provider_id: providers(row)?.pop(),
        said: list(row, 14)?,
        bill: bill(row)?,
        revision: count(row, 12)?,
        begun: false,
    })
}

fn bill(row: &Row<'_>) -> rusqlite::Result<Bill> {
    let text = row.get_ref(22)?.as_str_or_null()?;
    text.map_or(Ok(Bill::default()), |text| serde_json::from_str(text).map_err(|error| unreadable(22, error)))
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
        class: codes::class(row.get(2)?),
        origin: codes::origin(row.get(3)?),
        platform_id: row.get(16)?,
        campaign: row.get(21)?,
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
        best: row.get::<_, Option<i64>>(10)?.and_then(codes::status),
        told,
    })
}

/// A JSON list of texts; nothing is none.
pub(super) fn list(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    text.map_or(Ok(Vec::new()), |text| serde_json::from_str(text).map_err(|error| unreadable(column, error)))
}

/// The column for what was said about a failure; none for nothing.
pub(super) fn told_text(told: &Told) -> rusqlite::Result<Option<String>> {
    codes::told_text(told).map_err(|error| Error::ToSqlConversionFailure(error.into()))
}

pub(super) fn phase(code: i64) -> rusqlite::Result<Phase> {
    codes::phase(code).ok_or(Error::IntegralValueOutOfRange(5, code))
}

fn unreadable(column: usize, error: serde_json::Error) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

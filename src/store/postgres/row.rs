//! A message as a row.

use tokio_postgres::Row;

use super::super::seal::Seals;
use super::super::{Bill, Lane, Message, NewMessage, codes};
use super::trouble::Trouble;
use super::words::{address, count, get, text, text_or_none, time, time_or_none};
use crate::delivery::{Life, Told};
use crate::model::Ref;

/// Every column of a message, in the order that [`message`] reads.
pub(super) const SELECT: &str =
    "SELECT m.ref, m.lane, m.class::bigint, m.origin::bigint, m.at, m.phase::bigint, m.attempts,
    m.resends, m.wake, m.expires, m.best::bigint, m.told, m.revision, m.providers, m.said, b.recipient, b.platform_id,
    b.dedupe, b.version, b.content, b.seal, EXISTS (SELECT 1 FROM attempt a WHERE a.ref = m.ref),
    b.campaign, m.bill
    FROM message m JOIN body b ON b.ref = m.ref";

/// The number of a row's lane.
pub(super) fn lane(row: &Row) -> Result<i64, Trouble> {
    get(row, 1)
}

/// A row of [`SELECT`].
pub(super) fn message(row: &Row, seals: &Seals, lane: Lane) -> Result<Message, Trouble> {
    let message = NewMessage {
        reference: Ref::from_number(get(row, 0)?),
        lane,
        to: address(row, 15)?,
        class: codes::class(get(row, 2)?),
        origin: codes::origin(get(row, 3)?),
        platform_id: text(row, 16)?,
        campaign: text_or_none(row, 22)?,
        dedupe: text_or_none(row, 17)?,
        body: seals.open(get(row, 19)?, get(row, 20)?)?,
        version: text(row, 18)?,
        life: life(row)?,
        at: time(row, 4)?,
    };
    let said: Option<String> = get(row, 14)?;
    let said = said.map_or(Ok(Vec::new()), |said| serde_json::from_str(&said))?;
    let bill: Option<String> = get(row, 23)?;
    let bill = bill.map_or(Ok(Bill::default()), |bill| serde_json::from_str(&bill))?;
    let (revision, begun) = (count(row, 12)?, get(row, 21)?);
    Ok(Message { message, provider_id: providers(row, 13)?.pop(), said, bill, revision, begun })
}

fn life(row: &Row) -> Result<Life, Trouble> {
    let told: Option<String> = get(row, 11)?;
    Ok(Life {
        phase: codes::phase(get(row, 5)?).ok_or_else(|| Trouble::unreadable("a phase that is none"))?,
        attempts: count(row, 6)?,
        resends: count(row, 7)?,
        wake: time_or_none(row, 8)?,
        expires: time(row, 9)?,
        best: get::<Option<i64>>(row, 10)?.and_then(codes::status),
        told: told.map_or(Ok(Told::Nothing), |told| serde_json::from_str(&told))?,
    })
}

/// A provider's ids of a message, the newest last.
pub(super) fn providers(row: &Row, column: usize) -> Result<Vec<String>, Trouble> {
    let kept: Option<Vec<String>> = get(row, column)?;
    Ok(kept.unwrap_or_default().into_iter().map(super::words::came).collect())
}

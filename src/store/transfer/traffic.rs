//! What passed through a store lately, read from its rows: messages as they were accepted, letters of webhooks, samples of what
//! parties posted, and the texts that are served. Nothing is written; a gateway may use the store meanwhile.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use super::super::seal::Seals;
use super::super::{Came, Sample, SealKey, StoreError, TextKind, codes};
use super::found::{lanes, number, text};
use super::tables::table;
use super::{Raw, Row, Value, seals};
use crate::model::{Ref, Status};
use crate::value::Timestamp;

/// Rows that are read together.
const PAGE: usize = 500;
/// The bits of a message's number below its time.
const BELOW: u32 = 18;

/// A message as it was accepted, and how far it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Ours.
    pub reference: Ref,
    /// Whose.
    pub tenant: String,
    /// When it was accepted.
    pub at: Timestamp,
    /// The model message as JSON.
    pub body: Bytes,
    /// The best that the provider said of it.
    pub best: Option<Status>,
    /// The platform hears of it.
    pub reported: bool,
}

/// A webhook that could not be used, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// The letter's number.
    pub id: i64,
    /// Whose.
    pub tenant: String,
    /// The path that it came to.
    pub path: String,
    /// When.
    pub at: Timestamp,
    /// Its body.
    pub body: Bytes,
    /// What it came with besides.
    pub came: Came,
}

/// What passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The newest messages, oldest first.
    pub messages: VecDeque<Passed>,
    /// Webhooks, oldest first.
    pub webhooks: Vec<Unused>,
    /// What parties posted, masked, oldest first.
    pub samples: Vec<Sample>,
    /// Older messages of the time that are left out: there were more than were wanted.
    pub left_out: u64,
    /// What is sealed with a key that is not given.
    pub closed: u64,
}

/// A text that is served: what it describes, its file's name, and it.
pub type Served = (TextKind, String, String);

/// The newest `most` messages accepted since then that have not been forgotten, and webhooks and samples as old.
///
/// # Errors
/// Where the store cannot be read.
pub async fn traffic(
    raw: &mut dyn Raw,
    keys: &[SealKey],
    since: Timestamp,
    most: usize,
) -> Result<Traffic, StoreError> {
    let seals = seals::known(raw, keys).await?;
    let mut traffic = Traffic::default();
    let lanes = lanes(raw).await?;
    let mut upto = since.millis().max(0).checked_shl(BELOW).unwrap_or(i64::MAX).saturating_sub(1);
    loop {
        let after = || Some(vec![Value::Int(upto)]);
        let messages = raw.page(table("message"), after(), PAGE).await?;
        let bodies = raw.page(table("body"), after(), PAGE).await?;
        let Some(last) = messages.last().map(|row| number(row, 0)) else { break };
        let bodies: HashMap<i64, Row> = bodies.into_iter().map(|row| (number(&row, 0), row)).collect();
        for row in &messages {
            // One without a body, or of nobody any more, says nothing.
            let (Some(body), Some(lane)) = (bodies.get(&number(row, 0)), lanes.get(&number(row, 1))) else { continue };
            if text(body, 1).is_empty() {
                continue;
            }
            let Some(content) = opened(&seals, body, [5, 6], &mut traffic.closed) else { continue };
            traffic.messages.push_back(passed(row, lane.tenant.as_str(), content));
        }
        while traffic.messages.len() > most {
            traffic.messages.pop_front();
            traffic.left_out += 1;
        }
        upto = last;
    }
    letters(raw, &seals, since, &mut traffic).await?;
    samples(raw, since, &mut traffic).await?;
    Ok(traffic)
}

/// The texts that the gateway of a store serves.
///
/// # Errors
/// Where the store cannot be read, or a text is sealed with a key that is not given.
pub async fn served(raw: &mut dyn Raw, keys: &[SealKey]) -> Result<Vec<Served>, StoreError> {
    let seals = seals::known(raw, keys).await?;
    let mut found = Vec::new();
    for row in raw.page(table("text"), None, usize::MAX >> 1).await? {
        let (Some(kind), Value::Null) = (codes::text_kind(number(&row, 0)), &row[4]) else { continue };
        let file = text(&row, 1).to_owned();
        let sealed = || StoreError::Failed(format!("the text of {file} is sealed with a key that is not given"));
        let content = opened(&seals, &row, [3, 5], &mut 0).ok_or_else(sealed)?;
        let content = String::from_utf8_lossy(&content).into_owned();
        found.push((kind, file, content));
    }
    Ok(found)
}

fn passed(row: &Row, tenant: &str, body: Bytes) -> Passed {
    let best = if let Value::Int(code) = &row[10] { codes::status(*code) } else { None };
    Passed {
        reference: Ref::from_number(number(row, 0)),
        tenant: tenant.to_owned(),
        at: Timestamp::from_millis(number(row, 4)),
        body,
        best,
        reported: codes::origin(number(row, 3)) == super::super::Origin::Platform,
    }
}

/// A content as it came; nothing where its key is not given.
fn opened(seals: &Seals, row: &Row, [content, seal]: [usize; 2], closed: &mut u64) -> Option<Bytes> {
    let Value::Bytes(kept) = &row[content] else { return None };
    let key = if let Value::Int(key) = &row[seal] { Some(*key) } else { None };
    let content = seals.open(kept, key).ok();
    *closed += u64::from(content.is_none());
    content
}

async fn letters(raw: &mut dyn Raw, seals: &Seals, since: Timestamp, traffic: &mut Traffic) -> Result<(), StoreError> {
    let mut upto = None;
    loop {
        let rows = raw.page(table("letter"), upto, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        upto = Some(last[..1].to_vec());
        for row in rows.iter().filter(|row| number(row, 7) >= since.millis()) {
            // Of nobody's it is not known under whose mapping it would be read.
            let Ok(came) = serde_json::from_str::<Came>(text(row, 12)) else { continue };
            if !matches!(text(row, 2), "status" | "inbound") || text(row, 1).is_empty() {
                continue;
            }
            let Some(body) = opened(seals, row, [6, 13], &mut traffic.closed) else { continue };
            let (tenant, path) = (text(row, 1).to_owned(), text(row, 3).to_owned());
            let (id, at) = (number(row, 0), Timestamp::from_millis(number(row, 7)));
            traffic.webhooks.push(Unused { id, tenant, path, at, body, came });
        }
    }
}

async fn samples(raw: &mut dyn Raw, since: Timestamp, traffic: &mut Traffic) -> Result<(), StoreError> {
    let mut upto = None;
    loop {
        let rows = raw.page(table("sample"), upto, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        upto = Some(last[..1].to_vec());
        for row in rows.iter().filter(|row| number(row, 7) >= since.millis()) {
            let (Value::Bytes(content), Ok(came)) = (&row[5], serde_json::from_str(text(row, 6))) else { continue };
            traffic.samples.push(Sample {
                id: number(row, 0),
                tenant: text(row, 1).into(),
                leg: text(row, 2).to_owned(),
                refused: number(row, 3) != 0,
                path: text(row, 4).to_owned(),
                content: content.clone().into(),
                came,
                at: Timestamp::from_millis(number(row, 7)),
            });
        }
    }
}

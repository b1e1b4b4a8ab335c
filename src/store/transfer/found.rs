//! What a message is found by, from its rows: each message with its body, in the order of their numbers.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use super::super::{Lane, NewMessage, StoreError, codes, key};
use super::tables::table;
use super::{Raw, Row, Value};
use crate::delivery::Life;
use crate::model::{Address, Name, Ref};
use crate::value::Timestamp;

/// A message without its content, and all ids that providers gave it.
#[derive(Clone, Debug)]
pub struct Found {
    pub(in crate::store) message: NewMessage,
    pub(in crate::store) providers: Vec<String>,
}

impl Found {
    pub(in crate::store) fn number(&self) -> i64 {
        self.message.reference.number()
    }

    /// The hashes of its providers' ids.
    pub(in crate::store) fn by_provider(&self) -> impl Iterator<Item = i64> {
        self.providers.iter().map(|id| key::provider(id))
    }
}

/// Goes through all messages.
pub(super) struct Walk {
    lanes: HashMap<i64, Lane>,
    bodies: VecDeque<Row>,
    /// The last body that was read.
    body: Option<i64>,
}

impl Walk {
    /// Learns the lanes.
    pub(super) async fn start(raw: &mut dyn Raw) -> Result<Self, StoreError> {
        Ok(Self { lanes: lanes(raw).await?, bodies: VecDeque::new(), body: None })
    }

    /// The next messages after that one, and the number of the last; nothing at the end. One without a body or a lane is left
    /// out.
    pub(super) async fn next(
        &mut self,
        raw: &mut dyn Raw,
        after: Option<i64>,
        most: usize,
    ) -> Result<Option<(Vec<Found>, i64)>, StoreError> {
        let key = after.map(|after| vec![Value::Int(after)]);
        let messages = raw.page(table("message"), key, most).await?;
        let Some(last) = messages.last().map(|row| number(row, 0)) else { return Ok(None) };
        self.body = self.body.max(after);
        let mut found = Vec::with_capacity(messages.len());
        for row in &messages {
            let (Some(body), Some(lane)) =
                (self.body_of(raw, number(row, 0), most).await?, self.lanes.get(&number(row, 1)))
            else {
                continue;
            };
            found.push(read(row, &body, lane)?);
        }
        Ok(Some((found, last)))
    }

    async fn body_of(&mut self, raw: &mut dyn Raw, message: i64, most: usize) -> Result<Option<Row>, StoreError> {
        loop {
            let Some(first) = self.bodies.front().map(|row| number(row, 0)) else {
                let after = self.body.map(|after| vec![Value::Int(after)]);
                self.bodies = raw.page(table("body"), after, most).await?.into();
                let Some(last) = self.bodies.back() else { return Ok(None) };
                self.body = Some(number(last, 0));
                continue;
            };
            if first > message {
                return Ok(None);
            }
            let row = self.bodies.pop_front();
            if first == message {
                return Ok(row);
            }
        }
    }
}

/// All lanes by their numbers.
pub(super) async fn lanes(raw: &mut dyn Raw) -> Result<HashMap<i64, Lane>, StoreError> {
    let all = usize::MAX >> 1;
    let mut tenants = HashMap::new();
    for row in raw.page(table("tenant"), None, all).await? {
        tenants.insert(number(&row, 0), Name::from(text(&row, 1)));
    }
    let mut lanes = HashMap::new();
    for row in raw.page(table("lane"), None, all).await? {
        if let Some(tenant) = tenants.get(&number(&row, 1)) {
            let lane = Lane { tenant: tenant.clone(), from: Address::from(text(&row, 2)) };
            lanes.insert(number(&row, 0), lane);
        }
    }
    Ok(lanes)
}

fn read(message: &Row, body: &Row, lane: &Lane) -> Result<Found, StoreError> {
    let unreadable = |_| StoreError::Failed("the store has a list of ids that is none".to_owned());
    let providers = match &message[14] {
        Value::Text(list) => serde_json::from_str(list).map_err(unreadable)?,
        _ => Vec::new(),
    };
    let message = NewMessage {
        reference: Ref::from_number(number(message, 0)),
        lane: lane.clone(),
        to: Address::from(text(body, 1)),
        class: codes::class(number(message, 2)),
        origin: codes::origin(number(message, 3)),
        platform_id: text(body, 2).to_owned(),
        campaign: None,
        dedupe: Some(&body[3]).filter(|dedupe| **dedupe != Value::Null).map(|_| text(body, 3).to_owned()),
        body: Bytes::new(),
        version: String::new(),
        life: Life::new(Timestamp::from_millis(0)),
        at: Timestamp::from_millis(number(message, 4)),
    };
    Ok(Found { message, providers })
}

/// A number of a row; what is none is 0.
pub(super) fn number(row: &Row, place: usize) -> i64 {
    if let Some(Value::Int(number)) = row.get(place) { *number } else { 0 }
}

/// A text of a row; what is none is empty.
pub(super) fn text(row: &Row, place: usize) -> &str {
    if let Some(Value::Text(text)) = row.get(place) { text } else { "" }
}

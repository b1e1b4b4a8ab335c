//! A change of an alarm as it is posted: its body, and the call that carries it.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use url::Url;

use super::super::api::time;
use super::{Alarm, Change};
use crate::auth::WebhookKey;
use crate::model::Name;
use crate::model::wire::Prepared;
use crate::value::Timestamp;

/// For one attempt.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is posted.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Of the post: the same at each attempt.
    pub id: String,
    /// The alarm's.
    pub key: String,
    /// When it was noticed.
    pub at: Timestamp,
    body: Bytes,
}

impl Notice {
    /// Of a change that was noticed at that moment.
    #[must_use]
    pub fn of(change: &Change, id: String, at: Timestamp) -> Self {
        let Change { raised, alarm, since } = change;
        let Alarm { kind, tenant, number, about, says } = alarm;
        let key = alarm.key();
        let body = json!({
            "type": if *raised { "alarm.raised" } else { "alarm.cleared" },
            "timestamp": time(at),
            "data": {
                "id": id, "key": key, "kind": kind.as_str(), "tenant": tenant.as_ref().map(Name::as_str), "number": number,
                "about": about, "says": says, "since": time(*since),
            },
        });
        Self { id, key, at, body: Bytes::from(body.to_string()) }
    }

    /// The call, signed at that moment: receivers refuse what was signed long ago.
    #[must_use]
    pub fn call(&self, url: &Url, key: &WebhookKey, now: Timestamp) -> Prepared {
        let mut headers = key.headers(&self.id, now, &self.body);
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        Prepared { method: "POST".to_owned(), url: url.clone(), headers, body: self.body.clone(), timeout: PATIENCE }
    }
}

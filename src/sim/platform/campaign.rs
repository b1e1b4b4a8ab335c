//! Fires a campaign: many sends at once, obeying "later", counting every answer. Formats are the platforms' own files'.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::options::{Campaign, Credentials, Kind, Shape};
use super::{Inner, moengage, webengage};
use crate::sim::dice::happens;

/// Names as people have them: accents, apostrophes, other scripts.
const NAMES: &[&str] = &["Asha", "Mei Ling", "José", "Zoë O'Neil", "आशा", "Đặng \"Tư\""];

/// Whom a message is for.
pub(super) struct Person {
    pub(super) number: String,
    pub(super) name: &'static str,
    pub(super) order: String,
}

/// A send in a platform's own format.
pub(super) struct Outgoing {
    pub(super) id: String,
    pub(super) to: String,
    pub(super) body: Value,
}

/// What an answer to a send means to the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    /// Send again later.
    Later,
    /// With the platform's code, or the HTTP status where there is none.
    Refused(String),
}

/// What came of a campaign.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CampaignResult {
    /// Messages sent, each once.
    pub sent: u64,
    /// Accepted.
    pub accepted: u64,
    /// Refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// Answers "later", over all messages.
    pub later: u64,
    /// Sends without an answer, over all messages.
    pub unanswered: u64,
    /// Messages given up after the last repeat.
    pub given_up: u64,
    /// Accepted messages sent once more, and how many of these were accepted again.
    pub twice: u64,
    /// Of those sent once more, the ones accepted again.
    pub twice_accepted: u64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// Half of the answers came within this many microseconds.
    pub half_us: u64,
    /// 99 of 100 answers came within this many microseconds.
    pub most_us: u64,
    /// The slowest answer, in microseconds.
    pub slowest_us: u64,
    /// The ids of the accepted messages.
    #[serde(skip)]
    pub accepted_ids: Vec<String>,
}

/// What the workers of a campaign share.
struct Run {
    platform: Arc<Inner>,
    campaign: Campaign,
    /// Makes the ids of this campaign different from those of all others.
    name: String,
    next: AtomicU64,
    began: Instant,
    result: Mutex<CampaignResult>,
    times: Mutex<Vec<u64>>,
}

/// Fires all messages and waits for their answers.
pub(super) async fn fire(platform: Arc<Inner>, campaign: Campaign) -> CampaignResult {
    let run = Arc::new(Run {
        platform,
        name: format!("{:016x}", rand::random::<u64>()),
        next: AtomicU64::new(0),
        began: Instant::now(),
        result: Mutex::default(),
        times: Mutex::default(),
        campaign,
    });
    let mut workers = JoinSet::new();
    for _ in 0..run.campaign.concurrency.max(1) {
        let run = Arc::clone(&run);
        workers.spawn(async move { run.work().await });
    }
    while workers.join_next().await.is_some() {}
    run.finish()
}

impl Run {
    async fn work(&self) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.campaign.count {
                return;
            }
            if let Some(rate) = self.campaign.rate {
                let due = Duration::from_secs(number) / rate.max(1);
                tokio::time::sleep_until(self.began + due).await;
            }
            self.one(number).await;
        }
    }

    /// One message, until it is accepted, refused or given up.
    async fn one(&self, number: u64) {
        let outgoing = self.compose(number);
        let body = bytes::Bytes::from(outgoing.body.to_string());
        self.platform.journal.sending(&outgoing.id, &outgoing.to);
        self.count(|result| result.sent += 1);
        let mut wait = self.campaign.repeats.first;
        for _ in 0..self.campaign.repeats.attempts.max(1) {
            let (verdict, asked) = self.attempt(body.clone()).await;
            match verdict {
                Some(Verdict::Accepted) => return self.accepted(&outgoing, body).await,
                Some(Verdict::Refused(code)) => {
                    self.platform.journal.sent(&outgoing.id, &code);
                    return self.count(|result| *result.refused.entry(code).or_default() += 1);
                }
                Some(Verdict::Later) => self.count(|result| result.later += 1),
                None => self.count(|result| result.unanswered += 1),
            }
            tokio::time::sleep(wait.max(asked)).await;
            wait = (wait * 2).min(self.campaign.repeats.longest);
        }
        self.count(|result| result.given_up += 1);
    }

    async fn accepted(&self, outgoing: &Outgoing, body: bytes::Bytes) {
        self.platform.journal.sent(&outgoing.id, "accepted");
        self.count(|result| {
            result.accepted += 1;
            result.accepted_ids.push(outgoing.id.clone());
        });
        if happens(&mut self.platform.dice.next(&outgoing.to), self.campaign.twice) {
            let (verdict, _) = self.attempt(body).await;
            self.count(|result| {
                result.twice += 1;
                result.twice_accepted += u64::from(verdict == Some(Verdict::Accepted));
            });
        }
    }

    /// Sends once: what the answer means, and the wait it asks for; nothing when there was no answer.
    async fn attempt(&self, body: bytes::Bytes) -> (Option<Verdict>, Duration) {
        let request = self.platform.client.post(&self.campaign.target).header(CONTENT_TYPE, "application/json");
        let request = authenticated(request, &self.campaign.credentials);
        let began = Instant::now();
        let Ok(answer) = request.body(body).send().await else { return (None, Duration::ZERO) };
        let status = answer.status().as_u16();
        let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let Ok(body) = answer.bytes().await else { return (None, Duration::ZERO) };
        let time = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.times.lock().unwrap_or_else(PoisonError::into_inner).push(time);
        let body = serde_json::from_slice(&body).unwrap_or_default();
        let verdict = match self.platform.options.kind {
            Kind::MoEngage => moengage::verdict(status, &body),
            Kind::WebEngage => webengage::verdict(status, &body),
        };
        (Some(verdict), Duration::from_secs(asked.unwrap_or(0)))
    }

    fn compose(&self, number: u64) -> Outgoing {
        let campaign = &self.campaign;
        let person = person(campaign, number);
        let shape = *around(&campaign.shapes, number).unwrap_or(&Shape::Text);
        match self.platform.options.kind {
            Kind::MoEngage => moengage::send(&person, shape, &campaign.from, &self.name, number),
            Kind::WebEngage => webengage::send(&person, shape, &campaign.from, &self.name, number),
        }
    }

    fn count(&self, change: impl FnOnce(&mut CampaignResult)) {
        change(&mut self.result.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn finish(&self) -> CampaignResult {
        let mut times = std::mem::take(&mut *self.times.lock().unwrap_or_else(PoisonError::into_inner));
        times.sort_unstable();
        let at = |hundredths: usize| times.get((times.len() * hundredths / 100).min(times.len().saturating_sub(1)));
        let mut result = std::mem::take(&mut *self.result.lock().unwrap_or_else(PoisonError::into_inner));
        result.elapsed_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        result.half_us = at(50).copied().unwrap_or(0);
        result.most_us = at(99).copied().unwrap_or(0);
        result.slowest_us = times.last().copied().unwrap_or(0);
        result
    }
}

fn person(campaign: &Campaign, number: u64) -> Person {
    let place = number % campaign.recipients.max(1);
    Person {
        number: campaign.first_recipient.saturating_add(place).to_string(),
        name: around(NAMES, number).copied().unwrap_or("Asha"),
        order: format!("PX-{number}"),
    }
}

/// The item at a place, going around.
fn around<T>(items: &[T], number: u64) -> Option<&T> {
    let len = u64::try_from(items.len()).ok().filter(|len| *len > 0)?;
    items.get(usize::try_from(number % len).ok()?)
}

/// Adds the credentials to a request.
pub(super) fn authenticated(request: reqwest::RequestBuilder, credentials: &Credentials) -> reqwest::RequestBuilder {
    match credentials {
        Credentials::Basic { username, password } => request.basic_auth(username, Some(password)),
        Credentials::Bearer(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
        Credentials::Headers(headers) => {
            headers.iter().fold(request, |request, (name, value)| request.header(name.as_str(), value.as_str()))
        }
    }
}

//! Key sets of parties that sign with private keys: fetched before they are needed, renewed now and then, and when a
//! token names a key that is not there. Requests whose key is there wait for nothing.
//!
//! One fetch of a URL at a time, and at most one in ten seconds, whatever strangers send.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{info, warn};
use url::Url;

use super::Flow;
use crate::auth::{KeyRing, KeySet, Request};
use crate::client::Outbound;
use crate::config::{Hit, Snapshot};
use crate::legs::Refused;
use crate::model::Reason;
use crate::model::wire::{Class, Prepared};
use crate::value::Timestamp;

/// The least time between two fetches of one URL.
const PAUSE: Duration = Duration::from_secs(10);
/// How old a set may be before it is renewed.
const RENEW: Duration = Duration::from_secs(3600);
/// How often a renewal that fails is tried again.
const AGAIN: Duration = Duration::from_secs(60);
/// The longest fetch.
const FETCH: Duration = Duration::from_secs(5);
/// The longest that a request waits for one. Callers give up soon, and "later" is an answer, too.
const WAIT: Duration = Duration::from_secs(3);
/// A set has a handful of keys, each of less than a kilobyte, with a chain of certificates at worst.
const LONGEST: usize = 256 * 1024;

/// The key sets that are there, and how they were had.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) ring: Arc<KeyRing>,
    fetches: Arc<Mutex<HashMap<String, Fetch>>>,
}

/// The last fetch of one URL.
struct Fetch {
    began: Timestamp,
    /// When the set that is there was asked for.
    had: Option<Timestamp>,
    /// Closed when the fetch is over.
    over: watch::Receiver<()>,
}

impl Keys {
    /// Begins a fetch, or joins the one that is under way; `None` where the last one was too short ago.
    fn fetch(&self, url: &str, outbound: &Arc<dyn Outbound>, now: Timestamp) -> Option<watch::Receiver<()>> {
        let mut fetches = self.fetches.lock().unwrap_or_else(PoisonError::into_inner);
        let last = fetches.get(url);
        if let Some(last) = last.filter(|last| last.over.has_changed().is_ok()) {
            return Some(last.over.clone());
        }
        // A clock that was set back must not stop fetches.
        if last.is_some_and(|last| now >= last.began && now.since(last.began) < PAUSE) {
            return None;
        }
        let (done, over) = watch::channel(());
        let had = last.and_then(|last| last.had);
        fetches.insert(url.to_owned(), Fetch { began: now, had, over: over.clone() });
        let (url, outbound) = (url.to_owned(), Arc::clone(outbound));
        let (ring, fetches) = (Arc::clone(&self.ring), Arc::clone(&self.fetches));
        // On its own: a caller that hangs up ends no fetch, and so cannot have it begun anew.
        tokio::spawn(async move {
            if let Some(set) = get(&*outbound, &url).await {
                ring.put(&url, set);
                if let Some(fetch) = fetches.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&url) {
                    fetch.had = Some(now);
                }
            }
            drop(done);
        });
        Some(over)
    }

    /// When the set that is there was asked for, and when one was asked for last.
    fn times(&self, url: &str) -> (Option<Timestamp>, Option<Timestamp>) {
        let fetches = self.fetches.lock().unwrap_or_else(PoisonError::into_inner);
        let fetch = fetches.get(url);
        (fetch.and_then(|fetch| fetch.had), fetch.map(|fetch| fetch.began))
    }
}

/// Asks for a set. Why there is none is in the log: who asks keeps what was there.
async fn get(outbound: &dyn Outbound, url: &str) -> Option<KeySet> {
    let parsed = Url::parse(url).ok()?;
    let host = parsed.host_str().unwrap_or_default().to_owned();
    let headers = vec![("accept".to_owned(), "application/jwk-set+json, application/json".to_owned())];
    let call = Prepared { method: "GET".to_owned(), url: parsed, headers, body: Bytes::new(), timeout: FETCH };
    let answer = outbound.send(call).await;
    let set = match answer.class {
        Class::Success if answer.body.len() <= LONGEST => KeySet::read(&answer.body),
        _ => None,
    };
    match &set {
        Some(set) if set.is_empty() => warn!(host, "a key set without a key that may verify was fetched"),
        Some(set) => info!(host, keys = set.len(), "a key set was fetched"),
        None => warn!(host, http = answer.http, trouble = answer.trouble.as_deref(), "no key set was had"),
    }
    set
}

impl Flow {
    /// Fetches what is not there or old, and forgets what is of no use; for now and then. Waits for nothing.
    pub fn renew_keys(&self) {
        let (snapshot, now) = (self.snapshot.load(), self.ambient.now());
        let used = snapshot.key_sets();
        for url in &used {
            let (had, began) = self.keys.times(url);
            let older = |time: Option<Timestamp>, age| time.is_none_or(|time| now < time || now.since(time) >= age);
            if had.is_none() || older(had, RENEW) && older(began, AGAIN) {
                self.keys.fetch(url, &self.outbound, now);
            }
        }
        self.keys.ring.retain(|url| used.contains(url));
        // One that is under way stays, or else it could be begun again.
        let mut fetches = self.keys.fetches.lock().unwrap_or_else(PoisonError::into_inner);
        fetches.retain(|url, fetch| used.contains(url.as_str()) || fetch.over.has_changed().is_ok());
    }

    /// Has the keys fetched that a request's token names and that are not there. A request that nobody else's
    /// credentials verify is told "later" where that cannot be done now: its key may be a new one.
    pub(super) async fn without_keys(
        &self,
        snapshot: &Snapshot,
        hits: &[Hit],
        asked: &Request<'_>,
        now: Timestamp,
    ) -> Option<Refused> {
        let indexes = || hits.iter().filter_map(|hit| snapshot.credentials.get(hit.credentials));
        let lacking: BTreeSet<&str> = indexes().flat_map(|index| index.lacking(asked)).collect();
        let mut late = false;
        for url in lacking {
            let Some(mut over) = self.keys.fetch(url, &self.outbound, now) else {
                late = true;
                continue;
            };
            // It never changes: the wait ends when it is closed.
            let _ = timeout(WAIT, over.changed()).await;
            let (had, began) = self.keys.times(url);
            late |= had.is_none() || had != began;
        }
        if !late || indexes().any(|index| index.verify(asked, now).is_ok()) {
            return None;
        }
        warn!("a token's key is not known, and its set cannot be fetched now: told to come later");
        Some(Refused { retry_after: u32::try_from(PAUSE.as_secs()).ok(), ..Reason::Overloaded.into() })
    }
}

#[cfg(test)]
mod tests;

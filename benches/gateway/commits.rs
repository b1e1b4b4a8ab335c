//! A store alone, with as many callers at once as the platform has: no accept can be faster than its commit.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use switchboard::app::SystemAmbient;
use switchboard::delivery::Life;
use switchboard::flow::Ambient;
use switchboard::model::{Class, Ref};
use switchboard::store::postgres::{Place, Postgres};
use switchboard::store::sqlite::Sqlite;
use switchboard::store::{Acceptance, Lane, NewMessage, Origin, Store};
use tokio::task::JoinSet;

use crate::load::CONNECTIONS;
use crate::mapping::{SEND, Trouble};
use crate::sends::{id, recipient};

/// How long a message is good for.
const GOOD: Duration = Duration::from_secs(24 * 3600);

/// A store of its own.
pub(super) struct Commits(Arc<dyn Store>);

impl Commits {
    /// A file in that folder.
    pub(super) fn file(folder: &Path) -> Result<Self, Trouble> {
        Ok(Self(Arc::new(Sqlite::open(&folder.join("commits.db"))?)))
    }

    /// The database there, which has its tables.
    pub(super) async fn database(url: &str) -> Result<Self, Trouble> {
        Ok(Self(Arc::new(Postgres::open(&Place::parse(url)?, &[]).await?)))
    }

    /// Accepts the messages numbered from `first` on; from the question to the answer, shortest first.
    pub(super) async fn fire(&self, first: u32, count: u32) -> Result<Vec<Duration>, Trouble> {
        let (next, last) = (Arc::new(AtomicU32::new(first)), first + count);
        let mut callers = JoinSet::new();
        for _ in 0..CONNECTIONS {
            callers.spawn(caller(self.0.clone(), next.clone(), last));
        }
        let mut waits = Vec::new();
        while let Some(ended) = callers.join_next().await {
            waits.extend(ended??);
        }
        waits.sort_unstable();
        Ok(waits)
    }
}

async fn caller(store: Arc<dyn Store>, next: Arc<AtomicU32>, last: u32) -> Result<Vec<Duration>, Trouble> {
    let mut waits = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= last {
            return Ok(waits);
        }
        let message = message(number);
        let begun = Instant::now();
        let accepted = store.accept(vec![message]).await?;
        waits.push(begun.elapsed());
        if accepted != [Acceptance::New] {
            return Err("a new message is a repeat".into());
        }
    }
}

/// As the gateway would store what the platform sends.
fn message(number: u32) -> NewMessage {
    let at = SystemAmbient.now();
    NewMessage {
        reference: Ref::from_number((i64::from(number) + 1) << 18),
        lane: Lane { tenant: "shop".into(), from: "919845013377".into() },
        to: recipient(number).to_string().as_str().into(),
        class: Class::Promotional,
        origin: Origin::Platform,
        platform_id: id(number),
        campaign: None,
        dedupe: Some(id(number)),
        body: Bytes::from_static(SEND.as_bytes()),
        version: "0123456789abcdef".to_owned(),
        life: Life::new(at.after(GOOD)),
        at,
    }
}

//! The async order of steps: facts in, legs run, store and client called; tokens, key sets and template lists cached.
//!
//! Decides nothing that `legs` or `delivery` decide, and knows neither warp nor signals. Start at [`Flow`]: `request`
//! for what comes in, [`Flow::attempt`], [`Flow::call`] and [`Flow::wake`] for what the dispatcher drives.

mod accept;
mod ambient;
mod attempt;
mod calls;
mod drain;
mod event;
mod facts;
mod inbound;
mod keys;
mod letters;
mod misses;
mod redrive;
mod release;
mod request;
mod settle;
mod shapes;
mod templates;
#[cfg(test)]
mod tests;
mod tokens;
mod unsaid;
mod versions;
mod webhook;

pub use ambient::{Ambient, Ids};
pub use attempt::After;
pub use calls::{CallEnd, Heard};
pub use drain::Drain;
pub use event::Looked;
pub use misses::Misses;
pub use redrive::{Prospect, Redriven};
pub use release::Release;
pub use shapes::{Checked, Shapes};
pub use templates::Synced;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, watch};

use crate::client::Outbound;
use crate::config::Snapshot;
use crate::limits::Limits;
use crate::model::{Class, StopScope};
use crate::store::{self, Lane, Store};
use crate::value::Timestamp;

/// What the dispatcher is told about.
#[derive(Debug)]
pub enum Work {
    /// A message was accepted, or became ready again; it is stored, so a full queue loses nothing.
    Message(Box<store::Message>),
    /// The provider says that this lane, or its whole account, must stop.
    Stop(Lane, StopScope),
    /// The operator says that held lanes may try again at once.
    Release(Release),
    /// Calls were queued.
    Calls,
    /// Something has a new time to wake at.
    Timers,
    /// Statuses came that no message was found for.
    Unmatched,
}

/// Everything the steps share. Cheap to share behind an [`Arc`].
pub struct Flow {
    /// The configuration of this moment.
    pub snapshot: ArcSwap<Snapshot>,
    /// What survives.
    pub store: Arc<dyn Store>,
    /// Calls go out here.
    pub outbound: Arc<dyn Outbound>,
    /// Time and randomness.
    pub ambient: Arc<dyn Ambient>,
    /// How fast.
    pub limits: Limits,
    /// Told after each change of the configuration: whoever waits because of the old one looks at the new one.
    pub configured: watch::Sender<()>,
    /// Tables without a row.
    pub misses: Misses,
    /// Documents that are not of the declared shape.
    pub shapes: Shapes,
    ids: Ids,
    tokens: tokens::Tokens,
    keys: keys::Keys,
    templates: templates::Templates,
    /// When. The entries' own end only bounds the memory.
    replied: moka::sync::Cache<String, Timestamp>,
    work: mpsc::Sender<Work>,
    unheard: Unheard,
}

/// Lanes whose transactional messages did not fit into the dispatcher's queue: as many as there are senders at most.
#[derive(Default)]
struct Unheard {
    any: AtomicBool,
    lanes: Mutex<BTreeSet<Lane>>,
}

impl Flow {
    /// Puts the pieces together; `work` leads to the dispatcher.
    pub fn new(
        mut snapshot: Snapshot,
        store: Arc<dyn Store>,
        outbound: Arc<dyn Outbound>,
        ambient: Arc<dyn Ambient>,
        work: mpsc::Sender<Work>,
    ) -> Self {
        let replied = moka::sync::Cache::builder().max_capacity(100_000).time_to_live(inbound::SPARING).build();
        let keys = keys::Keys::default();
        snapshot.keys = Arc::clone(&keys.ring);
        Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            store,
            outbound,
            ambient,
            limits: Limits::default(),
            configured: watch::Sender::default(),
            misses: Misses::default(),
            shapes: Shapes::default(),
            ids: Ids::default(),
            tokens: tokens::Tokens::new(),
            keys,
            templates: templates::Templates::new(),
            replied,
            work,
            unheard: Unheard::default(),
        }
    }

    /// Puts a new configuration in place; the dispatcher looks at once at what waits because of the old one.
    pub fn configure(&self, mut snapshot: Snapshot) {
        snapshot.keys = Arc::clone(&self.keys.ring);
        self.snapshot.store(Arc::new(snapshot));
        self.configured.send_replace(());
        self.tell(Work::Calls);
    }

    /// Tells the dispatcher. A full queue is fine: what is told is stored, and the dispatcher looks there too.
    fn tell(&self, work: Work) {
        if let Err(mpsc::error::TrySendError::Full(Work::Message(message))) = self.work.try_send(work)
            && message.message.class == Class::Transactional
        {
            // It goes before those that wait in the store, so its lane must not find it behind them.
            self.unheard.lanes.lock().unwrap_or_else(PoisonError::into_inner).insert(message.message.lane);
            self.unheard.any.store(true, Ordering::Release);
        }
    }

    /// Lanes that have a transactional message in the store that the dispatcher was not told of; each is named once.
    pub fn unheard(&self) -> BTreeSet<Lane> {
        if !self.unheard.any.swap(false, Ordering::Acquire) {
            return BTreeSet::new();
        }
        std::mem::take(&mut *self.unheard.lanes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

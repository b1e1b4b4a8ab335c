//! The async order of steps: facts in, legs run, store and client called; tokens, key sets and template lists cached.
//!
//! Decides nothing that `legs` or `delivery` decide, and knows neither warp nor signals. Start at [`Flow`]: `request`
//! for what comes in, [`Flow::attempt`], [`Flow::call`] and [`Flow::wake`] for what the dispatcher drives.

mod accept;
mod afoot;
mod ambient;
mod announce;
mod attempt;
mod calls;
mod campaign;
mod charges;
mod drain;
mod event;
mod facts;
mod fresh;
mod hand;
mod held;
mod inbound;
mod keys;
mod lately;
mod letters;
mod misses;
mod pace;
mod parts;
mod patience;
mod probe;
mod pulse;
mod redrive;
mod release;
mod replays;
mod request;
mod samples;
mod settle;
mod shapes;
mod silence;
mod spans;
mod steer;
mod strangers;
mod templates;
#[cfg(test)]
mod tests;
mod tokens;
mod unsaid;
mod untold;
mod versions;
mod webhook;
mod webhooks;

pub use ambient::{Ambient, Ids};
pub use attempt::After;
pub use calls::{CallEnd, Heard};
pub use campaign::Slices;
pub use charges::Unpriced;
pub use drain::Drain;
pub use event::Looked;
pub use fresh::FreshCall;
pub use held::Held;
pub use lately::{Fact, Lately, Times, Whose};
pub use misses::Misses;
pub use probe::Probed;
pub use pulse::{Counts, Pulse};
pub use redrive::{Prospect, Redriven};
pub use release::Released;
pub use samples::{Posted, Samples};
pub use settle::is_note;
pub use shapes::{Checked, Shapes};
pub use spans::{Span, Spans, Stretch, mixed};
pub use steer::{Cancel, Cancelled};
pub use templates::Synced;
pub use untold::Untold;
pub use webhooks::{Posts, Unasked};

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, watch};

use crate::client::Outbound;
use crate::config::Snapshot;
use crate::limits::{Failures, Limits};
use crate::model::StopScope;
use crate::store::{self, Lane, Release, Store};
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
    /// Calls were queued, or have another time.
    Calls,
    /// This one was, and waits for no other; it is stored, so a full queue loses nothing.
    Call(Box<FreshCall>),
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
    /// Credentials that were wrong.
    pub failures: Failures,
    /// Tables without a row.
    pub misses: Misses,
    /// Costs that could not be used.
    pub unpriced: Unpriced,
    /// Documents that are not of the declared shape.
    pub shapes: Shapes,
    /// How long what took, for whoever collects it.
    pub spans: Spans,
    /// What known callers post, on its way to be kept.
    pub samples: Samples,
    /// What happened lately.
    pub lately: Lately,
    /// What became of messages lately.
    pub pulse: Pulse,
    silence: silence::Elsewhere,
    /// Lanes that are held.
    pub held: Held,
    /// The gateway stops: nothing is begun any more.
    pub ending: AtomicBool,
    ids: Ids,
    afoot: afoot::Afoot,
    tokens: tokens::Tokens,
    keys: keys::Keys,
    templates: templates::Templates,
    /// When. The entries' own end only bounds the memory.
    replied: moka::sync::Cache<String, Timestamp>,
    work: mpsc::Sender<Work>,
    fresh: fresh::Fresh,
    notes: untold::Notes,
    replays: replays::Replays,
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
            failures: Failures::default(),
            misses: Misses::default(),
            unpriced: Unpriced::default(),
            shapes: Shapes::default(),
            spans: Spans::default(),
            samples: Samples::default(),
            lately: Lately::default(),
            pulse: Pulse::default(),
            silence: silence::Elsewhere::default(),
            held: Held::default(),
            ending: AtomicBool::new(false),
            ids: Ids::default(),
            afoot: afoot::Afoot::default(),
            tokens: tokens::Tokens::new(),
            keys,
            templates: templates::Templates::new(),
            replied,
            work,
            fresh: fresh::Fresh::default(),
            notes: untold::Notes::default(),
            replays: replays::Replays::default(),
        }
    }

    /// Ids are larger than this from now on: what goes by them keeps its order over a restart, wherever the clock was set
    /// meanwhile.
    pub fn number_after(&self, newest: i64) {
        self.ids.pass(newest);
    }

    /// Puts a new configuration in place; the dispatcher looks at once at what waits because of the old one.
    pub fn configure(&self, mut snapshot: Snapshot) {
        snapshot.keys = Arc::clone(&self.keys.ring);
        self.snapshot.store(Arc::new(snapshot));
        self.want();
        self.configured.send_replace(());
        self.tell(Work::Calls);
    }

    /// A number that nobody has yet.
    fn next_id(&self) -> i64 {
        self.ids.next(&*self.ambient, self.store.slot())
    }

    /// Tells the dispatcher. Where its queue is full nothing is lost: a message is stored, and found there; the rest is kept
    /// until it is taken.
    fn tell(&self, work: Work) {
        if matches!(work, Work::Calls) {
            self.fresh.tell();
        }
        if let Err(mpsc::error::TrySendError::Full(work)) = self.work.try_send(work) {
            self.notes.keep(work);
        }
    }

    /// What the dispatcher's queue had no room for, once there is something.
    pub async fn untold(&self) -> Untold {
        self.notes.take().await
    }
}

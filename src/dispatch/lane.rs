//! One lane: one sender of one tenant. Transactional first, then in order, one by one as its account's gate lets it through.
//!
//! Keeps its share of messages in memory ([`Open::messages`]); the rest wait in the store and are claimed when it runs
//! low. A recipient who had too many is stepped over, not waited for.

mod stops;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{error, warn};

use super::gate::{Gates, Permit, Seat, Turn};
use super::hold::Hold;
use super::memory::Open;
use super::orders::Orders;
use super::waits::{Limit, Waits};
use crate::config::Tenant;
use crate::flow::{After, Flow};
use crate::limits::{Speed, Verdict, keys};
use crate::model::{Class, Ref};
use crate::store::{Holding, Lane, Message, Stay, Without};

/// Below that part of its share the store is asked for more.
const LOW: usize = 4;
/// Read from the store at once: the readers' time is shared with everybody's webhooks, and a big piece is a long wait.
const PIECE: usize = 250;
/// An empty lane ends after this.
const IDLE: Duration = Duration::from_secs(30);
/// Before a store is asked again that could not be read.
const UNREAD: Duration = Duration::from_secs(1);
/// Before it is looked again whether a store that was away is back.
const AWAY: Duration = Duration::from_millis(100);
/// Before it is looked again whether a pause is over, which another gateway may have ended.
const PAUSED: Duration = Duration::from_millis(250);

/// Stepped over at once, in shares. More would be tried again and again for nothing; the store keeps them.
const LATER: usize = 5;

/// What the dispatcher hands a lane.
pub(super) enum Handed {
    /// A message, stored before.
    Message(Box<Message>),
    /// So many of the lane's messages are queued in the store: whoever has fewer looks there.
    Look(u64),
}

/// One lane's task.
pub(super) struct LaneTask {
    lane: Lane,
    flow: Arc<Flow>,
    open: Open,
    gates: Arc<Gates>,
    /// At the gate of its tenant's account.
    seat: Option<Seat>,
    /// What it is told that waits in no line; its bell is the lane's.
    orders: Arc<Orders>,
    /// It is this gateway's.
    stay: Stay,
    ended: mpsc::UnboundedSender<(Ref, After)>,
    queue: BTreeMap<(Class, Ref), Box<Message>>,
    /// Stepped over until then, because their recipient had too many.
    later: BTreeMap<(Instant, Ref), Box<Message>>,
    /// The references in `later`.
    stepped_over: HashSet<Ref>,
    /// With the time when their attempts began.
    under_way: HashMap<Ref, Instant>,
    /// The next of each class, whose recipients have not had too many: a transactional one may come while another waits.
    heads: BTreeMap<Class, Box<Message>>,
    /// The store has more than is in memory.
    more: bool,
    /// Campaigns that were paused when the store was read: it may have more of theirs.
    left: BTreeSet<String>,
    hold: Hold,
    /// The hold as it was written down last.
    shown: Option<(Instant, Instant)>,
    /// What its messages waited for.
    waits: Waits,
}

/// What the next message waits for.
enum Next {
    Go(Permit),
    At(Instant),
    Nothing,
}

impl LaneTask {
    /// No message yet.
    pub(super) fn new(
        lane: Lane,
        flow: Arc<Flow>,
        gates: Arc<Gates>,
        orders: Arc<Orders>,
        stay: Stay,
    ) -> (Self, mpsc::UnboundedReceiver<(Ref, After)>) {
        let (ended, endings) = mpsc::unbounded_channel();
        let task = Self {
            lane,
            flow,
            open: Open::new(&gates.lanes),
            gates,
            seat: None,
            orders,
            stay,
            ended,
            queue: BTreeMap::new(),
            later: BTreeMap::new(),
            stepped_over: HashSet::new(),
            under_way: HashMap::new(),
            heads: BTreeMap::new(),
            more: true,
            left: BTreeSet::new(),
            hold: Hold::default(),
            shown: None,
            waits: Waits::default(),
        };
        (task, endings)
    }

    /// Runs until the lane has been empty for a while, or until told to stop; what is under way is waited for. Whether
    /// something was handed to it that it did not take any more.
    pub(super) async fn run(
        mut self,
        mut handed: mpsc::Receiver<Handed>,
        mut endings: mpsc::UnboundedReceiver<(Ref, After)>,
        mut stop: watch::Receiver<bool>,
    ) -> bool {
        let mut configured = self.flow.configured.subscribe();
        // One that broke off could not take back what it had written down.
        self.flow.held.set(Holding::Messages(self.lane.clone()), None);
        while !*stop.borrow() {
            self.obey();
            self.look_for_resumed();
            let urgent = self.orders.urgent();
            let share = self.open.messages();
            if urgent || self.more && self.queue.len() < share / LOW && self.later.len() < share * LATER {
                self.refill().await;
            }
            self.waits.end(Instant::now(), self.flow.ambient.now());
            let wake = match self.next() {
                Next::Go(permit) => {
                    // The end of another attempt, told before its place is free, may have held the lane meanwhile. The
                    // message stands at the head until it goes: what is heard of it again is not taken in twice.
                    self.catch_up(&mut handed, &mut endings);
                    if !self.is_held() {
                        self.start(permit);
                    }
                    // Nothing above waits while calls may go: the others of this thread want their time too.
                    consume_budget().await;
                    continue;
                }
                Next::At(at) => at,
                Next::Nothing => Instant::now() + IDLE,
            };
            let wake = if self.left.is_empty() { wake } else { wake.min(Instant::now() + PAUSED) };
            self.show();
            // A held one stays, however empty: what comes next must not go out as if nothing had been said.
            let idle = self.is_empty() && !self.is_held();
            tokio::select! {
                biased;
                Ok(()) = stop.changed() => {}
                Some((reference, after)) = endings.recv() => self.end(reference, after),
                () = self.orders.bell.notified() => {}
                Ok(()) = configured.changed() => {}
                word = handed.recv() => match word {
                    Some(word) => self.hear(word),
                    None => break,
                },
                () = sleep_until(wake) => if idle { break },
            }
            // What came with it needs no look of its own.
            self.catch_up(&mut handed, &mut endings);
        }
        self.seat = None;
        self.hold = Hold::default();
        self.show();
        while !self.under_way.is_empty() {
            let Some((reference, after)) = endings.recv().await else { break };
            self.end(reference, after);
        }
        // Between the decision to end and this line something may have come: whoever sent it counts on this lane.
        handed.close();
        handed.try_recv().is_ok()
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty()
            && self.later.is_empty()
            && self.under_way.is_empty()
            && self.heads.is_empty()
            && self.left.is_empty()
            && !self.more
    }

    fn catch_up(&mut self, handed: &mut mpsc::Receiver<Handed>, endings: &mut mpsc::UnboundedReceiver<(Ref, After)>) {
        while let Ok((reference, after)) = endings.try_recv() {
            self.end(reference, after);
        }
        while let Ok(word) = handed.try_recv() {
            self.hear(word);
        }
        self.obey();
    }

    fn hear(&mut self, word: Handed) {
        match word {
            Handed::Message(message) => self.take(message),
            Handed::Look(queued) => {
                let here = self.queue.len() + self.later.len() + self.under_way.len() + self.heads.len();
                self.more |= usize::try_from(queued).is_ok_and(|queued| queued > here);
            }
        }
    }

    /// Takes a stored message into memory, or leaves it to a later claim.
    fn take(&mut self, message: Box<Message>) {
        let (class, reference) = (message.message.class, message.message.reference);
        // Older ones wait in the store: this one gets its turn after them, unless it goes before them all.
        let urgent = class == Class::Transactional;
        if self.queue.len() >= self.room(class) || (self.more && !urgent) {
            self.more = true;
        } else if !self.has(reference) {
            self.note_again(&message);
            self.queue.insert((class, reference), message);
        }
    }

    /// Up to so many in memory one of a class is taken in: the transactional have room beside a full queue of the others.
    fn room(&self, class: Class) -> usize {
        match class {
            Class::Transactional => 2 * self.open.messages(),
            Class::Promotional => self.open.messages(),
        }
    }

    fn has(&self, reference: Ref) -> bool {
        self.under_way.contains_key(&reference)
            || self.stepped_over.contains(&reference)
            || self.heads.values().any(|head| head.message.reference == reference)
    }

    async fn refill(&mut self) {
        let mut held: HashSet<Ref> = self.under_way.keys().copied().collect();
        held.extend(self.queue.keys().map(|(_, reference)| *reference));
        held.extend(&self.stepped_over);
        held.extend(self.heads.values().map(|head| head.message.reference));
        let most = PIECE.min(self.open.messages());
        let campaigns = self.flow.store.paused_campaigns(&self.lane.tenant);
        let without = Without { held, campaigns };
        match self.flow.store.claim(&self.lane, self.flow.ambient.now(), most, &without).await {
            Ok(claimed) => {
                self.left = without.campaigns;
                self.more = claimed.len() == most;
                for message in claimed {
                    let class = message.message.class;
                    if self.queue.len() < self.room(class) {
                        self.note_again(&message);
                        self.queue.insert((class, message.message.reference), Box::new(message));
                    } else {
                        self.more = true;
                    }
                }
            }
            // Nobody's word against this lane, so it is not held.
            Err(problem) => {
                warn!(tenant = %self.lane.tenant, %problem, "the lane could not be read");
                sleep(UNREAD).await;
            }
        }
    }

    fn next(&mut self) -> Next {
        let snapshot = self.flow.snapshot.load_full();
        if !self.stay.holds() {
            self.rest();
            return Next::At(Instant::now() + AWAY);
        }
        if self.flow.store.is_paused(&self.lane, None) {
            self.rest();
            return Next::At(Instant::now() + PAUSED);
        }
        if let Some(until) = self.hold.until(&snapshot) {
            self.rest();
            return Next::At(until);
        }
        if self.hold.probes() && !self.under_way.is_empty() {
            self.rest();
            return Next::At(Instant::now() + IDLE);
        }
        let Some(tenant) = snapshot.tenant(self.lane.tenant.as_str()) else {
            self.hold.begin();
            return Next::At(Instant::now());
        };
        self.pick(tenant);
        let Some((best, _)) = self.heads.first_key_value() else {
            return self.later.first_key_value().map_or(Next::Nothing, |((at, _), _)| Next::At(*at));
        };
        let best = *best;
        let seat = self.seat.take().filter(|seat| seat.is_at(tenant.account()));
        let seat = seat.unwrap_or_else(|| self.gates.sit(tenant.account(), &self.lane, self.orders.bell.clone()));
        let seat = self.seat.insert(seat);
        let at = match seat.ask(best) {
            Turn::Go(permit) => return Next::Go(permit),
            Turn::At(at) => at,
            Turn::Bell => Instant::now() + IDLE,
        };
        self.waits.begin(seat.waits_for(), Instant::now());
        Next::At(self.later.first_key_value().map_or(at, |((later, _), _)| at.min(*later)))
    }

    /// While it is held it keeps nobody from his turn.
    fn rest(&mut self) {
        if let Some(seat) = &self.seat {
            seat.rest();
        }
    }

    /// The best message of each class whose recipient has not had too many, unless a better one is picked already.
    fn pick(&mut self, tenant: &Tenant) {
        let now = Instant::now();
        while let Some(entry) = self.later.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let message = entry.remove();
            self.stepped_over.remove(&message.message.reference);
            self.queue.insert((message.message.class, message.message.reference), message);
        }
        self.leave_heads();
        while let Some(entry) = self.queue.first_entry() {
            let class = entry.key().0;
            if self.heads.keys().any(|best| *best <= class) {
                return;
            }
            let message = entry.remove();
            if self.leaves(&message) {
                continue;
            }
            if let Some(wait) = self.left_alone(&message) {
                self.step_over(message, Limit::Recipient, wait);
                continue;
            }
            let (key, speed) = self.pair(&message, tenant);
            match self.flow.limits.peek(&key, speed) {
                Verdict::Go => drop(self.heads.insert(class, message)),
                Verdict::Wait(wait) => self.step_over(message, Limit::Pair, wait),
            }
        }
    }

    fn pair(&self, message: &Message, tenant: &Tenant) -> (String, Speed) {
        let to = message.message.to.as_str();
        let key = keys::pair(self.lane.tenant.as_str(), self.lane.from.as_str(), to);
        (key, Speed::new(tenant.limits.pair, Some(tenant.limits.pair_burst)))
    }

    fn start(&mut self, permit: Permit) {
        let Some((_, message)) = self.heads.pop_first() else { return };
        // Said while it waited for its turn, which is the next one's then.
        if let Some(wait) = self.left_alone(&message) {
            return self.step_over(message, Limit::Recipient, wait);
        }
        // Counted only now, since a turn may be long in coming. Of two heads for one person the second may have to wait.
        let snapshot = self.flow.snapshot.load_full();
        let pair = snapshot.tenant(self.lane.tenant.as_str()).map(|tenant| self.pair(&message, tenant));
        if let Some(Verdict::Wait(wait)) = pair.map(|(key, speed)| self.flow.limits.take(&key, speed)) {
            return self.step_over(message, Limit::Pair, wait);
        }
        let (reference, accepted) = (message.message.reference, message.message.at);
        let waited = self.waits.of(reference, accepted, self.flow.ambient.now());
        self.under_way.insert(reference, Instant::now());
        let (flow, ended, stay) = (self.flow.clone(), self.ended.clone(), self.stay.clone());
        tokio::spawn(async move {
            let after = attempt(&flow, message, &stay, waited).await;
            // Nobody listens only when the lane's task is gone, and then the store still knows.
            let _ = ended.send((reference, after));
            drop(permit);
        });
    }

    fn end(&mut self, reference: Ref, after: After) {
        let begun = self.under_way.remove(&reference);
        if after.hold || after.stop.is_some() {
            self.hold();
        } else if let Some(begun) = begun {
            self.heard(after.heard, begun);
        }
        // It waits in the store: for its time, or, if its time is now, for the next claim.
        self.more |= after.again;
    }
}

/// An attempt that comes to grief is in doubt, like one that a stop cut off: it must not block its message, nor its lane.
async fn attempt(flow: &Flow, message: Box<Message>, stay: &Stay, waited: Option<String>) -> After {
    let reference = message.message.reference;
    if let Ok(after) = AssertUnwindSafe(flow.attempt(*message, stay, waited)).catch_unwind().await {
        return after;
    }
    error!(id = %reference, "an attempt broke off");
    flow.broke_off(reference).await;
    After::default()
}

//! Which node this is, and which parts are its: in memory, for whoever asks before every call. What is here is never more than
//! what the database says: a part shows after its commit, and goes before it; the time to send ends before the lease does.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::super::Lane;
use super::super::part::{Changed, Node, Part, Stay, Tenure, Wanted};
use super::held::Known;
use crate::model::Name;

/// A node that wrote nothing for so long is gone: others take its place.
pub(super) const LEASE: Duration = Duration::from_secs(5);
/// So much earlier it begins no more calls.
const MARGIN: Duration = Duration::from_secs(1);

/// All that this process knows of the nodes.
#[derive(Debug)]
pub(super) struct Roster {
    state: RwLock<State>,
    /// What was last made of it: there may be ten thousands of parts, and it is asked for often. Written by who reads the state,
    /// taken away by who changes it.
    reach: Mutex<Option<Arc<Reach>>>,
    /// Its row in the table `node`.
    node: AtomicI64,
    slot: AtomicU64,
    /// No call begins later: milliseconds since `born`.
    until: AtomicU64,
    born: Instant,
    /// News that are in memory.
    pub(super) heard: AtomicI64,
    /// Held by whoever takes some into memory.
    hearing: Mutex<()>,
    /// Whoever watches is to look now.
    pub(super) look: Notify,
    /// What is held, here and by others.
    pub(super) held: Known,
    changed: Mutex<Changed>,
    something: Notify,
}

#[derive(Debug, Default)]
struct State {
    takings: u64,
    mine: HashMap<Part, Arc<Mine>>,
    /// Other nodes'.
    theirs: HashSet<Part>,
    nodes: Vec<Node>,
    /// Nothing yet: it acts for all that nobody has.
    wanted: Option<Arc<Wanted>>,
    named: HashSet<Part>,
    /// Queued messages, as this node added and took them, and as all others did.
    queued: HashMap<Name, i64>,
    beside: HashMap<Name, i64>,
    /// What all others accepted, once that was looked at.
    accepted: Option<HashMap<Name, i64>>,
}

/// A part that is this node's.
#[derive(Debug)]
pub(super) struct Mine {
    taking: u64,
    /// When somebody else had it last.
    before: Option<Instant>,
    leaving: AtomicBool,
    stays: AtomicUsize,
}

/// Which tenants' work this node does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nobody else does any.
    All,
    /// Those of `own`; where it has the house, also those that are nobody else's.
    Some { own: Vec<String>, house: bool, others: Vec<String> },
}

impl Default for Roster {
    fn default() -> Self {
        Self {
            state: RwLock::default(),
            reach: Mutex::default(),
            node: AtomicI64::new(0),
            slot: AtomicU64::new(0),
            until: AtomicU64::new(0),
            born: Instant::now(),
            heard: AtomicI64::new(0),
            hearing: Mutex::default(),
            look: Notify::new(),
            held: Known::default(),
            changed: Mutex::default(),
            something: Notify::new(),
        }
    }
}

impl Roster {
    /// It is that node from now on, and has nothing yet.
    pub(super) fn enter(&self, node: i64, slot: i64) {
        let mut state = self.change();
        state.mine.clear();
        state.queued.clear();
        // What it counted as another node is others' now.
        state.accepted = None;
        self.node.store(node, Ordering::SeqCst);
        self.slot.store(slot.unsigned_abs(), Ordering::Relaxed);
        drop(state);
        self.look.notify_one();
        self.tell(|changed| changed.parts = true);
    }

    pub(super) fn node(&self) -> i64 {
        self.node.load(Ordering::SeqCst)
    }

    pub(super) fn slot(&self) -> u16 {
        u16::try_from(self.slot.load(Ordering::Relaxed)).unwrap_or(u16::MAX)
    }

    /// A commit that was begun then is durable: the lease runs from its beginning.
    pub(super) fn renewed(&self, begun: Instant) {
        let until = begun.duration_since(self.born) + LEASE - MARGIN;
        self.until.fetch_max(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    fn is(&self, node: i64) -> bool {
        let now = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.node() == node && now < self.until.load(Ordering::SeqCst)
    }

    pub(super) fn want(&self, wanted: Wanted) {
        let mut state = self.change();
        state.named = wanted.groups.iter().flatten().cloned().collect();
        state.wanted = Some(Arc::new(wanted));
        drop(state);
        self.look.notify_one();
    }

    pub(super) fn wanted(&self) -> Option<Arc<Wanted>> {
        self.read().wanted.clone()
    }

    /// What another look at the tables found.
    pub(super) fn saw(&self, nodes: Vec<Node>, theirs: HashSet<Part>) {
        let mut state = self.change();
        let news =
            state.nodes.iter().map(|node| node.id).ne(nodes.iter().map(|node| node.id)) || state.theirs != theirs;
        (state.nodes, state.theirs) = (nodes, theirs);
        drop(state);
        if news {
            self.tell(|changed| changed.parts = true);
        }
    }

    pub(super) fn nodes(&self) -> Vec<Node> {
        self.read().nodes.clone()
    }

    /// Whether no other node was seen.
    pub(super) fn is_alone(&self) -> bool {
        self.read().nodes.iter().all(|node| node.own)
    }

    /// Parts that were taken, and how long ago somebody else had them.
    pub(super) fn took(&self, parts: &[(Part, Option<Duration>)]) {
        let now = Instant::now();
        let mut state = self.change();
        state.takings += 1;
        let taking = state.takings;
        for (part, before) in parts {
            let before = before.and_then(|before| now.checked_sub(before));
            let mine = Mine { taking, before, leaving: AtomicBool::new(false), stays: AtomicUsize::new(0) };
            // Asked for twice, it is had once.
            state.mine.entry(part.clone()).or_insert_with(|| Arc::new(mine));
        }
        drop(state);
        self.tell(|changed| changed.parts = true);
    }

    /// Parts that were given up.
    pub(super) fn gave(&self, parts: &[Part]) {
        let mut state = self.change();
        parts.iter().for_each(|part| drop(state.mine.remove(part)));
        drop(state);
        self.tell(|changed| changed.parts = true);
    }

    /// Whether another node was seen to have it.
    pub(super) fn is_others(&self, part: &Part) -> bool {
        self.read().theirs.contains(part)
    }

    pub(super) fn mine(&self) -> HashSet<Part> {
        self.read().mine.keys().cloned().collect()
    }

    /// Nobody begins anything more with these, nor with those that were to be left before: whoever was to have one may be
    /// gone by now, and it is taken anew then, when all who work on it have ended. Those that nothing is done with any more, and
    /// whether there are others.
    pub(super) fn leave(&self, parts: &HashSet<Part>) -> (Vec<Part>, bool) {
        // The lock orders this with whoever is about to stay.
        let state = self.change();
        let (mut left, mut busy, mut news) = (Vec::new(), false, false);
        let is_left = |(part, mine): &(&Part, &Arc<Mine>)| parts.contains(part) || mine.leaving.load(Ordering::SeqCst);
        for (part, mine) in state.mine.iter().filter(is_left) {
            news |= !mine.leaving.swap(true, Ordering::SeqCst);
            if mine.stays.load(Ordering::SeqCst) == 0 {
                left.push(part.clone());
            } else {
                busy = true;
            }
        }
        drop(state);
        if news {
            self.tell(|changed| changed.parts = true);
        }
        (left, busy)
    }

    /// The parts, if all are this node's.
    pub(super) fn stay(self: &Arc<Self>, parts: &[Part]) -> Option<Stay> {
        let state = self.read();
        if state.wanted.is_none() {
            return (!parts.iter().any(|part| state.theirs.contains(part))).then(Stay::always);
        }
        let node = self.node();
        let parts: Vec<Arc<Mine>> = parts.iter().map(|part| state.part(part).cloned()).collect::<Option<_>>()?;
        for part in &parts {
            part.stays.fetch_add(1, Ordering::SeqCst);
        }
        drop(state);
        Some(Stay::of(Arc::new(Kept { roster: Arc::clone(self), node, parts })))
    }

    /// Whether a tenant's work is this node's.
    pub(super) fn has(&self, tenant: &Name) -> bool {
        let (state, part) = (self.read(), Part::Tenant(tenant.clone()));
        match state.wanted {
            Some(_) => state.part(&part).is_some(),
            None => !state.theirs.contains(&part),
        }
    }

    pub(super) fn reach(&self) -> Arc<Reach> {
        let state = self.read();
        let mut known = self.reach.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.get_or_insert_with(|| Arc::new(state.reach())))
    }

    /// Queued messages that this node added or took.
    pub(super) fn count(&self, queued: impl Iterator<Item = (Name, i64)>) {
        let mut state = self.write();
        queued.for_each(|(tenant, more)| *state.queued.entry(tenant).or_default() += more);
    }

    /// What all others have counted: all nodes but that one, which this one was when it asked.
    pub(super) fn beside(&self, node: i64, queued: HashMap<Name, i64>, accepted: HashMap<Name, i64>) {
        let mut state = self.write();
        if self.node() != node {
            return;
        }
        state.beside = queued;
        let Some(before) = state.accepted.replace(accepted.clone()) else { return };
        drop(state);
        let more = accepted.into_iter().filter_map(|(tenant, all)| {
            let more = u64::try_from(all - before.get(&tenant).copied().unwrap_or_default()).unwrap_or_default();
            (more > 0).then_some((tenant, more))
        });
        let more: Vec<(Name, u64)> = more.collect();
        if !more.is_empty() {
            self.tell(|changed| changed.accepted.extend(more));
        }
    }

    pub(super) fn backlog(&self, tenant: &Name) -> u64 {
        let state = self.read();
        let of = |map: &HashMap<Name, i64>| map.get(tenant).copied().unwrap_or_default();
        u64::try_from(of(&state.queued) + of(&state.beside)).unwrap_or_default()
    }

    /// Whoever waits for changes hears of one more.
    pub(super) fn tell(&self, what: impl FnOnce(&mut Changed)) {
        what(&mut self.news());
        self.something.notify_one();
    }

    /// Waits for changes.
    pub(super) async fn changed(&self) -> Changed {
        loop {
            let something = self.something.notified();
            let changed = std::mem::take(&mut *self.news());
            if changed != Changed::default() {
                return changed;
            }
            something.await;
        }
    }

    /// Lanes that somebody else put something into.
    pub(super) fn hint(&self, lane: Lane) {
        self.tell(|changed| {
            if !changed.lanes.contains(&lane) {
                changed.lanes.push(lane);
            }
        });
    }

    pub(super) fn hearing(&self) -> MutexGuard<'_, ()> {
        self.hearing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn news(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        // Whole at every moment.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For whoever changes whose the parts are.
    fn change(&self) -> RwLockWriteGuard<'_, State> {
        let state = self.write();
        *self.reach.lock().unwrap_or_else(PoisonError::into_inner) = None;
        state
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn reach(&self) -> Reach {
        let name = |part: &Part| if let Part::Tenant(name) = part { Some(name.as_str().to_owned()) } else { None };
        let whole = |part: &Part| self.mine.get(part).is_some_and(|mine| !mine.leaving.load(Ordering::SeqCst));
        let house = self.wanted.is_none() || whole(&Part::House);
        let named = || self.named.iter().chain(self.mine.keys());
        if house && self.theirs.is_empty() && named().all(whole) {
            return Reach::All;
        }
        let own = self.mine.keys().filter(|part| whole(part)).filter_map(name).collect();
        let others = self.theirs.iter().chain(named().filter(|part| !whole(part))).filter_map(name).collect();
        Reach::Some { own, house, others }
    }

    /// The part, if it is this node's; a tenant that nobody has and no file here names goes with the house.
    fn part(&self, part: &Part) -> Option<&Arc<Mine>> {
        let nobodys = matches!(part, Part::Tenant(_)) && !self.named.contains(part) && !self.theirs.contains(part);
        let mine = self.mine.get(part).or_else(|| self.mine.get(&Part::House).filter(|_| nobodys));
        mine.filter(|mine| !mine.leaving.load(Ordering::SeqCst))
    }
}

/// Somebody works on some parts.
struct Kept {
    roster: Arc<Roster>,
    node: i64,
    parts: Vec<Arc<Mine>>,
}

impl Tenure for Kept {
    fn holds(&self) -> bool {
        self.roster.is(self.node)
    }

    fn is_over(&self) -> bool {
        self.roster.node() != self.node || self.parts.iter().any(|part| part.leaving.load(Ordering::SeqCst))
    }

    fn before(&self) -> (u64, Option<Duration>) {
        let taking = self.parts.iter().map(|part| part.taking).max().unwrap_or_default();
        (taking, self.parts.iter().filter_map(|part| part.before).max().map(|before| before.elapsed()))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut left = false;
        for part in &self.parts {
            left |= part.stays.fetch_sub(1, Ordering::SeqCst) == 1 && part.leaving.load(Ordering::SeqCst);
        }
        if left {
            self.roster.look.notify_one();
        }
    }
}

//! Everything outside the gateway: the time, what is going to happen, who is in what mood, and the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::dice::Dice;
use super::files::Brand;
use super::journal::{Entry, Meant, Spoken, What};
use super::plan::{Event, Plan};
use crate::flow::Ambient;
use crate::model::wire::Answer;
use crate::value::Timestamp;

/// A day in 2026.
const BEGIN: i64 = 1_790_000_000_000;

/// Nothing goes on for longer than this after all is well again: reports are tried for two hours, held lanes probe
/// every fifteen minutes, statuses come two hours late.
const END: i64 = 8 * 3_600_000;

/// More steps than any run needs: something turns in a circle.
const STEPS: u64 = 400_000;

/// The run's time: stands still between two gateways, and is tokio's paused clock while one runs.
#[derive(Default)]
pub(super) struct Clock(Mutex<(i64, Option<Instant>)>);

impl Clock {
    /// Milliseconds since the run began.
    pub(super) fn now(&self) -> i64 {
        let (base, since) = *lock(&self.0);
        base + since.map_or(0, |since| i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    /// From here on the runtime's clock counts.
    pub(super) fn start(&self) {
        lock(&self.0).1 = Some(Instant::now());
    }

    /// The runtime ends. Called while it still is the one whose clock counts.
    pub(super) fn halt(&self) {
        let now = self.now();
        *lock(&self.0) = (now, None);
    }

    /// Time without a gateway.
    pub(super) fn pass(&self, millis: i64) {
        lock(&self.0).0 += millis;
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The outside.
pub(super) struct Outside {
    pub(super) clock: Clock,
    /// The gateway is killed at this step.
    pub(super) kill: Notify,
    state: Mutex<State>,
    random: Mutex<Dice>,
}

impl Outside {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let random = Mutex::new(Dice::new(dice.number()));
        let (plan, events) = Plan::draw(seed, &mut dice);
        let mut state = State {
            at: 0,
            brands: plan.brands.clone(),
            net: plan.net,
            dice,
            agenda: BTreeMap::new(),
            drawn: 0,
            journal: Vec::new(),
            moods: BTreeMap::new(),
            disk: false,
            door: true,
            exchanges: Vec::new(),
            asks: plan.asks.clone(),
            hooks: Vec::new(),
            waiting: BTreeSet::new(),
            taken: 0,
            said: 0,
            steps: 0,
            kill_at: None,
            plan,
        };
        for (at, event) in events {
            state.at(at, event);
        }
        Self { clock: Clock::default(), kill: Notify::new(), state: Mutex::new(state), random }
    }

    /// The state, with its time brought up to now.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        state.at = self.clock.now();
        state
    }
}

impl Ambient for Outside {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(BEGIN + self.clock.now())
    }

    fn random(&self) -> u64 {
        lock(&self.random).number()
    }
}

/// A time of the gateway in milliseconds since the run began.
pub(super) fn since_begin(time: Timestamp) -> i64 {
    time.millis() - BEGIN
}

/// How well the network carries, in a hundred.
#[derive(Clone, Copy, Debug)]
pub(super) struct Net {
    pub(super) refused: u32,
    pub(super) lost: u32,
    pub(super) answer_lost: u32,
    pub(super) slow: u32,
    /// Milliseconds one way, at most.
    pub(super) delay: i64,
}

/// How a party takes its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    Down,
    Silent,
    Errs,
    Garbage,
    Throttles(Option<i64>),
    Unauthorized,
    Broke,
    Refuses,
}

/// A call of the gateway's that is on its way.
pub(super) struct Exchange {
    /// A host and what was sent.
    pub(super) to: String,
    pub(super) body: serde_json::Value,
    /// The answer that is on its way back, and how it is meant.
    pub(super) back: Option<(Answer, Meant)>,
    /// The answer is lost, after the call was taken.
    pub(super) deaf: bool,
    pub(super) sender: Option<oneshot::Sender<(Answer, Meant)>>,
}

/// What a platform wants sent.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) brand: usize,
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) class: &'static str,
    pub(super) tries: u32,
}

/// A webhook of a provider's.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) path: &'static str,
    pub(super) key: String,
    pub(super) body: serde_json::Value,
    pub(super) statuses: Vec<Spoken>,
    /// Tenant, number, address and text of what a person said.
    pub(super) said: Option<(String, String, String, String)>,
    pub(super) tries: u32,
    /// So often on top of what is needed.
    pub(super) again: u32,
}

/// A request to the gateway that nobody answered yet: asked again should the gateway die.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Waiting {
    Ask(usize),
    Hook(usize),
}

/// All that changes.
pub(super) struct State {
    /// Now.
    pub(super) at: i64,
    pub(super) dice: Dice,
    pub(super) plan: Plan,
    /// As configured now.
    pub(super) brands: Vec<Brand>,
    agenda: BTreeMap<(i64, u64), Event>,
    drawn: u64,
    pub(super) journal: Vec<Entry>,
    pub(super) net: Net,
    /// By host, or account of the provider.
    pub(super) moods: BTreeMap<String, Mood>,
    /// The store is in trouble.
    pub(super) disk: bool,
    /// Requests reach the gateway.
    pub(super) door: bool,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) asks: Vec<Ask>,
    pub(super) hooks: Vec<Hook>,
    pub(super) waiting: BTreeSet<Waiting>,
    pub(super) taken: usize,
    pub(super) said: usize,
    /// Of the store and the network.
    pub(super) steps: u64,
    /// The gateway is killed at that step.
    pub(super) kill_at: Option<u64>,
}

impl State {
    pub(super) fn note(&mut self, what: What) {
        self.journal.push(Entry { at: self.at, what });
    }

    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.note(What::Note(text.into()));
    }

    /// Something is going to happen at that time.
    pub(super) fn at(&mut self, at: i64, event: Event) {
        self.drawn += 1;
        self.agenda.insert((at, self.drawn), event);
    }

    pub(super) fn after(&mut self, millis: i64, event: Event) {
        self.at(self.at + millis.max(0), event);
    }

    /// When the next thing happens.
    pub(super) fn next(&self) -> Option<i64> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// What is to happen by now.
    pub(super) fn due(&mut self) -> Option<Event> {
        let entry = self.agenda.first_entry()?;
        (entry.key().0 <= self.at).then(|| entry.remove())
    }

    pub(super) fn mood(&self, of: &str) -> Mood {
        self.moods.get(of).copied().unwrap_or(Mood::Well)
    }

    /// Why the run goes on for too long, if it does.
    pub(super) fn endless(&self) -> Option<&'static str> {
        match () {
            () if self.steps > STEPS => Some("it turns in a circle"),
            () if self.at > self.plan.healed + END => Some("it does not come to rest"),
            () => None,
        }
    }

    /// The gateway died: whoever waited for it asks again.
    pub(super) fn bereaved(&mut self) {
        for exchange in &mut self.exchanges {
            exchange.sender = None;
        }
        for waiting in std::mem::take(&mut self.waiting) {
            let wait = self.dice.between(500, 10_000);
            match waiting {
                Waiting::Ask(ask) => self.after(wait, Event::Ask(ask)),
                Waiting::Hook(hook) => self.after(wait, Event::Hook(hook)),
            }
        }
    }
}

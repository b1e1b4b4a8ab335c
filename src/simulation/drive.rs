//! One run: a gateway on a paused clock, killed and started again over the same store, until all is said and done.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::files::{self, Brand};
use super::journal::{Entry, What};
use super::outside::{Hook, Outside, State, Waiting};
use super::plan::{Change, Event, QUIET, number_of};
use super::watched::{Watched, ready};
use crate::flow::{Cancel, Flow};
use crate::model::wire::{Incoming, Reply};
use crate::model::{Address, Name};
use crate::store::memory::Memory;
use crate::store::{Cause, DeadLetter, Pause, Store, Suppression, Which};
use crate::value::Timestamp;

/// What is left of a run.
pub(super) struct Played {
    pub(super) store: Arc<Memory>,
    pub(super) journal: Vec<Entry>,
    pub(super) letters: Vec<DeadLetter>,
    /// Milliseconds.
    pub(super) took: i64,
    /// Of the store and the network.
    pub(super) steps: u64,
    /// Between a decision and what is seen of it, at most.
    pub(super) slack: i64,
    /// What is plainly wrong whatever the journal says.
    pub(super) wrong: Vec<String>,
}

/// How a gateway ended.
enum End {
    /// It comes back after so long.
    Back(i64),
    /// Nothing is left to be done.
    Quiet,
    /// Something is wrong.
    Wrong(String),
}

pub(super) fn play(seed: u64) -> Played {
    let outside = Arc::new(Outside::new(seed));
    let memory = Arc::new(Memory::new());
    let mut wrong = Vec::new();
    loop {
        match life(&outside, &memory) {
            End::Back(down) => outside.clock.pass(down),
            End::Quiet => break,
            End::Wrong(what) => {
                wrong.push(what);
                break;
            }
        }
    }
    let journal = std::mem::take(&mut outside.state().journal);
    let letters = ready(memory.dead_letters(None, usize::MAX)).unwrap();
    let (steps, slack) = {
        let state = outside.state();
        (state.steps, 10 + 6 * state.plan.store)
    };
    Played { steps, slack, took: outside.clock.now(), store: memory, journal, letters, wrong }
}

/// One gateway, from its start to its end.
fn life(outside: &Arc<Outside>, memory: &Arc<Memory>) -> End {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let end = runtime.block_on(async {
        outside.clock.start();
        let gateway = Gateway::start(outside, memory);
        let end = gateway.run().await;
        outside.clock.halt();
        end
    });
    // All tasks are dropped where they wait, as by a kill.
    drop(runtime);
    outside.state().bereaved();
    end
}

struct Gateway {
    outside: Arc<Outside>,
    memory: Arc<Memory>,
    flow: Arc<Flow>,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Gateway {
    fn start(outside: &Arc<Outside>, memory: &Arc<Memory>) -> Self {
        let (brands, told) = {
            let mut state = outside.state();
            let brands = state.brands.clone();
            state.note(What::Started);
            state.note(What::Configured(brands.clone()));
            (brands, state.plan.told)
        };
        let store = Arc::new(Watched { memory: memory.clone(), outside: outside.clone() });
        let (work, worked) = mpsc::channel(told);
        let flow = Flow::new(files::snapshot(&brands), store, outside.clone(), outside.clone(), work);
        flow.number_after(ready(memory.newest()).unwrap());
        let flow = Arc::new(flow);
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(crate::dispatch::run(flow.clone(), worked, stopped));
        Self { outside: outside.clone(), memory: memory.clone(), flow, stop, running }
    }

    async fn run(mut self) -> End {
        loop {
            let (now, next, nobody_waits) = {
                let state = self.outside.state();
                (state.at, state.next(), state.waiting.is_empty())
            };
            let next = match next {
                Some(next) => next,
                None if nobody_waits && self.is_quiet() => return self.close().await,
                None => now + 5000,
            };
            let wait = Duration::from_millis(u64::try_from(next - now).unwrap_or_default());
            tokio::select! {
                biased;
                () = self.outside.kill.notified() => return self.killed(0),
                ended = &mut self.running => return End::Wrong(format!("the dispatcher ended: {ended:?}")),
                () = sleep(wait) => {}
            }
            if let Some(why) = self.outside.state().endless() {
                return End::Wrong(format!("{why}: {}", self.left()));
            }
            loop {
                let event = self.outside.state().due();
                let Some(event) = event else { break };
                if let Some(end) = self.happen(event).await {
                    return end;
                }
            }
        }
    }

    fn killed(&self, down: i64) -> End {
        self.outside.state().note(What::Ended { killed: true });
        End::Back(down)
    }

    /// Stops in good order.
    async fn close(self) -> End {
        self.stop.send(true).unwrap();
        match timeout(Duration::from_secs(300), self.running).await {
            Ok(Ok(())) => End::Quiet,
            Ok(Err(problem)) => End::Wrong(format!("the dispatcher broke off: {problem}")),
            Err(_) => End::Wrong("the dispatcher does not stop".to_owned()),
        }
    }

    /// Nothing is queued, under way, or waiting for its time.
    fn is_quiet(&self) -> bool {
        self.left().is_empty()
    }

    fn left(&self) -> String {
        let far = Timestamp::from_millis(i64::MAX);
        let names = ["acme", "bolt", "crane"].map(Name::from);
        let in_flight: u64 = names.iter().map(|name| ready(self.memory.ledger(name)).unwrap().in_flight).sum();
        let calls = ready(self.memory.calls(far, 10, &std::collections::HashSet::new())).unwrap().0.len();
        let due = ready(self.memory.due(far, 10)).unwrap().0.len();
        let begun = ready(self.memory.interrupted()).unwrap();
        let letters = ready(self.memory.letters_due(far, 10)).unwrap().0.len();
        if in_flight == 0 && calls == 0 && letters == 0 && due == 0 && begun.is_empty() {
            return String::new();
        }
        format!("{in_flight} messages in flight, {calls} calls, {due} timers, {letters} letters, begun: {begun:?}")
    }

    async fn happen(&mut self, event: Event) -> Option<End> {
        let mut state = self.outside.state();
        match event {
            Event::Ask(ask) => self.ask(&mut state, ask),
            Event::Hook(hook) => self.hook(&mut state, hook),
            Event::Say { person, brand, number, text } => state.spoken_to(person, brand, number, text),
            Event::Reach(exchange) => state.reach(exchange),
            Event::Return(exchange) => state.give_back(exchange),
            Event::Mood(who, mood) => {
                state.say(format!("{who} is {mood:?}"));
                state.moods.insert(who, mood);
            }
            Event::Net(net) => {
                state.say(format!("{net:?}"));
                state.net = net;
            }
            Event::Disk(trouble) => {
                state.say(format!("disk trouble: {trouble}"));
                state.disk = trouble;
            }
            Event::Door(open) => {
                state.say(format!("door open: {open}"));
                state.door = open;
            }
            Event::Change(brand, change) => {
                let from = state.plan.brands[brand].clone();
                apply(&mut state.brands[brand], &from, &change);
                self.configure(&mut state);
            }
            Event::KillIn(steps) => state.kill_at = Some(state.steps + steps),
            Event::List { person, brand, on } => {
                let tenant = Name::from(&*state.plan.brands[brand].name);
                let address = (&*number_of(person)).into();
                let (at, cause) = (self.flow.ambient.now(), Cause::Operator { who: "ops".to_owned(), reason: None });
                let change = Suppression { tenant, sender: None, address, on, at, cause };
                let flow = self.flow.clone();
                tokio::spawn(async move { flow.store.suppress(vec![change]).await });
            }
            Event::Pause { brand, number, on } => {
                let brand = &state.plan.brands[brand];
                let (tenant, now) = (Name::from(&*brand.name), self.flow.ambient.now());
                let which = Which::of_sender(number.map(|number| Address::from(&*brand.numbers[number].0)));
                let flow = self.flow.clone();
                tokio::spawn(async move {
                    if on {
                        let (who, reason) = ("ops".to_owned(), "a look".to_owned());
                        flow.store.pause(Pause { tenant, which, at: now, who, reason }).await
                    } else {
                        flow.store.resume(&tenant, &which).await
                    }
                });
            }
            Event::Cancel(brand) => {
                let name = Name::from(&*state.plan.brands[brand].name);
                state.note(What::Cancels { tenant: name.to_string() });
                let cancel = Cancel { which: Which::All, upto: self.flow.ambient.now() };
                let flow = self.flow.clone();
                tokio::spawn(async move {
                    let snapshot = flow.snapshot.load_full();
                    let Some(tenant) = snapshot.tenant(name.as_str()) else { return };
                    let soon = tokio::time::Instant::now() + Duration::from_secs(5);
                    let _done = flow.cancel(tenant, &cancel, soon).await;
                });
            }
            Event::Heal => {
                for brand in &state.plan.brands {
                    let (flow, tenant) = (self.flow.clone(), Name::from(&*brand.name));
                    tokio::spawn(async move { while flow.store.resume(&tenant, &Which::All).await.is_err() {} });
                }
                state.say("all is well from now on");
                (state.net, state.disk, state.door, state.kill_at) = (QUIET, false, true, None);
                let down: Vec<String> = state.moods.keys().filter(|who| who.starts_with("account")).cloned().collect();
                for who in down {
                    state.moods.remove(&who);
                }
                let brands = state.plan.brands.clone();
                for (brand, was) in state.brands.iter_mut().zip(brands) {
                    (brand.enabled, brand.there, brand.mute, brand.numbers) = (true, true, false, was.numbers);
                }
                self.configure(&mut state);
            }
            Event::End { killed: true, down } => {
                drop(state);
                return Some(self.killed(down));
            }
            Event::End { killed: false, down } => {
                drop(state);
                return Some(self.stop_for(down).await);
            }
        }
        None
    }

    /// Stops in good order, within a time; what happens outside meanwhile goes on.
    async fn stop_for(&mut self, down: i64) -> End {
        self.outside.state().say("a stop in good order");
        self.stop.send(true).unwrap();
        let mut waited = 0;
        while !self.running.is_finished() {
            waited += 10;
            if waited > 300_000 {
                return End::Wrong("the dispatcher does not stop".to_owned());
            }
            tokio::select! {
                biased;
                () = self.outside.kill.notified() => return self.killed(down),
                () = sleep(Duration::from_millis(10)) => {}
            }
            let mut state = self.outside.state();
            while let Some(event) = state.due() {
                match event {
                    Event::Reach(exchange) => state.reach(exchange),
                    Event::Return(exchange) => state.give_back(exchange),
                    Event::Disk(trouble) => state.disk = trouble,
                    other => state.after(waited, other),
                }
            }
        }
        if let Err(problem) = (&mut self.running).await {
            return End::Wrong(format!("the dispatcher broke off: {problem}"));
        }
        self.outside.state().say("stopped");
        let begun = ready(self.memory.interrupted()).unwrap();
        if !begun.is_empty() && !self.outside.state().plan.disk_fails {
            return End::Wrong(format!("a stop in good order left attempts under way: {begun:?}"));
        }
        self.outside.state().note(What::Ended { killed: false });
        End::Back(down)
    }

    fn configure(&self, state: &mut State) {
        let brands = state.brands.clone();
        self.flow.configure(files::snapshot(&brands));
        state.note(What::Configured(brands));
    }

    /// A platform asks for a message to be sent.
    fn ask(&self, state: &mut State, number: usize) {
        let ask = state.asks[number].clone();
        state.asks[number].tries += 1;
        let brand = &state.plan.brands[ask.brand];
        let body =
            serde_json::json!({ "id": ask.id, "to": ask.to, "from": ask.from, "class": ask.class, "text": "Hello" });
        let incoming = incoming("/send", files::bearer(&brand.name), &body);
        let tenant = brand.name.clone();
        self.request(state, Waiting::Ask(number), incoming, move |state, reply| {
            let http = reply.map(|reply| reply.http);
            if http.is_some_and(|http| http < 300) {
                state.note(What::Accepted { id: ask.id, tenant });
                return;
            }
            state.note(What::Declined { id: ask.id, http });
            let later = http.is_none_or(|http| http == 429 || http >= 500);
            if later && state.asks[number].tries < 12 {
                let wait = state.dice.between(1000, 60_000);
                state.after(wait, Event::Ask(number));
            }
        });
    }

    /// A provider posts a webhook.
    fn hook(&self, state: &mut State, number: usize) {
        let Hook { path, key, body, .. } = state.hooks[number].clone();
        state.hooks[number].tries += 1;
        let incoming = incoming(path, ("key".to_owned(), key), &body);
        self.request(state, Waiting::Hook(number), incoming, move |state, reply| {
            let hook = state.hooks[number].clone();
            let Some(reply) = reply.filter(|reply| reply.http < 300) else {
                let wait = (1000 << hook.tries.min(6)) + state.dice.between(0, 2000);
                if hook.tries < 200 {
                    state.after(wait, Event::Hook(number));
                }
                return;
            };
            let _ = reply;
            hook.statuses.iter().for_each(|spoken| state.note(What::Status(spoken.clone())));
            if let Some((tenant, to, address, text)) = hook.said {
                state.note(What::Said { tenant, to, address, text });
            }
            if hook.again > 0 {
                state.hooks[number].again -= 1;
                let wait = state.dice.between(0, 100_000);
                state.after(wait, Event::Hook(number));
            }
        });
    }

    /// A request to the gateway over the same bad network: it may not arrive, nor its answer.
    fn request(
        &self,
        state: &mut State,
        waiting: Waiting,
        incoming: Incoming,
        then: impl FnOnce(&mut State, Option<Reply>) + Send + 'static,
    ) {
        let lost = !state.door || state.dice.chance(state.net.lost);
        if let (false, Waiting::Hook(hook)) = (lost, waiting) {
            state.hooks[hook].statuses.clone().into_iter().for_each(|spoken| state.note(What::Arrives(spoken)));
        }
        let deaf = state.dice.chance(state.net.answer_lost);
        state.waiting.insert(waiting);
        let (flow, outside) = (self.flow.clone(), self.outside.clone());
        tokio::spawn(async move {
            let reply = if lost {
                sleep(Duration::from_secs(2)).await;
                None
            } else {
                Some(flow.request(incoming).await).filter(|_| !deaf)
            };
            let mut state = outside.state();
            state.waiting.remove(&waiting);
            then(&mut state, reply);
        });
    }
}

fn apply(brand: &mut Brand, planned: &Brand, change: &Change) {
    match change {
        Change::Enabled(on) => brand.enabled = *on,
        Change::There(there) => brand.there = *there,
        Change::Number(there) => {
            brand.numbers.clone_from(&planned.numbers);
            if !there && brand.numbers.len() > 1 {
                brand.numbers.pop();
            }
        }
        Change::ResendsDoubtful(on) => brand.resends_doubtful = *on,
        Change::ResendsFailed(on) => brand.resends_failed = *on,
        Change::Mute(on) => brand.mute = *on,
        Change::Rate(rate) => brand.numbers.iter_mut().for_each(|(_, known)| *known = *rate),
        Change::Longest(seconds) => brand.longest = *seconds,
    }
}

fn incoming(path: &str, proof: (String, String), body: &serde_json::Value) -> Incoming {
    Incoming {
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned()), proof],
        body: Bytes::from(body.to_string()),
        peer: None,
    }
}

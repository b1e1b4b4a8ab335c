//! Whether anything was lost, sent twice or told wrongly. What the simulated parties noted decides; the store that a
//! killed process left only says what was unknown at that moment.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use serde_json::Value;
use switchboard::sim::platform::{Breach, Kind, Message};
use switchboard::sim::provider::Sent;
use switchboard::store::Store;
use switchboard::store::sqlite::Sqlite;
use switchboard::value::Timestamp;

use crate::world::{ADMIN_TOKEN, Brand, GUARD, Process, World, accepted, order, until, word_of};

/// What nobody could know when a process was killed.
#[derive(Debug, Default)]
pub(crate) struct Kill {
    /// Attempts that were recorded and not settled: our id, and the platform's.
    attempts: BTreeMap<String, String>,
    /// Messages of which a call was not recorded as made, by the platform's id.
    calls: BTreeSet<String>,
    /// How many messages were queued.
    pub(super) queued: u64,
}

impl Kill {
    /// What is known to have been unknown: attempts by our id with the platform's, a reply's with its person, and messages with
    /// calls by the platform's.
    pub(crate) fn of(attempts: BTreeMap<String, String>, calls: BTreeSet<String>) -> Self {
        Self { attempts, calls, queued: 0 }
    }

    /// How many attempts were under way.
    pub(super) fn under_way(&self) -> usize {
        self.attempts.len()
    }

    /// Whether a call about that message was not recorded as made.
    pub(super) fn was_calling(&self, id: &str) -> bool {
        self.calls.contains(id)
    }

    /// Reads a copy of what the process left, so that the next start finds the files as they are.
    pub(super) async fn found(world: &World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.db");
        for end in ["", "-wal"] {
            let left = world.folder().join(format!("switchboard.db{end}"));
            if left.exists() {
                std::fs::copy(left, folder.path().join(format!("copy.db{end}"))).unwrap();
            }
        }
        let store = Sqlite::open(&copy).unwrap();
        let mut kill = Self::default();
        for reference in store.interrupted().await.unwrap() {
            let message = store.message(reference).await.unwrap().unwrap().message;
            // No platform has an id of a reply: it is known by its person.
            let reply = message.platform_id.is_empty().then(|| message.to.as_str().to_owned());
            kill.attempts.insert(reference.to_string(), reply.unwrap_or(message.platform_id));
        }
        let (waiting, _) = store.calls(Timestamp::from_millis(i64::MAX), usize::MAX, &HashSet::new()).await.unwrap();
        for reference in waiting.iter().filter_map(|call| call.call.message) {
            kill.calls.insert(store.message(reference).await.unwrap().unwrap().message.platform_id);
        }
        kill.queued = world.brands.iter().map(|brand| store.backlog(&brand.file.tenant())).sum();
        kill
    }
}

/// What was found in the end.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) acknowledged: u64,
    /// Acknowledged and not sent, where that is promised.
    pub(crate) lost: u64,
    /// Sent again because the first answer was unknown.
    pub(crate) sent_twice: u64,
    /// Given up because the answer was unknown and the policy says so.
    pub(crate) given_up: u64,
    /// Reports, and those posted again because the kill fell between post and record.
    pub(crate) reports: u64,
    pub(crate) told_twice: u64,
    /// Reports that nobody's word explains, that are out of order, missing, or repeated for no reason.
    pub(crate) wrong_reports: u64,
    pub(crate) opted_out: u64,
    /// Everything that must not be.
    pub(crate) problems: Vec<String>,
}

impl Verdict {
    fn wrong_report(&mut self, what: String) {
        self.wrong_reports += 1;
        self.problems.push(what);
    }

    pub(super) fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.sent_twice += other.sent_twice;
        self.given_up += other.given_up;
        self.reports += other.reports;
        self.told_twice += other.told_twice;
        self.wrong_reports += other.wrong_reports;
        self.opted_out += other.opted_out;
        self.problems.extend(other.problems);
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "acknowledged {}, lost {}, sent twice after an unknown answer {}, given up after an unknown answer {}, \
             reports {}, posted twice around a kill {}, wrong reports {}, opted out {}, problems {}",
            self.acknowledged,
            self.lost,
            self.sent_twice,
            self.given_up,
            self.reports,
            self.told_twice,
            self.wrong_reports,
            self.opted_out,
            self.problems.len(),
        )
    }
}

/// The brand whose policy is to give up what is in doubt. All others send again.
pub(crate) const GIVES_UP: &str = "bandra";

/// Who opted out: a brand and a person who never gets anything but the reply.
pub(crate) type Stopped<'w> = (&'w Brand, String);

/// A world after kills.
pub(crate) struct Oracle<'w> {
    pub(crate) world: &'w World,
    pub(crate) kills: &'w [Kill],
    pub(crate) stopped: &'w [Stopped<'w>],
}

impl Oracle<'_> {
    /// Waits until everything that was acknowledged has come to its end.
    pub(crate) async fn settled(&self) {
        let begun = Instant::now();
        loop {
            let webhooks = self.world.provider.settled(Duration::from_millis(100)).await;
            let open = self.open();
            if webhooks && open.is_empty() {
                return;
            }
            assert!(begun.elapsed() < GUARD, "webhooks settled: {webhooks}; not at their end: {open:?}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits for the end of all that goes on, tries to reach those who opted out, stops the process, and judges.
    pub(super) async fn end(&self, process: Process) -> Verdict {
        self.settled().await;
        self.try_those_who_opted_out().await;
        self.nothing_in_flight(&process.admin().await).await;
        assert!(process.terminate().await.success());
        self.judge().await
    }

    /// Nobody reaches them, and platforms are told so.
    pub(crate) async fn try_those_who_opted_out(&self) {
        let mut accepted = Vec::new();
        for (place, (brand, person)) in self.stopped.iter().enumerate() {
            let id = format!("after-{place}");
            let answer = self.world.send(brand, &order(brand, &id, person)).await;
            assert!([200, 400].contains(&answer.status), "{answer:?}");
            // The other kind of platform is refused with 200 and a word in the body.
            let taken = answer.status == 200 && brand.file.kind == Kind::MoEngage;
            accepted.extend(taken.then_some((brand, id)));
        }
        until("what was accepted of that is told to have failed", || {
            let told = |(brand, id): &(&&Brand, String)| World::words(brand, id).pop();
            accepted.iter().all(|one| told(one).as_deref() == failed(one.0.file.kind))
        })
        .await;
    }

    /// A reply that a kill left in doubt is seen by nobody outside: its doubt ends in its time.
    async fn nothing_in_flight(&self, admin: &str) {
        let begun = Instant::now();
        loop {
            let asked = self.world.client.get(format!("{admin}/api/ledger")).bearer_auth(ADMIN_TOKEN).send().await;
            let said = asked.unwrap().bytes().await.unwrap();
            let ledger: Value = serde_json::from_slice(&said).unwrap();
            let tenants = ledger["tenants"].as_array().unwrap();
            if tenants.iter().all(|tenant| tenant["in_flight"] == 0) {
                return;
            }
            assert!(begun.elapsed() < GUARD, "still in flight: {ledger}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The first messages, calls and opt-outs that have not come to their end.
    fn open(&self) -> Vec<String> {
        let sent = self.sent();
        let mut open = Vec::new();
        for brand in &self.world.brands {
            for (id, message) in accepted(brand) {
                let told = message.reports.last().map(|report| report.status.as_str());
                let wanted = last_word(brand.file.kind, sent.get(&message.to).map_or(&[], Vec::as_slice));
                if told.is_none_or(|told| wanted.is_some_and(|wanted| wanted != told)) && open.len() < 3 {
                    open.push(format!("{id}: {wanted:?}, told {told:?}"));
                }
            }
        }
        for (brand, person) in self.stopped {
            if !sent.contains_key(person) && !self.may_lack_its_reply(brand, person) {
                open.push(format!("{}: no reply to the STOP of {person}", brand.file.name));
            }
            if told_of(brand, person) == Some(0) {
                open.push(format!("{}: not told of the STOP of {person}", brand.file.name));
            }
        }
        open
    }

    /// Replies are in doubt like any message, and given up where the policy says so.
    fn may_lack_its_reply(&self, brand: &Brand, person: &str) -> bool {
        brand.file.name == GIVES_UP && self.kills.iter().any(|kill| kill.attempts.values().any(|id| id == person))
    }

    fn sent(&self) -> HashMap<String, Vec<Sent>> {
        let mut by_person: HashMap<String, Vec<Sent>> = HashMap::new();
        for sent in self.world.provider.journal().sent() {
            by_person.entry(sent.to.clone()).or_default().push(sent);
        }
        by_person
    }

    /// Judges. Nothing runs any more: the store is opened here.
    pub(super) async fn judge(&self) -> Verdict {
        let store = self.world.store();
        let verdict = self.judge_by(&store).await;
        store.close().await.unwrap();
        verdict
    }

    /// The same, by what is in that store.
    pub(crate) async fn judge_by(&self, store: &dyn Store) -> Verdict {
        let mut verdict = Verdict::default();
        let sent = self.sent();
        let mut unknown: HashMap<&str, usize> = HashMap::new();
        for id in self.kills.iter().flat_map(|kill| kill.attempts.values()) {
            *unknown.entry(id).or_default() += 1;
        }
        for brand in &self.world.brands {
            for (id, message) in accepted(brand) {
                let known = store.by_platform_id(&brand.file.tenant(), &id).await.unwrap();
                if known.len() != 1 {
                    verdict.problems.push(format!("{id} was accepted {} times", known.len()));
                }
                let sent = sent.get(&message.to).map_or(&[][..], Vec::as_slice);
                let unknown = unknown.get(id.as_str()).copied().unwrap_or_default();
                judge(brand, (&id, &message), sent, unknown, &mut verdict);
                let given_up = brand.file.name == GIVES_UP && unknown > 0;
                let wrong = self.world.wrong_reports(brand.file.kind, &message, sent, given_up);
                wrong.into_iter().for_each(|wrong| verdict.wrong_report(format!("{id}: {wrong}")));
            }
            self.violations(brand, &mut verdict);
            self.ledger(store, brand, &mut verdict).await;
        }
        for (brand, person) in self.stopped {
            self.opted_out(brand, person, &sent, &mut verdict);
        }
        let wrong = self.world.provider.journal().violations();
        verdict.problems.extend(wrong.iter().map(|wrong| format!("the provider's contract: {wrong:?}")));
        let (calls, _) = store.calls(Timestamp::from_millis(i64::MAX), 10, &HashSet::new()).await.unwrap();
        verdict.problems.extend(calls.iter().map(|call| format!("never made: {call:?}")));
        let letters = store.dead_letters(None, usize::MAX).await.unwrap();
        // Reports that came to nothing; webhooks that nobody can read or use are the tests' own.
        let theirs = ["status", "inbound", "unmatched"];
        let calls = letters.iter().filter(|letter| !theirs.contains(&letter.kind.as_str()));
        verdict.problems.extend(calls.map(|letter| format!("given up: {letter:?}")));
        verdict
    }

    /// No report out of its order, and none twice but around a kill.
    fn violations(&self, brand: &Brand, verdict: &mut Verdict) {
        let mut repeated: BTreeMap<(String, String), usize> = BTreeMap::new();
        for violation in brand.platform.journal().violations() {
            match (violation.breach, &violation.id) {
                (Breach::Repeat, Some(id)) => {
                    let word = violation.what.split(' ').next().unwrap_or_default().to_owned();
                    *repeated.entry((id.clone(), word)).or_default() += 1;
                }
                _ => verdict.wrong_report(format!("{}'s contract: {violation:?}", brand.file.name)),
            }
        }
        for ((id, word), times) in repeated {
            verdict.told_twice += 1;
            if times > self.kills.iter().filter(|kill| kill.was_calling(&id)).count() {
                verdict.wrong_report(format!("{id}: {word} was told {times} times more, and no kill explains it"));
            }
        }
    }

    async fn ledger(&self, store: &dyn Store, brand: &Brand, verdict: &mut Verdict) {
        let ledger = store.ledger(&brand.file.tenant()).await.unwrap();
        let ended = ledger.submitted + ledger.rejected + ledger.suppressed + ledger.expired + ledger.failed;
        if ledger.accepted != ended || ledger.in_flight != 0 {
            verdict.problems.push(format!("the ledger of {}: {ledger:?}", brand.file.name));
        }
    }

    /// The person got the reply, the platform was told, and nothing else went out.
    fn opted_out(&self, brand: &Brand, person: &str, sent: &HashMap<String, Vec<Sent>>, verdict: &mut Verdict) {
        verdict.opted_out += 1;
        let empty = Vec::new();
        let sent = sent.get(person).unwrap_or(&empty);
        let references: BTreeSet<_> = sent.iter().filter_map(Sent::order).collect();
        let unknown =
            references.iter().map(|id| self.kills.iter().filter(|kill| kill.attempts.contains_key(*id)).count());
        let lacks = references.is_empty() && self.may_lack_its_reply(brand, person);
        if references.len() != usize::from(!lacks) || sent.len() > 1 + unknown.sum::<usize>() {
            verdict.problems.push(format!("{person} opted out and was sent {sent:?}"));
        }
        let told = told_of(brand, person);
        if told.is_some_and(|told| told > 1 + self.kills.len()) {
            verdict.problems.push(format!("{}: told {told:?} times of the STOP of {person}", brand.file.name));
        }
    }
}

/// Judges one message: what was sent of it, and how often its answer was unknown at a kill.
fn judge(brand: &Brand, (id, message): (&str, &Message), sent: &[Sent], unknown: usize, verdict: &mut Verdict) {
    verdict.acknowledged += 1;
    verdict.reports += u64::try_from(message.reports.len()).unwrap();
    let told = message.reports.last().map(|report| report.status.as_str());
    let gives_up = brand.file.name == GIVES_UP;
    if sent.is_empty() {
        if gives_up && unknown > 0 && told == failed(brand.file.kind) {
            verdict.given_up += 1;
        } else {
            verdict.lost += 1;
            verdict.problems.push(format!("{id} was acknowledged and never sent; told {told:?}"));
        }
    }
    let references: BTreeSet<_> = sent.iter().map(Sent::order).collect();
    if references.len() > 1 {
        verdict.problems.push(format!("{id} went out under {references:?}"));
    }
    if sent.len() > 1 {
        verdict.sent_twice += 1;
        if gives_up || sent.len() > 1 + unknown {
            verdict.problems.push(format!("{id} was sent {} times, its answer unknown {unknown} times", sent.len()));
        }
    }
    if let Some(wanted) = last_word(brand.file.kind, sent)
        && told != Some(wanted)
    {
        verdict.wrong_report(format!("{id}: told {told:?}, and it came to {wanted}"));
    }
}

/// How often a platform was told that a person opted out. WebEngage is told of its own users only: these are none.
fn told_of(brand: &Brand, person: &str) -> Option<usize> {
    let inbound = || brand.platform.journal().inbound();
    (brand.file.kind == Kind::MoEngage).then(|| inbound().iter().filter(|told| told["from"] == person).count())
}

fn failed(kind: Kind) -> Option<&'static str> {
    word_of(kind, "rejected")
}

/// What the platform has to hear last of a message that was sent so: the best that became of it.
fn last_word(kind: Kind, sent: &[Sent]) -> Option<&'static str> {
    let story: Vec<&str> = sent.iter().flat_map(|sent| sent.story.iter().copied()).collect();
    ["read", "delivered", "rejected", "undeliverable", "submitted"]
        .into_iter()
        .find(|word| story.contains(word))
        .and_then(|word| word_of(kind, word))
}

//! The embedded engine: one SQLite file, one thread that writes, a few that read.
//!
//! A caller's write goes into a bounded queue; `writer` commits whatever waits as one group and acknowledges after the
//! flush. What is asked too often for the disk (backlog, ledger, opt-outs, attempts under way) is in `shared`, filled
//! at opening. Tables and their reasons are in `schema`.

mod age;
mod calls;
mod checkpoint;
mod consents;
mod erase;
mod forget;
mod later;
mod letters;
mod messages;
mod open;
mod operator;
mod pauses;
mod people;
mod purge;
mod queue;
mod raw;
mod read;
mod read_calls;
mod readers;
pub(in crate::store) mod recent;
mod recount;
mod row;
mod samples;
mod schema;
mod seal;
mod texts;
mod tx;
mod usage;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::{FutureExt, ready};
use tokio::sync::{oneshot, watch};

pub use open::OpenError;
pub use raw::RawSqlite;

use super::recount::Counting;
pub use super::seal::SealKey;
use super::shared::{self, Shared};
use super::sweep::Sweep;
use super::{
    Acceptance, Audit, Audits, Call, CallLane, CallStep, Campaign, CampaignMessage, Change, Consent, Consents, Count,
    DeadLetter, Forget, Forgotten, Kept, Lane, Ledger, Lettered, Letters, Line, Listed, Message, Months, NewMessage,
    Page, Pause, Sample, Store, StoreError, Stored, Suppression, Taken, Text, Token, Usage, Which, Without, key,
};
use crate::faults::{self, Point};
use crate::model::{Address, Name, Ref};
use crate::value::Timestamp;
use checkpoint::Checkpoints;
use queue::{Queue, Served, Urgency};
use readers::Readers;
use tx::Tx;
use writer::{Trouble, Writer, task};

/// A count leaves a reader free for so long between two slices: it takes a fifth of one at most.
const BETWEEN_SLICES: Duration = Duration::from_millis(20);

/// A store in one file.
#[derive(Debug)]
pub struct Sqlite {
    shared: Arc<Shared>,
    readers: Readers,
    queue: Arc<Queue>,
    ended: watch::Receiver<()>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// One count at a time.
    counting: tokio::sync::Mutex<()>,
    /// The last message that was looked at for a purge.
    purged: Sweep,
}

impl Sqlite {
    /// Opens the store in that file, or makes it, directories included.
    ///
    /// # Errors
    /// See [`OpenError`]: in use, damaged, of a newer version, or the disk says no.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_sealed(path, &[])
    }

    /// The same, with keys for what contents say: the first one seals, all of them open.
    ///
    /// # Errors
    /// [`OpenError`]; also where a key is wrong, or one is missing that something is sealed with.
    pub fn open_sealed(path: &Path, keys: &[SealKey]) -> Result<Self, OpenError> {
        let lock = open::lock(path)?;
        let mut connection = open::connect_to_write(path)?;
        raw::enter(&connection)?;
        let seals = seal::learn(&connection, keys)?;
        let shared = Arc::new(open::load(&connection, seals)?);
        let readers = Readers::start(path, &shared)?;
        let checkpoints = Checkpoints::start(path, &mut connection)?;
        let queue = Arc::<Queue>::default();
        let (end, ended) = watch::channel(());
        let writer = Writer { connection, shared: Arc::clone(&shared), queue: Served(Arc::clone(&queue)), checkpoints };
        let writer = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            writer.run();
            // The next owner may come now; whoever waits for the end hears of it by the drop.
            drop(lock);
            drop(end);
        })?;
        let writer = Mutex::new(Some(writer));
        Ok(Self {
            shared,
            readers,
            queue,
            ended,
            writer,
            counting: tokio::sync::Mutex::default(),
            purged: Sweep::default(),
        })
    }

    /// How many group commits were made since opening.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.shared.commits.load(Ordering::Relaxed)
    }

    /// How many keys are worth writing to the index together.
    #[cfg(test)]
    pub(in crate::store) fn index_together(&self, keys: usize) {
        self.shared.recent_mut().together(keys);
    }

    fn write<'s, T, F>(&'s self, work: F) -> Stored<'s, T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Trouble> + Send + 'static,
    {
        self.wait(Urgency::UnderWay, work)
    }

    fn wait<'s, T, F>(&'s self, urgency: Urgency, work: F) -> Stored<'s, T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Trouble> + Send + 'static,
    {
        let (work, result) = task(work);
        answered(self.queue.push(urgency, work).map(|()| result))
    }

    fn step<'s, T, F>(&'s self, points: [Point; 2], work: F) -> Stored<'s, T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Trouble> + Send + 'static,
    {
        self.step_in(Urgency::UnderWay, points, work)
    }

    /// A write that a test may cut off inside its transaction, or right after its commit.
    fn step_in<'s, T, F>(&'s self, urgency: Urgency, [written, committed]: [Point; 2], mut work: F) -> Stored<'s, T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Trouble> + Send + 'static,
    {
        self.wait(urgency, move |tx| {
            let done = work(tx)?;
            faults::reached(written);
            tx.pending.trail.add(committed);
            Ok(done)
        })
    }

    fn read<'s, T, F>(&'s self, question: F) -> Stored<'s, T>
    where
        T: Send + 'static,
        F: FnOnce(&read::Reader) -> rusqlite::Result<T> + Send + 'static,
    {
        answered(self.readers.ask(question))
    }

    fn stop(&self) {
        self.queue.close();
        self.readers.stop();
    }
}

fn closed() -> StoreError {
    StoreError::Failed("the store is closed".to_owned())
}

fn answered<'s, T: Send + 'static>(
    sent: Result<oneshot::Receiver<Result<T, StoreError>>, StoreError>,
) -> Stored<'s, T> {
    match sent {
        Ok(answer) => answer.map(|answer| answer.unwrap_or_else(|_| Err(closed()))).boxed(),
        Err(error) => ready(Err(error)).boxed(),
    }
}

impl Drop for Sqlite {
    /// What was sent is still written; the file is free when this returns.
    fn drop(&mut self) {
        self.stop();
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A thread that panicked has ended too.
            let _ended = writer.join();
        }
        self.readers.join();
    }
}

impl Store for Sqlite {
    fn accept(&self, messages: Vec<NewMessage>) -> Stored<'_, Vec<Acceptance>> {
        self.step_or_later([Point::AcceptWritten, Point::AcceptCommitted], move |tx| messages::accept(tx, &messages))
    }

    fn begin(&self, messages: Vec<(Ref, u64)>) -> Stored<'_, ()> {
        self.step([Point::BeginWritten, Point::BeginCommitted], move |tx| messages::begin(tx, &messages))
    }

    fn update(&self, change: Change) -> Stored<'_, bool> {
        self.step([Point::SettleWritten, Point::SettleCommitted], move |tx| messages::update(tx, &change))
    }

    fn message(&self, reference: Ref) -> Stored<'_, Option<Message>> {
        self.read(move |reader| reader.message(reference))
    }

    fn by_provider_id(&self, id: &str) -> Stored<'_, Option<Message>> {
        let id = id.to_owned();
        self.read(move |reader| reader.by_provider_id(&id))
    }

    fn by_platform_id(&self, tenant: &Name, id: &str) -> Stored<'_, Vec<Message>> {
        let (tenant, id) = (tenant.clone(), id.to_owned());
        self.read(move |reader| reader.by_platform_id(&tenant, &id))
    }

    fn of_campaign(&self, campaign: &Campaign, below: Option<Ref>, most: usize) -> Stored<'_, Vec<CampaignMessage>> {
        let campaign = campaign.clone();
        self.read(move |reader| reader.of_campaign(&campaign, below, most))
    }

    fn last_to(&self, lane: &Lane, to: &[Address]) -> Stored<'_, Option<Message>> {
        let (lane, to) = (lane.clone(), to.to_vec());
        self.read(move |reader| reader.last_to(&lane, &to))
    }

    fn history(&self, reference: Ref) -> Stored<'_, Vec<Line>> {
        self.read(move |reader| reader.history(reference))
    }

    fn lanes(&self) -> Stored<'_, Vec<(Lane, u64)>> {
        ready(Ok(self.shared.tally().lanes())).boxed()
    }

    fn queued_of(&self, lane: &Lane, campaigns: &BTreeSet<String>) -> Stored<'_, u64> {
        let (lane, campaigns) = (lane.clone(), campaigns.clone());
        self.read(move |reader| reader.queued_of(&lane, &campaigns))
    }

    fn claim(&self, lane: &Lane, now: Timestamp, most: usize, without: &Without) -> Stored<'_, Vec<Message>> {
        let (lane, without) = (lane.clone(), without.clone());
        self.read(move |reader| reader.claim(&lane, now, most, &without))
    }

    fn newest(&self) -> Stored<'_, i64> {
        self.read(read::Reader::newest)
    }

    fn interrupted(&self) -> Stored<'_, Vec<Ref>> {
        self.read(read::Reader::interrupted)
    }

    fn due(&self, now: Timestamp, most: usize) -> Stored<'_, (Vec<Ref>, Option<Timestamp>)> {
        self.read(move |reader| reader.due(now, most))
    }

    fn backlog(&self, tenant: &Name) -> u64 {
        self.shared.tally().backlog(tenant)
    }

    fn calls_beside(
        &self,
        now: Timestamp,
        most: usize,
        held: &HashSet<i64>,
        stopped: &HashSet<CallLane>,
    ) -> Stored<'_, (Vec<Call>, Option<Timestamp>)> {
        let (held, stopped) = (held.clone(), stopped.clone());
        self.read(move |reader| reader.calls(now, most, &held, &stopped))
    }

    fn calls_about(&self, message: Ref) -> Stored<'_, Vec<Call>> {
        self.read(move |reader| reader.calls_about(message))
    }

    fn settle_call(&self, id: i64, step: CallStep, line: Option<Line>) -> Stored<'_, ()> {
        self.step([Point::CallWritten, Point::CallCommitted], move |tx| calls::settle(tx, id, &step, line.as_ref()))
    }

    fn take(&self, inbound: Taken) -> Stored<'_, bool> {
        self.step_or_later([Point::TakeWritten, Point::TakeCommitted], move |tx| people::take(tx, &inbound))
    }

    fn suppress(&self, changes: Vec<Suppression>) -> Stored<'_, Vec<bool>> {
        self.step([Point::SuppressWritten, Point::SuppressCommitted], move |tx| people::suppress(tx, &changes))
    }

    fn is_suppressed(&self, tenant: &Name, sender: &Address, address: &Address) -> bool {
        self.shared.suppressed().holds(tenant, sender, address)
    }

    fn consents(&self, fit: &Consents, most: usize) -> Stored<'_, Vec<Consent>> {
        let fit = fit.clone();
        self.read(move |reader| reader.consents(&fit, most))
    }

    fn consents_of(&self, tenant: &Name, address: &Address, most: usize) -> Stored<'_, Vec<Consent>> {
        let (tenant, address) = (tenant.clone(), address.clone());
        self.read(move |reader| reader.consents_of(&tenant, &address, most))
    }

    fn suppressed(&self, tenant: &Name, after: Option<&Listed>, most: usize) -> Stored<'_, Vec<Listed>> {
        let (tenant, after) = (tenant.clone(), after.cloned());
        self.read(move |reader| reader.suppressed(&tenant, after.as_ref(), most))
    }

    fn pause(&self, pause: Pause) -> Stored<'_, bool> {
        self.step([Point::PauseWritten, Point::PauseCommitted], move |tx| pauses::pause(tx, &pause))
    }

    fn resume(&self, tenant: &Name, which: &Which) -> Stored<'_, bool> {
        let (tenant, which) = (tenant.clone(), which.clone());
        let points = [Point::PauseWritten, Point::PauseCommitted];
        self.step(points, move |tx| pauses::resume(tx, &tenant, &which))
    }

    fn paused(&self) -> Vec<Pause> {
        self.shared.paused().all()
    }

    fn is_paused(&self, lane: &Lane, campaign: Option<&str>) -> bool {
        self.shared.paused().holds(lane, campaign)
    }

    fn paused_campaigns(&self, tenant: &Name) -> BTreeSet<String> {
        self.shared.paused().campaigns(tenant)
    }

    fn doubtful(&self, lane: &Lane) -> Stored<'_, Vec<Ref>> {
        let lane = lane.clone();
        self.read(move |reader| reader.doubtful(&lane))
    }

    fn park(&self, letters: Vec<DeadLetter>) -> Stored<'_, ()> {
        self.step_or_later([Point::ParkWritten, Point::ParkCommitted], move |tx| {
            letters.iter().try_for_each(|letter| letters::park(tx, letter))
        })
    }

    fn letters_due(&self, now: Timestamp, most: usize) -> Stored<'_, (Vec<DeadLetter>, Option<Timestamp>)> {
        self.read(move |reader| reader.letters_due(now, most))
    }

    fn put_off(&self, letters: Vec<(i64, Option<Timestamp>)>, keep: usize) -> Stored<'_, usize> {
        self.step([Point::PutOffWritten, Point::PutOffCommitted], move |tx| letters::put_off(tx, &letters, keep))
    }

    fn letters(&self, fit: &Letters, page: Page, most: usize) -> Stored<'_, Vec<DeadLetter>> {
        let fit = fit.clone();
        self.read(move |reader| reader.letters(&fit, page, most))
    }

    fn count_letters(&self) -> Stored<'_, Vec<Lettered>> {
        self.read(read::Reader::count_letters)
    }

    fn redrive(&self, letter: i64, at: Timestamp, newest: bool) -> Stored<'_, bool> {
        self.step([Point::RedriveWritten, Point::RedriveCommitted], move |tx| letters::redrive(tx, letter, at, newest))
    }

    fn discard(&self, letter: i64) -> Stored<'_, bool> {
        self.step([Point::DiscardWritten, Point::DiscardCommitted], move |tx| letters::discard(tx, letter))
    }

    fn ledger(&self, tenant: &Name) -> Stored<'_, Ledger> {
        ready(Ok(self.shared.tally().ledger(tenant))).boxed()
    }

    fn usage(&self, of: &Months, most: usize) -> Stored<'_, Vec<Usage>> {
        let of = of.clone();
        self.read(move |reader| reader.usage(&of, most))
    }

    fn recount(&self) -> Stored<'_, Vec<Count>> {
        async {
            let _one = self.counting.lock().await;
            let counting = Counting::begin(&self.shared);
            let run = counting.run;
            loop {
                if let Some(counts) = self.read(move |reader| reader.recount(run)).await? {
                    return Ok(counts);
                }
                tokio::time::sleep(BETWEEN_SLICES).await;
            }
        }
        .boxed()
    }

    #[cfg(test)]
    fn miscount(&self, tenant: &Name) -> Stored<'_, ()> {
        self.shared.tally_mut().ledger_mut(tenant).failed += 1;
        ready(Ok(())).boxed()
    }

    fn keep_token(&self, token: Token) -> Stored<'_, bool> {
        self.step([Point::TokenWritten, Point::TokenCommitted], move |tx| operator::keep_token(tx, &token))
    }

    fn tokens(&self) -> Stored<'_, Vec<Token>> {
        self.read(read::Reader::tokens)
    }

    fn revoke_token(&self, name: &str) -> Stored<'_, bool> {
        let name = name.to_owned();
        self.step([Point::RevokeWritten, Point::RevokeCommitted], move |tx| operator::revoke_token(tx, &name))
    }

    fn audit(&self, line: Audit) -> Stored<'_, ()> {
        self.step([Point::AuditWritten, Point::AuditCommitted], move |tx| operator::audit(tx, &line))
    }

    fn audits(&self, fit: &Audits, most: usize) -> Stored<'_, Vec<Audit>> {
        let fit = fit.clone();
        self.read(move |reader| reader.audits(&fit, most))
    }

    fn keep_texts(&self, texts: Vec<Text>) -> Stored<'_, ()> {
        self.step([Point::TextsWritten, Point::TextsCommitted], move |tx| texts::keep(tx, &texts))
    }

    fn texts(&self) -> Stored<'_, Vec<Text>> {
        self.read(read::Reader::texts)
    }

    fn keep_samples(&self, samples: Vec<Sample>, most: usize) -> Stored<'_, ()> {
        // Behind what is under way: nobody waits for it, and what a kill takes of it is no loss.
        self.wait(Urgency::New, move |tx| samples::keep(tx, &samples, most))
    }

    #[cfg(test)]
    fn samples(&self) -> Stored<'_, Vec<Sample>> {
        self.read(read::Reader::samples)
    }

    fn probe(&self) -> Stored<'_, ()> {
        self.write(|tx| texts::probe(tx))
    }

    fn purge(&self, before: Timestamp, most: usize) -> Stored<'_, usize> {
        async move {
            let old = self.old(before, most).await?;
            let points = [Point::PurgeWritten, Point::PurgeCommitted];
            self.step_in(Urgency::New, points, move |tx| purge::purge(tx, &old, before, most)).await
        }
        .boxed()
    }

    fn expire(&self, kept: Kept, before: Timestamp, most: usize) -> Stored<'_, usize> {
        self.step([Point::ExpireWritten, Point::ExpireCommitted], move |tx| Ok(age::expire(tx, kept, before, most)?))
    }

    fn forget(&self, whom: Forget) -> Stored<'_, Forgotten> {
        forget::forget(self, whom).boxed()
    }

    fn close(&self) -> Stored<'_, ()> {
        self.stop();
        let mut ended = self.ended.clone();
        async move {
            // Nothing is ever sent on it: the error is the writer's end.
            while ended.changed().await.is_ok() {}
            Ok(())
        }
        .boxed()
    }
}

//! One measurement: so many requests into one subject, until what follows from the last is delivered and it rests.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::brands::Brands;
use super::commits::Commits;
use super::load::{self, Fired, Requests};
use super::process::{Server, cpu_of_family};
use super::sends::Sends;
use super::sink::{COUNT, REPORTED, TAKEN};
use super::statuses::Statuses;
use crate::mapping::Trouble;

/// Nobody may need longer.
const LONGEST: Duration = Duration::from_secs(60);
/// A server that used no CPU for so long rests.
const REST: Duration = Duration::from_millis(150);

/// One that is measured.
pub(super) struct Subject {
    pub(super) name: &'static str,
    /// Those that share the work.
    pub(super) servers: Vec<Rc<Server>>,
    /// The first process of the database that they work on, if that is not their own.
    pub(super) database: Option<u32>,
    pub(super) work: Work,
    pub(super) brands: Brands,
    pub(super) connections: usize,
    /// Bytes more in each message.
    pub(super) padding: usize,
    /// How long its start took, where that was measured.
    pub(super) started: Duration,
}

/// What it is measured by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Sends that are answered.
    Answer,
    /// Sends that reach the provider.
    Send,
    /// Statuses, of messages that are sent before, that reach the platform.
    Status,
    /// The same of messages that were never sent.
    StatusMadeUp,
}

impl Work {
    /// Where the sink counts what follows from it.
    const fn counted(self) -> &'static str {
        match self {
            Self::Answer | Self::Send => COUNT,
            Self::Status | Self::StatusMadeUp => REPORTED,
        }
    }
}

/// Everything that runs while some subjects are compared; stopped in this order.
pub(super) struct Scene {
    pub(super) subjects: Vec<Subject>,
    pub(super) sink: Server,
    /// Stores alone.
    pub(super) commits: Vec<Commits>,
    /// What the others need: folders, and a database's tables and server.
    pub(super) _kept: Vec<Box<dyn std::any::Any>>,
}

/// One subject's figures in all rounds.
pub(super) struct Samples {
    pub(super) name: &'static str,
    /// CPU time per message, in microseconds, of all servers.
    pub(super) cpu: Vec<f64>,
    /// The same of the database.
    pub(super) database: Vec<f64>,
    /// Messages per second, to the last delivery.
    pub(super) rate: Vec<f64>,
    /// Messages per second, to the last answer.
    pub(super) answered: Vec<f64>,
    /// From request to answer in milliseconds: half are shorter.
    pub(super) half: Vec<f64>,
    /// All but one in a hundred are shorter.
    pub(super) most: Vec<f64>,
    /// The most memory in MiB, of all servers.
    pub(super) memory: u64,
    /// How long the start took.
    pub(super) started: Duration,
}

/// Everything that was measured.
pub(super) struct Measured {
    pub(super) servers: Vec<Samples>,
    /// Of each store alone in all rounds: a commit in milliseconds, half are shorter, and all but one in a hundred are.
    pub(super) commits: Vec<Vec<(f64, f64)>>,
}

/// Measures every subject in every round, one after the other.
pub(super) async fn all(scene: &Scene, rounds: usize, messages: u32) -> Result<Measured, Trouble> {
    let mut samples: Vec<Samples> = scene.subjects.iter().map(|subject| empty(subject.name, subject.started)).collect();
    let mut commits = vec![Vec::new(); scene.commits.len()];
    let mut first = 0;
    // One round more than counted: the first warms up.
    for round in 0..=rounds {
        let count = if round == 0 { messages / 4 } else { messages };
        for (subject, samples) in scene.subjects.iter().zip(&mut samples) {
            let warming = round == 0;
            one(scene, subject, first, count, (!warming).then_some(samples)).await?;
            first += count;
        }
        for (store, commits) in scene.commits.iter().zip(&mut commits) {
            let waits = store.fire(first, count).await?;
            first += count;
            if round > 0 {
                commits.push((share(&waits, 50), share(&waits, 99)));
            }
        }
    }
    for (subject, samples) in scene.subjects.iter().zip(&mut samples) {
        samples.memory = subject.servers.iter().map(|server| server.memory()).sum::<Result<u64, _>>()?;
    }
    Ok(Measured { servers: samples, commits })
}

/// So many of a hundred are shorter, in milliseconds.
fn share(waits: &[Duration], of_a_hundred: usize) -> f64 {
    waits.get(waits.len() * of_a_hundred / 100).map_or(0.0, |wait| wait.as_secs_f64() * 1e3)
}

fn empty(name: &'static str, started: Duration) -> Samples {
    let (cpu, database, rate, answered) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    Samples { name, cpu, database, rate, answered, half: Vec::new(), most: Vec::new(), memory: 0, started }
}

async fn one(
    scene: &Scene,
    subject: &Subject,
    first: u32,
    count: u32,
    samples: Option<&mut Samples>,
) -> Result<(), Trouble> {
    let requests = requests(scene, subject, first, count).await?;
    let path = subject.work.counted();
    let (before, database, sunk) = (cpu(subject)?, of_database(subject)?, sunk(scene, path).await?);
    let begun = Instant::now();
    let Fired { took: answered, waits } =
        load::fire(&addresses(subject), subject.connections, &requests, first..first + count).await?;
    let mut took = answered;
    if subject.work != Work::Answer {
        arrived(scene, subject, path, sunk + u64::from(count)).await?;
        took = begun.elapsed();
    }
    let used = rested(subject).await?.saturating_sub(before);
    let database = of_database(subject)?.saturating_sub(database);
    if subject.work != Work::Answer && self::sunk(scene, path).await? != sunk + u64::from(count) {
        return Err(format!("{}: a message arrived twice", subject.name).into());
    }
    if let Some(samples) = samples {
        let count = f64::from(count);
        samples.cpu.push(used.as_secs_f64() * 1e6 / count);
        samples.database.push(database.as_secs_f64() * 1e6 / count);
        samples.rate.push(count / took.as_secs_f64());
        samples.answered.push(count / answered.as_secs_f64());
        samples.half.push(share(&waits, 50));
        samples.most.push(share(&waits, 99));
    }
    Ok(())
}

fn addresses(subject: &Subject) -> Vec<SocketAddr> {
    subject.servers.iter().map(|server| server.address).collect()
}

/// What is to be measured; messages that statuses are about are sent here, and are no part of it.
async fn requests(scene: &Scene, subject: &Subject, first: u32, count: u32) -> Result<Arc<dyn Requests>, Trouble> {
    let sends: Arc<dyn Requests> = Arc::new(Sends { brands: subject.brands, padding: subject.padding });
    match subject.work {
        Work::Answer | Work::Send => Ok(sends),
        Work::StatusMadeUp => Ok(Arc::new(Statuses::made_up(first, count))),
        Work::Status => {
            let taken = sunk(scene, COUNT).await?;
            load::fire(&addresses(subject), subject.connections, &sends, first..first + count).await?;
            arrived(scene, subject, COUNT, taken + u64::from(count)).await?;
            rested(subject).await?;
            let listed = load::get(scene.sink.address, &format!("{TAKEN}{taken}")).await?;
            Ok(Arc::new(Statuses::of(&listed, taken, first)?))
        }
    }
}

/// How many has the sink.
async fn sunk(scene: &Scene, path: &str) -> Result<u64, Trouble> {
    Ok(load::get(scene.sink.address, path).await?.parse()?)
}

async fn arrived(scene: &Scene, subject: &Subject, path: &str, expected: u64) -> Result<(), Trouble> {
    let end = Instant::now() + LONGEST;
    loop {
        let sunk = sunk(scene, path).await?;
        if sunk >= expected {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("{}: {} did not arrive", subject.name, expected - sunk).into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn cpu(subject: &Subject) -> Result<Duration, Trouble> {
    subject.servers.iter().map(|server| server.cpu()).sum()
}

fn of_database(subject: &Subject) -> Result<Duration, Trouble> {
    subject.database.map_or(Ok(Duration::ZERO), cpu_of_family)
}

/// The CPU time once nothing is added any more: the last answers are still being settled.
pub(super) async fn rested(subject: &Subject) -> Result<Duration, Trouble> {
    let end = Instant::now() + LONGEST;
    let mut before = cpu(subject)?;
    loop {
        tokio::time::sleep(REST).await;
        let now = cpu(subject)?;
        if now == before {
            return Ok(now);
        }
        if Instant::now() > end {
            return Err(format!("{}: it does not come to rest", subject.name).into());
        }
        before = now;
    }
}

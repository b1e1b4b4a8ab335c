//! One measurement: so many messages into one server, until the last is delivered and the server rests.

use std::time::{Duration, Instant};

use super::load::{self, Fired};
use super::options::Options;
use super::sink::COUNT;
use super::subjects::{self, Scene, Subject};
use crate::mapping::Trouble;

/// Nobody may need longer.
const LONGEST: Duration = Duration::from_secs(60);
/// A server that used no CPU for so long rests.
const REST: Duration = Duration::from_millis(150);

/// One server's figures in all rounds.
pub(super) struct Samples {
    pub(super) name: &'static str,
    /// CPU time per message, in microseconds.
    pub(super) cpu: Vec<f64>,
    /// Messages per second, to the last delivery.
    pub(super) rate: Vec<f64>,
    /// From request to answer in milliseconds: half are shorter.
    pub(super) half: Vec<f64>,
    /// All but one in a hundred are shorter.
    pub(super) most: Vec<f64>,
    /// The most memory in MiB.
    pub(super) memory: u64,
}

/// Everything that was measured.
pub(super) struct Measured {
    pub(super) servers: Vec<Samples>,
    /// Of the store alone in all rounds: a commit in milliseconds, half are shorter, and all but one in a hundred are.
    pub(super) commits: Vec<(f64, f64)>,
}

/// Measures every server in every round.
pub(super) async fn all(options: &Options) -> Result<Measured, Trouble> {
    let scene = subjects::start(options).await?;
    let mut samples: Vec<Samples> = scene.subjects.iter().map(|subject| empty(subject.name)).collect();
    let (mut first, mut commits) = (0, Vec::new());
    // One round more than counted: the first warms up.
    for round in 0..=options.rounds {
        let count = if round == 0 { options.messages / 4 } else { options.messages };
        for (subject, samples) in scene.subjects.iter().zip(&mut samples) {
            let warming = round == 0;
            one(&scene, subject, first, count, (!warming).then_some(samples)).await?;
            first += count;
        }
        let waits = scene.commits.fire(first, count).await?;
        first += count;
        if round > 0 {
            commits.push((share(&waits, 50), share(&waits, 99)));
        }
    }
    for (subject, samples) in scene.subjects.iter().zip(&mut samples) {
        samples.memory = subject.server.memory()?;
    }
    Ok(Measured { servers: samples, commits })
}

/// So many of a hundred are shorter, in milliseconds.
fn share(waits: &[Duration], of_a_hundred: usize) -> f64 {
    waits.get(waits.len() * of_a_hundred / 100).map_or(0.0, |wait| wait.as_secs_f64() * 1e3)
}

fn empty(name: &'static str) -> Samples {
    Samples { name, cpu: Vec::new(), rate: Vec::new(), half: Vec::new(), most: Vec::new(), memory: 0 }
}

async fn one(
    scene: &Scene,
    subject: &Subject,
    first: u32,
    count: u32,
    samples: Option<&mut Samples>,
) -> Result<(), Trouble> {
    let (before, sunk) = (subject.server.cpu()?, sunk(scene).await?);
    let begun = Instant::now();
    let Fired { took, waits } = load::fire(subject.server.address, first, count).await?;
    let mut took = took;
    if subject.sends {
        delivered(scene, subject, sunk + u64::from(count)).await?;
        took = begun.elapsed();
    }
    let used = rested(subject).await?.saturating_sub(before);
    if subject.sends && self::sunk(scene).await? != sunk + u64::from(count) {
        return Err(format!("{}: a message was sent twice", subject.name).into());
    }
    if let Some(samples) = samples {
        samples.cpu.push(used.as_secs_f64() * 1e6 / f64::from(count));
        samples.rate.push(f64::from(count) / took.as_secs_f64());
        samples.half.push(share(&waits, 50));
        samples.most.push(share(&waits, 99));
    }
    Ok(())
}

async fn sunk(scene: &Scene) -> Result<u64, Trouble> {
    Ok(load::get(scene.sink.address, COUNT).await?.parse()?)
}

async fn delivered(scene: &Scene, subject: &Subject, expected: u64) -> Result<(), Trouble> {
    let end = Instant::now() + LONGEST;
    loop {
        let sunk = sunk(scene).await?;
        if sunk >= expected {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("{}: {} messages were not delivered", subject.name, expected - sunk).into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The CPU time once nothing is added any more: the last answers are still being settled.
async fn rested(subject: &Subject) -> Result<Duration, Trouble> {
    let end = Instant::now() + LONGEST;
    let mut before = subject.server.cpu()?;
    loop {
        tokio::time::sleep(REST).await;
        let now = subject.server.cpu()?;
        if now == before {
            return Ok(now);
        }
        if Instant::now() > end {
            return Err(format!("{}: it does not come to rest", subject.name).into());
        }
        before = now;
    }
}

//! SIGKILL at any moment, again and again, under load that never stops.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use switchboard::sim::Delay;
use switchboard::sim::platform::{Campaign, Repeats};
use switchboard::sim::provider::{Failure, Life, ProviderOptions};

use super::matrix::brands;
use super::oracle::{Kill, Oracle, Stopped, Verdict};
use crate::world::{Brand, Process, World, person, provider};

/// Messages of a campaign, and of a second.
const LOAD: Load = Load { messages: 40, rate: 80 };
/// Whoever writes STOP is none of those whom campaigns write to.
pub(crate) const APART: u64 = 900_000;

/// Some statuses come when the doubt is over: then what is sent again has been sent before.
pub(crate) fn parties() -> ProviderOptions {
    let life = Life {
        delivered: 1.0,
        read: 0.6,
        failures: vec![Failure { code: 1300, share: 0.04 }, Failure { code: 1360, share: 0.03 }],
        submitted_after: Delay::millis(5, 1500),
        delivered_after: Delay::millis(1500, 1800),
        read_after: Delay::millis(1800, 2500),
        duplicates: 0.1,
        reordered: 0.1,
        early: 0.1,
        ..Life::default()
    };
    ProviderOptions { life, keep_bodies: false, ..provider() }
}

/// How much is sent.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Messages of a campaign; the next begins when all of one are accepted.
    pub(crate) messages: u64,
    /// Of a second.
    pub(crate) rate: u32,
}

/// One campaign after the other until told to stop, each to people of its own. Their senders repeat what was not
/// answered, as platforms do, and some of what was.
pub(crate) async fn load(world: &World, brand: &Brand, load: Load, stop: &AtomicBool) {
    let repeats = Repeats { first: Duration::from_millis(50), longest: Duration::from_millis(500), attempts: 10_000 };
    let mut first = world.campaign(brand, 0).first_recipient;
    while !stop.load(Ordering::Relaxed) {
        let campaign = Campaign {
            first_recipient: first,
            concurrency: 8,
            rate: Some(load.rate),
            twice: 0.2,
            repeats,
            ..world.campaign(brand, load.messages)
        };
        assert_eq!(brand.platform.campaign(campaign).await.accepted, load.messages);
        first += load.messages;
    }
}

/// Kills so many processes at random moments, some before they listen.
async fn kill<'w>(world: &'w World, rounds: u64, dice: &mut StdRng) -> (Vec<Kill>, Vec<Stopped<'w>>) {
    let (mut kills, mut stopped) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let process = Process::begin(Process::command(world));
        if dice.random_bool(0.8) {
            process.listening(world).await;
            for brand in &world.brands {
                let person = person(brand, APART + round);
                world.provider.say(&person, brand.file.number, "STOP").unwrap();
                stopped.push((brand, person));
            }
        }
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..1200))).await;
        process.kill();
        kills.push(Kill::found(world).await);
    }
    (kills, stopped)
}

async fn run(rounds: u64) -> Verdict {
    let mut dice = StdRng::from_os_rng();
    let world = World::new(brands(), parties()).await;
    let stop = AtomicBool::new(false);
    let killed = async {
        let found = kill(&world, rounds, &mut dice).await;
        stop.store(true, Ordering::Relaxed);
        (found, Process::start(&world).await)
    };
    let loads = join_all(world.brands.iter().map(|brand| load(&world, brand, LOAD, &stop)));
    let (((kills, stopped), process), _) = tokio::join!(killed, loads);
    let oracle = Oracle { world: &world, kills: &kills, stopped: &stopped };
    let verdict = oracle.end(process).await;
    let queued: u64 = kills.iter().map(|kill| kill.queued).sum();
    println!("{rounds} kills with {queued} messages queued: {verdict}");
    verdict
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_nothing_is_lost() {
    let verdict = run(5).await;
    assert!(verdict.problems.is_empty(), "{:#?}", verdict.problems);
    assert!(verdict.acknowledged > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a long run: docs/reliability.md"]
async fn killed_at_random_many_times() {
    let rounds = std::env::var("SWITCHBOARD_ROUNDS").map_or(200, |rounds| rounds.parse().unwrap());
    let verdict = run(rounds).await;
    assert!(verdict.problems.is_empty(), "{:#?}", verdict.problems);
}

//! The process dies between any two steps that the store or the network can tell apart; nothing is lost, and nothing
//! happens twice that need not.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use rand::{Rng, SeedableRng};
use serde_json::json;
use switchboard::delivery::{Life as Stored, Phase};
use switchboard::faults::Point;
use switchboard::model::{Class, Ref};
use switchboard::sim::platform::{Campaign, Repeats};
use switchboard::sim::provider::{Life, ProviderOptions};
use switchboard::store::{Change, Lane, Line, NewMessage, Origin, Store};
use switchboard::value::Timestamp;

use super::oracle::{Kill, Oracle, Stopped, Verdict};
use crate::world::{Process, TenantFile, World, certain, order, person, provider, signed, until};

/// Messages of each brand.
const MESSAGES: u64 = 10;
/// People of each brand who write STOP.
const STOPS: u64 = 3;
/// Worlds at one time.
const ABREAST: usize = 6;

/// When a point is passed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// At every start.
    Start,
    /// While messages, statuses and STOPs come in.
    Traffic,
    /// At the start after a kill with a call under way, and until that doubt ends.
    Recovery,
    /// When a tenant's file has changed.
    Change,
    /// After SIGTERM.
    Stop,
}

fn when(point: Point) -> When {
    match point {
        Point::StoreMade | Point::StoreOpened | Point::StartListening => When::Start,
        Point::TextsWritten | Point::TextsCommitted | Point::PurgeWritten | Point::PurgeCommitted => When::Start,
        Point::ListingOut | Point::ListingIn => When::Start,
        Point::RecoverFound | Point::RecoverSettled | Point::WakeFound => When::Recovery,
        Point::TextsKept => When::Change,
        Point::StopClosed | Point::StopDrained | Point::StoreDrained | Point::StoreFolded => When::Stop,
        _ => When::Traffic,
    }
}

pub(super) fn brands() -> Vec<TenantFile> {
    let with = |file: TenantFile, then: &str| {
        file.line(&format!("delivery: {{ in_doubt: {{ wait: 1s, then: {then} }} }}"))
            .line("keywords: { opt_out: { reply: You will not hear from us again. } }")
    };
    let (acme, bandra) = (TenantFile::moengage("acme", "6531290044"), TenantFile::webengage("bandra", "919845013377"));
    vec![with(acme, "resend"), with(bandra, "fail")]
}

/// Statuses come twice, out of order and before the answer; nothing is given up while the gateway is away.
fn parties() -> ProviderOptions {
    let life = Life { duplicates: 0.2, reordered: 0.2, early: 0.2, ..certain() };
    ProviderOptions { life, ..provider() }
}

/// A message that has been done with for longer than anybody remembers: the first start removes it.
async fn leave_something_to_purge(world: &World) {
    let at = Timestamp::from_millis(jiff::Timestamp::now().as_millisecond() - 100 * 3_600_000);
    let life = Stored::new(at.after(Duration::from_secs(3600)));
    let reference = Ref::from_number(7);
    let message = NewMessage {
        reference,
        lane: Lane { tenant: "acme".into(), from: "6531290044".into() },
        to: "6590000999".into(),
        class: Class::Promotional,
        origin: Origin::Platform,
        platform_id: "long-ago".to_owned(),
        dedupe: Some("long-ago".to_owned()),
        body: bytes::Bytes::from_static(b"{}"),
        version: String::new(),
        life: life.clone(),
        at,
    };
    let store = world.store();
    store.accept(vec![message]).await.unwrap();
    let change = Change {
        reference,
        revision: 0,
        life: Stored { phase: Phase::Submitted, ..life },
        provider_id: None,
        said: None,
        calls: Vec::new(),
        newest: false,
        letters: Vec::new(),
        redrives: None,
        alias: None,
        line: Line { at, text: "sent".to_owned() },
        goes_on: false,
    };
    store.update(change).await.unwrap();
    store.close().await.unwrap();
}

/// Two campaigns whose senders repeat what was not answered, as platforms do.
async fn campaigns(world: &World) {
    let fire = |place: usize| {
        let brand = &world.brands[place];
        let repeats =
            Repeats { first: Duration::from_millis(50), longest: Duration::from_millis(400), attempts: 10_000 };
        brand.platform.campaign(Campaign { concurrency: 3, twice: 0.3, repeats, ..world.campaign(brand, MESSAGES) })
    };
    let fired = tokio::join!(fire(0), fire(1));
    assert_eq!((fired.0.accepted, fired.1.accepted), (MESSAGES, MESSAGES), "{fired:?}");
}

/// People write STOP, and the provider posts a webhook that nobody can read.
async fn people<'w>(world: &'w World) -> Vec<Stopped<'w>> {
    let mut stopped = Vec::new();
    for place in 0..STOPS {
        for brand in &world.brands {
            let person = person(brand, 600 + place);
            world.provider.say(&person, brand.file.number, "STOP").unwrap();
            stopped.push((brand, person));
        }
        unreadable(world, place).await;
    }
    stopped
}

/// A signed webhook without a meaning, until it is acknowledged.
async fn unreadable(world: &World, number: u64) {
    let body = json!({ "channel": "whatsapp", "number": number }).to_string();
    loop {
        let token = signed(switchboard::sim::stage::ACCOUNT.1, body.as_bytes());
        let request = world.client.post(world.url("/webhooks/vonage/status")).bearer_auth(token).body(body.clone());
        if request.send().await.is_ok_and(|answer| answer.status() == 200) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn with_fault(world: &World, point: Point, nth: u64) -> Process {
    let mut command = Process::command(world);
    command.env("SWITCHBOARD_ABORT_AT", format!("{}:{nth}", point.name()));
    Process::begin(command)
}

/// All has happened that will, and a while has passed since.
async fn never(world: &World) {
    until("all is accepted", || accepted(world) == 2 * MESSAGES).await;
    until("all is sent", || world.provider.journal().summary().references == 2 * (MESSAGES + STOPS)).await;
    while !world.provider.settled(Duration::from_secs(1)).await {}
    tokio::time::sleep(Duration::from_secs(60)).await;
}

fn accepted(world: &World) -> u64 {
    world.brands.iter().map(|brand| brand.platform.journal().summary().accepted).sum()
}

/// Kills the process at the point, and starts it again without.
async fn kill_and_start(world: &World, point: Point, nth: u64) -> (Vec<Kill>, Process) {
    let mut kills = Vec::new();
    if when(point) == When::Recovery {
        // Nothing of this call reaches the provider: only time can end the doubt.
        with_fault(world, Point::SendOut, 2).aborted(point.name()).await;
        kills.push(Kill::found(world).await);
    }
    let process = with_fault(world, point, nth);
    match when(point) {
        When::Change => {
            process.listening(world).await;
            world.write(&world.brands[0].file.clone().rate("900/s"));
        }
        When::Stop => {
            until("all is accepted", || accepted(world) == 2 * MESSAGES).await;
            process.tell_to_stop();
        }
        When::Start | When::Traffic | When::Recovery => {}
    }
    tokio::select! {
        () = process.aborted(point.name()) => {}
        () = never(world) => panic!("{}:{nth} was not passed", point.name()),
    }
    kills.push(Kill::found(world).await);
    (kills, Process::start(world).await)
}

/// One point, one kill, and what the oracle says.
async fn round(point: Point, nth: u64) -> Verdict {
    let begun = std::time::Instant::now();
    let world = World::new(brands(), parties()).await;
    leave_something_to_purge(&world).await;
    let ((), stopped, (kills, process)) =
        tokio::join!(campaigns(&world), people(&world), kill_and_start(&world, point, nth));
    let oracle = Oracle { world: &world, kills: &kills, stopped: &stopped };
    oracle.settled().await;
    // An opt-out that was acknowledged holds, before the kill or after it.
    for (place, (brand, person)) in stopped.iter().enumerate() {
        let answer = world.send(brand, &order(brand, &format!("after-{place}"), person)).await;
        assert!([200, 400].contains(&answer.status), "{answer:?}");
    }
    until("what was accepted of that is reported", || {
        let brand = &world.brands[0];
        let told =
            |place: u64| World::words(brand, &format!("after-{}", 2 * place)).last().is_some_and(|w| w == "failed");
        (0..STOPS).all(told)
    })
    .await;
    assert!(process.terminate().await.success());
    let mut verdict = oracle.judge().await;
    let letters = world.store().dead_letters(None, usize::MAX).await.unwrap();
    for number in 0..STOPS {
        let content = json!({ "channel": "whatsapp", "number": number }).to_string();
        let kept = letters.iter().filter(|letter| letter.content == content.as_bytes()).count();
        if kept == 0 || kept > 1 + kills.len() {
            verdict.problems.push(format!("the unreadable webhook {number} is kept {kept} times"));
        }
    }
    println!("{}:{nth} {:.1} s: {verdict}", point.name(), begun.elapsed().as_secs_f32());
    for problem in &mut verdict.problems {
        problem.insert_str(0, &format!("{}:{nth}: ", point.name()));
    }
    verdict
}

async fn rounds(rounds: impl IntoIterator<Item = (Point, u64)>) -> (u64, Verdict) {
    let mut all = (0, Verdict::default());
    let mut running = stream::iter(rounds).map(|(point, nth)| round(point, nth)).buffer_unordered(ABREAST);
    while let Some(verdict) = running.next().await {
        all.0 += 1;
        all.1.add(verdict);
    }
    all
}

/// The passing at which the process dies, where every point is tried once.
fn usual(point: Point) -> u64 {
    match when(point) {
        // Texts are kept at the start too.
        When::Change | When::Traffic => 2,
        When::Start | When::Recovery | When::Stop => 1,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_point_nothing_is_lost() {
    let (count, verdict) = rounds(Point::ALL.iter().map(|point| (*point, usual(*point)))).await;
    println!("{count} points: {verdict}");
    assert!(verdict.problems.is_empty(), "{:#?}", verdict.problems);
    assert_eq!(verdict.acknowledged, count * 2 * MESSAGES);
}

/// Each point at many of its passings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a long run: docs/reliability.md"]
async fn killed_at_every_point_many_times() {
    let wanted: usize = std::env::var("SWITCHBOARD_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap());
    let mut dice = rand::rngs::StdRng::from_os_rng();
    let mut all = Vec::new();
    for point in Point::ALL {
        let passings = match (when(*point), point) {
            (When::Traffic, Point::ParkWritten | Point::ParkCommitted) => 1..=STOPS,
            (When::Traffic, Point::TakeWritten | Point::TakeCommitted) => 1..=STOPS * 2,
            (When::Traffic, _) => 1..=MESSAGES * 2,
            _ => usual(*point)..=usual(*point),
        };
        all.extend((0..wanted).map(|_| (*point, dice.random_range(passings.clone()))));
    }
    let (count, verdict) = rounds(all).await;
    println!("{count} rounds: {verdict}");
    assert!(verdict.problems.is_empty(), "{:#?}", verdict.problems);
}

/// What is told of the points is the table.
#[test]
fn every_point_is_in_the_documentation() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reliability.md")).unwrap();
    let rows: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            Some((cells.next()?.strip_prefix('`')?.strip_suffix('`')?, cells.next()?))
        })
        .collect();
    for point in Point::ALL {
        assert_eq!(rows.get(point.name()), Some(&point.what()), "a row for `{}`", point.name());
    }
}

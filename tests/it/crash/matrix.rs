//! The process dies between any two steps that the store or the network can tell apart; nothing is lost, and nothing
//! happens twice that need not.
//!
//! A world is killed at one point after the other under a load that never stops: each start recovers from the kill before
//! it and dies at the next one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use switchboard::delivery::{Life as Stored, Phase};
use switchboard::faults::Point;
use switchboard::model::{Class, Ref};
use switchboard::sim::provider::{Life, ProviderOptions};
use switchboard::store::{Billed, Change, Lane, Line, NewMessage, Origin, Store};
use switchboard::value::Timestamp;

use super::kills::{APART, Load, load};
use super::oracle::{Kill, Oracle, Stopped, Verdict};
use crate::world::{GUARD, Process, TenantFile, World, certain, person, provider, signed, until};

/// Enough that every point of the traffic is passed again and again.
const LOAD: Load = Load { messages: 10, rate: 12 };
/// Between two times that people and the provider say something.
const PAUSE: Duration = Duration::from_millis(250);
/// Worlds at one time.
const ABREAST: usize = 4;

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
    /// When the operator does a dead letter again (`letters`) or has a person forgotten (`forget`). What is left is killed
    /// in the store's own tests.
    Operator,
}

fn when(point: Point) -> When {
    match point {
        Point::StoreMade | Point::StoreOpened | Point::StartListening => When::Start,
        Point::TextsWritten | Point::TextsCommitted | Point::PurgeWritten | Point::PurgeCommitted => When::Start,
        Point::AuditWritten | Point::AuditCommitted | Point::ExpireWritten | Point::ExpireCommitted => When::Start,
        Point::ListingOut | Point::ListingIn | Point::TokenWritten | Point::TokenCommitted => When::Start,
        Point::RecoverFound | Point::RecoverSettled | Point::WakeFound => When::Recovery,
        Point::TextsKept => When::Change,
        Point::StopClosed | Point::StopDrained | Point::StoreDrained | Point::StoreFolded => When::Stop,
        Point::RedriveWritten | Point::RedriveCommitted => When::Operator,
        Point::DiscardWritten | Point::DiscardCommitted => When::Operator,
        Point::ForgetWritten | Point::ForgetCommitted => When::Operator,
        Point::RevokeWritten | Point::RevokeCommitted => When::Operator,
        Point::SuppressWritten | Point::SuppressCommitted => When::Operator,
        Point::PauseWritten | Point::PauseCommitted => When::Operator,
        _ => When::Traffic,
    }
}

pub(crate) fn brands() -> Vec<TenantFile> {
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

/// A message that has been done with for longer than anybody remembers: the next start removes it.
async fn leave_something_to_purge(world: &World) {
    let at = Timestamp::from_millis(jiff::Timestamp::now().as_millisecond() - 100 * 3_600_000);
    let life = Stored::new(at.after(Duration::from_secs(3600)));
    let reference = Ref::from_number(rand::random_range(1..1 << 40));
    let message = NewMessage {
        reference,
        lane: Lane { tenant: "acme".into(), from: "6531290044".into() },
        to: "6590000999".into(),
        class: Class::Promotional,
        origin: Origin::Platform,
        platform_id: reference.to_string(),
        campaign: None,
        dedupe: None,
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
        billed: Billed::default(),
        line: Line { at, text: "sent".to_owned() },
        goes_on: false,
    };
    store.update(change).await.unwrap();
    store.close().await.unwrap();
}

/// What people and the provider say beside the campaigns until told to stop: a STOP, a webhook that nobody can read, and a
/// status of a message that nobody knows. How often, and who opted out.
async fn others<'w>(world: &'w World, stop: &AtomicBool) -> (u64, Vec<Stopped<'w>>) {
    let (mut said, mut stopped) = (0, Vec::new());
    while !stop.load(Ordering::Relaxed) {
        for brand in &world.brands {
            let person = person(brand, APART + said);
            world.provider.say(&person, brand.file.number, "STOP").unwrap();
            stopped.push((brand, person));
        }
        taken(world, &unreadable(said)).await;
        taken(world, &stray(said)).await;
        said += 1;
        tokio::time::sleep(PAUSE).await;
    }
    (said, stopped)
}

fn unreadable(number: u64) -> Value {
    json!({ "channel": "whatsapp", "number": number })
}

fn stray(number: u64) -> Value {
    json!({
        "channel": "whatsapp", "message_uuid": stranger(number), "to": "6590999999", "from": "6531290044",
        "timestamp": "2026-11-04T09:14:06.981Z", "status": "delivered",
    })
}

/// The provider's id of a message that was never sent.
fn stranger(number: u64) -> String {
    format!("aaaaaaaa-0000-4000-8000-{number:012}")
}

/// Posts a signed webhook until it is acknowledged.
async fn taken(world: &World, body: &Value) {
    let body = body.to_string();
    loop {
        let token = signed(switchboard::sim::stage::ACCOUNT.1, body.as_bytes());
        let request = world.client.post(world.url("/webhooks/vonage/status")).bearer_auth(token).body(body.clone());
        if request.send().await.is_ok_and(|answer| answer.status() == 200) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Each of these letters is kept once, however often its webhook came and whatever was killed.
async fn letters_are_kept_once(world: &World, said: u64, verdict: &mut Verdict) {
    let store = world.store();
    let (waiting, _) = store.letters_due(Timestamp::from_millis(i64::MAX), usize::MAX).await.unwrap();
    let listed = store.dead_letters(None, usize::MAX).await.unwrap();
    store.close().await.unwrap();
    let contents: Vec<_> = waiting.iter().chain(&listed).map(|letter| &letter.content[..]).collect();
    for number in 0..said {
        let unreadable = unreadable(number).to_string();
        let kept = contents.iter().filter(|content| **content == unreadable.as_bytes()).count();
        let stray = stranger(number);
        let waits = contents.iter().filter(|content| String::from_utf8_lossy(content).contains(&stray)).count();
        if (kept, waits) != (1, 1) {
            verdict.problems.push(format!("the unreadable webhook {number} is kept {kept} times, the stray {waits}"));
        }
    }
}

pub(super) fn with_fault(world: &World, point: Point, nth: u64) -> Process {
    let mut command = Process::command(world);
    command.env("SWITCHBOARD_ABORT_AT", format!("{}:{nth}", point.name()));
    if matches!(point, Point::TokenWritten | Point::TokenCommitted) {
        command.env_remove("SWITCHBOARD_ADMIN_TOKEN");
    }
    Process::begin(command)
}

fn accepted(world: &World) -> u64 {
    world.brands.iter().map(|brand| brand.platform.journal().summary().accepted).sum()
}

/// A tenant's file is not what it was.
fn change(world: &World) {
    static CHANGES: AtomicU32 = AtomicU32::new(0);
    let rate = format!("{}/s", 900 + CHANGES.fetch_add(1, Ordering::Relaxed) % 100);
    world.write(&world.brands[0].file.clone().rate(&rate));
}

/// Kills the process at the point; what it left.
async fn kill(world: &World, point: Point, nth: u64) -> Vec<Kill> {
    let mut kills = Vec::new();
    match point {
        // Nothing of this call reaches the provider: only time can end the doubt.
        _ if when(point) == When::Recovery => {
            dies(world, with_fault(world, Point::SendOut, 2), "send.out:2").await;
            kills.push(Kill::found(world).await);
        }
        Point::PurgeWritten | Point::PurgeCommitted => leave_something_to_purge(world).await,
        Point::TextsWritten | Point::TextsCommitted | Point::TextsKept => change(world),
        Point::AuditWritten | Point::AuditCommitted => change(world),
        _ => {}
    }
    let (process, before) = (with_fault(world, point, nth), accepted(world));
    if matches!(when(point), When::Change | When::Stop) {
        process.listening(world).await;
        until("more is accepted", || accepted(world) > before).await;
        if when(point) == When::Change { change(world) } else { process.tell_to_stop() }
    }
    dies(world, process, &format!("{}:{nth}", point.name())).await;
    kills.push(Kill::found(world).await);
    kills
}

/// Waits for the process to kill itself, but not for ever.
pub(super) async fn dies(world: &World, process: Process, at: &str) {
    tokio::select! {
        () = process.aborted(at) => {}
        () = tokio::time::sleep(GUARD / 2) => panic!("{at} was not passed, and {} are accepted", accepted(world)),
    }
}

/// One world, one kill after the other, and what the oracle says.
async fn chain(points: Vec<(Point, u64)>) -> Verdict {
    let world = World::new(brands(), parties()).await;
    let stop = AtomicBool::new(false);
    let killed = async {
        let mut kills = Vec::new();
        for (point, nth) in &points {
            let begun = Instant::now();
            kills.extend(kill(&world, *point, *nth).await);
            println!("{}:{nth} {:.1} s", point.name(), begun.elapsed().as_secs_f32());
        }
        stop.store(true, Ordering::Relaxed);
        (kills, Process::start(&world).await)
    };
    let loads = join_all(world.brands.iter().map(|brand| load(&world, brand, LOAD, &stop)));
    let ((kills, process), (said, stopped), _) = tokio::join!(killed, others(&world, &stop), loads);
    let begun = Instant::now();
    let oracle = Oracle { world: &world, kills: &kills, stopped: &stopped };
    let mut verdict = oracle.end(process).await;
    letters_are_kept_once(&world, said, &mut verdict).await;
    let names: Vec<_> = points.iter().map(|(point, nth)| format!("{}:{nth}", point.name())).collect();
    println!("to the end of it {:.1} s: {verdict}", begun.elapsed().as_secs_f32());
    for problem in &mut verdict.problems {
        problem.insert_str(0, &format!("{names:?}: "));
        println!("{problem}");
    }
    verdict
}

async fn chains(chains: impl IntoIterator<Item = Vec<(Point, u64)>>) -> Verdict {
    let mut all = Verdict::default();
    let mut running = stream::iter(chains).map(chain).buffer_unordered(ABREAST);
    while let Some(verdict) = running.next().await {
        all.add(verdict);
    }
    all
}

/// The points that are passed here.
fn points() -> impl Iterator<Item = Point> {
    Point::ALL.iter().copied().filter(|point| when(*point) != When::Operator)
}

/// The passing at which the process dies, where every point is tried once.
fn usual(point: Point) -> u64 {
    match (when(point), point) {
        // A second look is four seconds after the first.
        (_, Point::PutOffWritten | Point::PutOffCommitted) => 1,
        // Texts are kept at the start too.
        (When::Change | When::Traffic, _) => 2,
        _ => 1,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_point_nothing_is_lost() {
    let all: Vec<_> = points().map(|point| (point, usual(point))).collect();
    let mut worlds = vec![Vec::new(); ABREAST];
    all.iter().enumerate().for_each(|(place, one)| worlds[place % ABREAST].push(*one));
    let verdict = chains(worlds).await;
    println!("{} points: {verdict}", all.len());
    assert!(verdict.problems.is_empty(), "{:#?}", verdict.problems);
    assert!(verdict.acknowledged > 0 && verdict.reports > 0 && verdict.opted_out > 0, "{verdict}");
}

/// Each point at many of its passings, each in a world of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a long run: docs/reliability.md"]
async fn killed_at_every_point_many_times() {
    let wanted: usize = std::env::var("SWITCHBOARD_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap());
    let mut dice = rand::rngs::StdRng::from_os_rng();
    let some = std::env::var("SWITCHBOARD_POINT").unwrap_or_default();
    let mut all = Vec::new();
    for point in points().filter(|point| point.name().starts_with(&some)) {
        let passings = match (when(point), point) {
            (When::Traffic, Point::PutOffWritten | Point::PutOffCommitted) => 1..=2,
            (When::Traffic, Point::ParkWritten | Point::ParkCommitted) => 1..=4,
            (When::Traffic, Point::TakeWritten | Point::TakeCommitted) => 1..=6,
            (When::Traffic, _) => 1..=20,
            _ => usual(point)..=usual(point),
        };
        all.extend((0..wanted).map(|_| vec![(point, dice.random_range(passings.clone()))]));
    }
    let count = all.len();
    let verdict = chains(all).await;
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

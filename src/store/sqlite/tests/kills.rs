//! A kill at each step of each write: what was not committed is not there, what was committed is there in whole, and
//! the work goes on from there.

use std::collections::HashSet;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures_util::FutureExt;

use crate::delivery::Phase;
use crate::faults::Point;
use crate::store::samples::{at, call, change, id, lane, letter, name, new, suppression, taken};
use crate::store::sqlite::Sqlite;
use crate::store::{
    CallStep, Change, DeadLetter, Letters, Line, Page, Roles, Store, Stored, Taken, Text, TextKind, Token,
};

/// SIGABRT.
const ABORTED: i32 = 6;
/// Where the killed process has its store.
const PLACE: &str = "SWITCHBOARD_STEPS_IN";

/// A write, by the name that its points begin with.
type Step = (&'static str, fn(&Sqlite) -> Stored<'_, ()>);

const STEPS: &[Step] = &[
    ("accept", |store| done(store.accept(vec![new(1)]))),
    ("begin", |store| store.begin(vec![(id(1), 0)])),
    ("settle", |store| {
        let told = Change { provider_id: Some("provider-1".to_owned()), calls: vec![call(5, Some(1))], ..sent() };
        store.update(told)
    }),
    ("call", |store| store.settle_call(5, CallStep::Park { why: "refused".to_owned() }, Some(line("refused")))),
    ("redrive", |store| done(store.redrive(1, at(60), true))),
    ("call", |store| store.settle_call(5, CallStep::Done, Some(line("posted")))),
    ("take", |store| {
        let suppressions = vec![suppression(None, PERSONS[0], true)];
        done(store.take(Taken { suppressions, replies: vec![new(2)], calls: vec![call(6, None)], ..taken("in-1") }))
    }),
    ("suppress", |store| {
        let of_one_sender = suppression(Some("14155550100"), PERSONS[2], true);
        store.suppress(vec![suppression(None, PERSONS[1], true), of_one_sender])
    }),
    ("suppress", |store| store.suppress(vec![suppression(None, PERSONS[1], false)])),
    ("park", |store| {
        let waits =
            DeadLetter { kind: "unmatched".to_owned(), due: Some(at(100)), ..letter(Some("acme"), "no message") };
        store.park(vec![letter(Some("acme"), "malformed"), waits])
    }),
    ("put_off", |store| done(store.put_off(vec![(3, Some(at(400)))], 10))),
    ("discard", |store| done(store.discard(2))),
    ("token", |store| {
        let (name, roles) = ("admin".to_owned(), Roles::ALL);
        done(store.keep_token(Token { name, hash: [7; 32], at: at(70), roles, tenant: None, until: None }))
    }),
    ("texts", |store| store.keep_texts(vec![text("acme.yaml"), text("bolt.yaml")])),
    ("accept", |store| done(store.accept(vec![new(3), new(4)]))),
    ("purge", |store| done(store.purge(at(3), 10))),
];

const PERSONS: [&str; 3] = ["919812345670", "919812345671", "919812345672"];

fn done<'s, T: Send + 's>(stored: Stored<'s, T>) -> Stored<'s, ()> {
    stored.map(|result| result.map(drop)).boxed()
}

fn sent() -> Change {
    change(1, 0, Phase::Submitted)
}

fn line(text: &str) -> Line {
    Line { at: at(50), text: text.to_owned() }
}

fn text(file: &str) -> Text {
    let (file, version, content) = (file.to_owned(), "5f3a".to_owned(), "tenant: acme".to_owned());
    Text { kind: TextKind::Tenant, file, version, content, retired: None }
}

/// Everything that a store can be asked.
async fn all(store: &Sqlite) -> Vec<String> {
    let (end, nobody) = (at(i64::MAX), HashSet::new());
    let mut all = Vec::new();
    for number in 1..=4 {
        let message = store.message(id(number)).await.unwrap();
        all.push(format!("{number}: {message:?} {:?}", store.history(id(number)).await.unwrap()));
        all.push(format!("{:?}", store.by_platform_id(&name("acme"), &format!("platform-{number}")).await.unwrap()));
    }
    all.push(format!("provider's id: {:?}", store.by_provider_id("provider-1").await.unwrap()));
    all.push(format!("calls: {:?}", store.calls(end, 10, &nobody).await.unwrap()));
    all.push(format!("letters: {:?}", store.dead_letters(None, 10).await.unwrap()));
    all.push(format!("waiting letters: {:?}", store.letters_due(end, 10).await.unwrap()));
    let own = Letters { tenant: Some(name("acme")), ..Letters::default() };
    all.push(format!("a tenant's: {:?}", store.letters(&own, Page::Newest { below: None }, 10).await.unwrap().len()));
    let sender = lane("acme", "14155550100").from;
    let listed = PERSONS.map(|person| store.is_suppressed(&name("acme"), &sender, &person.into()));
    all.push(format!("opted out: {listed:?}"));
    all.push(format!("begun: {:?}", store.interrupted().await.unwrap()));
    all.push(format!("lanes: {:?} {:?}", store.lanes().await.unwrap(), store.ledger(&name("acme")).await.unwrap()));
    all.push(format!("counted: {:?}", store.recount().await.unwrap()));
    all.push(format!("tokens: {:?} texts: {:?}", store.tokens().await.unwrap(), store.texts().await.unwrap()));
    all
}

async fn take(store: &Sqlite, steps: &[Step]) {
    for (write, step) in steps {
        step(store).await.unwrap_or_else(|problem| panic!("{write}: {problem}"));
    }
}

/// What is there before the first step, and after each.
async fn states() -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("store")).unwrap();
    let mut states = vec![all(&store).await];
    for step in STEPS {
        take(&store, &[*step]).await;
        states.push(all(&store).await);
    }
    states
}

/// What the killed process does; by itself, that no step is in vain: each leaves something behind.
#[tokio::test]
async fn the_steps_are_taken() {
    match std::env::var(PLACE) {
        Ok(place) => take(&Sqlite::open(Path::new(&place)).unwrap(), STEPS).await,
        Err(_) => {
            let states = states().await;
            for (place, (write, _)) in STEPS.iter().enumerate() {
                assert_ne!(states[place], states[place + 1], "{write}");
            }
        }
    }
}

/// A process that aborts at that passing of a point; the store that it leaves.
fn killed(folder: &Path, point: &str, nth: usize) -> PathBuf {
    let place = folder.join("store");
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", "store::sqlite::tests::kills::the_steps_are_taken"]);
    process.env(PLACE, &place).env("SWITCHBOARD_ABORT_AT", format!("{point}:{nth}"));
    let ended = process.output().unwrap();
    assert_eq!(ended.status.signal(), Some(ABORTED), "{point}:{nth}: {}", String::from_utf8_lossy(&ended.stdout));
    place
}

#[tokio::test]
async fn a_killed_write_is_there_in_whole_or_not_at_all() {
    let states = states().await;
    for (place, (write, _)) in STEPS.iter().enumerate() {
        let nth = STEPS[..=place].iter().filter(|(name, _)| name == write).count();
        for (end, taken) in [("written", place), ("committed", place + 1)] {
            let (folder, point) = (tempfile::tempdir().unwrap(), format!("{write}.{end}"));
            let store = Sqlite::open(&killed(folder.path(), &point, nth)).unwrap();
            assert_eq!(all(&store).await, states[taken], "{point}:{nth}");
            take(&store, &STEPS[taken..]).await;
            assert_eq!(all(&store).await, states[STEPS.len()], "{point}:{nth}, and all that comes after it");
        }
    }
}

#[test]
fn every_write_that_has_points_is_a_step() {
    for write in Point::ALL.iter().filter_map(|point| point.name().strip_suffix(".committed")) {
        assert!(STEPS.iter().any(|(name, _)| *name == write), "{write}");
    }
}

//! Work for a store, each step acknowledged in a file beside it as soon as the store says that it is durable.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use switchboard::delivery::{Life, Phase};
use switchboard::model::{Address, Class, Name, Ref};
use switchboard::store::sqlite::Sqlite;
use switchboard::store::{
    Billed, CallStep, Cause, Change, DeadLetter, Lane, Line, NewCall, NewMessage, Origin, Store, Suppression, Taken,
};
use switchboard::value::Timestamp;

/// The file of acknowledgements, a line each.
pub(super) const ACKNOWLEDGED: &str = "acknowledged";
/// The store's file.
pub(super) const STORE: &str = "switchboard.db";

/// Who work at one time: their writes share commits.
const WORKERS: i64 = 12;
/// Sessions with the store, each but the last closed in order.
const SESSIONS: i64 = 3;

pub(super) fn tenant() -> Name {
    "acme".into()
}

pub(super) fn person(number: i64) -> Address {
    Address::from(format!("6591{number:06}").as_str())
}

/// Long enough that a few hundred pass several checkpoints.
pub(super) fn body(number: i64) -> Bytes {
    let length = 500 + usize::try_from(number * 37 % 2500).unwrap();
    Bytes::from(format!("{{\"number\":{number},\"text\":\"{}\"}}", "x".repeat(length)))
}

pub(super) fn letter(number: i64) -> Bytes {
    Bytes::from(format!("letter {number}"))
}

pub(super) fn provider_id(number: i64) -> String {
    format!("provider-{number}")
}

/// What is written when a call was made.
pub(super) const POSTED: &str = "report posted";

fn at(number: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + number)
}

fn life(number: i64) -> Life {
    Life::new(at(number).after(Duration::from_secs(3600)))
}

fn new(number: i64) -> NewMessage {
    NewMessage {
        reference: Ref::from_number(number),
        lane: Lane { tenant: tenant(), from: format!("653129{:04}", number % 3).as_str().into() },
        to: person(number),
        class: Class::Promotional,
        origin: Origin::Platform,
        platform_id: format!("platform-{number}"),
        campaign: None,
        dedupe: Some(format!("platform-{number}")),
        body: body(number),
        version: "1".to_owned(),
        life: life(number),
        at: at(number),
    }
}

/// The provider took it: its id is known, and the platform is to be told.
fn submitted(number: i64) -> Change {
    let report = NewCall {
        id: number,
        tenant: tenant(),
        name: "report".to_owned(),
        message: Some(Ref::from_number(number)),
        context: Bytes::from_static(b"{}"),
        at: at(number),
    };
    Change {
        reference: Ref::from_number(number),
        revision: 0,
        life: Life { phase: Phase::Submitted, attempts: 1, ..life(number) },
        provider_id: Some(provider_id(number)),
        said: Some(vec!["sent".to_owned()]),
        calls: vec![report],
        newest: false,
        letters: Vec::new(),
        redrives: None,
        alias: None,
        billed: Billed::default(),
        line: Line { at: at(number), text: "taken".to_owned() },
        goes_on: false,
    }
}

fn stop(number: i64) -> Taken {
    Taken {
        tenant: tenant(),
        id: format!("inbound-{number}"),
        addresses: vec![person(number), Address::from(format!("user-{number}").as_str())],
        suppressions: vec![Suppression {
            tenant: tenant(),
            sender: None,
            address: person(number),
            on: true,
            at: at(number),
            cause: Cause::Joined,
        }],
        replies: Vec::new(),
        calls: Vec::new(),
        at: at(number),
    }
}

fn unreadable(number: i64) -> DeadLetter {
    DeadLetter {
        id: 0,
        tenant: Some(tenant()),
        kind: "status".to_owned(),
        name: "/hook".to_owned(),
        message: None,
        why: "malformed".to_owned(),
        content: letter(number),
        at: at(number),
        call: None,
        came: None,
        attempts: 0,
        due: None,
    }
}

/// A step is said to be done after the store has said so, by one write.
fn acknowledge(mut file: &File, step: &str, number: i64) {
    file.write_all(format!("{step} {number}\n").as_bytes()).unwrap();
}

/// The life of one message, and now and then of an opt-out and of a dead letter.
async fn one(store: &Sqlite, file: &File, number: i64) {
    store.accept(vec![new(number)]).await.unwrap();
    acknowledge(file, "accept", number);
    if number % 5 == 0 {
        store.take(stop(number)).await.unwrap();
        acknowledge(file, "stop", number);
    }
    if number % 7 == 0 {
        store.park(vec![unreadable(number)]).await.unwrap();
        acknowledge(file, "park", number);
    }
    if number % 11 == 0 {
        return;
    }
    store.begin(vec![(Ref::from_number(number), 0)]).await.unwrap();
    acknowledge(file, "begin", number);
    store.update(submitted(number)).await.unwrap();
    acknowledge(file, "settle", number);
    if number % 3 > 0 {
        let line = Line { at: at(number), text: POSTED.to_owned() };
        store.settle_call(number, CallStep::Done, Some(line)).await.unwrap();
        acknowledge(file, "call", number);
    }
}

/// The whole work in a folder, with messages from that number on.
async fn work(folder: &Path, path: &Path, first: i64, messages: i64) {
    let file = Arc::new(OpenOptions::new().create(true).append(true).open(folder.join(ACKNOWLEDGED)).unwrap());
    for session in 0..SESSIONS {
        let store = Arc::new(Sqlite::open(path).unwrap());
        let workers = (0..WORKERS).map(|worker| {
            let (store, file) = (Arc::clone(&store), Arc::clone(&file));
            tokio::spawn(async move {
                let theirs = |number: &i64| (number % WORKERS, number % SESSIONS) == (worker, session);
                for number in (first..first + messages).filter(theirs) {
                    one(&store, &file, number).await;
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap();
        }
        store.close().await.unwrap();
    }
}

/// What the recording starts in a process of its own, whose folder and extent it names. By itself it shows that the work
/// comes to its end on a disk that nobody cuts off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_is_done() {
    let own = tempfile::tempdir().unwrap();
    let folder = std::env::var("POWER_DIRECTORY").map_or_else(|_| own.path().to_owned(), PathBuf::from);
    let messages = std::env::var("POWER_MESSAGES").map_or(60, |count| count.parse().unwrap());
    let path = folder.join(std::env::var("POWER_BELOW").unwrap_or_default()).join(STORE);
    // What a cut left before is there too, and is nobody's work here.
    let first = std::env::var("POWER_FIRST").map_or(1, |first| first.parse().unwrap());
    work(&folder, &path, first, messages).await;
    if first > 1 {
        return;
    }
    let store = Sqlite::open(&path).unwrap();
    let ledger = store.ledger(&tenant()).await.unwrap();
    let (all, left) = (u64::try_from(messages).unwrap(), u64::try_from(messages / 11).unwrap());
    assert_eq!((ledger.accepted, ledger.submitted, ledger.in_flight), (all, all - left, left));
    let (calls, _) = store.calls(Timestamp::from_millis(i64::MAX), usize::MAX, &HashSet::new()).await.unwrap();
    assert!(calls.iter().all(|call| call.call.id % 3 == 0), "{calls:?}");
}

//! Closing, dropping, being killed, and coming back.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::super::super::samples::*;
use super::super::schema;
use super::place;
use crate::delivery::{Life, Phase};
use crate::model::Address;
use crate::store::sqlite::Sqlite;
use crate::store::{
    Acceptance, Cause, Change, DeadLetter, Lane, Ledger, NewMessage, Store, StoreError, Taken, Text, TextKind, Without,
};

fn ours() -> Lane {
    lane("acme", "14155550100")
}

/// One of everything that must survive.
async fn fill(store: &Sqlite) {
    store.accept((1..=5).map(new).collect()).await.unwrap();
    let life = Life { wake: Some(at(900)), ..change(2, 0, Phase::InDoubt).life };
    store.update(Change { life, ..change(2, 0, Phase::InDoubt) }).await.unwrap();
    let submitted = Change {
        provider_id: Some("v-3".to_owned()),
        calls: vec![call(7, Some(3))],
        alias: Some(address("US.1")),
        ..change(3, 0, Phase::Submitted)
    };
    store.update(submitted).await.unwrap();
    store.begin(vec![(id(4), 0)]).await.unwrap();
    let addresses: Vec<Address> = vec![address("91"), address("US.9")];
    store.take(Taken { addresses, suppressions: vec![suppression(None, "91", true)], ..taken("in") }).await.unwrap();
    store.suppress(vec![suppression(Some("s"), "92", true)]).await.unwrap();
    let looked_for = DeadLetter { due: Some(at(300)), attempts: 2, ..letter(Some("acme"), "nobody's") };
    store.park(vec![letter(None, "why"), looked_for]).await.unwrap();
}

async fn check(store: &Sqlite) {
    let claimed = store.claim(&ours(), at(99), 9, &Without::default()).await.unwrap();
    let numbers: Vec<i64> = claimed.iter().map(|found| found.message.reference.number()).collect();
    assert_eq!(numbers, [1, 5]);
    assert_eq!(claimed[0].message.body, new(1).body);
    assert_eq!(store.interrupted().await.unwrap(), [id(4)]);
    assert_eq!(store.lanes().await.unwrap(), [(ours(), 3)]);
    assert_eq!(store.backlog(&name("acme")), 3);
    assert_eq!(store.due(at(900), 9).await.unwrap().0, [id(2)]);
    assert_eq!(store.by_provider_id("v-3").await.unwrap().unwrap().revision, 1);
    assert_eq!(store.history(id(3)).await.unwrap().len(), 1);
    assert_eq!(store.calls(at(99), 9, &HashSet::new()).await.unwrap().0.len(), 1);
    assert_eq!(store.dead_letters(None, 9).await.unwrap().len(), 1);
    assert_eq!(store.letters_due(at(300), 9).await.unwrap().0[0].attempts, 2);
    let on = |sender: &str, person: &str| store.is_suppressed(&name("acme"), &address(sender), &address(person));
    assert!(on("x", "91") && on("x", "US.9") && on("s", "92") && !on("x", "92"));
    let expected = Ledger { accepted: 5, submitted: 1, in_flight: 4, ..Ledger::default() };
    assert_eq!(store.ledger(&name("acme")).await.unwrap(), expected);
    let repeat = NewMessage { reference: id(50), ..new(1) };
    assert_eq!(store.accept(vec![repeat]).await.unwrap(), [Acceptance::Repeat(id(1))]);
    assert_eq!(store.take(taken("in")).await, Ok(false));
}

#[tokio::test]
async fn everything_is_there_after_closing() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    fill(&store).await;
    store.close().await.unwrap();
    store.close().await.unwrap();
    let closed = |error| matches!(error, StoreError::Failed(text) if text.contains("closed"));
    assert!(closed(store.accept(vec![new(9)]).await.unwrap_err()));
    assert!(closed(store.message(id(1)).await.unwrap_err()));
    drop(store);
    // The log was folded into the file.
    assert_eq!(fs::metadata(path.with_extension("db-wal")).map_or(0, |file| file.len()), 0);
    check(&Sqlite::open(&path).unwrap()).await;
}

#[tokio::test]
async fn everything_is_there_after_dropping_without_closing() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    fill(&store).await;
    // Nobody waits for this one; it was sent and is written.
    drop(store.park(vec![letter(Some("acme"), "unawaited")]));
    drop(store);
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.dead_letters(Some(&name("acme")), 9).await.unwrap().len(), 1);
    drop(store);
}

/// The files as a killed process leaves them: whatever reached the operating system, at any moment.
fn killed(path: &Path, to: &Path) {
    for end in ["", "-wal"] {
        let from = format!("{}{end}", path.display());
        if Path::new(&from).exists() {
            fs::copy(&from, format!("{}{end}", to.display())).unwrap();
        }
    }
}

#[tokio::test]
async fn everything_is_there_after_a_kill() {
    let (directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    fill(&store).await;
    let copy = directory.path().join("copy.db");
    killed(&path, &copy);
    check(&Sqlite::open(&copy).unwrap()).await;
    check(&store).await;
}

#[tokio::test]
async fn a_file_of_an_older_version_is_brought_up_to_date() {
    for version in 1..=2 {
        let (_directory, path) = place();
        let old = Connection::open(&path).unwrap();
        schema::STEPS[..version].iter().for_each(|step| old.execute_batch(step).unwrap());
        old.pragma_update(None, "application_id", schema::APPLICATION).unwrap();
        old.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
        old.execute_batch(
            "INSERT INTO tenant VALUES (1, 'acme');
            INSERT INTO suppression VALUES (1, '81', '');
            INSERT INTO call VALUES (5, 1, 'report', NULL, x'7b7d', 7, 2, 9);
            INSERT INTO letter VALUES (1, 'acme', 'status', '/hook', NULL, 'why', x'7b7d', 7);",
        )
        .unwrap();
        drop(old);
        let store = Sqlite::open(&path).unwrap();
        let calls = store.calls(at(9), 9, &HashSet::new()).await.unwrap().0;
        assert_eq!(calls.iter().map(|call| (call.attempts, call.newest)).collect::<Vec<_>>(), [(2, false)]);
        let letters = store.dead_letters(None, 9).await.unwrap();
        assert_eq!(letters.iter().map(|letter| (letter.attempts, letter.due)).collect::<Vec<_>>(), [(0, None)]);
        let history = store.consents_of(&name("acme"), &address("81"), 9).await.unwrap();
        assert!(history.len() == 1 && history[0].on && history[0].cause == Cause::Before, "{history:?}");
        assert_eq!(store.probe().await, Ok(()));
        let text = Text {
            kind: TextKind::Tenant,
            file: "acme.yaml".to_owned(),
            version: "1".to_owned(),
            content: "tenant: acme".to_owned(),
            retired: None,
        };
        store.keep_texts(vec![text.clone()]).await.unwrap();
        store.close().await.unwrap();
        drop(store);
        let store = Sqlite::open(&path).unwrap();
        assert_eq!(store.texts().await.unwrap(), [text]);
        fill(&store).await;
    }
}

#[tokio::test]
async fn a_torn_log_loses_nothing_but_its_end() {
    let (directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    fill(&store).await;
    let copy = directory.path().join("copy.db");
    killed(&path, &copy);
    let log = copy.with_extension("db-wal");
    let whole = fs::read(&log).unwrap();
    // As if the last write had stopped half-way, or had written something else.
    store.park(vec![letter(None, "torn")]).await.unwrap();
    killed(&path, &copy);
    let mut torn = fs::read(&log).unwrap();
    assert!(torn.len() > whole.len());
    torn.truncate(whole.len() + 1000);
    torn.extend([0xa5; 3000]);
    fs::write(&log, torn).unwrap();
    check(&Sqlite::open(&copy).unwrap()).await;
}

#[tokio::test]
async fn twenty_thousand_messages_keep_their_order_across_a_restart() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    for batch in 0..20 {
        store.accept((1..=1000).map(|one| new(batch * 1000 + one)).collect()).await.unwrap();
    }
    drop(store);
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.backlog(&name("acme")), 20_000);
    let mut held = HashSet::new();
    let mut next = 1;
    while next <= 20_000 {
        let claimed =
            store.claim(&ours(), at(0), 512, &Without { held: held.clone(), ..Without::default() }).await.unwrap();
        assert!(!claimed.is_empty());
        for found in &claimed {
            assert_eq!(found.message.reference, id(next));
            next += 1;
        }
        held.extend(claimed.iter().map(|found| found.message.reference));
    }
    assert!(
        store.claim(&ours(), at(0), 9, &Without { held: held.clone(), ..Without::default() }).await.unwrap().is_empty()
    );
}

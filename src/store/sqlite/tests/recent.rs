//! Keys in memory and keys in the index are found alike, wherever a stop cuts the way from one to the other.

use std::path::Path;

use rusqlite::Connection;

use super::super::super::samples::*;
use super::place;
use crate::delivery::Phase;
use crate::store::sqlite::Sqlite;
use crate::store::{Acceptance, Change, NewMessage, Store};

fn open(path: &Path, together: usize) -> Sqlite {
    let store = Sqlite::open(path).unwrap();
    store.index_together(together);
    store
}

fn to_somebody(number: i64) -> NewMessage {
    NewMessage { to: address(&format!("65{number}")), ..new(number) }
}

fn provider_id(number: i64) -> String {
    format!("v-{number}")
}

async fn settle(store: &Sqlite, number: i64) {
    let change = Change { provider_id: Some(provider_id(number)), ..change(number, 0, Phase::Submitted) };
    store.update(change).await.unwrap();
}

/// By each of its keys; the provider's where it is settled.
async fn is_found(store: &Sqlite, number: i64, settled: bool) {
    let message = to_somebody(number);
    let platform = store.by_platform_id(&name("acme"), &message.platform_id).await.unwrap();
    assert_eq!(platform.iter().map(|found| found.message.reference).collect::<Vec<_>>(), [id(number)]);
    let last = store.last_to(&message.lane, std::slice::from_ref(&message.to)).await.unwrap();
    assert_eq!(last.map(|found| found.message.reference), Some(id(number)));
    let given = store.by_provider_id(&provider_id(number)).await.unwrap();
    assert_eq!(given.map(|found| found.message.reference), settled.then(|| id(number)));
    let repeat = NewMessage { reference: id(number + 1_000_000), ..message };
    assert_eq!(store.accept(vec![repeat]).await.unwrap(), [Acceptance::Repeat(id(number))]);
}

fn indexed(path: &Path) -> i64 {
    Connection::open(path).unwrap().query_row("SELECT count(*) FROM key", [], |row| row.get(0)).unwrap()
}

/// Some come after others that are younger by their number.
const fn numbered(step: i64) -> i64 {
    (step ^ 3) + 1
}

#[tokio::test]
async fn what_a_message_is_found_by_survives_every_stop() {
    for together in [1, 9, 1000] {
        let (_directory, path) = place();
        for step in 1..=16 {
            let store = open(&path, together);
            let number = numbered(step);
            assert_eq!(store.accept(vec![to_somebody(number)]).await.unwrap(), [Acceptance::New]);
            if step > 5 {
                settle(&store, numbered(step - 5)).await;
            }
            for known in 1..=step {
                is_found(&store, numbered(known), known + 5 <= step).await;
            }
        }
        assert_eq!(indexed(&path) > 0, together < 1000, "{together}");
        let store = open(&path, together);
        for step in 12..=16 {
            settle(&store, numbered(step)).await;
        }
        assert_eq!(store.purge(at(i64::MAX), 99).await.unwrap(), 16);
        drop(store);
        assert_eq!(indexed(&path), 0, "{together}");
        let store = open(&path, together);
        assert_eq!(
            store.accept((1..=16).map(numbered).map(to_somebody).collect()).await.unwrap(),
            [Acceptance::New; 16]
        );
    }
}

#[tokio::test]
async fn a_stop_in_the_middle_of_the_way_loses_no_key() {
    let (directory, path) = place();
    let store = open(&path, 1000);
    store.accept((1..=4000).map(to_somebody).collect()).await.unwrap();
    let mut seen = Vec::new();
    loop {
        store.probe().await.unwrap();
        seen.push(indexed(&path));
        // Learned on the way: it goes to where the others of its message are.
        let number = i64::try_from(seen.len()).unwrap();
        settle(&store, number).await;
        let copy = directory.path().join(format!("{number}.db"));
        for end in ["", "-wal"] {
            std::fs::copy(format!("{}{end}", path.display()), format!("{}{end}", copy.display())).unwrap();
        }
        let killed = open(&copy, 1000);
        for (known, settled) in [(number, true), (2000, false), (4000, false)] {
            is_found(&store, known, settled).await;
            is_found(&killed, known, settled).await;
        }
        if seen.last() >= Some(&8000) {
            break;
        }
    }
    let many = seen.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!(many > 3, "in parts: {seen:?}");
}

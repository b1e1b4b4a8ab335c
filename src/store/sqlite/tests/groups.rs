//! One commit for many, and what happens when there are too many.

use std::sync::Arc;

use rusqlite::Connection;

use super::super::super::samples::*;
use super::place;
use crate::delivery::Phase;
use crate::store::lines::WAITING;
use crate::store::sqlite::Sqlite;
use crate::store::{Acceptance, Store, StoreError};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_share_a_commit() {
    let (_directory, path) = place();
    let store = Arc::new(Sqlite::open(&path).unwrap());
    let callers = (0..64).map(|caller| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for one in 0..50 {
                let number = caller * 1000 + one;
                assert_eq!(store.accept(vec![new(number)]).await.unwrap(), [Acceptance::New]);
                store.update(change(number, 0, Phase::Submitted)).await.unwrap();
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    assert!(store.commits() < 64 * 100 / 4, "{} commits for 6400 writes", store.commits());
    let ledger = store.ledger(&name("acme")).await.unwrap();
    assert_eq!((ledger.accepted, ledger.submitted, ledger.in_flight), (3200, 3200, 0));
}

#[tokio::test]
async fn too_much_waiting_is_an_overload_and_passes() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    // As long as somebody else writes to the file, ours waits.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writes: Vec<_> =
        (0..WAITING + 2000).map(|number| store.park(vec![letter(None, &number.to_string())])).collect();
    other.execute_batch("ROLLBACK").unwrap();
    let results = futures_util::future::join_all(writes).await;
    let (taken, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert!(refused.len() >= 900, "{} refused", refused.len());
    assert!(refused.iter().all(|result| *result == Err(StoreError::Overloaded)));
    assert_eq!(store.dead_letters(None, usize::MAX).await.unwrap().len(), taken.len());
    store.park(vec![letter(None, "again")]).await.unwrap();
}

#[tokio::test]
async fn one_bad_write_of_a_group_fails_alone() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // All of these wait, so they are one group.
    let first = store.park(vec![letter(None, "first")]);
    std::thread::sleep(std::time::Duration::from_millis(50));
    let mut writes: Vec<_> = (1..=20).map(|number| store.accept(vec![new(number)])).collect();
    let stolen = crate::store::NewMessage { dedupe: None, ..new(7) };
    writes.push(store.accept(vec![stolen]));
    writes.extend((21..=30).map(|number| store.accept(vec![new(number)])));
    other.execute_batch("ROLLBACK").unwrap();
    first.await.unwrap();
    let results = futures_util::future::join_all(writes).await;
    for (place, result) in results.iter().enumerate() {
        assert_eq!(result.is_err(), place == 20, "{place} {result:?}");
    }
    assert_eq!(store.backlog(&name("acme")), 30);
    assert_eq!(store.ledger(&name("acme")).await.unwrap().accepted, 30);
}

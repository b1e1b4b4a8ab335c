//! The server in trouble: nothing acknowledged is lost, everything else is refused, and the store goes on by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::super::samples::*;
use super::super::{OpenError, Place, Postgres, migrate};
use super::server::{Server, Tables};
use super::{made, open};
use crate::delivery::Phase;
use crate::store::{Acceptance, NewMessage, Store, StoreError};

/// A busy machine is slow; a hang is longer.
const GUARD: Duration = Duration::from_secs(120);

async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is().await {
        assert!(began.elapsed() < GUARD, "waited in vain: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Accepts one after the other; those that were acknowledged.
async fn accepting(store: Arc<Postgres>, first: i64, stop: Arc<AtomicBool>) -> (Vec<i64>, u64) {
    let (mut accepted, mut refused) = (Vec::new(), 0);
    let mut number = first;
    while !stop.load(Ordering::Relaxed) {
        match store.accept(vec![new(number)]).await {
            Ok(answer) => {
                // It may have been committed when its connection was lost, and said to be refused: then it is a repeat of itself.
                assert!(matches!(answer[..], [Acceptance::New]) || answer == [Acceptance::Repeat(id(number))]);
                accepted.push(number);
                number += 1;
            }
            Err(StoreError::Conflict) => panic!("a conflict"),
            Err(StoreError::Overloaded | StoreError::Failed(_)) => {
                refused += 1;
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
    (accepted, refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_and_comes_back_costs_nothing_that_was_acknowledged() {
    let server = Server::own();
    let tables = Tables::on(&server);
    let store = Arc::new(open(&tables).await);
    let stop = Arc::<AtomicBool>::default();
    let tasks: Vec<_> = (1..=16_i64)
        .map(|place| tokio::spawn(accepting(Arc::clone(&store), place * 1_000_000, Arc::clone(&stop))))
        .collect();
    for mode in ["immediate", "fast"] {
        let before = store.commits();
        until("it accepts", async || store.commits() > before + 20).await;
        tokio::task::block_in_place(|| server.stop(mode));
        assert!(store.message(id(1)).await.is_err());
        until("it says that the database is away", async || store.probe().await.is_err()).await;
        tokio::task::block_in_place(|| server.again());
        until("it takes writes again", async || store.probe().await.is_ok()).await;
    }
    let before = store.commits();
    until("it accepts", async || store.commits() > before + 20).await;
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    for task in tasks {
        let (accepted, no) = task.await.unwrap();
        acknowledged.extend(accepted);
        refused += no;
    }
    assert!(refused > 0, "whoever came while it was away was told so");
    let counts = store.recount().await.unwrap();
    assert!(counts.iter().all(crate::store::Count::agrees), "{counts:?}");
    store.close().await.unwrap();
    let again = open(&tables).await;
    for number in &acknowledged {
        assert!(again.message(id(*number)).await.unwrap().is_some(), "{number} is lost");
    }
    let known = again.ledger(&name("acme")).await.unwrap();
    assert!(usize::try_from(known.accepted).unwrap() >= acknowledged.len(), "{known:?} {}", acknowledged.len());
    again.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_does_not_leave_a_commit_in_the_dark() {
    let (store, tables) = made(&[]).await;
    let store = Arc::new(store);
    // Connections are cut again and again while groups are written: each answer must be the truth.
    let cutting = {
        let url = tables.url().to_owned();
        std::thread::spawn(move || {
            for _ in 0..25 {
                let sql = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND objid = (SELECT hashtext(current_schema())::oid)";
                super::server::run(&url, sql).unwrap();
                std::thread::sleep(Duration::from_millis(60));
            }
        })
    };
    let mut refused = 0;
    let mut number = 0;
    while !cutting.is_finished() {
        number += 1;
        let answers =
            futures_util::future::join_all((0..8).map(|place| store.accept(vec![new(number * 10 + place)]))).await;
        for (place, answer) in (0_i64..).zip(answers) {
            let there = loop {
                match store.message(id(number * 10 + place)).await {
                    Ok(found) => break found.is_some(),
                    Err(_) => sleep(Duration::from_millis(10)).await,
                }
            };
            refused += i64::from(answer.is_err());
            assert_eq!(answer.is_ok(), there, "{answer:?}");
        }
    }
    cutting.join().unwrap();
    assert!(number > 5, "{number} rounds, {refused} refused");
    until("it takes writes again", async || store.probe().await.is_ok()).await;
    let counts = store.recount().await.unwrap();
    assert!(counts.iter().all(crate::store::Count::agrees), "{counts:?}");
    store.close().await.unwrap();
}

#[tokio::test]
async fn one_process_writes_at_a_time_and_the_next_may_come_at_once() {
    let (first, tables) = made(&[]).await;
    let place = Place::parse(tables.url()).unwrap();
    assert!(matches!(Postgres::open(&place, &[]).await, Err(OpenError::InUse)));
    first.accept(vec![new(1)]).await.unwrap();
    first.close().await.unwrap();
    let second = open(&tables).await;
    assert_eq!(
        second.accept(vec![NewMessage { reference: id(2), ..new(1) }]).await,
        Ok(vec![Acceptance::Repeat(id(1))])
    );
    second.close().await.unwrap();
}

#[tokio::test]
async fn who_lost_his_turn_writes_no_more_and_knows_what_the_other_did() {
    let (store, tables) = made(&[]).await;
    store.accept(vec![new(1), new(2)]).await.unwrap();
    // Another process came while this one had no connection, and went.
    tables.run("UPDATE node SET epoch = epoch + 1, commits = commits + 7").unwrap();
    tables.run("UPDATE message SET phase = 3, revision = revision + 1, due = NULL WHERE ref = 1").unwrap();
    tables.run("UPDATE ledger SET submitted = submitted + 1").unwrap();
    // It takes its turn again, and everything in memory is loaded anew before it writes.
    assert_eq!(store.accept(vec![new(3)]).await, Ok(vec![Acceptance::New]));
    assert_eq!(store.update(change(1, 0, Phase::Failed)).await, Err(StoreError::Conflict));
    let ledger = store.ledger(&name("acme")).await.unwrap();
    assert_eq!((ledger.accepted, ledger.submitted, ledger.in_flight), (3, 1, 2));
    assert_eq!(store.backlog(&name("acme")), 2);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_not_ready_is_refused_with_what_to_do() {
    let tables = Tables::new();
    let place = Place::parse(tables.url()).unwrap();
    let refused = async || {
        let problem = Postgres::open(&place, &[]).await.unwrap_err();
        format!("{problem}: {}", problem.help())
    };
    let empty = refused().await;
    assert!(empty.contains("version 0") && empty.contains("switchboard store migrate"), "{empty}");
    assert_eq!(migrate(&place).await.unwrap().0, 0);
    let (before, after) = migrate(&place).await.unwrap();
    assert_eq!(before, after, "twice is once");
    tables.run("UPDATE switchboard SET version = 999").unwrap();
    let newer = refused().await;
    assert!(newer.contains("version 999") && newer.contains("newer program"), "{newer}");
    assert!(matches!(migrate(&place).await, Err(OpenError::NewerVersion { found: 999, .. })));
    let nobody = Place::parse("postgres://u@127.0.0.1:1/d").unwrap();
    let gone = Postgres::open(&nobody, &[]).await.unwrap_err();
    assert!(gone.to_string().contains("cannot be reached"), "{gone}");
}

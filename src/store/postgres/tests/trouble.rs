//! The server in trouble: nothing acknowledged is lost, everything else is refused, and the store goes on by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::super::samples::*;
use super::super::{OpenError, Place, Postgres, migrate};
use super::server::{Server, Tables};
use super::{made, open};
use crate::store::{Acceptance, Store, StoreError};

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
                // Whoever writes has that lock, in the middle of a transaction.
                let sql = "DO $$ DECLARE cut bigint; BEGIN FOR try IN 1..2000 LOOP
                    SELECT count(pg_terminate_backend(pid)) INTO cut FROM pg_locks WHERE relation = 'node'::regclass
                        AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid();
                    EXIT WHEN cut > 0; PERFORM pg_sleep(0.001); END LOOP; END $$";
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
    tables.run("UPDATE switchboard SET version = 999, needs = 999").unwrap();
    let newer = refused().await;
    assert!(newer.contains("version 999") && newer.contains("newer program"), "{newer}");
    assert!(matches!(migrate(&place).await, Err(OpenError::NewerVersion { found: 999, .. })));
    let nobody = Place::parse("postgres://u@127.0.0.1:1/d").unwrap();
    let gone = Postgres::open(&nobody, &[]).await.unwrap_err();
    assert!(gone.to_string().contains("cannot be reached"), "{gone}");
}

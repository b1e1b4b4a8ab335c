//! A count anew is exact while others write, and finds what the files lack.

use std::sync::Arc;

use rusqlite::Connection;

use super::super::super::samples::*;
use super::place;
use crate::delivery::Phase;
use crate::store::sqlite::Sqlite;
use crate::store::{Change, Count, Ledger, NewMessage, Store};

const MANY: i64 = 20_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recount_agrees_while_messages_come_move_and_go() {
    let (_directory, path) = place();
    let store = Arc::new(Sqlite::open(&path).unwrap());
    for from in (1..=MANY).step_by(1000) {
        store.accept((from..from + 1000).map(|number| new(number * 2)).collect()).await.unwrap();
    }
    let writer = Arc::clone(&store);
    let writing = tokio::spawn(async move {
        // In front of the count and behind it: new ones between the others, moves there and back, purges.
        for step in 0..400_i64 {
            let number = (step * 7919) % MANY * 2 + 2;
            let fresh = NewMessage { platform_id: String::new(), dedupe: None, ..new(number + 1) };
            let _taken_before = writer.accept(vec![fresh]).await;
            for reference in [number, number + 1] {
                let known = writer.message(id(reference)).await.unwrap();
                let Some(known) = known else { continue };
                let phases = [Phase::Submitted, Phase::InDoubt, Phase::Failed, Phase::Queued];
                let phase = phases[usize::try_from(step % 4).unwrap()];
                writer.update(Change { revision: known.revision, ..change(reference, 0, phase) }).await.unwrap();
            }
            if step % 10 == 0 {
                writer.purge(at(i64::MAX), 20).await.unwrap();
            }
        }
    });
    let mut counts = 0;
    while !writing.is_finished() || counts < 2 {
        let found = store.recount().await.unwrap();
        assert!(found.iter().all(Count::agrees), "{found:?}");
        counts += 1;
    }
    writing.await.unwrap();
    let last = store.recount().await.unwrap();
    assert!(last[0].counted.accepted > 20_000 && last[0].counted.submitted > 0, "{last:?}");
}

#[tokio::test]
async fn a_row_that_is_gone_is_missed() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    store.accept((1..=9).map(new).collect()).await.unwrap();
    let behind = Connection::open(&path).unwrap();
    behind.execute("DELETE FROM message WHERE ref = 5", []).unwrap();
    let counts = store.recount().await.unwrap();
    assert_eq!((counts[0].told.accepted, counts[0].counted.accepted), (9, 8));
    assert!(!counts[0].agrees());
    // Given up in the middle, the next one begins anew.
    drop(tokio::time::timeout(std::time::Duration::ZERO, store.recount()).await);
    assert_eq!(store.recount().await.unwrap(), counts);
}

#[tokio::test]
async fn what_an_earlier_version_purged_is_known() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    store.accept((1..=4).map(new).collect()).await.unwrap();
    for (number, phase) in [(1, Phase::Submitted), (2, Phase::Submitted), (3, Phase::Failed)] {
        store.update(change(number, 0, phase)).await.unwrap();
    }
    store.purge(at(100), 2).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    // As the version before left it.
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "DROP TABLE indexed; DROP INDEX letter_count; DROP TABLE audit; DROP INDEX letter_at; DROP TABLE proof; DROP TABLE veil; DROP TABLE seal;
            ALTER TABLE body DROP COLUMN seal; ALTER TABLE call DROP COLUMN seal; ALTER TABLE letter DROP COLUMN seal;
            ALTER TABLE text DROP COLUMN seal; DROP INDEX letter_due; DROP INDEX letter_hash; DROP INDEX letter_unmatched; DROP INDEX letter_old;
            ALTER TABLE letter DROP COLUMN attempts; ALTER TABLE letter DROP COLUMN due;
            ALTER TABLE letter DROP COLUMN hash; DROP INDEX call_lane; CREATE INDEX call_due ON call (tenant, due, id);
            DROP TABLE purged; DROP TABLE token; ALTER TABLE letter DROP COLUMN call;
            ALTER TABLE letter DROP COLUMN came; ALTER TABLE call DROP COLUMN newest; DROP TABLE consent; DROP TABLE pause;
            DROP INDEX message_queue; CREATE INDEX message_queue ON message (lane, class, wake, ref) WHERE phase = 0;
            DROP INDEX message_campaign; ALTER TABLE message DROP COLUMN campaign; ALTER TABLE body DROP COLUMN campaign;
            DROP TABLE usage; ALTER TABLE message DROP COLUMN bill; DROP TABLE sample; PRAGMA user_version = 2;",
        )
        .unwrap();
    drop(connection);
    let store = Sqlite::open(&path).unwrap();
    let counts = store.recount().await.unwrap();
    let expected = Ledger { accepted: 4, submitted: 2, failed: 1, in_flight: 1, ..Ledger::default() };
    assert_eq!((counts[0].told, counts[0].counted), (expected, expected));
}

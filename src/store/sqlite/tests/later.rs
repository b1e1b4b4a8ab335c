//! A writer that is slow: new messages are told "later" and leave nothing, what is under way goes on.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::super::super::samples::*;
use super::place;
use crate::store::lines::WAITING;
use crate::store::sqlite::Sqlite;
use crate::store::{Acceptance, Store, StoreError, Stored};

/// Keeps the writer busy until told otherwise; resolves once the writer has begun.
fn occupied(store: &Sqlite) -> (Stored<'_, ()>, Receiver<()>, Sender<()>) {
    let (begin, begun) = channel();
    let (end, ended) = channel::<()>();
    let ended = std::sync::Mutex::new(ended);
    let written = store.write(move |_| {
        begin.send(()).unwrap();
        let _told = ended.lock().unwrap().recv();
        Ok(())
    });
    (written, begun, end)
}

/// The clock goes on by itself as soon as nothing else does: the whole patience costs no time.
#[tokio::test(start_paused = true)]
async fn who_waits_too_long_is_told_later_and_leaves_nothing() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    let (written, begun, end) = occupied(&store);
    begun.recv().unwrap();
    assert_eq!(store.accept(vec![new(1)]).await, Err(StoreError::Overloaded));
    assert_eq!(store.take(taken("in")).await, Err(StoreError::Overloaded));
    assert_eq!(store.park(vec![letter(None, "why")]).await, Err(StoreError::Overloaded));
    end.send(()).unwrap();
    assert_eq!(written.await, Ok(()));
    assert_eq!(store.probe().await, Ok(()), "behind what was given up");
    assert!(store.message(id(1)).await.unwrap().is_none());
    assert!(store.dead_letters(None, 9).await.unwrap().is_empty());
    assert_eq!(store.backlog(&name("acme")), 0);
}

#[tokio::test]
async fn a_crowded_queue_keeps_room_for_what_is_under_way() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.accept(vec![new(1)]).await, Ok(vec![Acceptance::New]));
    let (written, begun, end) = occupied(&store);
    begun.recv().unwrap();
    let many: Vec<_> = (0..WAITING / 4 * 3 + 1).map(|_| store.probe()).collect();
    assert_eq!(store.accept(vec![new(2)]).await, Err(StoreError::Overloaded), "at once");
    assert_eq!(store.take(taken("in")).await, Err(StoreError::Overloaded));
    let change = store.update(change(1, 0, crate::delivery::Phase::Submitted));
    end.send(()).unwrap();
    assert_eq!((written.await, change.await), (Ok(()), Ok(true)));
    for probe in many {
        assert_eq!(probe.await, Ok(()));
    }
    assert_eq!(store.accept(vec![new(2)]).await, Ok(vec![Acceptance::New]), "later came");
}

//! What may not go yet is not looked at again for each of those that may.

use super::super::super::samples::*;
use super::place;
use crate::delivery::Phase;
use crate::store::sqlite::Sqlite;
use crate::store::{Store, StoreError};

const MANY: i64 = 10_000;

async fn done(store: &Sqlite, numbers: impl IntoIterator<Item = i64>) {
    let changes = numbers.into_iter().map(|number| store.update(change(number, 0, Phase::Submitted)));
    for changed in futures_util::future::join_all(changes).await {
        changed.unwrap();
    }
}

#[tokio::test]
async fn each_look_goes_on_where_the_last_one_ended() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    for from in (1..=MANY).step_by(1000) {
        store.accept((from..from + 1000).map(new).collect()).await.unwrap();
    }
    // More than one look takes in stand before the first that may go.
    done(&store, 8001..=8500).await;
    let upto = || store.purged.upto();
    for place in 1..=5 {
        assert_eq!(store.purge(at(i64::MAX), 100).await, Ok(100));
        assert_eq!(upto(), 8000 + place * 100, "it does not begin anew");
    }
    // Those before it have their turn once the end was reached.
    done(&store, [7, 9000]).await;
    assert_eq!((store.purge(at(i64::MAX), 1).await, upto()), (Ok(1), 9000));
    assert_eq!((store.purge(at(i64::MAX), 1).await, upto()), (Ok(1), 7));
    assert_eq!((store.purge(at(i64::MAX), 100).await, upto()), (Ok(0), 0));
    assert!(store.recount().await.unwrap()[0].agrees());
}

#[tokio::test]
async fn what_came_of_a_message_since_it_was_found_keeps_it() -> Result<(), StoreError> {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    store.accept((1..=3).map(new).collect()).await?;
    done(&store, 1..=3).await;
    let found = store.old(at(100), 9).await?;
    assert_eq!(found, [1, 2, 3]);
    store.update(change(2, 1, Phase::Queued)).await?;
    assert_eq!(store.write(move |tx| super::super::purge::purge(tx, &found, at(100), 9)).await, Ok(2));
    assert!(store.message(id(2)).await?.is_some() && store.message(id(3)).await?.is_none());
    Ok(())
}

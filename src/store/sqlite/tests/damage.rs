//! Stores that cannot be opened, and disks that say no.

use std::fs;

use rusqlite::Connection;

use super::super::super::samples::*;
use super::super::open::OpenError;
use super::super::schema;
use super::place;
use crate::store::sqlite::Sqlite;
use crate::store::{Acceptance, Store, StoreError};

#[tokio::test]
async fn a_store_in_use_is_refused_and_free_afterwards() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    assert!(matches!(Sqlite::open(&path), Err(OpenError::InUse(_))));
    store.close().await.unwrap();
    // Closed is free, even while its last owner is still there.
    let next = Sqlite::open(&path).unwrap();
    next.accept(vec![new(1)]).await.unwrap();
    assert!(Sqlite::open(&path).unwrap_err().to_string().contains("in use"));
    drop((store, next));
    Sqlite::open(&path).unwrap();
}

#[test]
fn what_is_no_store_is_refused_and_left_as_it_was() {
    let (_directory, path) = place();
    fs::write(&path, "not a database, but somebody's notes".repeat(100)).unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(Sqlite::open(&path), Err(OpenError::Corrupt(_))));
    assert_eq!(fs::read(&path).unwrap(), before);

    let foreign = path.with_file_name("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE song (title)").unwrap();
    assert!(matches!(Sqlite::open(&foreign), Err(OpenError::Corrupt(_))));

    let newer = path.with_file_name("newer.db");
    drop(Sqlite::open(&newer).unwrap());
    Connection::open(&newer)
        .unwrap()
        .pragma_update(None, "user_version", i64::try_from(schema::VERSION + 1).unwrap())
        .unwrap();
    let found = i64::try_from(schema::VERSION + 1).unwrap();
    let error = Sqlite::open(&newer).unwrap_err();
    assert!(matches!(error, OpenError::NewerVersion { found: it, .. } if it == found), "{error}");

    let directory = path.with_file_name("directory.db");
    fs::create_dir(&directory).unwrap();
    assert!(matches!(Sqlite::open(&directory), Err(OpenError::Io(_))));
    let below_a_file = path.join("below.db");
    assert!(matches!(Sqlite::open(&below_a_file), Err(OpenError::Io(_))));
}

#[tokio::test]
async fn a_damaged_file_is_an_error_and_no_panic() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    store.accept((1..=2000).map(new).collect()).await.unwrap();
    drop(store);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(Sqlite::open(&path), Err(OpenError::Corrupt(_))));
    let mut garbled = whole;
    for page in garbled.chunks_mut(4096).skip(1) {
        page[..64].fill(0xff);
    }
    fs::write(&path, garbled).unwrap();
    match Sqlite::open(&path) {
        Err(OpenError::Corrupt(_)) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_full_disk_fails_the_write_and_nothing_else() {
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    store.accept(vec![new(1)]).await.unwrap();
    let limit = |pages: i64| {
        store.write(move |tx| {
            tx.connection.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0)).and_then(|now| {
                let sql = format!("PRAGMA max_page_count = {}", now + pages);
                tx.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))
            })?;
            Ok(())
        })
    };
    limit(0).await.unwrap();
    let writes = (2..200).map(|number| store.accept(vec![new(number)]));
    let results = futures_util::future::join_all(writes).await;
    assert!(results.iter().any(|result| matches!(result, Err(StoreError::Failed(_)))));
    let stored = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(store.ledger(&name("acme")).await.unwrap().accepted, u64::try_from(stored + 1).unwrap());
    assert!(store.message(id(1)).await.unwrap().is_some());
    limit(1000).await.unwrap();
    assert_eq!(store.accept(vec![new(999)]).await.unwrap(), [Acceptance::New]);
    drop(store);
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.backlog(&name("acme")), u64::try_from(stored + 2).unwrap());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let (_directory, path) = place();
    let store = Sqlite::open(&path).unwrap();
    for end in ["db", "db-wal", "db.lock"] {
        let mode = fs::metadata(path.with_extension(end)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{end}");
    }
    drop(store);
}

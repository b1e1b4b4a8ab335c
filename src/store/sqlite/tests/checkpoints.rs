//! The log: moved into the file beside the writer, and never long for long.

use std::path::Path;
use std::sync::Arc;

use super::super::super::samples::*;
use super::place;
use crate::delivery::Phase;
use crate::store::Store;
use crate::store::sqlite::Sqlite;

/// How long the log's file is, and how often the log began anew: bytes 12 to 15 of its header.
fn log(path: &Path) -> (usize, u32) {
    let log = std::fs::read(path.with_file_name("switchboard.db-wal")).unwrap();
    (log.len(), log.get(12..16).map_or(0, |bytes| u32::from_be_bytes(bytes.try_into().unwrap())))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_begins_anew_while_the_writer_goes_on() {
    let (_directory, path) = place();
    let store = Arc::new(Sqlite::open(&path).unwrap());
    let mut longest = 0;
    for round in 0.. {
        let callers = (0..16).map(|caller| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for one in 0..40 {
                    let number = round * 10_000 + caller * 100 + one;
                    store.accept(vec![new(number)]).await.unwrap();
                    store.update(change(number, 0, Phase::Submitted)).await.unwrap();
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
        let (length, anew) = log(&path);
        longest = longest.max(length);
        if anew >= 2 {
            break;
        }
        assert!(round < 300, "a log of {length} bytes never began anew");
    }
    assert!(longest < 128 << 20, "the log grew to {longest} bytes");
    drop(store);
    assert!(!path.with_file_name("switchboard.db-wal").exists(), "it is gone at the end");
}

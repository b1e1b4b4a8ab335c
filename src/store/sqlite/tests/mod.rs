//! What only an engine with a disk can promise or break.

mod checkpoints;
mod damage;
mod groups;
#[cfg(debug_assertions)]
mod kills;
mod later;
mod plans;
mod purge;
mod recent;
mod recount;
mod restarts;
mod sealed;

use std::path::PathBuf;

fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("switchboard.db");
    (directory, path)
}

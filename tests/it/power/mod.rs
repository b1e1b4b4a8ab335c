//! Power cuts and failing disks, for real: a layer between the store and its files (tests/power/shim.c) records what the
//! disk is told, or fails as told.
//!
//! `cuts` makes of one record the disk after a cut at any moment, opens the store on it, and asks for everything that had
//! been acknowledged. `trouble` is a gateway whose disk is full, sick, slow or read-only.

mod cuts;
mod disk;
mod trouble;
mod workload;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The layer, compiled once.
static SHIM: LazyLock<PathBuf> = LazyLock::new(|| {
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("power-{}.so", std::process::id()));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/power/shim.c");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let arguments = ["-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-o"];
    let built = Command::new(compiler).args(arguments).arg(&library).args([source, "-ldl", "-lpthread"]).status();
    assert!(built.unwrap().success(), "the C compiler that SQLite needs builds the layer too");
    library
});

/// Puts the layer under a process's files in that folder.
fn under(command: &mut Command, folder: &Path) {
    command.env("LD_PRELOAD", &*SHIM).env("POWER_DIRECTORY", folder);
}

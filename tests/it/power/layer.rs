//! The layer under a process's files, tests/power/shim.c: built once, preloaded.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The layer, compiled once.
static SHIM: LazyLock<PathBuf> = LazyLock::new(|| {
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("power-{}.so", std::process::id()));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/power/shim.c");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let arguments = ["-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-o"];
    let built = Command::new(&compiler).args(arguments).arg(&library).args([source, "-ldl", "-lpthread"]).status();
    let built = built.unwrap_or_else(|problem| panic!("no C compiler at {compiler} (CC names another): {problem}"));
    assert!(built.success(), "the C compiler that SQLite needs builds the layer too");
    library
});

/// Puts the layer under a process's files in that folder.
pub(super) fn under(command: &mut Command, folder: &Path) {
    command.env("LD_PRELOAD", &*SHIM).env("POWER_DIRECTORY", folder);
}

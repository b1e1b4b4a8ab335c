//! `switchboard test`: the contract cases of mappings.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

/// Which cases.
#[derive(Debug, Args)]
pub(super) struct TestOptions {
    /// The folder of mappings
    #[arg(default_value = "mappings")]
    folder: PathBuf,
}

pub(super) fn run(options: &TestOptions) -> ExitCode {
    let _ = &options.folder;
    ExitCode::from(1)
}

//! `switchboard completions` and `switchboard man`: the command line as shells and `man` read it, made from itself.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::{fail, grammar};
use crate::cli::out::{out, outln};

const NAME: &str = "switchboard";

/// For which shell.
#[derive(Debug, Args)]
pub(super) struct CompletionsOptions {
    /// The shell that reads it
    #[arg(value_enum)]
    shell: Shell,
}

/// Where to.
#[derive(Debug, Args)]
pub(super) struct ManOptions {
    /// Write a page for each command into this folder, as `man` looks for them
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn completions(options: &CompletionsOptions) -> ExitCode {
    // Into memory first: the library ends the process where a reader has seen enough.
    let mut text = Vec::new();
    clap_complete::generate(options.shell, &mut grammar(), NAME, &mut text);
    out!("{}", String::from_utf8_lossy(&text));
    ExitCode::SUCCESS
}

pub(super) fn man(options: &ManOptions) -> ExitCode {
    let Some(folder) = &options.out else {
        let mut page = Vec::new();
        if let Err(problem) = clap_mangen::Man::new(grammar()).render(&mut page) {
            return fail(&problem);
        }
        out!("{}", String::from_utf8_lossy(&page));
        return ExitCode::SUCCESS;
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(grammar(), folder));
    match written {
        Ok(()) => {
            outln!("{}", folder.join(format!("{NAME}.1")).display());
            ExitCode::SUCCESS
        }
        Err(problem) => fail(&format!("{}: {problem}", folder.display())),
    }
}

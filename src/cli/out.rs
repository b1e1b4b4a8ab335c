//! Standard output of the commands. A reader that has seen enough (`| head`) ends no command: it goes on to its end, and
//! its exit code says what it found. Where output cannot be written for another reason, a full disk, the command fails.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// As `print!`, for commands.
macro_rules! out {
    ($($text:tt)*) => { $crate::cli::out::write(format_args!($($text)*)) };
}

/// As `println!`, for commands.
macro_rules! outln {
    ($($text:tt)*) => {{
        $crate::cli::out::write(format_args!($($text)*));
        $crate::cli::out::write(format_args!("\n"));
    }};
}

pub(super) use {out, outln};

/// Writes to standard output; ends the process if that cannot be.
pub(super) fn write(text: Arguments<'_>) {
    let Err(problem) = std::io::stdout().write_fmt(text) else { return };
    if problem.kind() != ErrorKind::BrokenPipe {
        eprintln!("switchboard: the output cannot be written: {problem}");
        std::process::exit(1);
    }
}

//! The program: everything is in the library.

use std::process::ExitCode;

/// Faster than the system's under many connections, and it gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    switchboard::cli::run()
}

//! What the gateway costs, against references written by hand, all in one run on one machine: `cargo bench`.
//!
//! The parts: `times` of the mappings; the servers `direct`, `passthrough`, `echo` and the real `switchboard serve`,
//! each in a process of its own so that its CPU time is its own; `sink` is the provider, `load` the platform.
//! `round` makes one measurement, `report` the tables. Asserts what is counted, nothing that is timed.

mod commits;
mod direct;
mod echo;
mod http;
mod load;
#[path = "../mapping/mod.rs"]
mod mapping;
mod options;
mod passthrough;
mod process;
#[path = "../reference/mod.rs"]
mod reference;
mod report;
mod round;
mod sink;
mod subjects;
mod times;

use mapping::Trouble;
use options::{Options, Role};

/// The gateway's own, so that no side has the better one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Trouble> {
    match options::read(std::env::args().skip(1))? {
        Role::Idle => {
            println!("measured by `cargo bench` only");
            Ok(())
        }
        Role::Serve(role, rest) => process::serve(&role, &rest),
        Role::Measure(options) => measure(&options),
    }
}

fn measure(options: &Options) -> Result<(), Trouble> {
    let machine = report::machine(options.date.as_deref());
    println!("{machine}\n");
    let times = if options.durable { Vec::new() } else { times::measure(options.rounds)? };
    let mappings = report::mappings(&times);
    println!("{mappings}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let measured = runtime.block_on(round::all(options))?;
    let (servers, waits) = (report::servers(&measured.servers), report::waits(&measured));
    println!("{servers}\n{waits}");
    if options.write {
        report::write(&format!("{machine}\n\n{mappings}\n{servers}\n{waits}"))?;
    }
    Ok(())
}

//! What the gateway costs, against references written by hand, all in one run on one machine: `cargo bench`.
//!
//! The parts: `times` of the mappings; in `subjects` the real `switchboard serve` beside `direct`, `passthrough`, `lean`,
//! `echo` and `peers`, each in a process of its own so that its CPU time is its own; `postgres`, `webhooks`, `tenants` and
//! `disk` and `curves` are the same in other circumstances. `sink` is the provider, `load` whoever calls, with the platform's `sends` of
//! its `brands` or the provider's `statuses`. `round` makes one measurement, `report` the tables. Asserts what is counted,
//! nothing that is timed.

mod brands;
mod chart;
mod commits;
mod curves;
mod direct;
mod disk;
mod echo;
mod http;
mod lean;
mod load;
#[path = "../mapping/mod.rs"]
mod mapping;
mod options;
mod passthrough;
mod peers;
mod postgres;
mod process;
#[path = "../reference/mod.rs"]
mod reference;
mod relay;
mod report;
mod round;
mod sends;
mod sink;
mod statuses;
mod subjects;
mod tenants;
mod times;
mod webhooks;

use mapping::Trouble;
use options::{Options, Part, Role};
use round::{Measured, Scene};
use tokio::runtime::Runtime;

/// Of the messages of a round, what the smaller parts send.
const SHARE: u32 = 4;

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
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for part in &options.parts {
        let machine = report::machine(options.date.as_deref());
        println!("{machine}\n");
        let tables = match part {
            Part::Servers => servers(options, &runtime)?,
            Part::Postgres => postgres::table(&runtime.block_on(compared(options, postgres::start()))?),
            Part::Webhooks => webhooks::table(&runtime.block_on(compared(options, webhooks::start()))?),
            Part::Tenants => tenants::table(&runtime.block_on(compared(options, tenants::start()))?),
            Part::Disk => disk::table(&runtime.block_on(compared(options, disk::start()))?),
            Part::Curves => curves::table(&runtime.block_on(compared(options, curves::start()))?)?,
        };
        println!("{tables}");
        if options.write {
            report::write(*part, &format!("{machine}\n\n{tables}"))?;
        }
    }
    Ok(())
}

fn servers(options: &Options, runtime: &Runtime) -> Result<String, Trouble> {
    let times = if options.durable { Vec::new() } else { times::measure(options.rounds)? };
    let mappings = report::mappings(&times);
    println!("{mappings}");
    let measured = runtime.block_on(async {
        let scene = subjects::start(options).await?;
        round::all(&scene, options.rounds, options.messages).await
    })?;
    let (servers, beside) = (report::servers(&measured.servers), report::beside(&measured.servers));
    Ok(format!("{mappings}\n{servers}\n{beside}\n{}", report::waits(&measured)))
}

/// A part that compares few subjects in other circumstances, with fewer messages.
async fn compared(options: &Options, scene: impl Future<Output = Result<Scene, Trouble>>) -> Result<Measured, Trouble> {
    round::all(&scene.await?, options.rounds, options.messages / SHARE).await
}

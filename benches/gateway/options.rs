//! The command line of the bench: what a person may ask for, and the hidden role of a child process.

use std::path::PathBuf;

use crate::mapping::Trouble;

/// What this process is for.
pub(super) enum Role {
    /// Built and started by `cargo test`: nothing.
    Idle,
    /// A server, with its arguments.
    Serve(String, Vec<String>),
    /// The measurement.
    Measure(Options),
}

/// What may be measured by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Mappings, and the servers against their references.
    Servers,
    /// Several gateways over one database.
    Postgres,
    /// Statuses in, reports out.
    Webhooks,
    /// Many tenants.
    Tenants,
    /// A slow disk.
    Disk,
    /// More callers, larger messages; with pictures.
    Curves,
}

impl Part {
    const ALL: [Self; 6] = [Self::Servers, Self::Postgres, Self::Webhooks, Self::Tenants, Self::Disk, Self::Curves];

    pub(super) const fn flag(self) -> &'static str {
        match self {
            Self::Servers => "--servers",
            Self::Postgres => "--postgres",
            Self::Webhooks => "--webhooks",
            Self::Tenants => "--tenants",
            Self::Disk => "--disk",
            Self::Curves => "--curves",
        }
    }
}

/// How to measure.
pub(super) struct Options {
    /// Those that were asked for; all of them, if none was.
    pub(super) parts: Vec<Part>,
    /// How often everything is measured, one after the other each time.
    pub(super) rounds: usize,
    /// Messages of one measurement of one server.
    pub(super) messages: u32,
    /// Write the tables into docs/performance.md.
    pub(super) write: bool,
    /// Another build of `switchboard`, measured beside this one.
    pub(super) against: Option<PathBuf>,
    /// Only the durable gateway and its reference.
    pub(super) durable: bool,
    /// Stands in the tables; there is none of itself, so that a second run changes figures only.
    pub(super) date: Option<String>,
}

const KNOWN: &str = "--servers --postgres --webhooks --tenants --disk --curves --rounds N --messages N --write --against FILE --durable --date TEXT";

/// Reads the arguments after the program's name.
pub(super) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Role, Trouble> {
    let parts = Vec::new();
    let mut options =
        Options { parts, rounds: 5, messages: 10_000, write: false, against: None, durable: false, date: None };
    let mut measured = false;
    while let Some(argument) = arguments.next() {
        if let Some(part) = Part::ALL.into_iter().find(|part| part.flag() == argument) {
            options.parts.push(part);
            continue;
        }
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--serve" => {
                let role = value()?;
                return Ok(Role::Serve(role, arguments.collect()));
            }
            // Cargo says so to a bench, and not to one that it runs as a test.
            "--bench" => measured = true,
            "--rounds" => options.rounds = value()?.parse::<usize>()?.clamp(1, 50),
            "--messages" => options.messages = value()?.parse::<u32>()?.clamp(100, 1_000_000),
            "--write" => options.write = true,
            "--against" => options.against = Some(value()?.into()),
            "--durable" => {
                options.durable = true;
                options.parts.push(Part::Servers);
            }
            "--date" => options.date = Some(value()?),
            other => return Err(format!("unknown: {other}; known: {KNOWN}").into()),
        }
    }
    if options.parts.is_empty() {
        // The curves take as long as all others.
        options.parts = Part::ALL.into_iter().filter(|part| *part != Part::Curves).collect();
    }
    Ok(if measured { Role::Measure(options) } else { Role::Idle })
}

//! Delivery, simulated: the real dispatcher, lanes, limits, timers, flow and state machine over the memory engine, on a
//! paused clock, with a network, a provider, platforms, people, an operator and kills that are all drawn from one seed.
//!
//! One seed is one history: what fails is run again, with its trace. SQLite is out of it, kills of a process too: those
//! are tests/it/crash. Start at [`drive::play`] for a run, [`oracle`] for what must hold of it; docs/testing.md has the
//! commands.

mod coverage;
mod dice;
mod drive;
mod files;
mod journal;
mod network;
mod oracle;
mod outside;
mod plan;
mod platform;
mod provider;
mod tests;
mod watched;

pub(crate) use coverage::seen;

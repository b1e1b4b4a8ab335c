//! What must survive anything: messages, calls, suppressions, dead letters. One contract, several engines, one
//! conformance suite that runs against each (`store::conformance`).
//!
//! Knows no mapping, no tenant file and no HTTP. Writers are coalesced into group commits. Start at [`Store`].

mod contract;
pub mod memory;
mod operator;
pub mod sqlite;
mod suppressed;
mod tally;
mod wake;

pub use contract::*;
pub use operator::{Came, Count, Lettered, Letters, Page, Token};

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod samples;

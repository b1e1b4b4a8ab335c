//! What must survive anything: messages, calls, suppressions, dead letters. One contract, several engines, one
//! conformance suite that runs against each (`store::conformance`).
//!
//! Knows no mapping, no tenant file and no HTTP. Writers are coalesced into group commits. Start at [`Store`].

mod campaign;
mod codes;
mod consent;
mod contract;
mod held;
mod key;
mod lines;
pub mod memory;
mod mention;
mod operator;
mod part;
mod pause;
mod person;
pub mod postgres;
mod recount;
mod sample;
mod seal;
mod shared;
pub mod sqlite;
mod suppressed;
mod sweep;
mod tally;
pub mod transfer;
mod usage;
mod veil;
mod wake;

pub use campaign::{Campaign, CampaignMessage};
pub use consent::{Cause, Consent, Consents, Listed, Suppression};
pub use contract::*;
pub use held::{Hold, Holding, Holds, Release};
pub use operator::{Audit, Audits, Came, Count, Forget, Forgotten, Kept, Lettered, Letters, Page, Role, Roles, Token};
pub use part::{Changed, Node, Part, Stay, Tenure, Wanted};
pub use pause::{Pause, Which};
pub use sample::Sample;
pub use seal::SealKey;
pub use usage::{Bill, Billed, Charge, Item, Months, Usage};

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod samples;

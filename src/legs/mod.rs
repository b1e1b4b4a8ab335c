//! What one leg does, as pure steps: request + facts + now to decision, answer, calls.
//!
//! No await, no store, no clock: `flow` puts these in order and `cases` runs the very same ones. Start at [`Request`]
//! (what comes in), [`Outcall`] (what goes out), [`report`] and [`inbound`].

pub mod answer;
pub mod call;
mod document;
pub mod inbound;
pub mod report;
mod request;
pub mod send;
pub mod templates;

pub use answer::Refused;
pub use call::{NoCall, Outcall};
pub use document::Document;
pub use request::Request;

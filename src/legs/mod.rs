//! What one leg does, as pure steps: request + facts + now to decision, answer, calls.
//!
//! No await, no store, no clock: `flow` puts these in order and `cases` runs the very same ones. Start at [`decide`]
//! (what comes in), [`Outcall`] (what goes out), [`report`] and [`inbound`].

pub mod answer;
pub mod call;
mod decide;
mod document;
mod events;
mod gateway;
mod hand;
pub mod inbound;
pub mod report;
mod request;
mod reread;
pub mod send;
mod sends;
mod shared;
pub mod templates;
pub mod webhooks;

pub use answer::Refused;
pub use call::{NoCall, Outcall};
pub use decide::{Asked, Decision, Return, Step, decide, refuse, status, takes};
pub use document::Document;
pub use events::{News, Told, Webhook};
pub use gateway::{Gateway, Knowledge};
pub use hand::{ByHand, by_hand};
pub use request::{Checks, Item, Request, Stopped};
pub use reread::reread;
pub use sends::{Accepting, Answers, Before, NewSend, Verdict, body, misfit, retell};
pub use templates::list;

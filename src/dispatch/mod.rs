//! Lanes: claimed messages meet their limits and go out; calls and timers beside them.
//!
//! Decides what goes next and when, nothing of what it means (that is `flow`). One task per lane asks the limits, so
//! that no two wait on one key. Start at [`run`].

mod calls;
mod gate;
mod hold;
mod lane;
mod lanes;
#[cfg(test)]
mod tests;
mod timers;
mod unmatched;

pub use lanes::run;

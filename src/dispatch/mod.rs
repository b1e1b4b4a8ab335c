//! Lanes: claimed messages meet their limits and go out; calls and timers beside them.
//!
//! Decides what goes next and when, nothing of what it means (that is `flow`). Each lane is a task; those of one provider
//! account take turns at its `gate`, where tenants share and the limits are asked. Start at [`run`].

mod calls;
mod errands;
mod gate;
mod hold;
mod lane;
mod lanes;
mod line;
mod memory;
mod orders;
mod pauses;
#[cfg(test)]
mod tests;
mod timers;
mod turns;
mod unmatched;
mod waits;

pub use lanes::run;

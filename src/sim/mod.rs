//! Other sides of the wire to test against: a simulated provider (Vonage) and simulated platforms (MoEngage, WebEngage).
//!
//! Both are servers and callers of their own: they listen on a loopback port, keep a journal of everything they saw, and
//! say which of it broke a contract. They use nothing of the gateway: a simulator sharing its engine would agree with its
//! mistakes. It is the only room that names parties; the sections cited in comments are those of the parties' contracts.
//!
//! Start from [`provider::Provider`] and [`platform::Platform`].

mod dice;
mod http;
pub mod keys;
pub mod platform;
pub mod provider;
pub mod stage;
#[cfg(test)]
mod tests;

pub use dice::Delay;

/// Why a simulator could not start or do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The loopback port could not be bound.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Bind {
        /// The port asked for; 0 is any.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// The HTTP client could not be built, or a call by it failed.
    #[error("HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// A key could not be generated or read.
    #[error("{0} is not usable as a key")]
    Key(&'static str),
    /// The schema of the contract does not compile.
    #[error("the schema {0} does not compile")]
    Schema(&'static str),
    /// An answer the contract does not know.
    #[error("unexpected answer: {0}")]
    Answer(String),
}

//! What the steps of a request ask that no file says. `flow` answers from memory, `cases` from a case's `given`.

use super::answer::Refused;
use crate::config::Tenant;
use crate::functions::{Facts, NoFacts};
use crate::model::{Known, Ref};

/// What is known of one tenant at one moment.
pub trait Knowledge: Facts {
    /// What is known of a template in the account of a sender.
    fn known(&self, name: &str, language: &str, sender: &str) -> Known<'_>;
}

impl Knowledge for NoFacts {
    fn known(&self, _: &str, _: &str, _: &str) -> Known<'_> {
        Known::Unsynced
    }
}

/// What only the gateway knows.
pub trait Gateway {
    /// Of a tenant.
    type Knowledge<'g>: Knowledge
    where
        Self: 'g;

    /// What is known of a tenant: taken once a request, so that all of it sees one moment.
    fn about<'g>(&'g self, tenant: &'g Tenant) -> Self::Knowledge<'g>;

    /// Whether one more message of a tenant may come in now, after so many of the same request.
    ///
    /// # Errors
    /// `throttled` or `overloaded`, with the time after which a repeat is welcome.
    fn admit(&self, tenant: &Tenant, before: u64) -> Result<(), Refused>;

    /// A new message's id; never the same twice.
    fn reference(&self) -> Ref;
}

//! [`Facts`]: the questions that an expression may ask the gateway. Who answers them is not known here.

use crate::value::{Arena, Value};

/// What the gateway knows at this moment: a synchronous view in memory, so that the engine stays pure.
pub trait Facts {
    /// The synced definition of a template in the WABA of that sender, as `template(…)` yields it.
    fn template<'v>(&'v self, name: &str, language: &str, sender: &str, arena: &'v Arena) -> Option<Value<'v>>;
    /// One of this tenant's numbers.
    fn is_sender(&self, address: &str) -> bool;
    /// This tenant's number whose member of that name has this value, as the tenant writes it.
    fn sender_with(&self, member: &str, value: &str) -> Option<&str>;
    /// Opted out, of the tenant or that sender as the tenant's policy says.
    fn is_suppressed(&self, address: &str, sender: &str) -> bool;
    /// Scheme, host and port allowed by the tenant's hosts and the rule against private addresses.
    fn is_allowed_url(&self, url: &str) -> bool;
}

/// Knows nothing: every answer is no.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFacts;

impl Facts for NoFacts {
    fn template<'v>(&'v self, _: &str, _: &str, _: &str, _: &'v Arena) -> Option<Value<'v>> {
        None
    }
    fn is_sender(&self, _: &str) -> bool {
        false
    }
    fn sender_with(&self, _: &str, _: &str) -> Option<&str> {
        None
    }
    fn is_suppressed(&self, _: &str, _: &str) -> bool {
        false
    }
    fn is_allowed_url(&self, _: &str) -> bool {
        false
    }
}

//! Whether a tenant's provider takes messages and says nothing of them. Statuses come to any gateway of a store: where none
//! came to this one, the store is asked about some of the messages that this one sent.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Counts, Fact, Flow, Times, Whose};
use crate::delivery::{Life, Phase, Told};
use crate::model::{Name, Ref};
use crate::store::StoreError;
use crate::value::Timestamp;

/// The first status comes within seconds; so many minutes nobody waits for it.
const QUIET: usize = 10;
/// So many messages are asked about, each of another minute.
const ASKED: usize = 4;
/// Once statuses were seen to come to another gateway, it is believed for so long.
const BELIEVED: Duration = Duration::from_secs(300);

/// Tenants whose statuses were seen to come to another gateway, and when.
#[derive(Debug, Default)]
pub(super) struct Elsewhere(Mutex<HashMap<Name, Timestamp>>);

impl Flow {
    /// Whether nothing is said of what was taken.
    ///
    /// # Errors
    /// What the store says.
    pub async fn is_silent(&self, tenant: &Name) -> Result<bool, StoreError> {
        let now = self.ambient.now();
        let status = self.lately.times(&Whose::Tenant(tenant.clone()), &Fact::Status, now);
        let unheard = unheard(&self.pulse.lately(tenant, now), status, now);
        if unheard.is_empty() || self.silence.was_heard(tenant, now) {
            return Ok(false);
        }
        let mut any = false;
        for reference in unheard.into_iter().take(ASKED) {
            let Some(message) = self.store.message(reference).await? else { continue };
            if is_heard_of(&message.message.life) {
                self.silence.heard(tenant, now);
                return Ok(false);
            }
            any = true;
        }
        Ok(any)
    }
}

impl Elsewhere {
    fn heard(&self, tenant: &Name, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone(), now);
    }

    fn was_heard(&self, tenant: &Name, now: Timestamp) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(tenant).copied();
        known.is_some_and(|at| now.since(at) < BELIEVED)
    }
}

/// Messages that were taken long ago, and after the last status that came here if there was one, the newest first.
/// `minutes`: the last hour, the one that runs last.
fn unheard(minutes: &[Counts], status: Option<Times>, now: Timestamp) -> Vec<Ref> {
    let since = status.map_or(u64::MAX, |status| now.since(status.last).as_secs() / 60);
    let since = usize::try_from(since).unwrap_or(usize::MAX);
    let old = minutes.iter().rev().enumerate().filter(|(ago, _)| *ago > QUIET && *ago < since);
    old.filter_map(|(_, minute)| minute.taken).collect()
}

/// Whether its provider said anything of a message that it took.
fn is_heard_of(life: &Life) -> bool {
    life.phase != Phase::Submitted || life.best.is_some() || life.told != Told::Nothing
}

#[cfg(test)]
mod tests;

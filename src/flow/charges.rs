//! What a status says of its attempt's cost. What cannot be read of it is left out, said and counted: the status counts all
//! the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tracing::warn;

use super::Flow;
use crate::model::{Cost, Event, Name};
use crate::store::{Change, Charge, Line, Message, StoreError};

/// How often a cost could not be used, by tenant, since the start.
#[derive(Debug, Default)]
pub struct Unpriced(Mutex<BTreeMap<Name, u64>>);

impl Unpriced {
    fn count(&self, tenant: &Name) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(tenant.clone()).or_default() += 1;
    }

    /// Of a tenant.
    #[must_use]
    pub fn of(&self, tenant: &Name) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(tenant).copied().unwrap_or_default()
    }
}

impl Flow {
    /// What an event says of its attempt's cost, if anything.
    pub(super) fn charge(&self, message: &Message, event: &Event) -> Option<Charge> {
        let (cost, problem) = Cost::read(event.cost.as_ref()?);
        if let Some(problem) = problem {
            let message = &message.message;
            warn!(id = %message.reference, tenant = %message.lane.tenant, problem, "the cost of a message cannot be used");
            self.unpriced.count(&message.lane.tenant);
        }
        Some(cost).filter(|cost| !cost.is_empty()).map(|cost| Charge::of(event, cost))
    }

    /// An earlier attempt has its cost, too, where nothing else of what is said about it counts any more.
    pub(super) async fn charge_earlier(&self, mut message: Message, charge: Option<Charge>) -> Result<(), StoreError> {
        let Some(charge) = charge else { return Ok(()) };
        loop {
            let life = message.message.life.clone();
            let billed = message.billed(&life, Some(&charge));
            if billed.bill().is_none() {
                return Ok(());
            }
            let line = Line { at: self.ambient.now(), text: "cost of an earlier attempt".to_owned() };
            // It is not of the attempt that may be under way.
            let change = Change { billed, goes_on: true, ..Change::of(&message, life, line) };
            match self.store.update(change).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict) => match self.store.message(message.message.reference).await? {
                    Some(now) => message = now,
                    None => return Ok(()),
                },
                Err(problem) => return Err(problem),
            }
        }
    }
}

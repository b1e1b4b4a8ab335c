//! What the operator sends by hand goes the way that a platform's message goes: the limits at the door, the store, the
//! dispatcher. Its platform hears nothing of it.

use std::cell::Cell;

use tracing::info;

use super::Flow;
use super::accept::stored;
use super::facts::{Door, TenantFacts};
use crate::config::{Number, Tenant};
use crate::legs::{ByHand, Gateway, by_hand};
use crate::model::{Reason, Ref, Refusal};
use crate::store::Origin;

impl Flow {
    /// Accepts a message to one person; what becomes of it is found under its id.
    ///
    /// # Errors
    /// Why it cannot be sent; `overloaded` where the store does not take it.
    pub async fn send_by_hand(
        &self,
        tenant: &Tenant,
        number: &Number,
        (to, what): (&str, &ByHand),
    ) -> Result<Ref, Refusal> {
        if !tenant.enabled {
            return Err(Refusal::new(
                Reason::Forbidden,
                "the tenant is disabled: `enabled: false`, or its file is gone",
            ));
        }
        let now = self.ambient.now();
        let door = Door { flow: self, now, id: Cell::new(None) };
        door.admit(tenant, 0).map_err(|refused| refused.refusal)?;
        let new = by_hand(tenant, number, (to, what), &TenantFacts::new(self, tenant, now), door.reference())?;
        let message = stored(now, tenant, new, Origin::Operator);
        let reference = message.reference;
        let accepted = self.store.accept(vec![message.clone()]).await;
        accepted.map_err(|problem| Refusal::new(Reason::Overloaded, problem.to_string()))?;
        info!(id = %reference, tenant = %tenant.name, "queued, sent by hand");
        self.hand_over(message);
        Ok(reference)
    }
}

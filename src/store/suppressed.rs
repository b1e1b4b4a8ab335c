//! Who opted out, in memory: what [`Store::is_suppressed`](super::Store::is_suppressed) answers from.
//!
//! An engine lists every known address of a person, so that one look-up decides; joining addresses is the engine's.

use std::collections::HashMap;

use crate::model::{Address, Name};

/// For which senders an address is on the list. `None` stands for the whole tenant.
type Senders = Vec<Option<Address>>;

/// The list.
#[derive(Debug, Default)]
pub(super) struct Suppressed(HashMap<Name, HashMap<Address, Senders>>);

impl Suppressed {
    pub(super) fn holds(&self, tenant: &Name, sender: &Address, address: &Address) -> bool {
        let hits = |known: &Option<Address>| known.as_ref().is_none_or(|known| known == sender);
        self.senders(tenant, address).iter().any(hits)
    }

    pub(super) fn senders(&self, tenant: &Name, address: &Address) -> &[Option<Address>] {
        self.0.get(tenant).and_then(|people| people.get(address)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn add(&mut self, tenant: &Name, sender: Option<&Address>, address: &Address) {
        let senders = self.0.entry(tenant.clone()).or_default().entry(address.clone()).or_default();
        if !senders.iter().any(|known| known.as_ref() == sender) {
            senders.push(sender.cloned());
        }
    }

    /// Off the list: for one sender only that entry goes, for the whole tenant every entry of the address goes.
    pub(super) fn remove(&mut self, tenant: &Name, sender: Option<&Address>, address: &Address) {
        let Some(people) = self.0.get_mut(tenant) else { return };
        let Some(senders) = people.get_mut(address) else { return };
        senders.retain(|known| sender.is_some() && known.as_ref() != sender);
        if senders.is_empty() {
            people.remove(address);
        }
    }
}

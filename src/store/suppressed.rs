//! Who opted out, in memory: what [`Store::is_suppressed`](super::Store::is_suppressed) answers from.
//!
//! An engine lists every known address of a person, so that one look-up decides; joining addresses is the engine's. Of
//! who was forgotten there is only a keyed hash of each address.

use std::collections::HashMap;
use std::hash::Hash;

use super::veil::{Proof, Veil};
use crate::model::{Address, Name};

/// For which senders an address is on the list. `None` stands for the whole tenant.
type Senders = Vec<Option<Address>>;

/// Tenants, their people, and for which senders these are on the list.
type List<P> = HashMap<Name, HashMap<P, Senders>>;

/// The list.
#[derive(Debug, Default)]
pub(super) struct Suppressed {
    people: List<Address>,
    proofs: List<Proof>,
    veil: Veil,
}

impl Suppressed {
    /// What proofs are made with.
    pub(super) fn veil_by(&mut self, veil: Veil) {
        self.veil = veil;
    }

    pub(super) fn holds(&self, tenant: &Name, sender: &Address, address: &Address) -> bool {
        let hits = |known: &Option<Address>| known.as_ref().is_none_or(|known| known == sender);
        self.senders(tenant, address).iter().any(hits) || self.proven(tenant, address).iter().any(hits)
    }

    /// Of the address itself.
    pub(super) fn senders(&self, tenant: &Name, address: &Address) -> &[Option<Address>] {
        self.people.get(tenant).and_then(|people| people.get(address)).map_or(&[], Vec::as_slice)
    }

    /// Of the hash that stands for the address.
    pub(super) fn proven(&self, tenant: &Name, address: &Address) -> &[Option<Address>] {
        let Some(proofs) = self.proofs.get(tenant) else { return &[] };
        proofs.get(&self.veil.proof(tenant, address)).map_or(&[], Vec::as_slice)
    }

    /// On the list; whether it was not.
    pub(super) fn add(&mut self, tenant: &Name, sender: Option<&Address>, address: &Address) -> bool {
        add(&mut self.people, tenant, sender, address.clone())
    }

    /// The same for the hash that stands for an address.
    pub(super) fn add_proof(&mut self, tenant: &Name, sender: Option<&Address>, proof: Proof) -> bool {
        add(&mut self.proofs, tenant, sender, proof)
    }

    /// Off the list: for one sender only that entry goes, for the whole tenant every entry of the address goes.
    /// Whether there was one.
    pub(super) fn remove(&mut self, tenant: &Name, sender: Option<&Address>, address: &Address) -> bool {
        let by_name = remove(&mut self.people, tenant, sender, address);
        if !self.proofs.contains_key(tenant) {
            return by_name;
        }
        let proof = self.veil.proof(tenant, address);
        remove(&mut self.proofs, tenant, sender, &proof) || by_name
    }

    /// Tenants that somebody opted out of.
    pub(super) fn tenants(&self) -> impl Iterator<Item = Name> + '_ {
        self.people.keys().cloned()
    }

    /// Addresses on a tenant's list, by address and sender.
    pub(super) fn listed(&self, tenant: &Name) -> Vec<(Address, Option<Address>)> {
        let people = self.people.get(tenant).into_iter().flatten();
        let each = people.flat_map(|(address, senders)| senders.iter().map(|sender| (address.clone(), sender.clone())));
        let mut all: Vec<_> = each.collect();
        all.sort();
        all
    }

    /// Off the list of addresses; what stands for it stays.
    pub(super) fn forget(&mut self, tenant: &Name, address: &Address) {
        remove(&mut self.people, tenant, None, address);
    }
}

fn add<P: Eq + Hash>(list: &mut List<P>, tenant: &Name, sender: Option<&Address>, person: P) -> bool {
    let senders = list.entry(tenant.clone()).or_default().entry(person).or_default();
    let new = !senders.iter().any(|known| known.as_ref() == sender);
    if new {
        senders.push(sender.cloned());
    }
    new
}

fn remove<P: Eq + Hash>(list: &mut List<P>, tenant: &Name, sender: Option<&Address>, person: &P) -> bool {
    let Some(people) = list.get_mut(tenant) else { return false };
    let Some(senders) = people.get_mut(person) else { return false };
    let before = senders.len();
    senders.retain(|known| sender.is_some() && known.as_ref() != sender);
    let left = senders.len();
    if left == 0 {
        people.remove(person);
    }
    left < before
}

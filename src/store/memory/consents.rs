//! The list of opt-outs and its history, and whose addresses are one person's.

use super::super::veil::Proof;
use super::super::{Cause, Consent, Consents, Listed, Suppression};
use super::state::State;
use crate::model::{Address, Name};
use crate::value::Timestamp;

/// The lines, oldest first; of who was forgotten there is the hash.
#[derive(Debug, Default)]
pub(super) struct History(Vec<(Consent, Option<Proof>)>);

impl History {
    fn add(&mut self, line: Consent, proof: Option<Proof>) {
        let id = i64::try_from(self.0.len()).unwrap_or(i64::MAX).saturating_add(1);
        self.0.push((Consent { id, ..line }, proof));
    }

    /// From now on it is only known by its hash.
    pub(super) fn forget(&mut self, tenant: &Name, address: &Address, proof: Proof) {
        for (line, known) in &mut self.0 {
            if line.tenant == *tenant && line.address.as_ref() == Some(address) {
                (line.address, *known) = (None, Some(proof));
                line.cause = line.cause.clone().veiled();
            }
        }
    }

    /// Whose lists have some.
    pub(super) fn tenants(&self) -> impl Iterator<Item = Name> + '_ {
        self.0.iter().map(|(line, _)| line.tenant.clone())
    }
}

impl State {
    pub(super) fn suppress(&mut self, changes: &[Suppression]) -> Vec<bool> {
        let mut changed = Vec::with_capacity(changes.len());
        for change in changes {
            let all = self.people.all(&change.tenant, &change.address);
            let moved = all.iter().map(|address| self.put(&Suppression { address: address.clone(), ..change.clone() }));
            changed.push(moved.fold(false, |any, moved| any | moved));
        }
        changed
    }

    /// One address, and a line if that changes something.
    fn put(&mut self, change: &Suppression) -> bool {
        let Suppression { tenant, sender, address, on, at, cause } = change;
        if *on && cause.is_by_hand() && self.suppressed.proven(tenant, address).contains(sender) {
            return false;
        }
        let changed = if *on {
            self.suppressed.add(tenant, sender.as_ref(), address)
        } else {
            self.suppressed.remove(tenant, sender.as_ref(), address)
        };
        if changed && *cause != Cause::Trial {
            let (tenant, sender, address) = (tenant.clone(), sender.clone(), Some(address.clone()));
            let line = Consent { id: 0, tenant, sender, address, on: *on, at: *at, cause: cause.clone() };
            self.history.add(line, None);
        }
        changed
    }

    /// One person from now on: what one address opted out of, all did.
    pub(super) fn join(&mut self, tenant: &Name, addresses: &[Address], at: Timestamp) {
        self.people.join(tenant, addresses);
        let Some(all) = addresses.first().map(|first| self.people.all(tenant, first)) else { return };
        let senders: Vec<_> = all.iter().flat_map(|one| self.suppressed.senders(tenant, one).to_vec()).collect();
        for sender in &senders {
            for address in &all {
                let (tenant, sender, address) = (tenant.clone(), sender.clone(), address.clone());
                self.put(&Suppression { tenant, sender, address, on: true, at, cause: Cause::Joined });
            }
        }
        let proven: Vec<_> = all.iter().flat_map(|one| self.suppressed.proven(tenant, one).to_vec()).collect();
        for sender in &proven {
            for address in &all {
                let proof = self.veil.proof(tenant, address);
                if self.suppressed.add_proof(tenant, sender.as_ref(), proof) {
                    let (tenant, sender) = (tenant.clone(), sender.clone());
                    let line = Consent { id: 0, tenant, sender, address: None, on: true, at, cause: Cause::Joined };
                    self.history.add(line, Some(proof));
                }
            }
        }
    }

    pub(super) fn consents(&self, fit: &Consents, most: usize) -> Vec<Consent> {
        let lines = self.history.0.iter().rev().map(|(line, _)| line);
        let fits = |line: &&Consent| {
            fit.tenant.as_ref().is_none_or(|tenant| line.tenant == *tenant) && fit.below.is_none_or(|id| line.id < id)
        };
        lines.filter(fits).take(most).cloned().collect()
    }

    pub(super) fn consents_of(&self, tenant: &Name, address: &Address, most: usize) -> Vec<Consent> {
        let hash = self.veil.proof(tenant, address);
        let theirs = |(line, proof): &&(Consent, Option<Proof>)| {
            line.tenant == *tenant && (line.address.as_ref() == Some(address) || *proof == Some(hash))
        };
        self.history.0.iter().rev().filter(theirs).take(most).map(|(line, _)| line.clone()).collect()
    }

    pub(super) fn suppressed(&self, tenant: &Name, after: Option<&Listed>, most: usize) -> Vec<Listed> {
        let all = self.suppressed.listed(tenant).into_iter();
        let later =
            all.filter(|(address, sender)| after.is_none_or(|last| (address, sender) > (&last.address, &last.sender)));
        let listed = later.take(most).map(|(address, sender)| {
            let mut lines = self.history.0.iter().rev().map(|(line, _)| line);
            let newest = lines.find(|line| {
                line.on && line.tenant == *tenant && line.address.as_ref() == Some(&address) && line.sender == sender
            });
            let since = newest.map(|line| (line.at, line.cause.clone()));
            Listed { address, sender, since }
        });
        listed.collect()
    }
}

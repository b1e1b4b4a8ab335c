//! Which addresses are one person's: number and provider's user id, joined as they are learned.

use std::collections::HashMap;

use crate::model::{Address, Name};

/// Groups of addresses, by tenant.
#[derive(Debug, Default)]
pub(super) struct People {
    group_of: HashMap<(Name, Address), usize>,
    groups: Vec<Vec<Address>>,
}

impl People {
    /// All addresses of the person, this one included.
    pub(super) fn all(&self, tenant: &Name, address: &Address) -> Vec<Address> {
        let group = self.group_of.get(&(tenant.clone(), address.clone()));
        group.and_then(|group| self.groups.get(*group)).cloned().unwrap_or_else(|| vec![address.clone()])
    }

    /// Tenants that know somebody by several addresses.
    pub(super) fn tenants(&self) -> impl Iterator<Item = Name> + '_ {
        self.group_of.keys().map(|(tenant, _)| tenant.clone())
    }

    /// They are nobody's any more; how many were known.
    pub(super) fn remove(&mut self, tenant: &Name, addresses: &[Address]) -> u64 {
        let known = addresses.iter().filter_map(|one| self.group_of.remove(&(tenant.clone(), one.clone())));
        let groups: Vec<usize> = known.collect();
        for group in &groups {
            if let Some(group) = self.groups.get_mut(*group) {
                group.clear();
            }
        }
        groups.iter().map(|_| 1).sum()
    }

    /// They are all one person's.
    pub(super) fn join(&mut self, tenant: &Name, addresses: &[Address]) {
        let mut all: Vec<Address> = addresses.iter().flat_map(|address| self.all(tenant, address)).collect();
        all.sort();
        all.dedup();
        if all.len() < 2 {
            return;
        }
        let group = self.groups.len();
        for address in &all {
            self.group_of.insert((tenant.clone(), address.clone()), group);
        }
        self.groups.push(all);
    }
}

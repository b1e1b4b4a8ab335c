//! Which parts of the work the configuration makes, where several gateways share a store: what has to be in one process, so that
//! limits are counted once and turns are fair. A tenant, its provider account and its senders go together, and so do all that
//! share one of these.

use std::collections::{BTreeSet, HashMap};

use super::Flow;
use crate::config::{Snapshot, Tenant};
use crate::limits::keys;
use crate::model::Name;
use crate::store::{Lane, Part, Stay, Wanted};

impl Flow {
    /// Tells the store what this gateway would do by its configuration, where others could do it instead.
    pub fn want(&self) {
        if !self.store.is_shared() {
            return;
        }
        let snapshot = self.snapshot.load_full();
        self.store.want(Wanted { version: snapshot.version(), groups: groups(&snapshot) });
    }

    /// Takes nothing more, and gives up what nothing is done with any more.
    pub fn want_nothing(&self) {
        self.store.want(Wanted::default());
    }

    /// What is nobody else's is done here.
    pub fn keeps_house(&self) -> Option<Stay> {
        self.store.stay(&[Part::House])
    }

    /// Whether a tenant's messages and calls are done here.
    pub fn has(&self, tenant: &Name) -> bool {
        self.store.stay(&[Part::Tenant(tenant.clone())]).is_some()
    }

    /// A lane's parts, if they are here. What another gateway sent before counts against the limits.
    pub fn stay(&self, lane: &Lane) -> Option<Stay> {
        let snapshot = self.snapshot.load_full();
        let tenant = snapshot.tenant(lane.tenant.as_str());
        let mut parts = vec![Part::Tenant(lane.tenant.clone())];
        parts.extend(tenant.map(|tenant| Part::Account(tenant.account().to_owned())));
        let number = tenant.and_then(|tenant| Some((tenant, tenant.number(lane.from.as_str())?)));
        parts.extend(number.map(|(tenant, number)| sender(tenant, number.number.as_str())));
        let stay = self.store.stay(&parts)?;
        if let (Some((taking, ago)), Some(tenant)) = (stay.heir(), tenant) {
            let number = keys::number(tenant.provider.name.as_str(), lane.from.as_str());
            let all = keys::tenant(lane.tenant.as_str());
            let pairs = keys::pairs(lane.tenant.as_str(), lane.from.as_str());
            self.limits.inherit(&[keys::calls(&number), keys::calls(&all), number, all, pairs], taking, ago);
        }
        Some(stay)
    }
}

fn sender(tenant: &Tenant, number: &str) -> Part {
    Part::Number(format!("{}/{number}", tenant.provider.name))
}

/// The house alone, and what goes together of all tenants' parts.
fn groups(snapshot: &Snapshot) -> Vec<Vec<Part>> {
    let own = snapshot.tenants.iter().map(|tenant| {
        let numbers = tenant.numbers.iter().map(|number| sender(tenant, number.number.as_str()));
        [Part::Tenant(tenant.name.clone()), Part::Account(tenant.account().to_owned())].into_iter().chain(numbers)
    });
    let mut groups = joined(own);
    groups.push(vec![Part::House]);
    groups
}

/// Lists that have a part in common become one, in order.
fn joined(lists: impl Iterator<Item = impl Iterator<Item = Part>>) -> Vec<Vec<Part>> {
    let mut groups: Vec<Vec<Part>> = Vec::new();
    let mut place_of: HashMap<Part, usize> = HashMap::new();
    for list in lists {
        let list: Vec<Part> = list.collect();
        let known: BTreeSet<usize> = list.iter().filter_map(|part| place_of.get(part).copied()).collect();
        // The largest takes the others in: a part moves a few times only, however many share an account.
        let largest = known.iter().copied().max_by_key(|place| groups[*place].len());
        let place = largest.unwrap_or(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        for other in known.into_iter().filter(|other| *other != place) {
            let moved = std::mem::take(&mut groups[other]);
            place_of.extend(moved.iter().map(|part| (part.clone(), place)));
            groups[place].extend(moved);
        }
        for part in list {
            if place_of.insert(part.clone(), place).is_none() {
                groups[place].push(part);
            }
        }
    }
    groups.retain(|group| !group.is_empty());
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: usize) -> Part {
        Part::Account(name.to_string())
    }

    fn of(lists: &[&[usize]]) -> Vec<Vec<Part>> {
        joined(lists.iter().map(|list| list.iter().copied().map(account)))
    }

    #[test]
    fn lists_are_joined_by_what_they_share_over_any_number_of_others() {
        assert_eq!(of(&[&[1, 2], &[3], &[1]]), [vec![account(1), account(2)], vec![account(3)]]);
        let all = [vec![account(1), account(2), account(3), account(4), account(5)]];
        assert_eq!(of(&[&[1, 2], &[4, 3], &[5, 5], &[5, 3, 2]]), all);
        assert_eq!(of(&[]), [[]; 0]);
    }

    #[test]
    fn many_who_share_one_are_not_walked_again_for_each() {
        let shared = joined((1..=20_000).map(|own| [account(0), account(own)].into_iter()));
        assert_eq!(shared.len(), 1);
        assert_eq!(shared[0].len(), 20_001);
    }
}

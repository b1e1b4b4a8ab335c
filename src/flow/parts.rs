//! Which parts of the work the configuration makes, where several gateways share a store: what has to be in one process, so that
//! limits are counted once and turns are fair. A tenant, its provider account and its senders go together, and so do all that
//! share one of these.

use std::collections::{BTreeMap, BTreeSet};

use super::Flow;
use crate::config::{Snapshot, Tenant};
use crate::limits::keys;
use crate::store::{Lane, Part, Stay, Wanted};

impl Flow {
    /// Tells the store what this gateway would do by its configuration.
    pub fn want(&self) {
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

/// Each group is all that is joined by a tenant, an account or a sender.
fn groups(snapshot: &Snapshot) -> Vec<Vec<Part>> {
    let mut groups: Vec<BTreeSet<Part>> = vec![BTreeSet::from([Part::House])];
    let mut place_of: BTreeMap<Part, usize> = BTreeMap::new();
    for tenant in &snapshot.tenants {
        let mut group = BTreeSet::from([Part::Tenant(tenant.name.clone()), Part::Account(tenant.account().to_owned())]);
        group.extend(tenant.numbers.iter().map(|number| sender(tenant, number.number.as_str())));
        let known: BTreeSet<usize> = group.iter().filter_map(|part| place_of.get(part).copied()).collect();
        for place in known {
            group.append(&mut groups[place]);
        }
        place_of.extend(group.iter().map(|part| (part.clone(), groups.len())));
        groups.push(group);
    }
    groups.into_iter().filter(|group| !group.is_empty()).map(|group| group.into_iter().collect()).collect()
}

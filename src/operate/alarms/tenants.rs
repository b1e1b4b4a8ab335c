//! A tenant's alarms: what is held, reports that do not get through, statuses that do not come, templates that may not be
//! used any more, a number that the provider slows down.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::Desk;
use super::{Alarm, Look};
use crate::config::{Snapshot, Tenant};
use crate::flow::{Fact, Times, Whose};
use crate::model::Name;
use crate::shape::AlarmKind as Kind;
use crate::store::Holding;
use crate::value::Timestamp;

/// What `WhatsApp` calls a template that may be sent.
const APPROVED: &str = "APPROVED";
/// Nobody says anything of what was taken.
const SILENT: &str = "the provider takes messages, and no status comes: `switchboard doctor` says what to look at";
/// A rate below so many hundredths of what its file says.
const SLOW: u32 = 50;

impl Desk {
    pub(super) async fn tenants_alarms(&self, look: &mut Look) {
        let snapshot: Arc<Snapshot> = self.flow.snapshot.load_full();
        let now = self.flow.ambient.now();
        for tenant in &snapshot.tenants {
            if !self.flow.has(&tenant.name) {
                look.elsewhere.push(tenant.name.clone());
                continue;
            }
            let facts = self.flow.lately.of(&Whose::Tenant(tenant.name.clone()), now);
            look.stands.extend(untold(tenant, &facts));
            match self.flow.is_silent(&tenant.name).await {
                Ok(true) => look.stands.push(of(Kind::StatusesSilent, tenant, None, None, SILENT.to_owned())),
                Ok(false) => {}
                Err(_) => look.unseen.push(Kind::StatusesSilent),
            }
            look.stands.extend(self.templates_alarms(tenant, &facts));
            look.stands.extend(self.slow(tenant));
        }
        let here = |name: &Name| !look.elsewhere.contains(name);
        let held = self.flow.held.all().into_iter();
        let held =
            held.filter_map(|(what, _)| held_alarm(&what)).filter(|alarm| alarm.tenant.as_ref().is_some_and(here));
        let held: Vec<Alarm> = held.collect();
        look.stands.extend(held);
    }

    /// Templates that were used within a day and are listed as something else than approved, or not any more.
    fn templates_alarms(&self, tenant: &Tenant, facts: &BTreeMap<Fact, Times>) -> Vec<Alarm> {
        let lists: Vec<_> = tenant.numbers.iter().filter_map(|number| self.flow.listed(tenant, number)).collect();
        if lists.is_empty() {
            return Vec::new();
        }
        let used = facts.keys().filter_map(|fact| if let Fact::Template(name) = fact { Some(name) } else { None });
        let alarm = |name: &String| {
            let all = || lists.iter().flat_map(|list| &list.templates).filter(|template| template.name == *name);
            if all().any(|template| template.status == APPROVED) {
                return None;
            }
            let status = all().next().map_or("gone", |template| template.status.as_str());
            let says = format!("messages use a template that is {status}");
            Some(of(Kind::TemplateUnusable, tenant, None, Some(name.clone()), says))
        };
        used.filter_map(alarm).collect()
    }

    fn slow(&self, tenant: &Tenant) -> Vec<Alarm> {
        let slow = tenant.numbers.iter().map(|number| (number, self.flow.percent(tenant, number)));
        let slow = slow.filter(|(_, percent)| *percent < SLOW);
        let alarm = |(number, percent): (&crate::config::Number, u32)| {
            let says = format!("the provider says too fast: {percent} % of the rate that the file says");
            of(Kind::NumberThrottled, tenant, Some(number.number.as_str().to_owned()), None, says)
        };
        slow.map(alarm).collect()
    }
}

fn of(kind: Kind, tenant: &Tenant, number: Option<String>, about: Option<String>, says: String) -> Alarm {
    Alarm { kind, tenant: Some(tenant.name.clone()), number, about, says }
}

/// Calls whose last try did not get through. What the platform says of it is not told on: it may be of a person.
fn untold(tenant: &Tenant, facts: &BTreeMap<Fact, Times>) -> Vec<Alarm> {
    let mut last: BTreeMap<&String, Timestamp> = BTreeMap::new();
    for (fact, times) in facts {
        if let Fact::Untold(call, _) = fact {
            let known = last.entry(call).or_insert(times.last);
            *known = times.last.max(*known);
        }
    }
    let through = |call: &String| facts.get(&Fact::Told(call.clone())).map(|times| times.last);
    let failing = last.into_iter().filter(|(call, at)| through(call).is_none_or(|told| told < *at));
    let says =
        |call: &str| format!("`{call}` does not get through to the platform: `switchboard doctor {}`", tenant.name);
    failing.map(|(call, _)| of(Kind::ReportFailing, tenant, None, Some(call.clone()), says(call))).collect()
}

fn held_alarm(what: &Holding) -> Option<Alarm> {
    let kind = Kind::LaneHeld;
    match what {
        Holding::Messages(lane) => {
            let number = lane.from.as_str().to_owned();
            let says = "sending is held: the provider refuses, or does not answer".to_owned();
            Some(Alarm { kind, tenant: Some(lane.tenant.clone()), number: Some(number), about: None, says })
        }
        Holding::Calls(lane) => {
            let says = format!("`{}` is held: the platform refuses, or does not answer", lane.name);
            Some(Alarm { kind, tenant: Some(lane.tenant.clone()), number: None, about: Some(lane.name.clone()), says })
        }
    }
}

//! `GET /api/held` and `POST /api/release`: what is held, and that it tries again at once.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::token::Bearer;
use crate::config::Tenant;
use crate::flow::Released;
use crate::model::{Address, Name};
use crate::store::{Holding, Release};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: Option<String>,
    sender: Option<String>,
    call: Option<String>,
}

impl Desk {
    pub(super) fn held(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let asked = Asked { tenant: bearer.of(asked.tenant)?, ..asked };
        let release = self.meant(&asked)?;
        let held = self.flow.all_held();
        let lanes = held.lanes.into_iter().filter(|(what, _)| release.means_what(what));
        let lanes = lanes.map(|(what, hold)| {
            let mut lane = named(&what);
            lane["since"] = hold.since.to_string().into();
            lane["probe"] = hold.probe.to_string().into();
            lane
        });
        let lanes: Vec<Value> = lanes.collect();
        let mut people = held.people;
        people.retain(|(tenant, from), _| release.sends(tenant, from));
        let paused = self.paused(bearer, asked.tenant.as_deref());
        Ok(json!({ "lanes": lanes, "recipients": counted(people), "paused": paused }))
    }

    pub(super) async fn release(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let asked = Asked { tenant: bearer.of(asked.tenant)?, ..asked };
        let release = self.meant(&asked)?;
        // A sender is the tenant's own number, a call the mapping's: it was looked for.
        let what = release.sender.as_ref().map(Address::as_str).or(release.call.as_deref()).unwrap_or("all");
        self.note(bearer, "release", release.tenant.as_ref(), what.to_owned()).await?;
        let Some(Released { lanes, recipients }) = self.flow.release(release).await? else {
            return Err(Fault::Unavailable("the dispatcher does not answer".to_owned()));
        };
        let lanes: Vec<Value> = lanes.iter().map(named).collect();
        Ok(json!({ "released": lanes, "recipients": counted(recipients) }))
    }

    fn meant(&self, asked: &Asked) -> Result<Release, Fault> {
        let known = |name: &str| self.flow.snapshot.load().tenant(name).is_some();
        if let Some(name) = asked.tenant.as_deref().filter(|name| !known(name)) {
            return Err(Fault::NotFound(format!("there is no tenant `{name}`")));
        }
        if asked.sender.is_some() && asked.call.is_some() {
            return Err(Fault::BadRequest("`sender` is of messages and `call` of calls: one of them".to_owned()));
        }
        let (tenant, sender) = (asked.tenant.as_deref().map(Name::from), asked.sender.as_deref().map(Address::plain));
        let release = Release { tenant, sender, call: asked.call.clone() };
        if self.is_somebodys(&release) {
            return Ok(release);
        }
        let what = if release.sender.is_some() { "sends from that number" } else { "makes a call of that name" };
        Err(Fault::NotFound(format!("no tenant that is meant {what}")))
    }

    /// Whether the sender or call is one of the tenants that are meant; or of a file that was changed, and held still. A slip
    /// of the pen would look as if nothing were held.
    fn is_somebodys(&self, release: &Release) -> bool {
        let snapshot = self.flow.snapshot.load();
        let meant = |tenant: &&Arc<Tenant>| release.tenant.as_ref().is_none_or(|asked| *asked == tenant.name);
        let mut tenants = snapshot.tenants.iter().filter(meant);
        let known = match (&release.sender, &release.call) {
            (Some(sender), _) => tenants.any(|tenant| tenant.numbers.iter().any(|known| known.number == *sender)),
            (None, Some(call)) => tenants.any(|tenant| {
                tenant.platform.platform().is_some_and(|legs| {
                    legs.status_calls.iter().chain(&legs.inbound_calls).any(|known| known.name == *call)
                })
            }),
            (None, None) => true,
        };
        known || self.flow.all_held().lanes.keys().any(|what| release.means_what(what))
    }
}

/// A sender is the tenant's own number, and a call the mapping's: the configuration names both.
fn named(what: &Holding) -> Value {
    match what {
        Holding::Messages(lane) => json!({ "tenant": lane.tenant.as_str(), "sender": lane.from.as_str() }),
        Holding::Calls(lane) => json!({ "tenant": lane.tenant.as_str(), "call": lane.name }),
    }
}

/// How many people; who they are is nobody's business here.
fn counted(people: impl IntoIterator<Item = ((Name, Address), usize)>) -> Vec<Value> {
    let count = |((tenant, from), count): ((Name, Address), usize)| json!({ "tenant": tenant.as_str(), "sender": from.as_str(), "count": count });
    people.into_iter().map(count).collect()
}

//! `GET /api/held` and `POST /api/release`: what is held, and that it tries again at once.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::token::Bearer;
use crate::flow::{Holding, Release, Released};
use crate::model::{Address, Name};

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
        let lanes = self.flow.held.all().into_iter().filter(|(what, _)| release.means_what(what));
        let lanes = lanes.map(|(what, hold)| {
            let mut lane = named(&what);
            lane["since"] = hold.since.to_string().into();
            lane["probe"] = hold.probe.to_string().into();
            lane
        });
        let lanes: Vec<Value> = lanes.collect();
        let mut people = self.flow.limits.held_recipients();
        people.retain(|(tenant, from), _| release.sends(tenant, from));
        Ok(json!({ "lanes": lanes, "recipients": counted(people) }))
    }

    pub(super) async fn release(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let asked = Asked { tenant: bearer.of(asked.tenant)?, ..asked };
        let release = self.meant(&asked)?;
        // A sender is the tenant's own number, a call the mapping's.
        let what = asked.sender.as_deref().or(asked.call.as_deref()).unwrap_or("all");
        self.note(bearer, "release", release.tenant.as_ref(), what.chars().take(40).collect()).await?;
        let Some(Released { lanes, recipients }) = self.flow.release(release).await else {
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
        Ok(Release { tenant, sender, call: asked.call.clone() })
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

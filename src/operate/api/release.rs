//! `POST /api/release`: held lanes probe at once.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use crate::model::{Address, Name};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: Option<String>,
    sender: Option<String>,
}

impl Desk {
    pub(super) async fn release(&self, asked: Asked) -> Result<Value, Fault> {
        let known = |name: &str| self.flow.snapshot.load().tenant(name).is_some();
        if let Some(name) = asked.tenant.as_deref().filter(|name| !known(name)) {
            return Err(Fault::NotFound(format!("there is no tenant `{name}`")));
        }
        let (tenant, sender) = (asked.tenant.as_deref().map(Name::from), asked.sender.as_deref().map(Address::plain));
        let Some(lanes) = self.flow.release(tenant, sender).await else {
            return Err(Fault::Unavailable("the dispatcher does not answer".to_owned()));
        };
        // A sender is the tenant's own number, which the configuration names.
        let lanes = lanes.iter().map(|lane| json!({ "tenant": lane.tenant.as_str(), "sender": lane.from.as_str() }));
        Ok(json!({ "released": lanes.collect::<Vec<_>>() }))
    }
}

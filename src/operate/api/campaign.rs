//! `GET /api/campaign`: a platform's campaign: how many of its messages stand where, and which they are, newest first.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::Desk;
use super::super::stands::{Funnel, STANDS, stand};
use super::fault::Fault;
use super::ledger::time;
use super::letters::limit;
use super::steer::PATIENCE;
use super::token::Bearer;
use crate::model::Ref;
use crate::store::{Campaign, CampaignMessage, Message, StoreError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: Option<String>,
    campaign: String,
    /// Our id of a message: those before it.
    before: Option<String>,
    limit: Option<String>,
}

impl Desk {
    pub(super) async fn campaign(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let (tenant, _) = self.whose_list(bearer, asked.tenant, None).await?;
        let campaign = Campaign { tenant, id: asked.campaign };
        let most = limit(asked.limit.as_ref())?;
        let below = asked.before.as_deref().map(str::parse::<Ref>).transpose();
        let below = below.map_err(|_| Fault::BadRequest("`before`: a message's own id, m-…".to_owned()))?;
        let page = self.flow.store.of_campaign(&campaign, below, most).await?;
        if page.is_empty() && below.is_none() {
            let Campaign { tenant, id } = &campaign;
            let text = format!("no message of `{tenant}` that is kept names the campaign `{id}`");
            return Err(Fault::NotFound(text));
        }
        let next = page.last().filter(|_| page.len() == most).map(|last| last.reference.to_string());
        let (stands, whole) = self.counted(&campaign).await?;
        let mut messages = Vec::new();
        for found in &page {
            messages.extend(self.flow.store.message(found.reference).await?.map(|message| one(&message)));
        }
        Ok(json!({
            "tenant": campaign.tenant.as_str(), "campaign": campaign.id, "accepted": stands.values().sum::<u64>(),
            "funnel": Funnel::of(&stands), "stands": stands, "whole": whole, "messages": messages, "next": next,
        }))
    }

    /// How many stand where, and whether that is all of them: it takes as long as one waits.
    async fn counted(&self, campaign: &Campaign) -> Result<(BTreeMap<&'static str, u64>, bool), StoreError> {
        let until = Instant::now() + PATIENCE;
        let mut stands: BTreeMap<&'static str, u64> = STANDS.iter().map(|word| (*word, 0)).collect();
        let mut slices = self.flow.of_campaign(campaign);
        while let Some(slice) = slices.next().await? {
            for message in &slice {
                *stands.entry(stand(message)).or_default() += 1;
            }
            if slices.has_more() && Instant::now() >= until {
                return Ok((stands, false));
            }
        }
        Ok((stands, true))
    }
}

fn one(found: &Message) -> Value {
    let message = &found.message;
    let (phase, best) = (message.life.phase, message.life.best);
    let stands = stand(&CampaignMessage { reference: message.reference, phase, best });
    json!({
        "id": message.reference.to_string(), "accepted": time(message.at), "sender": message.lane.from.as_str(),
        "to": message.to.to_string(), "platform_id": message.platform_id, "stands": stands,
    })
}

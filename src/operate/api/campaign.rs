//! `GET /api/campaign`: a platform's campaign: how many of its messages stand where, and which they are, newest first.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::Desk;
use super::fault::Fault;
use super::ledger::time;
use super::letters::limit;
use super::steer::PATIENCE;
use super::token::Bearer;
use crate::delivery::Phase;
use crate::model::{Ref, Status};
use crate::store::{Campaign, CampaignMessage, Message, StoreError};

/// Counted in one go: a reader is free for others between two.
const SLICE: usize = 2000;

/// Where messages stand, in the order of their lives. Each is at one of them.
const STANDS: [&str; 11] = [
    "queued",
    "sending",
    "in_doubt",
    "submitted",
    "delivered",
    "read",
    "undelivered",
    "rejected",
    "failed",
    "expired",
    "suppressed",
];

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
            "stands": stands, "whole": whole, "messages": messages, "next": next,
        }))
    }

    /// How many stand where, and whether that is all of them: it takes as long as one waits.
    async fn counted(&self, campaign: &Campaign) -> Result<(BTreeMap<&'static str, u64>, bool), StoreError> {
        let until = Instant::now() + PATIENCE;
        let mut stands: BTreeMap<&'static str, u64> = STANDS.iter().map(|word| (*word, 0)).collect();
        let mut below = None;
        loop {
            let slice = self.flow.store.of_campaign(campaign, below, SLICE).await?;
            for message in &slice {
                *stands.entry(stand(message)).or_default() += 1;
            }
            below = slice.last().map(|last| last.reference);
            if slice.len() < SLICE {
                return Ok((stands, true));
            }
            if Instant::now() >= until {
                return Ok((stands, false));
            }
        }
    }
}

/// What the provider took is where the provider says it is.
fn stand(message: &CampaignMessage) -> &'static str {
    match (message.phase, message.best) {
        (Phase::Queued, _) => "queued",
        (Phase::Sending, _) => "sending",
        (Phase::InDoubt, _) => "in_doubt",
        (Phase::Submitted, Some(Status::Delivered)) => "delivered",
        (Phase::Submitted, Some(Status::Read)) => "read",
        (Phase::Submitted, Some(Status::Failed)) => "undelivered",
        (Phase::Submitted, _) => "submitted",
        (Phase::Rejected, _) => "rejected",
        (Phase::Failed, _) => "failed",
        (Phase::Expired, _) => "expired",
        (Phase::Suppressed, _) => "suppressed",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_stands_at_one_word_that_is_counted() {
        let news = [None, Some(Status::Failed), Some(Status::Submitted), Some(Status::Delivered), Some(Status::Read)];
        let mut seen = std::collections::BTreeSet::new();
        for (phase, best) in Phase::ALL.into_iter().flat_map(|phase| news.map(|best| (phase, best))) {
            seen.insert(stand(&CampaignMessage { reference: Ref::from_number(1), phase, best }));
        }
        assert_eq!(seen, STANDS.into_iter().collect());
    }
}

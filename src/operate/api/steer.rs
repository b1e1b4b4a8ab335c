//! `POST /api/pause`, `/api/resume` and `/api/cancel`: messages of a tenant, one number or one campaign stand still, go on, or end.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::Desk;
use super::fault::Fault;
use super::ledger::time;
use super::letters::since;
use super::mask;
use super::suppressions::reason;
use super::token::Bearer;
use crate::flow::Cancel;
use crate::model::{Address, Name};
use crate::store::{Pause, Which};

/// The longest name of a campaign that is paused.
const LONGEST: usize = 512;
/// A question takes so long, and is asked again for the rest.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stop {
    tenant: Option<String>,
    sender: Option<String>,
    campaign: Option<String>,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Go {
    tenant: Option<String>,
    sender: Option<String>,
    campaign: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    tenant: Option<String>,
    sender: Option<String>,
    campaign: Option<String>,
    #[serde(default)]
    dry_run: bool,
    /// What was accepted later goes on: the `upto` of the answer before.
    upto: Option<String>,
}

impl Desk {
    pub(super) async fn pause(&self, bearer: &Bearer, asked: Stop) -> Result<Value, Fault> {
        let (tenant, which) = self.steered(bearer, asked.tenant, asked.sender, asked.campaign).await?;
        let reason = reason(&asked.reason)?.to_owned();
        self.note(bearer, "pause", Some(&tenant), whom(&which)).await?;
        let (at, who) = (self.flow.ambient.now(), bearer.name().to_owned());
        let changed = self.flow.store.pause(Pause { tenant, which, at, who, reason }).await?;
        Ok(json!({ "changed": changed }))
    }

    pub(super) async fn resume(&self, bearer: &Bearer, asked: Go) -> Result<Value, Fault> {
        let (tenant, which) = self.steered(bearer, asked.tenant, asked.sender, asked.campaign).await?;
        self.note(bearer, "resume", Some(&tenant), whom(&which)).await?;
        let changed = self.flow.store.resume(&tenant, &which).await?;
        let still = self.flow.store.paused().iter().any(|known| known.tenant == tenant && known.which == Which::All);
        Ok(json!({ "changed": changed, "paused": still }))
    }

    pub(super) async fn cancel(&self, bearer: &Bearer, asked: End) -> Result<Value, Fault> {
        let (name, which) = self.steered(bearer, asked.tenant, asked.sender, asked.campaign).await?;
        let now = self.flow.ambient.now();
        let wrong = |_| {
            Fault::BadRequest(
                "`upto`: the `upto` of the answer before, or a time such as 2026-11-04T09:14:06Z".to_owned(),
            )
        };
        let upto = asked.upto.as_deref().map(|text| since(text, now)).transpose().map_err(wrong)?.unwrap_or(now);
        let snapshot = self.flow.snapshot.load_full();
        let tenant = snapshot.tenant(name.as_str()).ok_or_else(|| {
            Fault::NotFound(format!("`{name}` has no file: put it back, so that its platform can be told"))
        })?;
        let about = whom(&which);
        let cancel = Cancel { which, upto };
        if asked.dry_run {
            let messages = self.flow.would_cancel(tenant, &cancel).await?;
            return Ok(json!({ "messages": messages, "more": false, "upto": time(upto), "dry_run": true }));
        }
        self.note(bearer, "cancel", Some(&name), about).await?;
        let done = self.flow.cancel(tenant, &cancel, Instant::now() + PATIENCE).await?;
        Ok(json!({ "messages": done.messages, "more": done.more, "upto": time(upto) }))
    }

    /// Whose messages, and which of them.
    async fn steered(
        &self,
        bearer: &Bearer,
        tenant: Option<String>,
        sender: Option<String>,
        campaign: Option<String>,
    ) -> Result<(Name, Which), Fault> {
        let (tenant, sender) = self.whose_list(bearer, tenant, sender.as_deref()).await?;
        match (sender, campaign.filter(|campaign| !campaign.is_empty())) {
            (Some(_), Some(_)) => {
                let text = "`sender` or `campaign`: a campaign is meant whole, from whichever number";
                Err(Fault::BadRequest(text.to_owned()))
            }
            (None, Some(campaign)) if campaign.len() > LONGEST => {
                Err(Fault::BadRequest(format!("`campaign`: at most {LONGEST} bytes")))
            }
            (None, Some(campaign)) => Ok((tenant, Which::Campaign(campaign))),
            (sender, None) => Ok((tenant, Which::of_sender(sender))),
        }
    }

    /// What is paused of whom somebody may see.
    pub(super) fn paused(&self, bearer: &Bearer, tenant: Option<&str>) -> Vec<Value> {
        let all = self.flow.store.paused().into_iter();
        let seen = all.filter(|pause| {
            bearer.sees(Some(&pause.tenant)) && tenant.is_none_or(|asked| asked == pause.tenant.as_str())
        });
        seen.map(|pause| told(&pause)).collect()
    }
}

/// A pause, as everybody may see it.
fn told(pause: &Pause) -> Value {
    let Pause { tenant, which, at, who, reason } = pause;
    json!({
        "tenant": tenant.as_str(), "sender": which.sender().map(Address::as_str), "campaign": which.campaign(),
        "since": time(*at), "who": who,
        "reason": mask::words(reason),
    })
}

/// For the audit log: the tenant's own number is no secret, and a campaign's name none of a person's.
fn whom(which: &Which) -> String {
    match which {
        Which::All => "all".to_owned(),
        Which::Sender(sender) => sender.as_str().to_owned(),
        Which::Campaign(campaign) => format!("campaign {campaign}"),
    }
}

/// What stands in a place that asks for no token.
pub(in super::super) fn briefly(pause: &Pause) -> Value {
    let (sender, campaign) = (pause.which.sender().map(Address::as_str), pause.which.campaign());
    json!({ "tenant": pause.tenant.as_str(), "sender": sender, "campaign": campaign, "since": time(pause.at) })
}

/// How many pauses of a tenant there are.
pub(in super::super) fn count(all: &[Pause], tenant: &Name) -> usize {
    all.iter().filter(|pause| pause.tenant == *tenant).count()
}

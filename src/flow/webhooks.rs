//! The provider's API asked where it posts to, for `doctor`. Nothing is stored.

use super::Flow;
use crate::config::{Number, Tenant};
use crate::legs::{NoCall, webhooks};
use crate::mapping::WebhooksLeg;
use crate::model::{Reason, Refusal};
use crate::value::Arena;

pub use crate::legs::webhooks::Posts;

/// Why it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unasked {
    /// The tenant has not what the provider's API asks for.
    NoCredential,
    /// It was asked, in vain.
    Unanswered(String),
}

impl Flow {
    /// Asks once.
    ///
    /// # Errors
    /// [`Unasked`].
    pub async fn posts_to(&self, leg: &WebhooksLeg, tenant: &Tenant, number: &Number) -> Result<Posts, Unasked> {
        let outcall = {
            let arena = Arena::new();
            webhooks::request(leg, tenant, number, &arena, self.ambient.now())
        };
        let mut outcall = outcall.map_err(|problem| match problem {
            NoCall::NotWanted | NoCall::NoCredential => Unasked::NoCredential,
            // What the question is made of is not in the tenant's file.
            NoCall::Refused(refusal) if refusal.reason == Reason::MissingField => Unasked::NoCredential,
            NoCall::Refused(refusal) => Unasked::Unanswered(said(refusal)),
        })?;
        let proved = self.prove(&outcall.auth, &mut outcall.prepared, None).await;
        proved.map_err(|problem| Unasked::Unanswered(problem.to_string()))?;
        let answer = self.outbound.send(outcall.prepared).await;
        let arena = Arena::new();
        let read = webhooks::read(leg, tenant, number, &answer, &arena, self.ambient.now());
        let http = || answer.http.map(|http| format!("HTTP {http}"));
        let what = || http().unwrap_or_else(|| answer.trouble.clone().unwrap_or_default());
        read.map_err(|refusal| Unasked::Unanswered(said(refusal)))?.ok_or_else(|| Unasked::Unanswered(what()))
    }
}

fn said(refusal: Refusal) -> String {
    refusal.text.unwrap_or_else(|| refusal.reason.to_string())
}

//! The provider's API asked where it posts to, for `doctor`. Nothing is stored.

use super::Flow;
use crate::config::{Number, Tenant};
use crate::legs::{NoCall, webhooks};
use crate::mapping::WebhooksLeg;
use crate::model::Reason;
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
            NoCall::Refused(refusal) => Unasked::Unanswered(refusal.said()),
        })?;
        let proved = self.prove(&outcall.auth, &mut outcall.prepared, None).await;
        proved.map_err(|problem| Unasked::Unanswered(problem.to_string()))?;
        let answer = self.outbound.send(outcall.prepared).await;
        let arena = Arena::new();
        let read = webhooks::read(leg, tenant, number, &answer, &arena, self.ambient.now());
        let posts = read.map_err(|refusal| Unasked::Unanswered(refusal.said()))?;
        posts.ok_or_else(|| Unasked::Unanswered(answer.told()))
    }
}

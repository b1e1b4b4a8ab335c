//! A call of a tenant's mapping with nothing in it: is somebody at its address who takes our credentials.

use url::Url;

use super::Flow;
use super::facts::TenantFacts;
use crate::config::Tenant;
use crate::legs::{NoCall, report};
use crate::mapping::{Call, Turn};
use crate::value::Arena;

/// What came of it.
#[derive(Debug)]
pub enum Probed {
    /// The tenant makes no such call.
    NotWanted,
    /// It cannot be made without a message.
    Unmade(String),
    /// There is no credential for it.
    Unproved(String),
    /// What was said, and what it would mean for a call; nothing where that was good.
    Answered {
        /// Where.
        url: Url,
        /// In words.
        what: String,
        /// What would come next.
        turn: Option<Turn>,
    },
}

impl Flow {
    /// Asks once, and stores nothing.
    pub async fn probe(&self, tenant: &Tenant, call: &Call) -> Probed {
        let now = self.ambient.now();
        let outcall = {
            let (facts, arena) = (TenantFacts::new(self, tenant, now), Arena::new());
            report::probe(call, tenant, &arena, &facts, now)
        };
        let mut outcall = match outcall {
            Ok(outcall) => outcall,
            Err(NoCall::NotWanted) => return Probed::NotWanted,
            Err(NoCall::NoCredential) => return Probed::Unproved("the tenant has none".to_owned()),
            Err(NoCall::Refused(refusal)) => {
                return Probed::Unmade(refusal.said());
            }
        };
        if let Err(problem) = self.prove(&outcall.auth, &mut outcall.prepared, None).await {
            return Probed::Unproved(problem.to_string());
        }
        let url = outcall.prepared.url.clone();
        let answer = self.outbound.send(outcall.prepared).await;
        let what = answer.told();
        let good = answer.class == crate::model::wire::Class::Success;
        Probed::Answered { url, what, turn: (!good).then(|| call.retry.turn(&answer, true)) }
    }
}

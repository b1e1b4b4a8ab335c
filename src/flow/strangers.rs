//! Credentials that are wrong: who tries too many is told to come later, whatever comes next.
//!
//! Which are too many, `limits` knows. What is signed is always verified first, and what was right goes on being taken;
//! a token of nobody we know keeps the answer that tells its sender to give up.

use tracing::warn;

use super::Flow;
use super::request::{Passage, Way};
use crate::auth::Request;
use crate::legs::{Decision, Refused};
use crate::limits::{Source, Wrong};
use crate::model::wire::Reply;
use crate::model::{Print, Reason};

impl Flow {
    /// A request whose credential is not looked at: its source has tried too many others.
    pub(super) fn barred(&self, passage: &Passage, way: Way<'_>, asked: &Request<'_>) -> Option<Reply> {
        let source = Source::from(passage.incoming.peer?);
        if !self.failures.suspects(source) {
            return None;
        }
        let mut indexes = way.hits.iter().filter_map(|hit| passage.snapshot.credentials.get(hit.credentials));
        let print = indexes.find_map(|index| index.print(asked, passage.now))?;
        let wrong = self.failures.bars(source, print)?;
        self.later(passage, way, source, wrong)
    }

    /// Takes note of a request's credential. A wrong one that was wrong too often is answered by "later".
    pub(super) fn proved(&self, passage: &Passage, way: Way<'_>, decision: &Decision) -> Option<Reply> {
        let source = Source::from(passage.incoming.peer?);
        if !decision.is_strangers() {
            decision.print.into_iter().for_each(|print| self.failures.right(source, print));
            return None;
        }
        let wrong = self.failures.wrong(source, decision.print.unwrap_or(Print::NOTHING));
        let is_nobody = decision.refused.iter().any(|refused| refused.refusal.reason == Reason::UnknownTenant);
        if is_nobody { None } else { self.later(passage, way, source, wrong) }
    }

    fn later(&self, passage: &Passage, way: Way<'_>, source: Source, wrong: Wrong) -> Option<Reply> {
        let Wrong::Later(wait, noted) = wrong else { return None };
        if noted {
            warn!(id = %passage.id, path = %way.shown(passage), %source, "credentials were wrong too often: told to come later");
        }
        let retry_after = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        let refused = Refused { retry_after: Some(retry_after), ..Reason::Throttled.into() };
        Some(crate::legs::refuse(way.hits, way.path, &passage.incoming, None, &refused, passage.now))
    }
}

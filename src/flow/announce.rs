//! What follows from a change that is stored: the log's line, and who is told.

use std::time::Duration;

use tracing::{info, warn};

use super::{Flow, Work};
use crate::delivery::{Input, Outcome, Step};
use crate::limits::Recipient;
use crate::model::StopScope;
use crate::store::{Lane, Message};

impl Flow {
    /// Says what a change came to, and tells whoever goes on because of it.
    pub(super) fn announce(&self, message: &Message, input: &Input, step: &Step, woken: bool) {
        let id = message.message.reference;
        let tenant = &message.message.lane.tenant;
        self.lately.settled(tenant, input, step, self.ambient.now());
        if step.life.phase != message.message.life.phase || step.report.is_some() {
            let status = step.report.as_ref().map(|report| report.status.as_str());
            info!(%id, %tenant, note = step.note, report = status, "settled");
        }
        match step.stop {
            Some(StopScope::Recipient) => self.leave_alone(message, named(input)),
            Some(scope) => {
                warn!(%id, %tenant, ?scope, "the provider says that this sender or account must stop");
                self.tell(Work::Stop(message.message.lane.clone(), scope));
            }
            None => {}
        }
        if woken {
            self.tell(Work::Timers);
        }
    }

    /// The others to this person wait; what is under way already is not called back.
    fn leave_alone(&self, message: &Message, named: Option<Duration>) {
        let message = &message.message;
        let Lane { tenant, from } = message.lane.clone();
        let (id, seen) = (message.reference, tenant.clone());
        let recipient = Recipient { tenant, from, to: message.to.clone() };
        if let Some(time) = self.limits.hold(recipient, named) {
            warn!(%id, tenant = %seen, to = %message.to, seconds = time.as_secs(), "the provider says that this recipient is to be left alone");
        }
    }
}

/// The time that a failure names, after which another attempt is worth it.
fn named(input: &Input) -> Option<Duration> {
    match input {
        Input::Answered(Outcome::Again { after, failure }) => failure.resend.max(*after),
        Input::Answered(Outcome::Doubt { failure } | Outcome::Hold { failure } | Outcome::Refused { failure })
        | Input::News { failure: Some(failure), .. }
        | Input::Unsendable(failure) => failure.resend,
        _ => None,
    }
}

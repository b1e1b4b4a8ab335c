//! The accept leg: what was decided of a send is stored; only then is its platform told yes.

use tracing::{info, warn};

use super::request::{Passage, Way};
use super::{Fact, Flow, Stretch, Whose, Work};
use crate::config::Tenant;
use crate::delivery::{Life, Phase, Told};
use crate::faults::{self, Point};
use crate::legs::{self, Accepting, Before, NewSend, Verdict, status};
use crate::model::wire::Reply;
use crate::store::{self, Acceptance, Lane, NewMessage, Origin};
use crate::value::Timestamp;

impl Flow {
    /// Stores the messages in one write, hands them to the dispatcher, answers.
    pub(super) async fn accept(&self, passage: &Passage, way: Way<'_>, accepting: Accepting) -> Reply {
        let Accepting { mut verdicts, mut answers, back } = accepting;
        let Some(tenant) = passage.tenant(Some(back.tenant)) else { return status(500) };
        if self.known_before(passage, tenant, &mut verdicts).await {
            answers = legs::retell(passage.asked(way, &self.door(passage, None)), &back, &verdicts);
        }
        if answers.refuses {
            return answers.accepted;
        }
        let new =
            verdicts.into_iter().filter_map(|verdict| if let Verdict::New(new) = verdict { Some(new) } else { None });
        let new = new.inspect(|new| self.note_accepted(tenant, new, passage.now));
        let messages: Vec<NewMessage> = new.map(|new| stored(passage.now, tenant, *new, Origin::Platform)).collect();
        if messages.is_empty() {
            return answers.repeat;
        }
        faults::reached(Point::AcceptDecided);
        let accepted = match self.store.accept(messages.clone()).await {
            Ok(accepted) if accepted.len() == messages.len() => accepted,
            Ok(_) => return status(500),
            Err(problem) => return self.not_durable(passage, way, Some(tenant), &problem),
        };
        faults::reached(Point::AcceptStored);
        let mut any = false;
        for (message, acceptance) in messages.into_iter().zip(accepted) {
            match acceptance {
                Acceptance::New => {
                    info!(id = %message.reference, tenant = %tenant.name, platform_id = message.platform_id, "queued");
                    any = true;
                    self.hand_over(message);
                }
                Acceptance::Repeat(first) => {
                    info!(id = %first, tenant = %tenant.name, platform_id = message.platform_id, "repeated, not sent again");
                }
            }
        }
        faults::reached(Point::AcceptHanded);
        if any { answers.accepted } else { answers.repeat }
    }

    fn note_accepted(&self, tenant: &Tenant, new: &NewSend, now: Timestamp) {
        let note = |fact| self.lately.note(Whose::Tenant(tenant.name.clone()), fact, now);
        note(Fact::Accepted);
        new.template.iter().for_each(|template| note(Fact::Template(template.clone())));
    }

    /// What is refused now may have been accepted before: then it is a repeat. Whether any is.
    async fn known_before(&self, passage: &Passage, tenant: &Tenant, verdicts: &mut [Verdict]) -> bool {
        let mut any = false;
        for verdict in verdicts {
            if let Verdict::Refused(_, Some(before)) = verdict
                && self.was_accepted(passage, tenant, before).await
            {
                *verdict = Verdict::Known(before.clone());
                any = true;
            }
        }
        any
    }

    async fn was_accepted(&self, passage: &Passage, tenant: &Tenant, before: &Before) -> bool {
        match self.store.by_platform_id(&tenant.name, &before.platform_id).await {
            Ok(known) => {
                let first = known.iter().find(|known| known.message.dedupe.as_ref() == Some(&before.dedupe));
                if let Some(first) = first {
                    info!(id = %first.message.reference, tenant = %tenant.name, platform_id = before.platform_id, "repeated, not sent again");
                }
                first.is_some()
            }
            Err(problem) => {
                warn!(id = %passage.id, tenant = %tenant.name, %problem, "not known whether this is a repeat");
                false
            }
        }
    }

    /// Gives a message that was just stored to the dispatcher without reading it back.
    pub fn hand_over(&self, message: NewMessage) {
        self.pulse.accepted(&message.lane.tenant, message.at);
        let came = self.begins(message.reference).map(|_| message.at);
        self.ends((message.reference, &message.lane.tenant), came, false, || Stretch::Accept);
        self.tell(Work::Message(Box::new(store::Message {
            message,
            provider_id: None,
            said: Vec::new(),
            bill: store::Bill::default(),
            revision: 0,
            begun: false,
        })));
    }
}

/// A message as it is stored.
pub(super) fn stored(now: Timestamp, tenant: &Tenant, new: NewSend, origin: Origin) -> NewMessage {
    let NewSend { reference, from, to, class, platform_id, campaign, dedupe, body, template, misfit } = new;
    if let Some(refusal) = misfit {
        let part = refusal.misfit.as_ref().map(|misfit| &*misfit.part);
        warn!(id = %reference, tenant = %tenant.name, reason = %refusal.reason, text = refusal.text.as_deref(), part, "does not fit its template, sent all the same");
    }
    let message = NewMessage {
        reference,
        lane: Lane { tenant: tenant.name.clone(), from: from.as_str().into() },
        to: to.as_str().into(),
        class,
        origin,
        platform_id,
        campaign,
        dedupe,
        body,
        version: tenant.platform.version.clone(),
        life: born(now, tenant),
        at: now,
    };
    info!(id = %reference, tenant = %tenant.name, to = %message.to, template, class = class.as_str(), "parsed");
    message
}

/// A message's first state.
pub(super) fn born(now: Timestamp, tenant: &Tenant) -> Life {
    let expires = now.after(tenant.delivery.expire_after);
    Life { phase: Phase::Queued, attempts: 0, resends: 0, wake: None, expires, best: None, told: Told::Nothing }
}

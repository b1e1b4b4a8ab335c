//! A dead letter done again: a call is queued anew, a webhook is read once more by the mapping of today.
//!
//! A webhook's credentials were verified when it came and are not kept. It may be about the tenants that they vouched for
//! then, and about nobody else. Doing one again changes nothing where it was done before: statuses only go forward, and an
//! inbound message is taken once.

use std::collections::BTreeMap;

use super::event::{Vouched, owner};
use super::request::{Passage, Way};
use super::webhook::{Left, why};
use super::{Flow, Work, letters, versions};
use crate::auth::Verified;
use crate::config::Found;
use crate::legs::{self, News, NoCall, Step, Webhook};
use crate::mapping::Leg;
use crate::model::wire::Incoming;
use crate::model::{Name, Ref};
use crate::store::{Call, DeadLetter, NewCall, StoreError};

/// What came of a letter that was done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redriven {
    /// Its call waits for its turn.
    Queued,
    /// Everything that it told is used.
    Used,
    /// It stays: it cannot be done yet, and why.
    Stays(String),
    /// Somebody else was faster.
    Gone,
}

/// What would come of a letter if it were done again now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prospect {
    /// Where it would go: a call's method and host, or what a webhook tells.
    pub to: String,
    /// Why it would stay.
    pub stays: Option<String>,
}

/// A webhook that was read again.
struct Again {
    passage: Passage,
    webhooks: Vec<Webhook>,
}

impl Flow {
    /// Does a letter again. `newest`: a call goes by the newest mapping, else by the one its message was accepted under.
    ///
    /// # Errors
    /// What the store says.
    pub async fn redrive(&self, letter: &DeadLetter, newest: bool) -> Result<Redriven, StoreError> {
        let used = |stays: Option<String>| stays.map_or(Redriven::Used, Redriven::Stays);
        match letter.kind.as_str() {
            "call" => {
                let queued = self.store.redrive(letter.id, self.ambient.now(), newest).await?;
                self.tell(Work::Calls);
                Ok(if queued { Redriven::Queued } else { Redriven::Gone })
            }
            "report" => self.say_again(letter).await.map(used),
            "unmatched" => self.look_once(letter).await.map(used),
            _ => self.redrive_webhook(letter).await,
        }
    }

    async fn redrive_webhook(&self, letter: &DeadLetter) -> Result<Redriven, StoreError> {
        let Again { passage, webhooks } = match self.again(letter) {
            Ok(again) => again,
            Err(why) => return Ok(Redriven::Stays(why)),
        };
        let mut unusable = Vec::new();
        for Webhook { leg, verified, told } in webhooks {
            let Left { unusable: of_it, unmatched } = self.all(&passage, &verified, told).await?;
            unusable.extend(of_it);
            if let Found::Sections(hits, path) = found(&passage) {
                // As when it came: looked for again by itself.
                let left = Left { unusable: Vec::new(), unmatched };
                self.keep(&passage, Way { hits, path: &path }, leg, &verified, left).await?;
            }
        }
        // What others cannot use of the same webhook is in a letter of theirs.
        unusable.retain(|one| passage.tenant(one.tenant).map(|tenant| &tenant.name) == letter.tenant.as_ref());
        if unusable.is_empty() {
            return Ok(if self.store.discard(letter.id).await? { Redriven::Used } else { Redriven::Gone });
        }
        let all: Vec<_> = unusable.into_iter().map(|one| one.why).collect();
        Ok(Redriven::Stays(why(&all)))
    }

    /// What would come of it; changes nothing.
    ///
    /// # Errors
    /// What the store says.
    pub async fn prospect(&self, letter: &DeadLetter, newest: bool) -> Result<Prospect, StoreError> {
        match letter.kind.as_str() {
            "call" => self.prospect_of_call(letter, newest).await,
            "report" => self.prospect_of_report(letter).await,
            "unmatched" => self.prospect_of_unmatched(letter).await,
            _ => self.prospect_of_webhook(letter).await,
        }
    }

    async fn prospect_of_webhook(&self, letter: &DeadLetter) -> Result<Prospect, StoreError> {
        let Again { passage, webhooks } = match self.again(letter) {
            Ok(again) => again,
            Err(why) => return Ok(stays(&why)),
        };
        let (mut tells, mut problems) = (BTreeMap::<&str, u64>::new(), Vec::new());
        for Webhook { verified, told, .. } in &webhooks {
            for told in told {
                let (what, problem) = match &told.news {
                    Err(refused) => ("unusable", Some(refused.refusal.clone())),
                    Ok(News::Inbound(_)) => ("inbound", None),
                    Ok(News::Status(event)) => {
                        let message = self.message_of(event).await?;
                        let vouched = Vouched::By(verified);
                        let known =
                            message.is_some_and(|message| owner(&passage.snapshot, vouched, &message).is_some());
                        (if known { "status" } else { "status of no known message" }, None)
                    }
                };
                *tells.entry(what).or_default() += 1;
                problems.extend(problem.map(|refusal| (told.index, refusal)));
            }
        }
        let tells: Vec<String> = tells.iter().map(|(what, count)| format!("{count} {what}")).collect();
        let to = if tells.is_empty() { "nothing to tell".to_owned() } else { tells.join(", ") };
        Ok(Prospect { to, stays: (!problems.is_empty()).then(|| why(&problems)) })
    }

    async fn prospect_of_report(&self, letter: &DeadLetter) -> Result<Prospect, StoreError> {
        let event = match letters::read(&letter.content) {
            Ok(event) => event,
            Err(why) => return Ok(stays(&why)),
        };
        let message = match letter.message {
            Some(reference) => self.store.message(reference).await?,
            None => None,
        };
        let Some(message) = message else { return Ok(stays("its message was removed")) };
        let snapshot = self.snapshot.load_full();
        let Some(tenant) = snapshot.tenant(message.message.lane.tenant.as_str()) else {
            return Ok(stays("its tenant has no file now"));
        };
        Ok(match self.say(&message, tenant, &event, self.ambient.now()) {
            Ok(said) => Prospect { to: format!("{} calls", said.calls.len()), stays: None },
            Err(refusal) => stays(&letters::told(&refusal)),
        })
    }

    async fn prospect_of_unmatched(&self, letter: &DeadLetter) -> Result<Prospect, StoreError> {
        let event = match letters::read(&letter.content) {
            Ok(event) => event,
            Err(why) => return Ok(stays(&why)),
        };
        let names = letter.came.as_ref().map_or(&[][..], |came| &came.verified);
        let message = self.message_of(&event).await?;
        let snapshot = self.snapshot.load_full();
        let known = message.is_some_and(|message| owner(&snapshot, Vouched::Then(names), &message).is_some());
        Ok(if known { Prospect { to: "1 status".to_owned(), stays: None } } else { stays(&letter.why) })
    }

    async fn prospect_of_call(&self, letter: &DeadLetter, newest: bool) -> Result<Prospect, StoreError> {
        let now = self.ambient.now();
        let call = letter.tenant.clone().zip(letter.call).map(|(tenant, id)| {
            let (name, message, context) = (letter.name.clone(), letter.message, letter.content.clone());
            Call { call: NewCall { id, tenant, name, message, context, at: now }, attempts: 0, due: now, newest }
        });
        let Some(call) = call else { return Ok(stays("it is nobody's call")) };
        let snapshot = self.snapshot.load_full();
        let Some(tenant) = snapshot.tenant(call.call.tenant.as_str()) else {
            return Ok(stays("its tenant has no file now: it would wait"));
        };
        let message = match call.call.message {
            Some(reference) => self.store.message(reference).await?,
            None => None,
        };
        let then = message.as_ref().filter(|_| !newest).and_then(|message| self.under(message, tenant));
        let tenant = then.as_deref().unwrap_or(tenant);
        let Some(plan) = super::calls::plan(tenant, &call.call) else {
            return Ok(stays("the mapping no longer has this call"));
        };
        Ok(match self.prepare_call(&call, plan, tenant, message.as_ref()) {
            // No path and no query: either may name a person, or be a secret.
            Ok(outcall) => {
                let host = outcall.prepared.url.host_str().unwrap_or_default();
                Prospect { to: format!("{} {host}", outcall.prepared.method), stays: None }
            }
            Err(NoCall::NotWanted) => Prospect { to: "not wanted any more".to_owned(), stays: None },
            Err(NoCall::NoCredential) => stays("the tenant has no credential for it yet"),
            Err(NoCall::Refused(refusal)) => stays(&refusal.said()),
        })
    }

    /// Reads a webhook again; why it cannot be.
    fn again(&self, letter: &DeadLetter) -> Result<Again, String> {
        let legs = [Leg::Status, Leg::Inbound];
        let leg = legs.into_iter().find(|leg| leg.as_str() == letter.kind);
        let leg = leg.ok_or_else(|| format!("nothing does a letter of the kind `{}` again", letter.kind))?;
        let snapshot = self.snapshot.load_full();
        let came = letter.came.as_ref();
        let vouched = came.map_or(&[][..], |came| &came.verified).iter().map(String::as_str);
        // Before it was kept who was vouched for, a letter named one tenant at most.
        let vouched = vouched.chain(letter.tenant.as_ref().filter(|_| came.is_none()).map(Name::as_str));
        let mut tenants: Vec<usize> = vouched.filter_map(|name| snapshot.index_of(name)).collect();
        tenants.sort_unstable();
        tenants.dedup();
        if tenants.is_empty() {
            return Err("no tenant is left whose credentials verified it".to_owned());
        }
        let incoming = Incoming {
            method: came.map_or_else(|| "POST".to_owned(), |came| came.method.clone()),
            path: letter.name.clone(),
            query: came.map(|came| came.query.clone()).unwrap_or_default(),
            headers: came.map(|came| came.headers.clone()).unwrap_or_default(),
            body: letter.content.clone(),
            peer: None,
        };
        let id = Ref::from_number(self.next_id());
        let passage = Passage { snapshot, incoming, now: self.ambient.now(), id };
        let verified = Verified { tenants, claims: None, token: None, print: None };
        let webhooks = self.read_again(&passage, leg, &verified)?;
        Ok(Again { passage, webhooks })
    }

    fn read_again(&self, passage: &Passage, leg: Leg, verified: &Verified) -> Result<Vec<Webhook>, String> {
        let Found::Sections(hits, path) = found(passage) else {
            return Err("no mapping has its route any more".to_owned());
        };
        let way = Way { hits: versions::of(&passage.snapshot, hits, verified), path: &path };
        let decision = legs::reread(passage.asked(way, &self.door(passage, None)), leg, verified);
        let decision = decision.ok_or_else(|| format!("no `{}` section of its route reads it", leg.as_str()))?;
        self.told(passage, way, &decision);
        match decision.step {
            Step::Take(webhooks, _) => Ok(webhooks),
            // A check answers it: nothing else happens.
            Step::Answer(reply) if reply.http < 400 => Ok(Vec::new()),
            _ => Err("the mapping refuses it".to_owned()),
        }
    }
}

/// It would not be done.
fn stays(why: &str) -> Prospect {
    Prospect { to: String::new(), stays: Some(why.to_owned()) }
}

fn found(passage: &Passage) -> Found<'_> {
    passage.snapshot.routes.find(&passage.incoming.method, &passage.incoming.path)
}

//! The memory engine as the gateway sees it here: it takes its time, has its troubles, and every write is noted.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::sleep;

use super::journal::{Kept, What};
use super::outside::{Outside, since_begin};
use crate::model::{Address, Name, Ref};
use crate::store::memory::Memory;
use crate::store::{
    self, Acceptance, Audit, Audits, Call, CallLane, CallStep, Campaign, CampaignMessage, Change, Consent, Consents,
    Count, DeadLetter, Forget, Forgotten, Lane, Ledger, Lettered, Letters, Line, Listed, Message, Months, NewCall,
    NewMessage, Origin, Page, Pause, Sample, Store, StoreError, Stored, Suppression, Taken, Text, Token, Usage, Which,
    Without,
};
use crate::value::Timestamp;

pub(super) struct Watched {
    pub(super) memory: Arc<Memory>,
    pub(super) outside: Arc<Outside>,
}

/// What a future of the memory engine came to: it never waits.
pub(super) fn ready<T>(stored: Stored<'_, T>) -> Result<T, StoreError> {
    stored.now_or_never().expect("the memory engine waits for nothing")
}

impl Watched {
    /// One operation: some time before, some time after; in between it happens at once.
    fn around<'s, T: Send + 's>(
        &'s self,
        writes: bool,
        act: impl FnOnce() -> Result<T, StoreError> + Send + 's,
    ) -> Stored<'s, T> {
        async move {
            self.take_time().await;
            self.outside.step().await;
            if writes && self.outside.state().disk {
                return Err(StoreError::Failed("the disk is full".to_owned()));
            }
            let done = act();
            self.take_time().await;
            self.outside.step().await;
            done
        }
        .boxed()
    }

    async fn take_time(&self) {
        let wait = {
            let mut state = self.outside.state();
            let most = state.plan.store;
            if most == 0 || state.dice.chance(50) { 0 } else { state.dice.between(0, most) }
        };
        if wait > 0 {
            sleep(Duration::from_millis(u64::try_from(wait).unwrap_or_default())).await;
        }
    }

    fn keep(&self, message: &NewMessage) {
        let text = |address: &Address| address.as_str().to_owned();
        self.outside.state().note(What::Kept(Kept {
            of: message.reference,
            tenant: message.lane.tenant.to_string(),
            from: text(&message.lane.from),
            to: text(&message.to),
            id: message.platform_id.clone(),
            class: message.class,
            reply: message.origin != Origin::Platform,
            consent: message.origin == Origin::Consent,
            expires: since_begin(message.life.expires),
        }));
    }

    fn queue(&self, call: &NewCall) {
        let context: serde_json::Value = serde_json::from_slice(&call.context).unwrap();
        let word = context["word"].as_str().map(str::to_owned);
        self.outside.state().note(What::Queued { call: call.id, of: call.message, word });
    }

    fn list(&self, changes: &[Suppression]) {
        for change in changes {
            self.outside.state().note(What::Listed {
                tenant: change.tenant.to_string(),
                sender: change.sender.as_ref().map(|sender| sender.as_str().to_owned()),
                address: change.address.as_str().to_owned(),
                on: change.on,
            });
        }
    }

    fn paused_now(&self, tenant: &Name, sender: Option<&Address>, on: bool) {
        let from = sender.map(|sender| sender.as_str().to_owned());
        self.outside.state().note(What::Paused { tenant: tenant.to_string(), from, on });
    }

    fn join(&self, tenant: &Name, one: &Address, other: &Address) {
        let (one, other) = (one.as_str().to_owned(), other.as_str().to_owned());
        self.outside.state().note(What::Joined { tenant: tenant.to_string(), one, other });
    }

    fn changed(&self, change: &Change, before: &Message) {
        self.outside.state().note(What::Stored {
            of: change.reference,
            from: before.message.life.phase,
            to: change.life.phase,
            note: change.line.text.clone(),
            only_time: change.goes_on,
        });
        if let Some(alias) = &change.alias {
            self.join(&before.message.lane.tenant, &before.message.to, alias);
        }
        change.calls.iter().for_each(|call| self.queue(call));
    }

    fn took(&self, taken: &Taken) {
        if let [one, other, ..] = &taken.addresses[..] {
            self.join(&taken.tenant, one, other);
        }
        self.list(&taken.suppressions);
        taken.replies.iter().for_each(|reply| self.keep(reply));
        taken.calls.iter().for_each(|call| self.queue(call));
    }
}

impl Store for Watched {
    fn accept(&self, messages: Vec<NewMessage>) -> Stored<'_, Vec<Acceptance>> {
        self.around(true, move || {
            let accepted = ready(self.memory.accept(messages.clone()))?;
            let new = messages.iter().zip(&accepted).filter(|(_, acceptance)| **acceptance == Acceptance::New);
            new.for_each(|(message, _)| self.keep(message));
            Ok(accepted)
        })
    }

    fn begin(&self, messages: Vec<(Ref, u64)>) -> Stored<'_, ()> {
        self.around(true, move || ready(self.memory.begin(messages)))
    }

    fn update(&self, change: Change) -> Stored<'_, bool> {
        self.around(true, move || {
            let before = ready(self.memory.message(change.reference))?;
            let need_not_wait = ready(self.memory.update(change.clone()))?;
            if let Some(before) = before {
                self.changed(&change, &before);
            }
            Ok(need_not_wait)
        })
    }

    fn message(&self, reference: Ref) -> Stored<'_, Option<Message>> {
        self.around(false, move || ready(self.memory.message(reference)))
    }

    fn by_provider_id(&self, id: &str) -> Stored<'_, Option<Message>> {
        let id = id.to_owned();
        self.around(false, move || ready(self.memory.by_provider_id(&id)))
    }

    fn by_platform_id(&self, tenant: &Name, id: &str) -> Stored<'_, Vec<Message>> {
        let (tenant, id) = (tenant.clone(), id.to_owned());
        self.around(false, move || ready(self.memory.by_platform_id(&tenant, &id)))
    }

    fn of_campaign(&self, campaign: &Campaign, below: Option<Ref>, most: usize) -> Stored<'_, Vec<CampaignMessage>> {
        self.memory.of_campaign(campaign, below, most)
    }

    fn last_to(&self, lane: &Lane, to: &[Address]) -> Stored<'_, Option<Message>> {
        let (lane, to) = (lane.clone(), to.to_vec());
        self.around(false, move || ready(self.memory.last_to(&lane, &to)))
    }

    fn history(&self, reference: Ref) -> Stored<'_, Vec<Line>> {
        self.around(false, move || ready(self.memory.history(reference)))
    }

    fn lanes(&self) -> Stored<'_, Vec<(Lane, u64)>> {
        self.around(false, move || ready(self.memory.lanes()))
    }

    fn claim(&self, lane: &Lane, now: Timestamp, most: usize, without: &Without) -> Stored<'_, Vec<Message>> {
        let (lane, without) = (lane.clone(), without.clone());
        self.around(false, move || ready(self.memory.claim(&lane, now, most, &without)))
    }

    fn newest(&self) -> Stored<'_, i64> {
        self.around(false, move || ready(self.memory.newest()))
    }

    fn interrupted(&self) -> Stored<'_, Vec<Ref>> {
        self.around(false, move || ready(self.memory.interrupted()))
    }

    fn due(&self, now: Timestamp, most: usize) -> Stored<'_, (Vec<Ref>, Option<Timestamp>)> {
        self.around(false, move || ready(self.memory.due(now, most)))
    }

    fn backlog(&self, tenant: &Name) -> u64 {
        self.memory.backlog(tenant)
    }

    fn calls_beside(
        &self,
        now: Timestamp,
        most: usize,
        held: &HashSet<i64>,
        stopped: &HashSet<CallLane>,
    ) -> Stored<'_, (Vec<Call>, Option<Timestamp>)> {
        let (held, stopped) = (held.clone(), stopped.clone());
        self.around(false, move || ready(self.memory.calls_beside(now, most, &held, &stopped)))
    }

    fn calls_about(&self, message: Ref) -> Stored<'_, Vec<Call>> {
        self.around(false, move || ready(self.memory.calls_about(message)))
    }

    fn settle_call(&self, id: i64, step: CallStep, line: Option<Line>) -> Stored<'_, ()> {
        self.around(true, move || {
            ready(self.memory.settle_call(id, step.clone(), line))?;
            match step {
                CallStep::Again { .. } => {}
                CallStep::Done => self.outside.state().note(What::Closed { call: id, parked: None }),
                CallStep::Park { why } => self.outside.state().note(What::Closed { call: id, parked: Some(why) }),
            }
            Ok(())
        })
    }

    fn take(&self, inbound: Taken) -> Stored<'_, bool> {
        self.around(true, move || {
            let taken = ready(self.memory.take(inbound.clone()))?;
            if taken {
                self.took(&inbound);
            }
            Ok(taken)
        })
    }

    fn suppress(&self, changes: Vec<Suppression>) -> Stored<'_, Vec<bool>> {
        self.around(true, move || {
            let changed = ready(self.memory.suppress(changes.clone()))?;
            self.list(&changes);
            Ok(changed)
        })
    }

    fn consents(&self, fit: &Consents, most: usize) -> Stored<'_, Vec<Consent>> {
        self.memory.consents(fit, most)
    }

    fn consents_of(&self, tenant: &Name, address: &Address, most: usize) -> Stored<'_, Vec<Consent>> {
        self.memory.consents_of(tenant, address, most)
    }

    fn suppressed(&self, tenant: &Name, after: Option<&Listed>, most: usize) -> Stored<'_, Vec<Listed>> {
        self.memory.suppressed(tenant, after, most)
    }

    fn pause(&self, pause: Pause) -> Stored<'_, bool> {
        self.around(true, move || {
            let changed = ready(self.memory.pause(pause.clone()))?;
            self.paused_now(&pause.tenant, pause.which.sender(), true);
            Ok(changed)
        })
    }

    fn resume(&self, tenant: &Name, which: &Which) -> Stored<'_, bool> {
        let (tenant, which) = (tenant.clone(), which.clone());
        self.around(true, move || {
            let changed = ready(self.memory.resume(&tenant, &which))?;
            self.paused_now(&tenant, which.sender(), false);
            Ok(changed)
        })
    }

    fn paused(&self) -> Vec<Pause> {
        self.memory.paused()
    }

    fn is_paused(&self, lane: &Lane, campaign: Option<&str>) -> bool {
        self.memory.is_paused(lane, campaign)
    }

    fn paused_campaigns(&self, tenant: &Name) -> BTreeSet<String> {
        self.memory.paused_campaigns(tenant)
    }

    fn queued_of(&self, lane: &Lane, campaigns: &BTreeSet<String>) -> Stored<'_, u64> {
        let (lane, campaigns) = (lane.clone(), campaigns.clone());
        self.around(false, move || ready(self.memory.queued_of(&lane, &campaigns)))
    }

    fn doubtful(&self, lane: &Lane) -> Stored<'_, Vec<Ref>> {
        let lane = lane.clone();
        self.around(false, move || ready(self.memory.doubtful(&lane)))
    }

    fn is_suppressed(&self, tenant: &Name, sender: &Address, address: &Address) -> bool {
        self.memory.is_suppressed(tenant, sender, address)
    }

    fn park(&self, letters: Vec<DeadLetter>) -> Stored<'_, ()> {
        self.around(true, move || {
            for letter in &letters {
                self.outside.state().say(format!("kept: {} {} {:?}", letter.kind, letter.why, letter.content));
            }
            ready(self.memory.park(letters))
        })
    }

    fn letters_due(&self, now: Timestamp, most: usize) -> Stored<'_, (Vec<DeadLetter>, Option<Timestamp>)> {
        self.around(false, move || ready(self.memory.letters_due(now, most)))
    }

    fn put_off(&self, letters: Vec<(i64, Option<Timestamp>)>, keep: usize) -> Stored<'_, usize> {
        self.around(true, move || ready(self.memory.put_off(letters, keep)))
    }

    fn letters(&self, fit: &Letters, page: Page, most: usize) -> Stored<'_, Vec<DeadLetter>> {
        let fit = fit.clone();
        self.around(false, move || ready(self.memory.letters(&fit, page, most)))
    }

    fn count_letters(&self) -> Stored<'_, Vec<Lettered>> {
        self.around(false, move || ready(self.memory.count_letters()))
    }

    fn redrive(&self, letter: i64, at: Timestamp, newest: bool) -> Stored<'_, bool> {
        self.around(true, move || ready(self.memory.redrive(letter, at, newest)))
    }

    fn discard(&self, letter: i64) -> Stored<'_, bool> {
        self.around(true, move || ready(self.memory.discard(letter)))
    }

    fn ledger(&self, tenant: &Name) -> Stored<'_, Ledger> {
        let tenant = tenant.clone();
        self.around(false, move || ready(self.memory.ledger(&tenant)))
    }

    fn usage(&self, of: &Months, most: usize) -> Stored<'_, Vec<Usage>> {
        self.memory.usage(of, most)
    }

    fn recount(&self) -> Stored<'_, Vec<Count>> {
        self.around(false, move || ready(self.memory.recount()))
    }

    fn miscount(&self, tenant: &Name) -> Stored<'_, ()> {
        self.memory.miscount(tenant)
    }

    fn keep_token(&self, token: Token) -> Stored<'_, bool> {
        self.around(true, move || ready(self.memory.keep_token(token)))
    }

    fn tokens(&self) -> Stored<'_, Vec<Token>> {
        self.around(false, move || ready(self.memory.tokens()))
    }

    fn revoke_token(&self, name: &str) -> Stored<'_, bool> {
        let name = name.to_owned();
        self.around(true, move || ready(self.memory.revoke_token(&name)))
    }

    fn audit(&self, line: Audit) -> Stored<'_, ()> {
        self.around(true, move || ready(self.memory.audit(line)))
    }

    fn audits(&self, fit: &Audits, most: usize) -> Stored<'_, Vec<Audit>> {
        let fit = fit.clone();
        self.around(false, move || ready(self.memory.audits(&fit, most)))
    }

    fn expire(&self, kept: store::Kept, before: Timestamp, most: usize) -> Stored<'_, usize> {
        self.around(true, move || ready(self.memory.expire(kept, before, most)))
    }

    fn forget(&self, whom: Forget) -> Stored<'_, Forgotten> {
        self.around(true, move || ready(self.memory.forget(whom)))
    }

    fn keep_texts(&self, texts: Vec<Text>) -> Stored<'_, ()> {
        self.around(true, move || ready(self.memory.keep_texts(texts)))
    }

    fn texts(&self) -> Stored<'_, Vec<Text>> {
        self.around(false, move || ready(self.memory.texts()))
    }

    fn keep_samples(&self, samples: Vec<Sample>, most: usize) -> Stored<'_, ()> {
        self.around(true, move || ready(self.memory.keep_samples(samples, most)))
    }

    fn samples(&self) -> Stored<'_, Vec<Sample>> {
        self.around(false, move || ready(self.memory.samples()))
    }

    fn probe(&self) -> Stored<'_, ()> {
        self.around(true, move || ready(self.memory.probe()))
    }

    fn purge(&self, before: Timestamp, most: usize) -> Stored<'_, usize> {
        self.around(true, move || ready(self.memory.purge(before, most)))
    }

    fn close(&self) -> Stored<'_, ()> {
        self.around(false, move || ready(self.memory.close()))
    }
}

//! The engine without a disk: for tests, simulation and benches. Never offered to an operator.
//!
//! One state behind one mutex that is never held over an await; what it does is in `state`.

mod calls;
mod consents;
mod forget;
mod letters;
mod people;
mod state;

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{FutureExt, ready};

use super::{
    Acceptance, Audit, Audits, Call, CallLane, CallStep, Campaign, CampaignMessage, Change, Consent, Consents, Count,
    DeadLetter, Forget, Forgotten, Kept, Lane, Ledger, Lettered, Letters, Line, Listed, Message, Months, NewMessage,
    Page, Pause, Sample, Store, StoreError, Stored, Suppression, Taken, Text, Token, Usage, Which, Without,
};
use crate::model::{Address, Name, Ref};
use crate::value::Timestamp;
use state::State;

/// A store that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct Memory(Mutex<State>, #[cfg(test)] Mutex<Option<StoreError>>);

impl Memory {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on writes about what was taken in before meet that trouble.
    #[cfg(test)]
    pub(crate) fn trouble(&self, problem: Option<StoreError>) {
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    /// Writes, if no test wants trouble.
    fn after<'s, T: Send + 's>(&self, act: impl FnOnce(&mut State) -> Result<T, StoreError>) -> Stored<'s, T> {
        #[cfg(test)]
        if let Some(problem) = self.1.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Self::done(Err(problem));
        }
        Self::done(act(&mut self.state()))
    }

    /// Every method checks before it writes, so a state that a panic left behind is still whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn done<'s, T: Send + 's>(result: Result<T, StoreError>) -> Stored<'s, T> {
        ready(result).boxed()
    }
}

impl Store for Memory {
    fn accept(&self, messages: Vec<NewMessage>) -> Stored<'_, Vec<Acceptance>> {
        Self::done(self.state().accept(messages))
    }

    fn begin(&self, messages: Vec<(Ref, u64)>) -> Stored<'_, ()> {
        self.after(|state| state.begin(&messages))
    }

    fn update(&self, change: Change) -> Stored<'_, bool> {
        self.after(|state| state.update(change))
    }

    fn message(&self, reference: Ref) -> Stored<'_, Option<Message>> {
        Self::done(Ok(self.state().message(reference)))
    }

    fn by_provider_id(&self, id: &str) -> Stored<'_, Option<Message>> {
        Self::done(Ok(self.state().by_provider_id(id)))
    }

    fn by_platform_id(&self, tenant: &Name, id: &str) -> Stored<'_, Vec<Message>> {
        Self::done(Ok(self.state().by_platform_id(tenant, id)))
    }

    fn of_campaign(&self, campaign: &Campaign, below: Option<Ref>, most: usize) -> Stored<'_, Vec<CampaignMessage>> {
        Self::done(Ok(self.state().of_campaign(campaign, below, most)))
    }

    fn last_to(&self, lane: &Lane, to: &[Address]) -> Stored<'_, Option<Message>> {
        Self::done(Ok(self.state().last_to(lane, to)))
    }

    fn history(&self, reference: Ref) -> Stored<'_, Vec<Line>> {
        Self::done(Ok(self.state().history(reference)))
    }

    fn lanes(&self) -> Stored<'_, Vec<(Lane, u64)>> {
        Self::done(Ok(self.state().tally.lanes()))
    }

    fn queued_of(&self, lane: &Lane, campaigns: &BTreeSet<String>) -> Stored<'_, u64> {
        Self::done(Ok(self.state().queued_of(lane, campaigns)))
    }

    fn claim(&self, lane: &Lane, now: Timestamp, most: usize, without: &Without) -> Stored<'_, Vec<Message>> {
        Self::done(Ok(self.state().claim(lane, now, most, without)))
    }

    fn newest(&self) -> Stored<'_, i64> {
        Self::done(Ok(self.state().newest()))
    }

    fn interrupted(&self) -> Stored<'_, Vec<Ref>> {
        Self::done(Ok(self.state().interrupted()))
    }

    fn due(&self, now: Timestamp, most: usize) -> Stored<'_, (Vec<Ref>, Option<Timestamp>)> {
        Self::done(Ok(self.state().due(now, most)))
    }

    fn backlog(&self, tenant: &Name) -> u64 {
        self.state().tally.backlog(tenant)
    }

    fn calls_beside(
        &self,
        now: Timestamp,
        most: usize,
        held: &HashSet<i64>,
        stopped: &HashSet<CallLane>,
    ) -> Stored<'_, (Vec<Call>, Option<Timestamp>)> {
        Self::done(Ok(self.state().calls.due(now, most, held, stopped)))
    }

    fn calls_about(&self, message: Ref) -> Stored<'_, Vec<Call>> {
        Self::done(Ok(self.state().calls.about(message)))
    }

    fn settle_call(&self, id: i64, step: CallStep, line: Option<Line>) -> Stored<'_, ()> {
        self.after(|state| {
            state.settle_call(id, step, line);
            Ok(())
        })
    }

    fn take(&self, inbound: Taken) -> Stored<'_, bool> {
        Self::done(self.state().take(inbound))
    }

    fn suppress(&self, changes: Vec<Suppression>) -> Stored<'_, Vec<bool>> {
        Self::done(Ok(self.state().suppress(&changes)))
    }

    fn consents(&self, fit: &Consents, most: usize) -> Stored<'_, Vec<Consent>> {
        Self::done(Ok(self.state().consents(fit, most)))
    }

    fn consents_of(&self, tenant: &Name, address: &Address, most: usize) -> Stored<'_, Vec<Consent>> {
        Self::done(Ok(self.state().consents_of(tenant, address, most)))
    }

    fn suppressed(&self, tenant: &Name, after: Option<&Listed>, most: usize) -> Stored<'_, Vec<Listed>> {
        Self::done(Ok(self.state().suppressed(tenant, after, most)))
    }

    fn is_suppressed(&self, tenant: &Name, sender: &Address, address: &Address) -> bool {
        self.state().suppressed.holds(tenant, sender, address)
    }

    fn pause(&self, pause: Pause) -> Stored<'_, bool> {
        Self::done(Ok(self.state().paused.add(&pause)))
    }

    fn resume(&self, tenant: &Name, which: &Which) -> Stored<'_, bool> {
        Self::done(Ok(self.state().paused.remove(tenant, which)))
    }

    fn paused(&self) -> Vec<Pause> {
        self.state().paused.all()
    }

    fn is_paused(&self, lane: &Lane, campaign: Option<&str>) -> bool {
        self.state().paused.holds(lane, campaign)
    }

    fn paused_campaigns(&self, tenant: &Name) -> BTreeSet<String> {
        self.state().paused.campaigns(tenant)
    }

    fn doubtful(&self, lane: &Lane) -> Stored<'_, Vec<Ref>> {
        Self::done(Ok(self.state().doubtful(lane)))
    }

    fn park(&self, letters: Vec<DeadLetter>) -> Stored<'_, ()> {
        let mut state = self.state();
        letters.into_iter().for_each(|letter| state.letters.park(letter));
        Self::done(Ok(()))
    }

    fn letters_due(&self, now: Timestamp, most: usize) -> Stored<'_, (Vec<DeadLetter>, Option<Timestamp>)> {
        Self::done(Ok(self.state().letters.due(now, most)))
    }

    fn put_off(&self, letters: Vec<(i64, Option<Timestamp>)>, keep: usize) -> Stored<'_, usize> {
        Self::done(Ok(self.state().letters.put_off(&letters, keep)))
    }

    fn letters(&self, fit: &Letters, page: Page, most: usize) -> Stored<'_, Vec<DeadLetter>> {
        Self::done(Ok(self.state().letters.listed(fit, page, most)))
    }

    fn count_letters(&self) -> Stored<'_, Vec<Lettered>> {
        Self::done(Ok(self.state().letters.count()))
    }

    fn redrive(&self, letter: i64, at: Timestamp, newest: bool) -> Stored<'_, bool> {
        Self::done(Ok(self.state().redrive(letter, at, newest)))
    }

    fn discard(&self, letter: i64) -> Stored<'_, bool> {
        Self::done(Ok(self.state().letters.remove(letter).is_some()))
    }

    fn ledger(&self, tenant: &Name) -> Stored<'_, Ledger> {
        Self::done(Ok(self.state().tally.ledger(tenant)))
    }

    fn usage(&self, of: &Months, most: usize) -> Stored<'_, Vec<Usage>> {
        Self::done(Ok(self.state().usage(of, most)))
    }

    fn recount(&self) -> Stored<'_, Vec<Count>> {
        Self::done(Ok(self.state().recount()))
    }

    #[cfg(test)]
    fn miscount(&self, tenant: &Name) -> Stored<'_, ()> {
        self.state().tally.ledger_mut(tenant).failed += 1;
        Self::done(Ok(()))
    }

    fn keep_token(&self, token: Token) -> Stored<'_, bool> {
        Self::done(Ok(self.state().keep_token(token)))
    }

    fn tokens(&self) -> Stored<'_, Vec<Token>> {
        Self::done(Ok(self.state().tokens.values().cloned().collect()))
    }

    fn revoke_token(&self, name: &str) -> Stored<'_, bool> {
        Self::done(Ok(self.state().tokens.remove(name).is_some()))
    }

    fn audit(&self, line: Audit) -> Stored<'_, ()> {
        self.state().audit(line);
        Self::done(Ok(()))
    }

    fn audits(&self, fit: &Audits, most: usize) -> Stored<'_, Vec<Audit>> {
        let state = self.state();
        Self::done(Ok(state.audits.values().rev().filter(|line| fit.fit(line)).take(most).cloned().collect()))
    }

    fn keep_texts(&self, texts: Vec<Text>) -> Stored<'_, ()> {
        self.state().keep_texts(texts);
        Self::done(Ok(()))
    }

    fn texts(&self) -> Stored<'_, Vec<Text>> {
        Self::done(Ok(self.state().texts()))
    }

    fn keep_samples(&self, samples: Vec<Sample>, most: usize) -> Stored<'_, ()> {
        self.state().keep_samples(samples, most);
        Self::done(Ok(()))
    }

    #[cfg(test)]
    fn samples(&self) -> Stored<'_, Vec<Sample>> {
        Self::done(Ok(self.state().samples.values().cloned().collect()))
    }

    fn probe(&self) -> Stored<'_, ()> {
        Self::done(Ok(()))
    }

    fn purge(&self, before: Timestamp, most: usize) -> Stored<'_, usize> {
        Self::done(Ok(self.state().purge(before, most)))
    }

    fn expire(&self, kept: Kept, before: Timestamp, most: usize) -> Stored<'_, usize> {
        Self::done(Ok(self.state().expire(kept, before, most)))
    }

    fn forget(&self, whom: Forget) -> Stored<'_, Forgotten> {
        Self::done(Ok(self.state().forget_person(&whom)))
    }

    fn close(&self) -> Stored<'_, ()> {
        Self::done(Ok(()))
    }
}

//! What the memory engine holds, and every operation on it. Each checks first and then writes, so it cannot stop
//! half-way.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::pause::Paused;
use super::super::suppressed::Suppressed;
use super::super::tally::{Accounts, Move, Tally};
use super::super::usage::Sums;
use super::super::veil::Veil;
use super::super::wake::wake_of;
use super::super::{
    Acceptance, Audit, Bill, CallStep, Campaign, CampaignMessage, Change, Count, DeadLetter, Item, Lane, Line, Message,
    Months, NewCall, NewMessage, Origin, Sample, StoreError, Taken, Text, TextKind, Token, Usage, Without,
};
use super::calls::Calls;
use super::consents::History;
use super::letters::LetterBox;
use super::people::People;
use crate::delivery::Phase;
use crate::model::{Address, Class, Name, Ref};
use crate::value::Timestamp;

#[derive(Debug)]
pub(super) struct Row {
    pub(super) message: Message,
    pub(super) history: Vec<Line>,
    pub(super) provider_ids: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) rows: BTreeMap<Ref, Row>,
    queued: HashMap<Lane, BTreeSet<(Class, Ref)>>,
    wakes: BTreeSet<(Timestamp, Ref)>,
    pub(super) begun: BTreeSet<Ref>,
    pub(super) dedupe: HashMap<(Name, String), Ref>,
    pub(super) by_platform: HashMap<(Name, String), Vec<Ref>>,
    pub(super) by_campaign: HashMap<Campaign, BTreeSet<Ref>>,
    by_provider: HashMap<String, Ref>,
    /// In the order of their coming, the newest last.
    pub(super) by_recipient: HashMap<(Lane, Address), Vec<Ref>>,
    pub(super) calls: Calls,
    pub(super) letters: LetterBox,
    pub(super) inbound: HashMap<(Name, String), Timestamp>,
    pub(super) people: People,
    texts: BTreeMap<(TextKind, String, String), Text>,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) audits: BTreeMap<i64, Audit>,
    pub(super) samples: BTreeMap<i64, Sample>,
    pub(super) veil: Veil,
    /// Some of the keys in `dedupe` are veiled: somebody was forgotten.
    pub(super) veiled: bool,
    pub(super) suppressed: Suppressed,
    pub(super) paused: Paused,
    pub(super) history: History,
    pub(super) tally: Tally,
    usage: BTreeMap<(Item, Lane), Sums>,
}

fn campaign_of(message: &NewMessage) -> Option<Campaign> {
    let (tenant, id) = (message.lane.tenant.clone(), message.campaign.clone()?);
    Some(Campaign { tenant, id })
}

/// Accepting, attempts and changes.
impl State {
    pub(super) fn accept(&mut self, messages: Vec<NewMessage>) -> Result<Vec<Acceptance>, StoreError> {
        let mut fresh = HashSet::new();
        let taken = |new: &NewMessage| self.rows.contains_key(&new.reference) && self.repeated(new).is_none();
        if messages.iter().any(|new| taken(new) || !fresh.insert(new.reference)) {
            return Err(StoreError::Failed("a message id was used twice".to_owned()));
        }
        Ok(messages.into_iter().map(|new| self.accept_one(new)).collect())
    }

    fn repeated(&self, new: &NewMessage) -> Option<Ref> {
        let (key, tenant) = (new.dedupe.clone()?, &new.lane.tenant);
        let veiled = self.veiled.then(|| self.veil.dedupe(tenant.as_str(), &key));
        let mut keys = std::iter::once(key).chain(veiled);
        keys.find_map(|key| self.dedupe.get(&(tenant.clone(), key)).copied())
    }

    fn accept_one(&mut self, new: NewMessage) -> Acceptance {
        if let Some(known) = self.repeated(&new) {
            return Acceptance::Repeat(known);
        }
        let tenant = new.lane.tenant.clone();
        if let Some(key) = &new.dedupe {
            self.dedupe.insert((tenant.clone(), key.clone()), new.reference);
        }
        if !new.platform_id.is_empty() {
            self.by_platform.entry((tenant, new.platform_id.clone())).or_default().push(new.reference);
        }
        if let Some(campaign) = campaign_of(&new) {
            self.by_campaign.entry(campaign).or_default().insert(new.reference);
        }
        if new.origin == Origin::Platform {
            let theirs = self.by_recipient.entry((new.lane.clone(), new.to.clone())).or_default();
            let place = theirs.partition_point(|known| *known < new.reference);
            theirs.insert(place, new.reference);
        }
        let (reference, after) = (new.reference, Some(new.life.phase));
        self.tally.record(&Move { reference, lane: new.lane.clone(), before: None, after });
        let message = Message {
            message: new,
            provider_id: None,
            said: Vec::new(),
            bill: Bill::default(),
            revision: 0,
            begun: false,
        };
        self.list(&message.message);
        let row = Row { history: Vec::new(), provider_ids: Vec::new(), message };
        self.rows.insert(row.message.message.reference, row);
        Acceptance::New
    }

    pub(super) fn begin(&mut self, messages: &[(Ref, u64)]) -> Result<(), StoreError> {
        let open = |(id, revision): &(Ref, u64)| {
            let known = self.rows.get(id).filter(|row| row.message.revision == *revision);
            let phase = known.map(|row| row.message.message.life.phase);
            matches!(phase, Some(Phase::Queued | Phase::Sending)) && !self.begun.contains(id)
        };
        let different: HashSet<&Ref> = messages.iter().map(|(id, _)| id).collect();
        if different.len() < messages.len() || !messages.iter().all(open) {
            return Err(StoreError::Conflict);
        }
        self.begun.extend(messages.iter().map(|(id, _)| id));
        Ok(())
    }

    pub(super) fn update(&mut self, change: Change) -> Result<bool, StoreError> {
        let row = self.rows.get(&change.reference).ok_or(StoreError::Conflict)?;
        if row.message.revision != change.revision {
            return Err(StoreError::Conflict);
        }
        let before = row.message.message.clone();
        self.unlist(&before);
        if !change.goes_on {
            self.begun.remove(&change.reference);
        }
        let after = NewMessage { life: change.life, ..before };
        self.list(&after);
        let (reference, phases) = (after.reference, [before.life.phase, after.life.phase].map(Some));
        self.tally.record(&Move { reference, lane: after.lane.clone(), before: phases[0], after: phases[1] });
        for (item, sums) in change.billed.usage {
            self.usage.entry((item, after.lane.clone())).or_default().and(sums);
        }
        // Of somebody who was forgotten nothing is learned.
        if let Some(alias) = change.alias.filter(|_| !after.is_forgotten()) {
            self.join(&after.lane.tenant, &[after.to.clone(), alias], change.line.at);
        }
        let need_not_wait = change.calls.iter().all(|call| self.calls.is_free(call));
        change.calls.into_iter().for_each(|call| self.calls.add_anew(call, change.newest));
        change.letters.into_iter().for_each(|letter| self.letters.park(letter));
        change.redrives.map(|letter| self.letters.remove(letter));
        if let Some(id) = &change.provider_id {
            self.by_provider.insert(id.clone(), change.reference);
        }
        if let Some(row) = self.rows.get_mut(&change.reference) {
            row.provider_ids.extend(change.provider_id.clone());
            row.history.push(change.line);
            let message = &mut row.message;
            message.message = after;
            message.provider_id = change.provider_id.or(message.provider_id.take());
            message.said = change.said.unwrap_or_else(|| std::mem::take(&mut message.said));
            message.bill = change.billed.bill.unwrap_or_else(|| std::mem::take(&mut message.bill));
            message.revision += 1;
        }
        Ok(need_not_wait)
    }

    fn list(&mut self, message: &NewMessage) {
        if message.life.phase == Phase::Queued {
            self.queued.entry(message.lane.clone()).or_default().insert((message.class, message.reference));
        }
        self.wakes.extend(wake_of(&message.life).map(|wake| (wake, message.reference)));
    }

    pub(super) fn leave_campaign(&mut self, message: &NewMessage) {
        let Some(campaign) = campaign_of(message) else { return };
        if let Some(left) = self.by_campaign.get_mut(&campaign) {
            left.remove(&message.reference);
            if left.is_empty() {
                self.by_campaign.remove(&campaign);
            }
        }
    }

    pub(super) fn unlist(&mut self, message: &NewMessage) {
        if let Some(queue) = self.queued.get_mut(&message.lane) {
            queue.remove(&(message.class, message.reference));
        }
        if let Some(wake) = wake_of(&message.life) {
            self.wakes.remove(&(wake, message.reference));
        }
    }
}

/// Questions.
impl State {
    pub(super) fn message(&self, reference: Ref) -> Option<Message> {
        self.rows.get(&reference).map(|row| row.message.clone())
    }

    pub(super) fn by_provider_id(&self, id: &str) -> Option<Message> {
        self.by_provider.get(id).and_then(|reference| self.message(*reference))
    }

    pub(super) fn by_platform_id(&self, tenant: &Name, id: &str) -> Vec<Message> {
        let mut found = self.by_platform.get(&(tenant.clone(), id.to_owned())).cloned().unwrap_or_default();
        found.sort_by_key(|reference| std::cmp::Reverse(*reference));
        found.into_iter().take(100).filter_map(|reference| self.message(reference)).collect()
    }

    pub(super) fn of_campaign(&self, campaign: &Campaign, below: Option<Ref>, most: usize) -> Vec<CampaignMessage> {
        let all = self.by_campaign.get(campaign).into_iter().flatten().rev();
        let older = all.filter(|reference| below.is_none_or(|below| **reference < below));
        let rows = older.filter_map(|reference| self.rows.get(reference)).map(|row| &row.message.message);
        let one = |message: &NewMessage| CampaignMessage {
            reference: message.reference,
            phase: message.life.phase,
            best: message.life.best,
        };
        rows.take(most).map(one).collect()
    }

    pub(super) fn last_to(&self, lane: &Lane, to: &[Address]) -> Option<Message> {
        let newest = |to: &Address| self.by_recipient.get(&(lane.clone(), to.clone()))?.last().copied();
        to.iter().filter_map(newest).max().and_then(|reference| self.message(reference))
    }

    pub(super) fn history(&self, reference: Ref) -> Vec<Line> {
        self.rows.get(&reference).map(|row| row.history.clone()).unwrap_or_default()
    }

    pub(super) fn queued_of(&self, lane: &Lane, campaigns: &BTreeSet<String>) -> u64 {
        let queue = self.queued.get(lane).into_iter().flatten().filter_map(|(_, reference)| self.rows.get(reference));
        let theirs = queue.filter(|row| row.message.message.campaign.as_ref().is_some_and(|id| campaigns.contains(id)));
        theirs.map(|_| 1).sum()
    }

    pub(super) fn claim(&self, lane: &Lane, now: Timestamp, most: usize, without: &Without) -> Vec<Message> {
        let queue = self.queued.get(lane).into_iter().flatten().map(|(_, reference)| reference);
        let free = queue.filter(|reference| !without.held.contains(reference) && !self.begun.contains(reference));
        let all = free.filter_map(|reference| self.rows.get(reference)).map(|row| &row.message);
        let left = |found: &Message| found.message.campaign.as_ref().is_some_and(|id| without.campaigns.contains(id));
        let ready = all.filter(|found| !left(found));
        ready.filter(|found| found.message.life.wake.is_none_or(|wake| wake <= now)).take(most).cloned().collect()
    }

    pub(super) fn doubtful(&self, lane: &Lane) -> Vec<Ref> {
        let rows = self.rows.values().map(|row| &row.message.message);
        let theirs = rows.filter(|message| message.life.phase == Phase::InDoubt && message.lane == *lane);
        theirs.map(|message| message.reference).collect()
    }

    pub(super) fn newest(&self) -> i64 {
        let message = self.rows.keys().next_back().map(|reference| reference.number());
        message.into_iter().chain(self.calls.newest()).max().unwrap_or_default()
    }

    pub(super) fn interrupted(&self) -> Vec<Ref> {
        let sending = |(_, row): &(&Ref, &Row)| row.message.message.life.phase == Phase::Sending;
        let mut all = self.begun.clone();
        all.extend(self.rows.iter().filter(sending).map(|(reference, _)| reference));
        all.into_iter().collect()
    }

    pub(super) fn due(&self, now: Timestamp, most: usize) -> (Vec<Ref>, Option<Timestamp>) {
        let next = self.wakes.iter().find(|(wake, _)| *wake > now).map(|(wake, _)| *wake);
        let due = self.wakes.iter().take_while(|(wake, _)| *wake <= now).map(|(_, reference)| *reference);
        (due.filter(|reference| !self.begun.contains(reference)).take(most).collect(), next)
    }
}

/// Calls, people, letters, and the end.
impl State {
    pub(super) fn settle_call(&mut self, id: i64, step: CallStep, line: Option<Line>) {
        let message = match step {
            CallStep::Again { due } => self.calls.again(id, due).and_then(|call| call.call.message),
            CallStep::Done => self.calls.remove(id).and_then(|call| call.call.message),
            CallStep::Park { why } => {
                let Some(call) = self.calls.remove(id).map(|call| call.call) else { return };
                let at = line.as_ref().map_or(call.at, |line| line.at);
                self.letters.add(DeadLetter {
                    id: 0,
                    tenant: Some(call.tenant),
                    kind: "call".to_owned(),
                    name: call.name,
                    message: call.message,
                    why,
                    content: call.context,
                    at,
                    call: Some(call.id),
                    came: None,
                    attempts: 0,
                    due: None,
                });
                call.message
            }
        };
        if let Some(row) = message.and_then(|message| self.rows.get_mut(&message)) {
            row.history.extend(line);
        }
    }

    pub(super) fn take(&mut self, inbound: Taken) -> Result<bool, StoreError> {
        let key = (inbound.tenant.clone(), inbound.id);
        if self.inbound.contains_key(&key) {
            return Ok(false);
        }
        self.accept(inbound.replies)?;
        self.inbound.insert(key, inbound.at);
        self.join(&inbound.tenant, &inbound.addresses, inbound.at);
        self.suppress(&inbound.suppressions);
        inbound.calls.into_iter().for_each(|call| self.calls.add(call));
        Ok(true)
    }

    pub(super) fn redrive(&mut self, letter: i64, at: Timestamp, newest: bool) -> bool {
        let parked = self.letters.get(letter).filter(|letter| letter.kind == "call").cloned();
        let call = parked.and_then(|parked| {
            let DeadLetter { name, message, content: context, .. } = parked;
            Some(NewCall { id: parked.call?, tenant: parked.tenant?, name, message, context, at })
        });
        let Some(call) = call.filter(|call| !self.calls.has(call.id)) else { return false };
        self.letters.remove(letter);
        self.calls.add_anew(call, newest);
        true
    }

    pub(super) fn recount(&self) -> Vec<Count> {
        let mut rows = Accounts::new();
        for row in self.rows.values() {
            let message = &row.message.message;
            rows.entry(message.lane.tenant.clone()).or_default().add(message.life.phase);
        }
        self.tally.beside(&rows)
    }

    pub(super) fn usage(&self, of: &Months, most: usize) -> Vec<Usage> {
        let wanted = |(item, lane): &(Item, Lane)| {
            (of.from..=of.to).contains(&item.month) && of.tenant.as_ref().is_none_or(|tenant| *tenant == lane.tenant)
        };
        let kept = self.usage.iter().filter(|(key, _)| wanted(key));
        let totals = kept.map(|((item, lane), sums)| Usage::of(lane.clone(), item.clone(), *sums));
        totals.filter(|total| !total.is_empty()).take(most).collect()
    }

    pub(super) fn keep_token(&mut self, token: Token) -> bool {
        let fresh = !self.tokens.contains_key(&token.name);
        self.tokens.entry(token.name.clone()).or_insert(token);
        fresh
    }

    pub(super) fn keep_texts(&mut self, texts: Vec<Text>) {
        let keyed = |text: Text| ((text.kind, text.file.clone(), text.version.clone()), text);
        self.texts.extend(texts.into_iter().map(keyed));
    }

    pub(super) fn texts(&self) -> Vec<Text> {
        self.texts.values().cloned().collect()
    }

    pub(super) fn purge(&mut self, before: Timestamp, most: usize) -> usize {
        let old = |row: &&Row| {
            let NewMessage { life, at, .. } = &row.message.message;
            let settled = life.phase.is_final() && life.wake.is_none();
            *at < before && settled && !self.calls.speak_of(row.message.message.reference)
        };
        let gone: Vec<Ref> =
            self.rows.values().filter(old).take(most).map(|row| row.message.message.reference).collect();
        gone.iter().for_each(|reference| self.forget(*reference));
        let oldest = self.rows.first_key_value().map(|(_, row)| row.message.message.at);
        let needed = |retired: Timestamp| oldest.is_some_and(|oldest| oldest <= retired);
        self.texts.retain(|_, text| text.retired.is_none_or(needed));
        gone.len() + self.letters.purge(before, most - gone.len())
    }

    fn forget(&mut self, reference: Ref) {
        let Some(row) = self.rows.remove(&reference) else { return };
        let Message { message, .. } = row.message;
        let (lane, before) = (message.lane.clone(), Some(message.life.phase));
        self.tally.record(&Move { reference, lane, before, after: None });
        self.leave_campaign(&message);
        self.begun.remove(&reference);
        let tenant = message.lane.tenant.clone();
        if let Some(key) = message.dedupe {
            self.dedupe.remove(&(tenant.clone(), key));
        }
        if let Some(known) = self.by_platform.get_mut(&(tenant, message.platform_id)) {
            known.retain(|one| *one != reference);
        }
        if let Some(known) = self.by_recipient.get_mut(&(message.lane, message.to)) {
            known.retain(|one| *one != reference);
        }
        for id in row.provider_ids {
            self.by_provider.remove(&id);
        }
    }
}

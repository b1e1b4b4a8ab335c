//! Forgetting a person, and what grows old by itself.

use std::collections::HashSet;

use bytes::Bytes;

use super::super::tally::Move;
use super::super::{Audit, Forget, Forgotten, Kept, Line, Sample, mention};
use super::letters::oldest;
use super::state::State;
use crate::delivery::{Phase, Told};
use crate::model::{Address, Name, Ref};
use crate::value::Timestamp;

impl State {
    pub(super) fn audit(&mut self, line: Audit) {
        let id = self.audits.last_key_value().map_or(1, |(last, _)| last + 1);
        self.audits.insert(id, Audit { id, ..line });
    }

    pub(super) fn keep_samples(&mut self, samples: Vec<Sample>, most: usize) {
        let rings: HashSet<_> = samples.iter().map(|sample| (sample.tenant.clone(), sample.leg.clone())).collect();
        for sample in samples {
            self.samples.entry(sample.id).or_insert(sample);
        }
        for (tenant, leg) in rings {
            let ring = self.samples.values().rev().filter(|sample| sample.tenant == tenant && sample.leg == leg);
            let beyond: Vec<i64> = ring.skip(most).map(|sample| sample.id).collect();
            beyond.iter().for_each(|id| drop(self.samples.remove(id)));
        }
    }

    pub(super) fn expire(&mut self, kept: Kept, before: Timestamp, most: usize) -> usize {
        match kept {
            Kept::Histories => {
                let old = self.rows.values_mut().filter(|row| {
                    let life = &row.message.message.life;
                    row.message.message.at < before && life.phase.is_final() && life.wake.is_none()
                });
                let full = old.filter(|row| !row.history.is_empty()).take(most);
                full.map(|row| row.history.clear()).count()
            }
            Kept::Inbound => {
                let old = self.inbound.iter().filter(|(_, at)| **at < before);
                let old = oldest(old.map(|((tenant, id), at)| (*at, (id.clone(), tenant.clone()))), most);
                old.into_iter().filter_map(|(id, tenant)| self.inbound.remove(&(tenant, id))).count()
            }
            Kept::Letters => self.letters.expire(before, most),
            Kept::Samples => {
                let old = self.samples.values().filter(|sample| sample.at < before);
                let old = oldest(old.map(|sample| (sample.at, sample.id)), most);
                old.iter().filter_map(|id| self.samples.remove(id)).count()
            }
            Kept::Audit => {
                let old = self.audits.values().filter(|line| line.at < before);
                let old = oldest(old.map(|line| (line.at, line.id)), most);
                old.iter().filter_map(|id| self.audits.remove(id)).count()
            }
        }
    }

    pub(super) fn forget_person(&mut self, whom: &Forget) -> Forgotten {
        let mut gone = Forgotten::default();
        for tenant in self.tenants_of(whom) {
            let all = self.people.all(&tenant, &whom.address);
            let theirs =
                |message: &super::super::NewMessage| message.lane.tenant == tenant && all.contains(&message.to);
            let rows = self.rows.values().map(|row| &row.message.message);
            let messages: HashSet<Ref> = rows.filter(|one| theirs(one)).map(|message| message.reference).collect();
            for message in &messages {
                self.forget_message(*message, whom.at, &mut gone);
            }
            let finder = mention::finder(&all);
            let about = |message: Option<Ref>, content: &Bytes| {
                message.is_some_and(|message| messages.contains(&message))
                    || finder.as_ref().is_some_and(|finder| finder.is_match(content))
            };
            gone.calls += self.calls.remove_if(&tenant, |call| about(call.message, &call.context));
            gone.letters += self.letters.remove_if(|letter| {
                letter.tenant.as_ref().map_or(whom.tenant.is_none(), |of| *of == tenant)
                    && about(letter.message, &letter.content)
            });
            for address in &all {
                let senders = self.suppressed.senders(&tenant, address).to_vec();
                for sender in &senders {
                    let proof = self.veil.proof(&tenant, address);
                    self.suppressed.add_proof(&tenant, sender.as_ref(), proof);
                    gone.suppressions += 1;
                }
                self.suppressed.forget(&tenant, address);
                self.history.forget(&tenant, address, self.veil.proof(&tenant, address));
            }
            gone.addresses += self.people.remove(&tenant, &all);
        }
        gone
    }

    fn tenants_of(&self, whom: &Forget) -> Vec<Name> {
        if let Some(tenant) = &whom.tenant {
            return vec![tenant.clone()];
        }
        let rows = self.rows.values().map(|row| row.message.message.lane.tenant.clone());
        let all: HashSet<Name> =
            rows.chain(self.people.tenants()).chain(self.suppressed.tenants()).chain(self.history.tenants()).collect();
        all.into_iter().collect()
    }

    fn forget_message(&mut self, reference: Ref, at: Timestamp, gone: &mut Forgotten) {
        let Some(before) = self.rows.get(&reference).map(|row| row.message.message.clone()) else { return };
        self.unlist(&before);
        self.begun.remove(&reference);
        self.leave_campaign(&before);
        let (lane, phase) = (before.lane.clone(), before.life.phase);
        let after = match phase {
            Phase::Queued => Phase::Suppressed,
            // Nobody will know what became of it.
            Phase::Sending | Phase::InDoubt => Phase::Failed,
            ended => ended,
        };
        self.tally.record(&Move { reference, lane: lane.clone(), before: Some(phase), after: Some(after) });
        let tenant = lane.tenant.clone();
        let dedupe = before.dedupe.as_ref().map(|key| self.veil.dedupe(tenant.as_str(), key));
        if let (Some(known), Some(veiled)) = (&before.dedupe, &dedupe) {
            self.dedupe.remove(&(tenant.clone(), known.clone()));
            self.dedupe.insert((tenant.clone(), veiled.clone()), reference);
            self.veiled = true;
        }
        if let Some(known) = self.by_platform.get_mut(&(tenant, before.platform_id.clone())) {
            known.retain(|one| *one != reference);
        }
        if let Some(known) = self.by_recipient.get_mut(&(lane, before.to.clone())) {
            known.retain(|one| *one != reference);
        }
        let Some(row) = self.rows.get_mut(&reference) else { return };
        row.history = vec![Line { at, text: "its recipient was forgotten".to_owned() }];
        row.message.said.clear();
        row.message.revision += 1;
        let message = &mut row.message.message;
        message.to = Address::from("");
        message.platform_id = String::new();
        message.campaign = None;
        message.dedupe = dedupe;
        message.body = Bytes::from_static(b"{}");
        message.life.phase = after;
        message.life.wake = None;
        message.life.told = Told::Nothing;
        gone.messages += 1;
        gone.unfinished += u64::from(!phase.is_final());
    }
}

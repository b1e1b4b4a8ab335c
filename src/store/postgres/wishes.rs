//! The contract, method by method: what goes to the writer, and what a reader answers.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, ready};

use super::super::{
    Acceptance, Audit, Audits, Call, CallLane, CallStep, Campaign, CampaignMessage, Change, Changed, Consent, Consents,
    Count, DeadLetter, Forget, Forgotten, Holds, Kept, Lane, Ledger, Lettered, Letters, Line, Listed, Message, Months,
    NewMessage, Node, Page, Part, Pause, Release, Sample, Stay, Store, Stored, Suppression, Taken, Text, Token, Usage,
    Wanted, Which, Without,
};
use super::queue::Urgency;
use super::work::{self, Asked, Begun, Settled, Work};
use super::{Postgres, erase, letters, operator, pauses, people, purge, recount, samples, texts};
use crate::faults::Point;
use crate::model::{Address, Name, Ref};
use crate::value::Timestamp;

/// A piece of work that may be run again: what it is about is shared between the runs.
macro_rules! again {
    ($about:ident, |$tx:ident| $work:expr) => {{
        let about = Arc::new($about);
        work::any(move |$tx| {
            let $about = Arc::clone(&about);
            async move { $work.await }.boxed()
        })
    }};
}

impl Store for Postgres {
    fn accept(&self, messages: Vec<NewMessage>) -> Stored<'_, Vec<Acceptance>> {
        self.or_later(|place| {
            let (asked, told) = Asked::new(messages, Some(place));
            (Work::Accept(asked), told)
        })
    }

    fn begin(&self, messages: Vec<(Ref, u64)>) -> Stored<'_, ()> {
        let (asked, told) = Asked::new(Begun { node: self.roster.node(), messages }, None);
        self.push(Urgency::UnderWay, (Work::Begin(asked), told))
    }

    fn update(&self, change: Change) -> Stored<'_, bool> {
        let (asked, told) = Asked::new(change, None);
        let done = self.push(Urgency::UnderWay, (Work::Update(Box::new(asked)), told));
        // A call may get another number than it came with, and be another node's to make: it is found here.
        async move { done.await.map(|()| false) }.boxed()
    }

    fn message(&self, reference: Ref) -> Stored<'_, Option<Message>> {
        async move { Ok(self.reader().await?.message(reference).await?) }.boxed()
    }

    fn by_provider_id(&self, id: &str) -> Stored<'_, Option<Message>> {
        let id = id.to_owned();
        async move { Ok(self.reader().await?.by_provider_id(&id).await?) }.boxed()
    }

    fn by_platform_id(&self, tenant: &Name, id: &str) -> Stored<'_, Vec<Message>> {
        let (tenant, id) = (tenant.clone(), id.to_owned());
        async move { Ok(self.reader().await?.by_platform_id(&tenant, &id).await?) }.boxed()
    }

    fn of_campaign(&self, campaign: &Campaign, below: Option<Ref>, most: usize) -> Stored<'_, Vec<CampaignMessage>> {
        let campaign = campaign.clone();
        async move { Ok(self.reader().await?.of_campaign(&campaign, below, most).await?) }.boxed()
    }

    fn last_to(&self, lane: &Lane, to: &[Address]) -> Stored<'_, Option<Message>> {
        let (lane, to) = (lane.clone(), to.to_vec());
        async move { Ok(self.reader().await?.last_to(&lane, &to).await?) }.boxed()
    }

    fn history(&self, reference: Ref) -> Stored<'_, Vec<Line>> {
        async move { Ok(self.reader().await?.history(reference).await?) }.boxed()
    }

    fn lanes(&self) -> Stored<'_, Vec<(Lane, u64)>> {
        async move { Ok(self.reader().await?.lanes().await?) }.boxed()
    }

    fn queued_of(&self, lane: &Lane, campaigns: &BTreeSet<String>) -> Stored<'_, u64> {
        let (lane, campaigns) = (lane.clone(), campaigns.clone());
        async move { Ok(self.reader().await?.queued_of(&lane, &campaigns).await?) }.boxed()
    }

    fn claim(&self, lane: &Lane, now: Timestamp, most: usize, without: &Without) -> Stored<'_, Vec<Message>> {
        let (lane, without) = (lane.clone(), without.clone());
        async move { Ok(self.reader().await?.claim(&lane, now, most, &without).await?) }.boxed()
    }

    fn newest(&self) -> Stored<'_, i64> {
        async move { Ok(self.reader().await?.newest().await?) }.boxed()
    }

    fn interrupted(&self) -> Stored<'_, Vec<Ref>> {
        // Before it says what it wants it makes no attempts: those of its name are over.
        let ended = if self.roster.wanted().is_none() { self.roster.node() } else { 0 };
        async move { Ok(self.reader().await?.interrupted(&self.roster.reach(), ended).await?) }.boxed()
    }

    fn due(&self, now: Timestamp, most: usize) -> Stored<'_, (Vec<Ref>, Option<Timestamp>)> {
        async move { Ok(self.reader().await?.due(now, most, &self.roster.reach()).await?) }.boxed()
    }

    fn backlog(&self, tenant: &Name) -> u64 {
        self.roster.backlog(tenant)
    }

    fn calls_beside(
        &self,
        now: Timestamp,
        most: usize,
        held: &HashSet<i64>,
        stopped: &HashSet<CallLane>,
    ) -> Stored<'_, (Vec<Call>, Option<Timestamp>)> {
        let (held, stopped) = (held.clone(), stopped.clone());
        async move { Ok(self.reader().await?.calls(now, most, &held, &stopped, &self.roster).await?) }.boxed()
    }

    fn calls_about(&self, message: Ref) -> Stored<'_, Vec<Call>> {
        async move { Ok(self.reader().await?.calls_about(message).await?) }.boxed()
    }

    fn settle_call(&self, id: i64, step: CallStep, line: Option<Line>) -> Stored<'_, ()> {
        let (asked, told) = Asked::new(Settled { id, step, line }, None);
        self.push(Urgency::UnderWay, (Work::Settle(asked), told))
    }

    fn take(&self, inbound: Taken) -> Stored<'_, bool> {
        let points = [Point::TakeWritten, Point::TakeCommitted];
        let work = again!(inbound, |tx| people::take(tx, &inbound));
        self.or_later(|place| Work::other(work, Some(place), Some(points)))
    }

    fn suppress(&self, changes: Vec<Suppression>) -> Stored<'_, Vec<bool>> {
        let points = [Point::SuppressWritten, Point::SuppressCommitted];
        self.step(points, again!(changes, |tx| people::suppress(tx, &changes)))
    }

    fn is_suppressed(&self, tenant: &Name, sender: &Address, address: &Address) -> bool {
        self.shared.suppressed().holds(tenant, sender, address)
    }

    fn consents(&self, fit: &Consents, most: usize) -> Stored<'_, Vec<Consent>> {
        let fit = fit.clone();
        async move { Ok(self.reader().await?.consents(&fit, most).await?) }.boxed()
    }

    fn consents_of(&self, tenant: &Name, address: &Address, most: usize) -> Stored<'_, Vec<Consent>> {
        let (tenant, address) = (tenant.clone(), address.clone());
        async move { Ok(self.reader().await?.consents_of(&tenant, &address, most).await?) }.boxed()
    }

    fn suppressed(&self, tenant: &Name, after: Option<&Listed>, most: usize) -> Stored<'_, Vec<Listed>> {
        let (tenant, after) = (tenant.clone(), after.cloned());
        async move { Ok(self.reader().await?.suppressed(&tenant, after.as_ref(), most).await?) }.boxed()
    }

    fn pause(&self, pause: Pause) -> Stored<'_, bool> {
        let points = [Point::PauseWritten, Point::PauseCommitted];
        self.step(points, again!(pause, |tx| pauses::pause(tx, &pause)))
    }

    fn resume(&self, tenant: &Name, which: &Which) -> Stored<'_, bool> {
        let whom = (tenant.clone(), which.clone());
        let points = [Point::PauseWritten, Point::PauseCommitted];
        self.step(points, again!(whom, |tx| pauses::resume(tx, &whom.0, &whom.1)))
    }

    fn paused(&self) -> Vec<Pause> {
        self.shared.paused().all()
    }

    fn is_paused(&self, lane: &Lane, campaign: Option<&str>) -> bool {
        self.shared.paused().holds(lane, campaign)
    }

    fn paused_campaigns(&self, tenant: &Name) -> BTreeSet<String> {
        self.shared.paused().campaigns(tenant)
    }

    fn doubtful(&self, lane: &Lane) -> Stored<'_, Vec<Ref>> {
        let lane = lane.clone();
        async move { Ok(self.reader().await?.doubtful(&lane).await?) }.boxed()
    }

    fn park(&self, letters: Vec<DeadLetter>) -> Stored<'_, ()> {
        let points = [Point::ParkWritten, Point::ParkCommitted];
        let work = again!(letters, |tx| letters::park_all(tx, &letters));
        self.or_later(|place| Work::other(work, Some(place), Some(points)))
    }

    fn letters_due(&self, now: Timestamp, most: usize) -> Stored<'_, (Vec<DeadLetter>, Option<Timestamp>)> {
        async move { Ok(self.reader().await?.letters_due(now, most).await?) }.boxed()
    }

    fn put_off(&self, letters: Vec<(i64, Option<Timestamp>)>, keep: usize) -> Stored<'_, usize> {
        let points = [Point::PutOffWritten, Point::PutOffCommitted];
        self.step(points, again!(letters, |tx| letters::put_off(tx, &letters, keep)))
    }

    fn letters(&self, fit: &Letters, page: Page, most: usize) -> Stored<'_, Vec<DeadLetter>> {
        let fit = fit.clone();
        async move { Ok(self.reader().await?.letters(&fit, page, most).await?) }.boxed()
    }

    fn count_letters(&self) -> Stored<'_, Vec<Lettered>> {
        async move { Ok(self.reader().await?.count_letters().await?) }.boxed()
    }

    fn redrive(&self, letter: i64, at: Timestamp, newest: bool) -> Stored<'_, bool> {
        let points = [Point::RedriveWritten, Point::RedriveCommitted];
        self.step(points, move |tx| letters::redrive(tx, letter, at, newest).boxed())
    }

    fn discard(&self, letter: i64) -> Stored<'_, bool> {
        let points = [Point::DiscardWritten, Point::DiscardCommitted];
        self.step(points, move |tx| letters::discard(tx, letter).boxed())
    }

    fn ledger(&self, tenant: &Name) -> Stored<'_, Ledger> {
        let tenant = tenant.clone();
        async move { Ok(self.reader().await?.ledger(&tenant).await?) }.boxed()
    }

    fn usage(&self, of: &Months, most: usize) -> Stored<'_, Vec<Usage>> {
        let of = of.clone();
        async move { Ok(self.reader().await?.usage(&of, most).await?) }.boxed()
    }

    fn recount(&self) -> Stored<'_, Vec<Count>> {
        async {
            let _one = self.counting.lock().await;
            Ok(recount::recount(&self.connector).await?)
        }
        .boxed()
    }

    #[cfg(test)]
    fn miscount(&self, tenant: &Name) -> Stored<'_, ()> {
        let tenant = tenant.clone();
        self.write(again!(tenant, |tx| miscount(tx, &tenant)))
    }

    fn keep_token(&self, token: Token) -> Stored<'_, bool> {
        let points = [Point::TokenWritten, Point::TokenCommitted];
        self.step(points, again!(token, |tx| operator::keep_token(tx, &token)))
    }

    fn tokens(&self) -> Stored<'_, Vec<Token>> {
        async move { Ok(self.reader().await?.tokens().await?) }.boxed()
    }

    fn revoke_token(&self, name: &str) -> Stored<'_, bool> {
        let name = name.to_owned();
        let points = [Point::RevokeWritten, Point::RevokeCommitted];
        self.step(points, again!(name, |tx| operator::revoke_token(tx, &name)))
    }

    fn audit(&self, line: Audit) -> Stored<'_, ()> {
        let points = [Point::AuditWritten, Point::AuditCommitted];
        self.step(points, again!(line, |tx| operator::audit(tx, &line)))
    }

    fn audits(&self, fit: &Audits, most: usize) -> Stored<'_, Vec<Audit>> {
        let fit = fit.clone();
        async move { Ok(self.reader().await?.audits(&fit, most).await?) }.boxed()
    }

    fn keep_texts(&self, texts: Vec<Text>) -> Stored<'_, ()> {
        let points = [Point::TextsWritten, Point::TextsCommitted];
        self.step(points, again!(texts, |tx| texts::keep(tx, &texts)))
    }

    fn texts(&self) -> Stored<'_, Vec<Text>> {
        async move { Ok(self.reader().await?.texts().await?) }.boxed()
    }

    fn keep_samples(&self, samples: Vec<Sample>, most: usize) -> Stored<'_, ()> {
        let work = again!(samples, |tx| samples::keep(tx, &samples, most));
        self.push(Urgency::New, Work::other(work, None, None))
    }

    #[cfg(test)]
    fn samples(&self) -> Stored<'_, Vec<Sample>> {
        async move { Ok(self.reader().await?.samples().await?) }.boxed()
    }

    fn probe(&self) -> Stored<'_, ()> {
        // Every transaction writes its mark.
        self.write(|_| ready(Ok(())).boxed())
    }

    fn purge(&self, before: Timestamp, most: usize) -> Stored<'_, usize> {
        async move {
            let old = self.old(before, most).await?;
            let points = [Point::PurgeWritten, Point::PurgeCommitted];
            let work = again!(old, |tx| purge::purge(tx, &old, before, most));
            self.push(Urgency::New, Work::other(work, None, Some(points))).await
        }
        .boxed()
    }

    fn expire(&self, kept: Kept, before: Timestamp, most: usize) -> Stored<'_, usize> {
        let points = [Point::ExpireWritten, Point::ExpireCommitted];
        self.step(points, move |tx| purge::expire(tx, kept, before, most).boxed())
    }

    fn forget(&self, whom: Forget) -> Stored<'_, Forgotten> {
        erase::forget(self, whom).boxed()
    }

    fn close(&self) -> Stored<'_, ()> {
        async {
            self.end().await;
            Ok(())
        }
        .boxed()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn want(&self, wanted: Wanted) {
        self.roster.want(wanted);
    }

    fn stay(&self, parts: &[Part]) -> Option<Stay> {
        self.roster.stay(parts)
    }

    fn changed(&self) -> BoxFuture<'_, Changed> {
        self.roster.changed().boxed()
    }

    fn hold(&self, holds: Holds) {
        self.roster.held.hold(holds);
    }

    fn held_beside(&self) -> Holds {
        self.roster.held.beside()
    }

    fn release_beside(&self, release: Release) -> Stored<'_, ()> {
        self.write(move |tx| {
            tx.pending.releases.push(release.clone());
            ready(Ok(())).boxed()
        })
    }

    fn nodes(&self) -> Vec<Node> {
        self.roster.nodes()
    }

    fn slot(&self) -> u16 {
        self.roster.slot()
    }
}

#[cfg(test)]
async fn miscount(tx: &mut super::tx::Tx, tenant: &Name) -> Result<(), super::trouble::Trouble> {
    let tenant = tx.tenant(tenant).await?;
    tx.execute("UPDATE ledger SET failed = failed + 1 WHERE tenant = $1", &[&tenant]).await.map(drop)
}

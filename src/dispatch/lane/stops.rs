//! What keeps a lane from sending: a hold of its own, and recipients who are left alone.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use super::super::orders::Order;
use super::super::waits::Limit;
use super::LaneTask;
use crate::flow::Heard;
use crate::limits::Recipient;
use crate::store::{Holding, Lane, Message};

impl LaneTask {
    pub(super) fn is_held(&mut self) -> bool {
        let snapshot = self.flow.snapshot.load_full();
        self.hold.until(&snapshot).is_some() || self.hold.probes() && !self.under_way.is_empty()
    }

    /// Follows what it was told.
    pub(super) fn obey(&mut self) {
        for order in self.orders.take() {
            match order {
                Order::Hold => self.hold(),
                Order::Release => self.release(),
            }
        }
    }

    pub(super) fn hold(&mut self) {
        self.hold.begin();
        warn!(tenant = %self.lane.tenant, number = self.lane.from.as_str(), "lane held");
    }

    /// What an attempt says of whoever is at the other end. One that was not made says nothing.
    pub(super) fn heard(&mut self, heard: Heard, begun: Instant) {
        match heard {
            Heard::Silence => {
                if let Some(time) = self.hold.silence(begun) {
                    warn!(tenant = %self.lane.tenant, number = self.lane.from.as_str(), seconds = time.as_secs(), "no answer says what became of the messages: lane stopped, one goes as a probe then");
                }
            }
            Heard::Answer => self.hold.end(begun),
            Heard::Nothing | Heard::Hold | Heard::Rest(_) => {}
        }
    }

    /// Whoever is not left alone any more has his turn, and a held lane tries again.
    fn release(&mut self) {
        for ((_, reference), message) in std::mem::take(&mut self.later) {
            self.queue.insert((message.message.class, reference), message);
        }
        self.stepped_over.clear();
        if self.hold.release() {
            info!(tenant = %self.lane.tenant, number = self.lane.from.as_str(), "lane released");
        }
    }

    /// Writes down for others how it is held.
    pub(super) fn show(&mut self) {
        let standing = self.hold.standing();
        if standing != self.shown {
            self.shown = standing;
            let what = Holding::Messages(self.lane.clone());
            self.flow.held.set(what, standing.map(|standing| self.flow.hold_of(standing)));
        }
    }

    /// Whether a message's campaign is paused: then the store has it, and it is looked for when the campaign goes on.
    pub(super) fn leaves(&mut self, message: &Message) -> bool {
        let Some(campaign) = &message.message.campaign else { return false };
        let paused = self.flow.store.is_paused(&self.lane, Some(campaign));
        if paused {
            self.waits.forget(message.message.reference);
        }
        if paused && !self.left.contains(campaign) {
            self.left.insert(campaign.clone());
        }
        paused
    }

    /// Who waits at the head does not keep others from it, should his campaign be paused.
    pub(super) fn leave_heads(&mut self) {
        let mut heads = std::mem::take(&mut self.heads);
        heads.retain(|_, head| !self.leaves(head));
        self.heads = heads;
    }

    /// Campaigns that were left and go on: the store has messages of theirs.
    pub(super) fn look_for_resumed(&mut self) {
        if !self.left.is_empty() {
            let paused = self.flow.store.paused_campaigns(&self.lane.tenant);
            self.more |= !self.left.is_subset(&paused);
            self.left.retain(|campaign| paused.contains(campaign));
        }
    }

    /// Its waiting begins anew where it was tried before.
    pub(super) fn note_again(&mut self, message: &Message) {
        let life = &message.message.life;
        if life.attempts > 0 || life.resends > 0 {
            self.waits.again(message.message.reference, self.flow.ambient.now());
        }
    }

    /// Leaves a message for later.
    pub(super) fn step_over(&mut self, message: Box<Message>, limit: Limit, wait: Duration) {
        let (accepted, now, until) = (message.message.at, self.flow.ambient.now(), Instant::now() + wait);
        self.waits.apart(message.message.reference, accepted, (limit, wait), now);
        self.stepped_over.insert(message.message.reference);
        self.later.insert((until, message.message.reference), message);
    }

    /// How much longer the provider wants a message's recipient left alone.
    pub(super) fn left_alone(&self, message: &Message) -> Option<Duration> {
        if !self.flow.limits.holds_any() {
            return None;
        }
        let Lane { tenant, from } = self.lane.clone();
        self.flow.limits.held(&Recipient { tenant, from, to: message.message.to.clone() })
    }
}

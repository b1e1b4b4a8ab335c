//! What became of messages within the last hour, by tenant and minute: for whoever looks on. Of this process and in memory:
//! what must add up is the store's ledger.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::delivery::{Life, Phase, Step};
use crate::model::{Name, Reason, Ref, Status};
use crate::value::Timestamp;

/// How many minutes are kept.
const MINUTES: usize = 60;

const MINUTE: i64 = 60_000;

/// What happened within one minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that were taken in.
    pub accepted: u64,
    /// Those that the provider took.
    pub submitted: u64,
    /// Those that came to the device.
    pub delivered: u64,
    /// Those that were read.
    pub read: u64,
    /// Those that failed, wherever: each once, as it is reported.
    pub failed: u64,
    /// Why they failed.
    pub reasons: BTreeMap<&'static str, u64>,
    /// How long the one that was first tried in it, and had waited longest, had waited.
    pub waited: Duration,
    /// One of those that the provider took.
    pub taken: Option<Ref>,
}

impl Counts {
    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.submitted += other.submitted;
        self.delivered += other.delivered;
        self.read += other.read;
        self.failed += other.failed;
        self.waited = self.waited.max(other.waited);
        for (reason, count) in &other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
    }
}

/// The last hour of every tenant that had one.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<HashMap<Name, Hour>>);

/// Minutes, the newest last.
#[derive(Debug, Default)]
struct Hour {
    newest: i64,
    minutes: VecDeque<Counts>,
}

impl Hour {
    /// The counts of a minute; of one that is long over, those of the oldest.
    fn at(&mut self, minute: i64) -> &mut Counts {
        self.turn(minute);
        let back = usize::try_from(self.newest.saturating_sub(minute)).unwrap_or_default();
        let place = self.minutes.len().saturating_sub(1).saturating_sub(back);
        if self.minutes.is_empty() {
            self.minutes.push_back(Counts::default());
        }
        &mut self.minutes[place]
    }

    /// Goes on to a minute.
    fn turn(&mut self, minute: i64) {
        let on = usize::try_from(minute.saturating_sub(self.newest)).unwrap_or_default().min(MINUTES);
        self.minutes.extend(std::iter::repeat_with(Counts::default).take(on));
        let over = self.minutes.len().saturating_sub(MINUTES);
        self.minutes.drain(..over);
        self.newest = self.newest.max(minute);
    }
}

impl Pulse {
    /// A message was taken in.
    pub(super) fn accepted(&self, tenant: &Name, at: Timestamp) {
        self.count(tenant, at, |counts| counts.accepted += 1);
    }

    /// A message is tried for the first time.
    pub(super) fn tried(&self, tenant: &Name, waited: Duration, at: Timestamp) {
        self.count(tenant, at, |counts| counts.waited = counts.waited.max(waited));
    }

    /// A message went on.
    pub(super) fn moved(&self, (tenant, message): (&Name, Ref), before: &Life, step: &Step, at: Timestamp) {
        let (was, is) = (reached(before), reached(&step.life));
        let failed = step.report.as_ref().filter(|report| report.status == Status::Failed);
        if was >= is && failed.is_none() {
            return;
        }
        self.count(tenant, at, |counts| {
            let passed = |status| u64::from(was < Some(status) && Some(status) <= is);
            counts.submitted += passed(Status::Submitted);
            if passed(Status::Submitted) > 0 {
                counts.taken = Some(message);
            }
            counts.delivered += passed(Status::Delivered);
            counts.read += passed(Status::Read);
            if let Some(report) = failed {
                counts.failed += 1;
                let reason = report.failure.as_ref().map_or(Reason::Unknown, |failure| failure.reason);
                *counts.reasons.entry(reason.as_str()).or_default() += 1;
            }
        });
    }

    /// A tenant's last hour: as many minutes as are kept, the one that runs last.
    #[must_use]
    pub fn lately(&self, tenant: &Name, now: Timestamp) -> Vec<Counts> {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut minutes: Vec<Counts> = hours.get_mut(tenant).map_or_else(Vec::new, |hour| {
            hour.turn(now.millis().div_euclid(MINUTE));
            hour.minutes.iter().cloned().collect()
        });
        let missing = MINUTES.saturating_sub(minutes.len());
        minutes.splice(0..0, std::iter::repeat_with(Counts::default).take(missing));
        minutes
    }

    fn count(&self, tenant: &Name, at: Timestamp, change: impl FnOnce(&mut Counts)) {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = at.millis().div_euclid(MINUTE);
        if let Some(hour) = hours.get_mut(tenant) {
            change(hour.at(minute));
        } else {
            change(hours.entry(tenant.clone()).or_default().at(minute));
        }
    }
}

/// How far a message came with its provider, or on.
fn reached(life: &Life) -> Option<Status> {
    let taken = (life.phase == Phase::Submitted).then_some(Status::Submitted);
    life.best.max(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Report;
    use crate::model::Failure;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(1_793_783_640_000 + minute * MINUTE)
    }

    fn step(best: Option<Status>, failed: Option<Reason>) -> Step {
        let life = Life { best, ..Life::new(at(1000)) };
        let report = failed.map(|reason| Report {
            status: Status::Failed,
            failure: Some(Failure::ours(reason, None)),
            at: at(0),
        });
        Step { life, report, stop: None, hold: false, note: "" }
    }

    #[test]
    fn each_state_is_counted_once_in_its_minute_and_those_that_were_passed_over_too() {
        let (pulse, acme) = (Pulse::default(), Name::from("acme"));
        let life = |best| step(best, None).life;
        pulse.accepted(&acme, at(0));
        pulse.tried(&acme, Duration::from_secs(3), at(0));
        pulse.tried(&acme, Duration::from_secs(2), at(0));
        pulse.moved((&acme, Ref::from_number(1)), &life(None), &step(Some(Status::Submitted), None), at(0));
        pulse.moved(
            (&acme, Ref::from_number(1)),
            &life(Some(Status::Submitted)),
            &step(Some(Status::Read), None),
            at(2),
        );
        pulse.moved((&acme, Ref::from_number(1)), &life(Some(Status::Read)), &step(Some(Status::Read), None), at(2));
        pulse.moved((&acme, Ref::from_number(1)), &life(None), &step(None, Some(Reason::OptedOut)), at(2));
        let lately = pulse.lately(&acme, at(3));
        assert_eq!(lately.len(), MINUTES);
        let [first, second, third, now] = &lately[MINUTES - 4..] else { unreachable!() };
        assert_eq!((first.accepted, first.submitted, first.waited), (1, 1, Duration::from_secs(3)));
        assert_eq!((first.taken, second.clone()), (Some(Ref::from_number(1)), Counts::default()));
        assert_eq!((third.submitted, third.delivered, third.read, third.failed), (0, 1, 1, 1));
        assert_eq!(third.reasons, BTreeMap::from([("opted_out", 1)]));
        assert_eq!(*now, Counts::default());
        let mut sum = Counts::default();
        lately.iter().for_each(|minute| sum.add(minute));
        assert_eq!((sum.accepted, sum.read, sum.failed, sum.reasons.len()), (1, 1, 1, 1));
    }

    #[test]
    fn what_is_older_than_an_hour_is_gone_and_a_clock_that_goes_back_does_no_harm() {
        let (pulse, acme) = (Pulse::default(), Name::from("acme"));
        let sum = |now: i64| pulse.lately(&acme, at(now)).iter().map(|minute| minute.accepted).sum::<u64>();
        assert_eq!(sum(0), 0);
        for minute in [0, 30, 29, -500] {
            pulse.accepted(&acme, at(minute));
        }
        assert_eq!((sum(30), sum(59), sum(60), sum(500)), (4, 3, 2, 0), "what is older counts in the oldest minute");
        pulse.accepted(&acme, at(500_000));
        assert_eq!(pulse.lately(&acme, at(500_000)).len(), MINUTES);
        assert_eq!(pulse.lately(&Name::from("other"), at(0)).len(), MINUTES);
    }
}

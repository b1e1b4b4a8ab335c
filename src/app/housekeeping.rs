//! What is done now and then: templates synced again, key sets renewed, old messages purged, idle limits
//! forgotten, all messages counted.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep};
use tracing::{debug, warn};

use crate::config::Retention;
use crate::flow::Flow;
use crate::operate::Desk;
use crate::store::Kept;
use crate::value::Timestamp;

const SYNC: Duration = Duration::from_secs(15 * 60);
const RECOUNT: Duration = Duration::from_secs(10 * 60);
const FORGET: Duration = Duration::from_secs(10);
/// A token that was revoked at another gateway is refused here after this time.
const TOKENS: Duration = Duration::from_secs(2);
/// What is held here is told at every other gateway after this time, and that of one look at the store.
const HELD: Duration = Duration::from_secs(1);
/// Samples are kept in one write each time: few writes, none of which anybody waits for.
const SAMPLES: Duration = Duration::from_secs(5);
/// Purged in small batches, so that nobody who shares a commit with one waits for long.
const BATCH: usize = 200;
/// How often it is looked for what may go.
const PURGE: Duration = Duration::from_secs(10);
/// Between two batches at least; and three times what the last one took, so that a writer who is busy, or slow, has three
/// quarters of its time for the traffic. On a disk that commits in 5 ms some 4000 a second go.
const BETWEEN: Duration = Duration::from_millis(20);

/// Batches of what grows old besides; what is left has time until the next.
const BATCHES: usize = 40;

/// Forgets and renews until `stop`. `retention`: how long what is kept.
pub(super) async fn run(flow: Arc<Flow>, retention: Retention, stop: watch::Receiver<bool>) {
    let mut rounds = Rounds::new(FORGET, Arc::default(), stop);
    while rounds.next().await {
        flow.limits.retain_recent();
        flow.renew_keys();
        if let Some(_stay) = flow.keeps_house() {
            expire(&flow, &retention).await;
        }
    }
}

/// Counts all messages anew until `stop`: now and then, so that a wrong ledger does not stay unseen.
pub(super) async fn recount(flow: Arc<Flow>, desk: Arc<Desk>, stop: watch::Receiver<bool>) {
    let mut rounds = Rounds::new(RECOUNT, Arc::default(), stop);
    while rounds.next().await {
        let Some(_stay) = flow.keeps_house() else { continue };
        if let Some(Err(problem)) = rounds.until_stop(desk.recount()).await {
            warn!(%problem, "messages could not be counted");
        }
    }
}

/// Reads the admin API's tokens until `stop`: other gateways over the same store make and revoke them, too.
pub(super) async fn tokens(desk: Arc<Desk>, stop: watch::Receiver<bool>) {
    let mut rounds = Rounds::new(TOKENS, Arc::default(), stop);
    while rounds.next().await {
        if let Some(Err(problem)) = rounds.until_stop(desk.read_tokens()).await {
            debug!(%problem, "the admin API's tokens could not be read: those that were known stay");
        }
    }
}

/// Tells the other gateways over the same store what is held here, until `stop`.
pub(super) async fn held(flow: Arc<Flow>, stop: watch::Receiver<bool>) {
    let mut rounds = Rounds::new(HELD, Arc::default(), stop);
    while rounds.next().await {
        flow.tell_held();
    }
}

/// Syncs templates until `stop`: now and then, and when `changed`. A provider that is slow keeps nothing else waiting,
/// and no stop.
pub(super) async fn sync(flow: Arc<Flow>, changed: Arc<Notify>, stop: watch::Receiver<bool>) {
    let mut rounds = Rounds::new(SYNC, changed, stop);
    while rounds.next().await {
        rounds.until_stop(flow.sync_all()).await;
    }
}

/// Keeps samples of what came in, masked, until `stop`, and then what is left of them.
pub(super) async fn samples(desk: Arc<Desk>, stop: watch::Receiver<bool>) {
    let mut rounds = Rounds::new(SAMPLES, Arc::default(), stop);
    while rounds.next().await {
        desk.keep_samples().await;
    }
    desk.keep_samples().await;
}

/// When something is due: at once, whenever so much time is over, and when it is asked for.
pub(super) struct Rounds {
    tick: Interval,
    asked: Arc<Notify>,
    stop: watch::Receiver<bool>,
}

impl Rounds {
    pub(super) fn new(period: Duration, asked: Arc<Notify>, stop: watch::Receiver<bool>) -> Self {
        let mut tick = interval(period);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { tick, asked, stop }
    }

    /// Waits for the next round; false once the gateway stops.
    pub(super) async fn next(&mut self) -> bool {
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => false,
            _ = self.tick.tick() => true,
            () = self.asked.notified() => true,
        }
    }

    /// What it comes to; nothing if the gateway stops before.
    pub(super) async fn until_stop<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            _ = self.stop.wait_for(|stop| *stop) => None,
            done = work => Some(done),
        }
    }
}

/// Checks documents against declared shapes until `stop`.
pub(super) async fn shapes(flow: Arc<Flow>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            Ok(()) = stop.changed() => {}
            () = flow.check_shape() => {}
        }
    }
}

/// What grows old besides messages.
async fn expire(flow: &Flow, retention: &Retention) {
    let ages = [
        (Kept::Inbound, Some(retention.inbound)),
        (Kept::Histories, retention.histories),
        (Kept::Letters, retention.dead_letters),
        (Kept::Audit, Some(retention.audit)),
        (Kept::Samples, Some(flow.samples.sampling().age)),
    ];
    for (kept, age) in ages {
        let Some(age) = age else { continue };
        let before = ago(flow, age);
        for _ in 0..BATCHES {
            match flow.store.expire(kept, before, BATCH).await {
                Ok(0) => break,
                Ok(gone) => {
                    if kept == Kept::Letters {
                        // Nothing is dropped in silence.
                        warn!(gone, "dead letters were older than they are kept: they are gone");
                    }
                    debug!(gone, ?kept, "what was too old is removed");
                    if gone < BATCH {
                        break;
                    }
                }
                Err(problem) => {
                    warn!(%problem, ?kept, "what is too old could not be removed");
                    break;
                }
            }
        }
    }
}

/// What is from before then is older than that.
fn ago(flow: &Flow, age: Duration) -> Timestamp {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(flow.ambient.now().millis().saturating_sub(age))
}

/// Removes what is older than `retention`, until `stop`: batch after batch as long as there is something.
pub(super) async fn purge(flow: Arc<Flow>, retention: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let began = Instant::now();
        // One gateway does it.
        let Some(stay) = flow.keeps_house() else {
            tokio::select! {
                Ok(()) = stop.changed() => {}
                () = sleep(PURGE) => {}
            }
            continue;
        };
        let wait = match flow.store.purge(ago(&flow, retention), BATCH).await {
            Ok(purged) => {
                debug!(purged, "old messages removed");
                if purged < BATCH { PURGE } else { BETWEEN.max(began.elapsed() * 3) }
            }
            Err(problem) => {
                warn!(%problem, "old messages could not be removed, trying again");
                PURGE
            }
        };
        drop(stay);
        tokio::select! {
            Ok(()) = stop.changed() => {}
            () = sleep(wait) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;
    use tokio::sync::mpsc;

    use super::*;
    use crate::client::Outbound;
    use crate::config::Snapshot;
    use crate::delivery::{Life, Phase};
    use crate::flow::Ambient;
    use crate::model::wire::{Answer, Class, Prepared};
    use crate::model::{Class as Urgency, Ref};
    use crate::store::memory::Memory;
    use crate::store::{Lane, NewMessage, Origin, Store};

    const RETENTION: Duration = Duration::from_secs(72 * 3600);

    /// The paused clock; nobody to call.
    struct Still(Instant);

    impl Ambient for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1_790_000_000_000).after(self.0.elapsed())
        }

        fn random(&self) -> u64 {
            7
        }
    }

    impl Outbound for Still {
        fn send(&self, _: Prepared) -> BoxFuture<'_, Answer> {
            std::future::ready(Answer::without(Class::Unreached, "nobody is there")).boxed()
        }

        fn allows(&self, _: &url::Url) -> bool {
            true
        }
    }

    /// A message that ended, old enough to go.
    fn ended(number: i64) -> NewMessage {
        let at = Timestamp::from_millis(1_700_000_000_000);
        NewMessage {
            reference: Ref::from_number(number),
            lane: Lane { tenant: "acme".into(), from: "14155550100".into() },
            to: "919812345670".into(),
            class: Urgency::Promotional,
            origin: Origin::Platform,
            platform_id: String::new(),
            campaign: None,
            dedupe: None,
            body: "{}".into(),
            version: String::new(),
            life: Life { phase: Phase::Submitted, ..Life::new(at) },
            at,
        }
    }

    /// So many come each second for so long; how many are left at the end, and ten seconds later.
    async fn left(a_second: i64, seconds: i64) -> [usize; 2] {
        let store = Arc::new(Memory::new());
        let outside = Arc::new(Still(Instant::now()));
        let (work, _worked) = mpsc::channel(1);
        let flow = Arc::new(Flow::new(Snapshot::default(), store.clone(), outside.clone(), outside, work));
        let (stop, stopped) = watch::channel(false);
        let purging = tokio::spawn(purge(flow, RETENTION, stopped));
        for second in 0..seconds {
            let all = second * a_second..(second + 1) * a_second;
            store.accept(all.map(ended).collect()).await.unwrap();
            sleep(Duration::from_secs(1)).await;
        }
        let count = async || {
            let mut left = 0;
            for number in 0..seconds * a_second {
                left += usize::from(store.message(Ref::from_number(number)).await.unwrap().is_some());
            }
            left
        };
        let at_the_end = count().await;
        sleep(PURGE + Duration::from_secs(1)).await;
        let after = count().await;
        stop.send(true).unwrap();
        purging.await.unwrap();
        [at_the_end, after]
    }

    #[tokio::test(start_paused = true)]
    async fn purging_keeps_up_with_traffic_and_catches_up_after_a_burst() {
        let [meanwhile, after] = left(200, 60).await;
        assert!(meanwhile <= 200 * 11 && after == 0, "{meanwhile} {after}");
        let [meanwhile, after] = left(3300, 12).await;
        assert!(meanwhile <= 3300 * 11 && after == 0, "{meanwhile} {after}");
    }
}

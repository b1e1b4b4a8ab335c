//! Silence by the minutes of one gateway, and of two over one store.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::super::settle::Along;
use super::super::tests::{Carrier, PROVIDER, message, with};
use super::super::{Ambient, Flow};
use super::*;
use crate::delivery::Input;
use crate::model::{Failure, Reason, Status};
use crate::store::{Origin, Stay};

const MINUTE: i64 = 60_000;

#[test]
fn what_was_taken_long_ago_and_is_followed_by_no_status_is_unheard_of() {
    let now = Timestamp::from_millis(1_790_000_000_000);
    let minutes = |taken: &[usize]| {
        let mut minutes = vec![Counts::default(); 60];
        taken.iter().for_each(|ago| minutes[59 - ago].taken = Some(Ref::from_number(i64::try_from(*ago).unwrap())));
        minutes
    };
    let ago = |minutes: i64| Some(Times { count: 1, last: Timestamp::from_millis(now.millis() - minutes * MINUTE) });
    for (taken, status, expected) in [
        (&[][..], None, &[][..]),
        (&[0, 10], None, &[]),
        (&[11], None, &[11]),
        (&[0, 1, 30], ago(2), &[]),
        (&[0, 1, 30], ago(29), &[]),
        (&[0, 1, 30, 35], ago(40), &[30, 35]),
        // The first one after a night: its status may come yet.
        (&[0], ago(600), &[]),
        (&[11], ago(600), &[11]),
    ] {
        let found: Vec<i64> = unheard(&minutes(taken), status, now).into_iter().map(Ref::number).collect();
        assert_eq!(found, expected, "{taken:?} {status:?}");
    }
}

struct Clock(AtomicI64);

impl Clock {
    fn forward(&self, minutes: i64) {
        self.0.fetch_add(minutes * MINUTE, Ordering::Relaxed);
    }
}

impl Ambient for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn random(&self) -> u64 {
        7
    }
}

/// Sends one message by that gateway.
async fn send(gateway: &Flow, number: i64) {
    let mut new = message(number, Origin::Platform);
    new.life = Life::new(gateway.ambient.now().after(Duration::from_secs(60)));
    gateway.store.accept(vec![new]).await.unwrap();
    let stored = gateway.store.message(Ref::from_number(number)).await.unwrap().unwrap();
    gateway.attempt(stored, &Stay::always(), None).await;
    let stored = gateway.store.message(Ref::from_number(number)).await.unwrap().unwrap();
    assert_eq!(stored.message.life.phase, Phase::Submitted);
}

/// A status comes to that gateway.
async fn hear(gateway: &Flow, number: i64, status: Status) {
    let snapshot = gateway.snapshot.load_full();
    let failure = (status == Status::Failed).then(|| Failure::ours(Reason::Unknown, None));
    let news = Input::News { status: Some(status), failure, at: gateway.ambient.now() };
    let tenant = snapshot.tenant("acme").unwrap();
    gateway.settle(Err(Ref::from_number(number)), tenant, &news, &Along::default()).await.unwrap().unwrap();
}

#[tokio::test]
async fn of_two_gateways_the_one_that_sends_knows_of_statuses_that_come_to_the_other() {
    let clock = Arc::new(Clock(AtomicI64::new(1_790_000_000_000)));
    let gateway = || {
        let mut gateway = with(PROVIDER, "", Arc::new(Carrier::default()));
        gateway.ambient = clock.clone();
        gateway
    };
    let (ours, mut theirs) = (gateway(), gateway());
    theirs.store = ours.store.clone();
    let acme = Name::from("acme");
    send(&ours, 1).await;
    assert_eq!(ours.is_silent(&acme).await, Ok(false), "it may come yet");
    clock.forward(12);
    assert_eq!(ours.is_silent(&acme).await, Ok(true));
    assert_eq!(theirs.is_silent(&acme).await, Ok(false), "who sends nothing waits for nothing");
    hear(&theirs, 1, Status::Delivered).await;
    assert_eq!(ours.is_silent(&acme).await, Ok(false));

    // The next one is not heard of, wherever.
    send(&ours, 2).await;
    clock.forward(12);
    assert_eq!(ours.is_silent(&acme).await, Ok(false), "of two messages one was heard of");
    send(&ours, 3).await;
    clock.forward(49);
    assert_eq!(ours.is_silent(&acme).await, Ok(true), "the first one is of an hour that is over");
    hear(&theirs, 3, Status::Failed).await;
    assert_eq!(ours.is_silent(&acme).await, Ok(false));
}

//! Accepting, changing, finding and forgetting messages.

use std::collections::HashSet;

use super::super::samples::*;
use super::super::*;
use super::{accept, claim, refs};
use crate::delivery::{Life, Phase, Told};
use crate::model::{Address, Class, Failure, Reason, Status};

pub(super) async fn a_message_comes_back_as_it_was_accepted(store: &dyn Store) {
    let failure = Failure { code: Some("1300".to_owned()), ..Failure::ours(Reason::Undeliverable, None) };
    let life = Life {
        phase: Phase::Submitted,
        attempts: 3,
        resends: 2,
        wake: Some(at(77)),
        expires: at(1000),
        best: Some(Status::Submitted),
        told: Told::Held { until: at(77), failure, at: at(70) },
    };
    let whole = NewMessage { life, class: Class::Transactional, origin: Origin::Reply, dedupe: None, ..new(7) };
    let other = NewMessage { origin: Origin::Consent, ..new(8) };
    accept(store, vec![new(1), whole.clone(), other]).await;
    assert_eq!(store.message(id(8)).await.unwrap().unwrap().message.origin, Origin::Consent);
    let found = store.message(id(7)).await.unwrap().unwrap();
    assert_eq!(format!("{:?}", found.message), format!("{whole:?}"));
    assert_eq!((found.message.to, found.message.lane), (whole.to, whole.lane));
    assert_eq!((found.provider_id, found.said, found.revision), (None, vec![], 0));
    assert!(store.history(id(7)).await.unwrap().is_empty());
}

pub(super) async fn a_repeat_is_recognised_by_tenant_and_key(store: &dyn Store) {
    let again = |number| NewMessage { dedupe: Some("k".to_owned()), ..new(number) };
    let others = NewMessage { lane: lane("globex", "14155550100"), ..again(3) };
    let exempt = NewMessage { dedupe: None, ..new(4) };
    let exempt_too = NewMessage { dedupe: None, ..new(5) };
    let batch = vec![again(1), again(2), others, exempt, exempt_too];
    use Acceptance::{New, Repeat};
    assert_eq!(store.accept(batch).await.unwrap(), [New, Repeat(id(1)), New, New, New]);
    assert_eq!(store.accept(vec![again(9)]).await.unwrap(), [Repeat(id(1))]);
    assert!(store.message(id(2)).await.unwrap().is_none());
    // Another number of the same tenant is the same key.
    let elsewhere = NewMessage { lane: lane("acme", "14155550199"), ..again(10) };
    assert_eq!(store.accept(vec![elsewhere]).await.unwrap(), [Repeat(id(1))]);
    // A key is no platform id.
    let platform_id = NewMessage { platform_id: "k".to_owned(), dedupe: Some("l".to_owned()), ..new(11) };
    let key = NewMessage { dedupe: Some("platform-11".to_owned()), ..new(12) };
    assert_eq!(store.accept(vec![platform_id, key]).await.unwrap(), [New, New]);
}

pub(super) async fn a_change_is_all_or_nothing(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    store.update(change(1, 0, Phase::Sending)).await.unwrap();
    let late = Change {
        provider_id: Some("p".to_owned()),
        calls: vec![call(5, Some(1))],
        alias: Some(address("US.1")),
        ..change(1, 0, Phase::Submitted)
    };
    assert_eq!(store.update(late).await, Err(StoreError::Conflict));
    assert_eq!(store.update(change(2, 0, Phase::Submitted)).await, Err(StoreError::Conflict));
    let found = store.message(id(1)).await.unwrap().unwrap();
    assert_eq!((found.message.life.phase, found.revision), (Phase::Sending, 1));
    assert!(store.by_provider_id("p").await.unwrap().is_none());
    assert!(store.calls(at(99), 9, &HashSet::new()).await.unwrap().0.is_empty());
    assert_eq!(store.history(id(1)).await.unwrap().len(), 1);
}

pub(super) async fn a_change_is_kept_whole(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    let life = Life { wake: Some(at(9)), best: Some(Status::Read), told: Told::Failed, ..new(1).life };
    let first = Change {
        life: life.clone(),
        provider_id: Some("p-1".to_owned()),
        said: Some(vec!["sent".to_owned(), "öffnet \"x\"".to_owned()]),
        calls: vec![call(5, Some(1)), call(6, None)],
        ..change(1, 0, Phase::Queued)
    };
    store.update(first).await.unwrap();
    // What a later change does not name stays.
    store.update(Change { life: life.clone(), ..change(1, 1, Phase::Queued) }).await.unwrap();
    let found = store.message(id(1)).await.unwrap().unwrap();
    assert_eq!((found.message.life, found.revision), (life, 2));
    assert_eq!(found.provider_id.as_deref(), Some("p-1"));
    assert_eq!(found.said, ["sent", "öffnet \"x\""]);
    let lines = store.history(id(1)).await.unwrap();
    assert_eq!(lines, [change(1, 0, Phase::Queued).line, change(1, 0, Phase::Queued).line]);
    assert_eq!(store.calls(at(99), 9, &HashSet::new()).await.unwrap().0.len(), 2);
}

pub(super) async fn a_message_is_found_by_every_id(store: &dyn Store) {
    let same = |number| NewMessage { platform_id: "p".to_owned(), dedupe: None, ..new(number) };
    let others = NewMessage { lane: lane("globex", "1"), ..same(3) };
    accept(store, vec![same(1), same(2), others]).await;
    assert_eq!(refs(&store.by_platform_id(&name("acme"), "p").await.unwrap()), [2, 1]);
    assert_eq!(refs(&store.by_platform_id(&name("globex"), "p").await.unwrap()), [3]);
    assert!(store.by_platform_id(&name("acme"), "q").await.unwrap().is_empty());
    let known = |revision, provider: &str| Change {
        provider_id: Some(provider.to_owned()),
        ..change(1, revision, Phase::Submitted)
    };
    store.update(known(0, "v-1")).await.unwrap();
    store.update(known(1, "v-2")).await.unwrap();
    // After a new attempt the statuses of the old one still find their message.
    for provider in ["v-1", "v-2"] {
        let found = store.by_provider_id(provider).await.unwrap().unwrap();
        assert_eq!((found.message.reference, found.provider_id.as_deref()), (id(1), Some("v-2")));
    }
    assert!(store.by_provider_id("v-3").await.unwrap().is_none());
    // No more than a hundred.
    accept(store, (1000..1150).map(same).collect()).await;
    let newest = store.by_platform_id(&name("acme"), "p").await.unwrap();
    assert_eq!((newest.len(), refs(&newest)[0]), (100, 1149));
}

pub(super) async fn the_last_message_to_a_person_is_found(store: &dyn Store) {
    let to = |number, to: &str| NewMessage { to: address(to), ..new(number) };
    let reply = NewMessage { origin: Origin::Reply, ..to(5, "91") };
    let elsewhere = NewMessage { lane: lane("acme", "2"), ..to(6, "91") };
    accept(store, vec![to(1, "91"), to(2, "91"), to(3, "US.1"), to(4, "92"), reply, elsewhere]).await;
    let ours = lane("acme", "14155550100");
    let last = async |to: &[&str]| {
        let to: Vec<Address> = to.iter().map(|to| address(to)).collect();
        store.last_to(&ours, &to).await.unwrap().map(|found| found.message.reference.number())
    };
    assert_eq!(last(&["91"]).await, Some(2));
    assert_eq!(last(&["91", "US.1"]).await, Some(3));
    assert_eq!(last(&["US.1", "91"]).await, Some(3));
    assert_eq!(last(&["93"]).await, None);
    assert_eq!(last(&[]).await, None);
}

pub(super) async fn hostile_texts_come_back_unchanged(store: &dyn Store) {
    let nasty = "'; DROP TABLE message; -- \u{0}\u{202e}\"\\ %_ 😀\n";
    let message = NewMessage {
        lane: lane(nasty, nasty),
        to: address(nasty),
        platform_id: nasty.to_owned(),
        dedupe: Some(nasty.to_owned()),
        version: nasty.to_owned(),
        ..new(1)
    };
    accept(store, vec![message]).await;
    let line = Line { at: at(1), text: "two\nlines".to_owned() };
    let change = Change {
        provider_id: Some(nasty.to_owned()),
        said: Some(vec![nasty.to_owned()]),
        line,
        ..change(1, 0, Phase::Submitted)
    };
    store.update(change).await.unwrap();
    let found = store.by_provider_id(nasty).await.unwrap().unwrap();
    assert_eq!((found.message.platform_id.as_str(), found.message.to.as_str()), (nasty, nasty));
    assert_eq!((found.message.lane, found.said), (lane(nasty, nasty), vec![nasty.to_owned()]));
    assert_eq!(store.by_platform_id(&name(nasty), nasty).await.unwrap().len(), 1);
    assert_eq!(store.history(id(1)).await.unwrap().len(), 1);
}

pub(super) async fn a_bad_write_hurts_only_itself(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    // The same message id under another key: the caller's mistake, and nobody else's.
    let stolen = NewMessage { dedupe: Some("other".to_owned()), ..new(1) };
    let writes = vec![store.accept(vec![new(2)]), store.accept(vec![new(4), stolen]), store.accept(vec![new(3)])];
    let results = futures_util::future::join_all(writes).await;
    assert!(matches!(results[1], Err(StoreError::Failed(_))), "{results:?}");
    assert_eq!((&results[0], &results[2]), (&Ok(vec![Acceptance::New]), &Ok(vec![Acceptance::New])));
    assert!(store.message(id(4)).await.unwrap().is_none(), "half a batch was written");
    assert_eq!(store.backlog(&name("acme")), 3);
    assert_eq!(store.ledger(&name("acme")).await.unwrap().accepted, 3);
}

pub(super) async fn the_ledger_balances(store: &dyn Store) {
    accept(store, (1..=9).map(new).collect()).await;
    for (number, phase) in Phase::ALL.into_iter().enumerate() {
        store.update(change(i64::try_from(number).unwrap() + 1, 0, phase)).await.unwrap();
    }
    // Sent anew after it was submitted, and taken after all.
    store.update(change(4, 1, Phase::Queued)).await.unwrap();
    store.update(change(6, 1, Phase::Submitted)).await.unwrap();
    let ledger = store.ledger(&name("acme")).await.unwrap();
    let expected =
        Ledger { accepted: 9, submitted: 1, rejected: 1, suppressed: 1, expired: 1, failed: 0, in_flight: 5 };
    assert_eq!(ledger, expected);
    assert_eq!(store.ledger(&name("globex")).await.unwrap(), Ledger::default());
}

pub(super) async fn old_finished_messages_are_purged(store: &dyn Store) {
    accept(store, (1..=6).map(new).collect()).await;
    for number in [1, 2, 3, 4, 6] {
        let known = Change { provider_id: Some(format!("v-{number}")), ..change(number, 0, Phase::Submitted) };
        store.update(known).await.unwrap();
    }
    // 3 waits for better news, 4 has a report to be made, 5 is queued, 6 is young.
    let life = Life { wake: Some(at(9)), ..change(3, 0, Phase::Submitted).life };
    store.update(Change { life, ..change(3, 1, Phase::Submitted) }).await.unwrap();
    store.update(Change { calls: vec![call(7, Some(4))], ..change(4, 1, Phase::Submitted) }).await.unwrap();
    store.take(Taken { at: at(5), ..taken("in") }).await.unwrap();
    assert_eq!(store.purge(at(6), 1).await, Ok(1));
    assert_eq!(store.purge(at(6), 9).await, Ok(1));
    assert_eq!(store.purge(at(6), 9).await, Ok(0));
    assert_eq!(store.expire(Kept::Inbound, at(6), 9).await, Ok(1));
    for (number, there) in [(1, false), (2, false), (3, true), (4, true), (5, true), (6, true)] {
        assert_eq!(store.message(id(number)).await.unwrap().is_some(), there, "{number}");
        let by_platform = store.by_platform_id(&name("acme"), &format!("platform-{number}")).await.unwrap();
        assert_eq!(!by_platform.is_empty(), there, "{number}");
    }
    assert!(store.by_provider_id("v-1").await.unwrap().is_none());
    assert!(store.history(id(1)).await.unwrap().is_empty());
    // Forgotten: neither a repeat nor taken; what was counted stays counted.
    assert_eq!(store.accept(vec![NewMessage { reference: id(20), ..new(1) }]).await.unwrap(), [Acceptance::New]);
    assert_eq!(store.take(taken("in")).await, Ok(true));
    assert_eq!(store.ledger(&name("acme")).await.unwrap().submitted, 5);
}

pub(super) async fn nothing_unknown_is_an_error(store: &dyn Store) {
    assert!(store.message(id(1)).await.unwrap().is_none());
    assert!(store.by_provider_id("").await.unwrap().is_none());
    assert!(store.history(id(1)).await.unwrap().is_empty());
    assert!(store.lanes().await.unwrap().is_empty());
    assert!(claim(store, 1, 9).await.is_empty());
    assert_eq!(store.due(at(1), 9).await.unwrap(), (vec![], None));
    assert!(store.calls(at(1), 9, &HashSet::new()).await.unwrap().1.is_none());
    store.settle_call(1, CallStep::Done, None).await.unwrap();
    store.suppress(vec![suppression(None, "1", false)]).await.unwrap();
    assert!(store.accept(vec![]).await.unwrap().is_empty());
    assert_eq!(store.purge(at(9), 9).await, Ok(0));
}

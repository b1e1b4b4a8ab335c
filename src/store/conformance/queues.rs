//! What waits for its turn, its time or its end.

use std::collections::HashSet;

use super::super::samples::*;
use super::super::*;
use super::{accept, claim, refs};
use crate::delivery::{Life, Phase};
use crate::model::{Class, Ref};

pub(super) async fn lanes_and_backlog_count_what_is_queued(store: &dyn Store) {
    let globex = NewMessage { lane: lane("globex", "3"), ..new(3) };
    accept(store, vec![new(1), new(2), globex]).await;
    let ours = lane("acme", "14155550100");
    assert_eq!(store.lanes().await.unwrap(), [(ours.clone(), 2), (lane("globex", "3"), 1)]);
    store.update(change(1, 0, Phase::Submitted)).await.unwrap();
    store.update(change(3, 0, Phase::InDoubt)).await.unwrap();
    assert_eq!(store.lanes().await.unwrap(), [(ours, 1)]);
    assert_eq!((store.backlog(&name("acme")), store.backlog(&name("globex"))), (1, 0));
    store.update(change(3, 1, Phase::Queued)).await.unwrap();
    assert_eq!((store.backlog(&name("globex")), store.backlog(&name("nobody"))), (1, 0));
}

pub(super) async fn claiming_goes_by_class_then_age(store: &dyn Store) {
    let class = |number, class| NewMessage { class, ..new(number) };
    let waited = |number, wake| NewMessage { life: Life { wake: Some(at(wake)), ..new(number).life }, ..new(number) };
    let messages = vec![
        class(4, Class::Promotional),
        waited(2, 90),
        class(3, Class::Transactional),
        class(1, Class::Promotional),
        NewMessage { class: Class::Transactional, ..waited(5, 80) },
        NewMessage { lane: lane("acme", "other"), ..new(6) },
        NewMessage { lane: lane("globex", "14155550100"), ..new(7) },
    ];
    accept(store, messages).await;
    assert_eq!(claim(store, 100, 10).await, [3, 5, 1, 2, 4]);
    assert_eq!(claim(store, 100, 3).await, [3, 5, 1]);
    assert_eq!(claim(store, 100, 0).await, [0; 0]);
}

pub(super) async fn claiming_leaves_out_what_waits_is_held_or_under_way(store: &dyn Store) {
    let waiting = NewMessage { life: Life { wake: Some(at(101)), ..new(2).life }, ..new(2) };
    accept(store, vec![new(1), waiting, new(3), new(4), new(5)]).await;
    store.begin(vec![(id(3), 0)]).await.unwrap();
    store.update(change(4, 0, Phase::Submitted)).await.unwrap();
    let held: HashSet<Ref> = [id(1)].into();
    let claimed =
        store.claim(&lane("acme", "14155550100"), at(100), 9, &Without { held, ..Without::default() }).await.unwrap();
    assert_eq!(refs(&claimed), [5]);
    assert_eq!(claim(store, 101, 9).await, [1, 2, 5]);
    store.update(change(3, 0, Phase::Queued)).await.unwrap();
    assert_eq!(claim(store, 100, 9).await, [1, 3, 5]);
}

pub(super) async fn attempts_that_never_ended_are_found(store: &dyn Store) {
    accept(store, (1..=5).map(new).collect()).await;
    store.begin(vec![(id(1), 0), (id(2), 0), (id(3), 0)]).await.unwrap();
    store.update(change(2, 0, Phase::Queued)).await.unwrap();
    store.update(change(4, 0, Phase::Sending)).await.unwrap();
    assert_eq!(store.interrupted().await.unwrap(), [id(1), id(3), id(4)]);
    store.update(change(1, 0, Phase::InDoubt)).await.unwrap();
    store.update(change(4, 1, Phase::InDoubt)).await.unwrap();
    assert_eq!(store.interrupted().await.unwrap(), [id(3)]);
    // Whoever only minds the time ends no attempt.
    store.update(Change { goes_on: true, ..change(3, 0, Phase::Queued) }).await.unwrap();
    assert_eq!(store.interrupted().await.unwrap(), [id(3)]);
    assert_eq!(claim(store, 100, 9).await, [2, 5]);
}

pub(super) async fn the_newest_id_is_a_message_s_or_a_call_s(store: &dyn Store) {
    assert_eq!(store.newest().await, Ok(0));
    accept(store, (1..=3).map(new).collect()).await;
    assert_eq!(store.newest().await, Ok(3));
    let calls = vec![call(9, Some(1)), call(7, Some(1))];
    store.update(Change { calls, ..change(1, 0, Phase::Submitted) }).await.unwrap();
    assert_eq!(store.newest().await, Ok(9));
}

pub(super) async fn only_a_queued_message_can_be_begun(store: &dyn Store) {
    accept(store, (1..=3).map(new).collect()).await;
    store.update(change(2, 0, Phase::Expired)).await.unwrap();
    assert_eq!(store.begin(vec![(id(1), 0), (id(2), 1)]).await, Err(StoreError::Conflict));
    assert_eq!(store.begin(vec![(id(9), 0)]).await, Err(StoreError::Conflict));
    assert_eq!(store.begin(vec![(id(3), 0), (id(3), 0)]).await, Err(StoreError::Conflict));
    assert!(store.interrupted().await.unwrap().is_empty());
    store.begin(vec![(id(1), 0)]).await.unwrap();
    assert_eq!(store.begin(vec![(id(1), 0)]).await, Err(StoreError::Conflict));
    store.begin(vec![]).await.unwrap();
    assert_eq!(store.interrupted().await.unwrap(), [id(1)]);
}

pub(super) async fn an_old_copy_cannot_be_begun(store: &dyn Store) {
    accept(store, vec![new(1), new(2)]).await;
    store.begin(vec![(id(1), 0)]).await.unwrap();
    store.update(change(1, 0, Phase::Submitted)).await.unwrap();
    // Failed, and worth another attempt: queued again, while somebody still holds the first copy.
    store.update(change(1, 1, Phase::Queued)).await.unwrap();
    for revision in [0, 1, 3] {
        assert_eq!(store.begin(vec![(id(2), 0), (id(1), revision)]).await, Err(StoreError::Conflict), "{revision}");
    }
    assert!(store.interrupted().await.unwrap().is_empty(), "none of them is begun");
    let newest = store.claim(&lane("acme", "14155550100"), at(100), 9, &Without::default()).await.unwrap();
    let begun = newest.iter().map(|message| (message.message.reference, message.revision)).collect();
    store.begin(begun).await.unwrap();
    assert_eq!(store.interrupted().await.unwrap(), [id(1), id(2)]);
}

pub(super) async fn what_is_due_comes_in_time_order(store: &dyn Store) {
    accept(store, (1..=5).map(new).collect()).await;
    let wake = |number, phase, wake| {
        let change = change(number, 0, phase);
        Change { life: Life { wake: Some(at(wake)), ..change.life }, ..change }
    };
    store.update(wake(1, Phase::InDoubt, 300)).await.unwrap();
    store.update(wake(2, Phase::Queued, 100)).await.unwrap();
    store.update(wake(3, Phase::Submitted, 200)).await.unwrap();
    store.update(wake(4, Phase::Submitted, 400)).await.unwrap();
    store.update(change(5, 0, Phase::Submitted)).await.unwrap();
    assert_eq!(store.due(at(99), 9).await.unwrap(), (vec![], Some(at(100))));
    assert_eq!(store.due(at(300), 9).await.unwrap(), (vec![id(2), id(3), id(1)], Some(at(400))));
    assert_eq!(store.due(at(400), 2).await.unwrap().0, [id(2), id(3)]);
    // A message that is being sent is not touched meanwhile.
    store.begin(vec![(id(2), 1)]).await.unwrap();
    assert_eq!(store.due(at(300), 1).await.unwrap().0, [id(3)]);
    store.update(change(4, 1, Phase::Submitted)).await.unwrap();
    assert_eq!(store.due(at(300), 9).await.unwrap().1, None);
}

pub(super) async fn queued_messages_are_due_when_their_time_runs_out(store: &dyn Store) {
    let until = |number, expires, wake: Option<i64>| {
        let life = Life { wake: wake.map(at), ..Life::new(at(expires)) };
        NewMessage { life, ..new(number) }
    };
    accept(store, vec![until(1, 500, None), until(2, 400, Some(900)), until(3, 900, None)]).await;
    assert_eq!(store.due(at(399), 9).await.unwrap(), (vec![], Some(at(400))));
    assert_eq!(store.due(at(500), 9).await.unwrap(), (vec![id(2), id(1)], Some(at(900))));
}

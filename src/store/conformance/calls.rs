//! Calls and dead letters.

use std::collections::HashSet;

use super::super::samples::*;
use super::super::*;
use super::accept;
use crate::delivery::Phase;

pub(super) async fn calls_come_oldest_first_and_in_their_order(store: &dyn Store) {
    accept(store, vec![new(1), new(2)]).await;
    let other = NewCall { name: "opt_out".to_owned(), ..call(14, Some(1)) };
    let calls = vec![call(13, Some(2)), call(11, Some(1)), call(12, Some(1)), other, call(15, None), call(16, None)];
    store.update(Change { calls, ..change(1, 0, Phase::Submitted) }).await.unwrap();
    let due = async |now, most, held: &[i64]| {
        let held: HashSet<i64> = held.iter().copied().collect();
        let (calls, next) = store.calls(at(now), most, &held).await.unwrap();
        (calls.iter().map(|call| call.call.id).collect::<Vec<_>>(), next)
    };
    assert_eq!(due(10, 9, &[]).await, (vec![], Some(at(11))));
    // 12 waits for 11, of the same message and name, even while that is under way.
    assert_eq!(due(15, 9, &[]).await, (vec![11, 13, 14, 15], Some(at(16))));
    assert_eq!(due(99, 9, &[11, 15]).await, (vec![13, 14, 16], None));
    // One of each lane.
    assert_eq!(due(99, 2, &[]).await.0, [11, 14]);
    store.settle_call(11, CallStep::Again { due: at(500) }, None).await.unwrap();
    assert_eq!(due(99, 9, &[]).await, (vec![13, 14, 15, 16], Some(at(500))));
    store.settle_call(11, CallStep::Done, None).await.unwrap();
    assert_eq!(due(99, 9, &[]).await.0, [12, 13, 14, 15, 16]);
    assert_eq!(due(99, 0, &[]).await.0, [0; 0]);
}

pub(super) async fn a_call_is_done_again_or_parked(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    let calls = vec![call(1, Some(1)), NewCall { name: "other".to_owned(), ..call(2, Some(1)) }];
    store.update(Change { calls, ..change(1, 0, Phase::Submitted) }).await.unwrap();
    let about = async |message| -> Vec<i64> {
        let calls = store.calls_about(id(message)).await.unwrap();
        calls.iter().map(|call| call.call.id).collect()
    };
    assert_eq!((about(1).await, about(2).await), (vec![1, 2], vec![]));
    let line = |text: &str| Some(Line { at: at(70), text: text.to_owned() });
    store.settle_call(1, CallStep::Again { due: at(60) }, line("report: 503")).await.unwrap();
    let again = store.calls(at(60), 9, &HashSet::new()).await.unwrap().0.pop().unwrap();
    assert_eq!((again.call.id, again.attempts, again.due, again.call.at), (1, 1, at(60), at(1)));
    assert_eq!(again.call.context, call(1, None).context);
    store.settle_call(2, CallStep::Done, line("other: done")).await.unwrap();
    store.settle_call(1, CallStep::Park { why: "too old".to_owned() }, line("report: given up")).await.unwrap();
    // Settling what is gone changes nothing.
    store.settle_call(1, CallStep::Park { why: "twice".to_owned() }, line("twice")).await.unwrap();
    assert!(store.calls(at(999), 9, &HashSet::new()).await.unwrap().0.is_empty());
    assert_eq!(about(1).await, [0; 0]);
    let texts: Vec<String> = store.history(id(1)).await.unwrap().into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["now Submitted", "report: 503", "other: done", "report: given up"]);
    let letters = store.dead_letters(Some(&name("acme")), 9).await.unwrap();
    let [parked] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!((&*parked.kind, &*parked.name, &*parked.why), ("call", "report", "too old"));
    assert_eq!((parked.message, parked.at, &parked.content), (Some(id(1)), at(70), &call(1, None).context));
    assert_eq!(store.message(id(1)).await.unwrap().unwrap().revision, 1);
}

pub(super) async fn tenants_share_the_calls(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    let mut calls: Vec<NewCall> = (1..=50).map(|number| call(number, None)).collect();
    calls.extend((60..=61).map(|number| NewCall { tenant: name("globex"), ..call(number, None) }));
    store.update(Change { calls, ..change(1, 0, Phase::Submitted) }).await.unwrap();
    let (found, _) = store.calls(at(99), 10, &HashSet::new()).await.unwrap();
    let ids: Vec<i64> = found.iter().map(|call| call.call.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7, 8, 60, 61]);
    let held: HashSet<i64> = ids.into_iter().collect();
    let (found, _) = store.calls(at(99), 3, &held).await.unwrap();
    assert_eq!(found.iter().map(|call| call.call.id).collect::<Vec<_>>(), [9, 10, 11]);
}

pub(super) async fn stopped_lanes_are_stepped_over(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    let mut calls: Vec<NewCall> = (1..=50).map(|number| call(number, None)).collect();
    calls.push(NewCall { name: "post".to_owned(), ..call(60, None) });
    calls.push(NewCall { name: "post".to_owned(), ..call(200, None) });
    calls.push(NewCall { tenant: name("globex"), ..call(61, None) });
    store.update(Change { calls, ..change(1, 0, Phase::Submitted) }).await.unwrap();
    let lane = |tenant: &str, call: &str| CallLane { tenant: name(tenant), name: call.to_owned() };
    let asked = async |now, stopped: &[CallLane]| {
        let stopped: HashSet<CallLane> = stopped.iter().cloned().collect();
        let (calls, next) = store.calls_beside(at(now), 10, &HashSet::new(), &stopped).await.unwrap();
        (calls.iter().map(|call| call.call.id).collect::<Vec<_>>(), next)
    };
    assert_eq!(asked(99, &[lane("acme", "report")]).await, (vec![60, 61], Some(at(200))));
    assert_eq!(asked(99, &[lane("acme", "report"), lane("acme", "post")]).await, (vec![61], None));
    assert_eq!(asked(99, &[lane("globex", "report"), lane("acme", "post")]).await.0, (1..=10).collect::<Vec<_>>());
    assert_eq!(asked(40, &[lane("globex", "report"), lane("acme", "post")]).await.1, Some(at(41)));
}

pub(super) async fn it_is_told_whether_calls_need_not_wait(store: &dyn Store) {
    accept(store, vec![new(1), new(2)]).await;
    let mut said = Vec::new();
    let mut queue = async |message, revision, calls| {
        let change = Change { calls, ..change(message, revision, Phase::Submitted) };
        said.push(store.update(change).await.unwrap());
    };
    queue(1, 0, vec![call(11, Some(1)), call(12, Some(1))]).await;
    queue(1, 1, vec![call(13, Some(1))]).await;
    queue(1, 2, vec![NewCall { name: "other".to_owned(), ..call(14, Some(1)) }]).await;
    queue(2, 0, vec![call(21, Some(2)), call(22, None)]).await;
    for done in [11, 12] {
        store.settle_call(done, CallStep::Done, None).await.unwrap();
    }
    queue(1, 3, vec![call(15, Some(1))]).await;
    for done in [13, 15] {
        store.settle_call(done, CallStep::Done, None).await.unwrap();
    }
    queue(1, 4, vec![call(16, Some(1))]).await;
    assert!(said == [true, false, true, true, false, true] || said == [false; 6], "{said:?}");
}

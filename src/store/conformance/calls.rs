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
    assert_eq!(due(99, 2, &[]).await.0, [11, 13]);
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

pub(super) async fn letters_come_newest_first(store: &dyn Store) {
    for (tenant, why) in [(Some("acme"), "a"), (None, "b"), (Some("acme"), "c")] {
        store.park(letter(tenant, why)).await.unwrap();
    }
    let all = store.dead_letters(None, 9).await.unwrap();
    assert_eq!(all.iter().map(|letter| &*letter.why).collect::<Vec<_>>(), ["c", "b", "a"]);
    assert_eq!(all[0].content, letter(None, "").content);
    assert!(all[0].id > all[1].id && all[1].id > all[2].id);
    let theirs = store.dead_letters(Some(&name("acme")), 1).await.unwrap();
    assert_eq!(theirs.iter().map(|letter| &*letter.why).collect::<Vec<_>>(), ["c"]);
}

pub(super) async fn letters_are_found_by_what_they_are(store: &dyn Store) {
    let webhook = |tenant, why: &str, since| DeadLetter { at: at(since), ..letter(tenant, why) };
    let came = Came { method: "GET".to_owned(), query: "a=1".to_owned(), verified: vec!["acme".to_owned()] };
    let inbound = DeadLetter {
        kind: "inbound".to_owned(),
        name: "/in".to_owned(),
        came: Some(came.clone()),
        ..webhook(Some("acme"), "100%_Off", 30)
    };
    for letter in [webhook(Some("acme"), "Missing $.id", 10), webhook(None, "missing $.to", 20), inbound] {
        store.park(letter).await.unwrap();
    }
    let all = store.dead_letters(None, 9).await.unwrap();
    let ids: Vec<i64> = all.iter().rev().map(|letter| letter.id).collect();
    assert_eq!(all[0].came, Some(came));
    let text = |text: &str| Some(text.to_owned());
    let any = Letters::default;
    let newest = Page::Newest { below: None };
    for (fit, page, most, expected) in [
        (any(), newest, 2, vec![2, 1]),
        (any(), Page::Newest { below: Some(ids[1]) }, 9, vec![0]),
        (any(), Page::Oldest { above: 0, upto: ids[1] }, 9, vec![0, 1]),
        (any(), Page::Oldest { above: ids[0], upto: i64::MAX }, 1, vec![1]),
        (Letters { id: Some(ids[1]), ..any() }, newest, 9, vec![1]),
        (Letters { id: Some(ids[1]), ..any() }, Page::Oldest { above: ids[1], upto: i64::MAX }, 9, vec![]),
        (Letters { tenant: Some(name("acme")), ..any() }, newest, 9, vec![2, 0]),
        (Letters { kind: text("inbound"), ..any() }, newest, 9, vec![2]),
        (Letters { name: text("/hook"), ..any() }, newest, 9, vec![1, 0]),
        (Letters { why: text("MISSING"), ..any() }, newest, 9, vec![1, 0]),
        (Letters { why: text("0%_o"), ..any() }, newest, 9, vec![2]),
        (Letters { why: text("%"), tenant: Some(name("none")), ..any() }, newest, 9, vec![]),
        (Letters { since: Some(at(20)), ..any() }, newest, 9, vec![2, 1]),
    ] {
        let found = store.letters(&fit, page, most).await.unwrap();
        let found: Vec<i64> = found.iter().map(|letter| letter.id).collect();
        let expected: Vec<i64> = expected.iter().map(|place: &usize| ids[*place]).collect();
        assert_eq!(found, expected, "{fit:?} {page:?}");
    }
}

pub(super) async fn a_parked_call_is_queued_anew_or_thrown_away(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    store.update(Change { calls: vec![call(1, Some(1))], ..change(1, 0, Phase::Submitted) }).await.unwrap();
    store.settle_call(1, CallStep::Park { why: "too old".to_owned() }, None).await.unwrap();
    store.park(letter(Some("acme"), "a webhook")).await.unwrap();
    let letters = store.dead_letters(None, 9).await.unwrap();
    let (webhook, parked) = (letters[0].id, letters[1].id);
    assert_eq!((letters[0].call, letters[1].call), (None, Some(1)));
    assert_eq!(store.redrive(webhook, at(100), true).await, Ok(false));
    assert_eq!(store.redrive(parked, at(100), true).await, Ok(true));
    assert_eq!(store.redrive(parked, at(100), true).await, Ok(false), "once");
    let again = store.calls(at(100), 9, &HashSet::new()).await.unwrap().0.pop().unwrap();
    assert_eq!((again.call.id, again.attempts, again.due, again.call.at), (1, 0, at(100), at(100)));
    assert!(again.newest);
    store.settle_call(1, CallStep::Park { why: "again".to_owned() }, None).await.unwrap();
    let again = store.dead_letters(None, 1).await.unwrap().remove(0);
    assert_eq!((again.call, &*again.why), (Some(1), "again"), "it is the same call still");
    assert_eq!(store.redrive(again.id, at(200), false).await, Ok(true));
    let again = store.calls(at(200), 9, &HashSet::new()).await.unwrap().0.pop().unwrap();
    assert!(!again.newest);
    assert_eq!((again.call.message, again.call.context), (Some(id(1)), call(1, None).context));
    assert_eq!(store.discard(webhook).await, Ok(true));
    assert_eq!(store.discard(webhook).await, Ok(false));
    assert!(store.dead_letters(None, 9).await.unwrap().is_empty());
}

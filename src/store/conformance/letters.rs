//! Dead letters, and those that are tried again by themselves.

use std::collections::HashSet;

use super::super::samples::*;
use super::super::*;
use super::accept;
use crate::delivery::Phase;

pub(super) async fn letters_come_newest_first(store: &dyn Store) {
    for (tenant, why) in [(Some("acme"), "a"), (None, "b"), (Some("acme"), "c")] {
        store.park(vec![letter(tenant, why)]).await.unwrap();
    }
    let all = store.dead_letters(None, 9).await.unwrap();
    assert_eq!(all.iter().map(|letter| &*letter.why).collect::<Vec<_>>(), ["c", "b", "a"]);
    assert_eq!(all[0].content, letter(None, "c").content);
    assert!(all[0].id > all[1].id && all[1].id > all[2].id);
    let theirs = store.dead_letters(Some(&name("acme")), 1).await.unwrap();
    assert_eq!(theirs.iter().map(|letter| &*letter.why).collect::<Vec<_>>(), ["c"]);
}

pub(super) async fn letters_are_found_by_what_they_are(store: &dyn Store) {
    let webhook = |tenant, why: &str, since| DeadLetter { at: at(since), ..letter(tenant, why) };
    let headers = vec![("x-kind".to_owned(), "a".to_owned()), ("x-kind".to_owned(), "b".to_owned())];
    let verified = vec!["acme".to_owned()];
    let came = Came { method: "GET".to_owned(), query: "a=1".to_owned(), headers, verified };
    let inbound = DeadLetter {
        kind: "inbound".to_owned(),
        name: "/in".to_owned(),
        came: Some(came.clone()),
        message: Some(id(404)),
        ..webhook(Some("acme"), "100%_Off", 30)
    };
    for letter in [webhook(Some("acme"), "Missing $.id", 10), webhook(None, "missing $.to", 20), inbound] {
        store.park(vec![letter]).await.unwrap();
    }
    let counted = |tenant: Option<&str>, kind: &str, listed, count| Lettered {
        tenant: tenant.map(name),
        kind: kind.to_owned(),
        listed,
        count,
    };
    let waits = DeadLetter { due: Some(at(50)), ..webhook(Some("acme"), "later", 30) };
    store.park(vec![DeadLetter { kind: "unmatched".to_owned(), ..waits }]).await.unwrap();
    let expected = [
        counted(None, "status", true, 1),
        counted(Some("acme"), "inbound", true, 1),
        counted(Some("acme"), "status", true, 1),
        counted(Some("acme"), "unmatched", false, 1),
    ];
    assert_eq!(store.count_letters().await.unwrap(), expected);
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
        (Letters { message: Some(id(404)), ..any() }, newest, 9, vec![2]),
        (Letters { message: Some(id(405)), ..any() }, newest, 9, vec![]),
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
    store.park(vec![letter(Some("acme"), "a webhook")]).await.unwrap();
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

pub(super) async fn a_letter_that_repeats_is_kept_once(store: &dyn Store) {
    let one = || letter(Some("acme"), "first");
    let others = [
        DeadLetter { tenant: None, ..one() },
        DeadLetter { tenant: Some(name("globex")), ..one() },
        DeadLetter { kind: "inbound".to_owned(), ..one() },
        DeadLetter { name: "/other".to_owned(), ..one() },
        DeadLetter { message: Some(id(1)), ..one() },
        DeadLetter { content: bytes::Bytes::from_static(b"other"), ..one() },
    ];
    store.park(vec![one(), one()]).await.unwrap();
    store.park(others.to_vec()).await.unwrap();
    store.park(others.to_vec()).await.unwrap();
    let again = DeadLetter { why: "again".to_owned(), at: at(99), attempts: 3, due: Some(at(99)), ..one() };
    store.park(vec![again.clone()]).await.unwrap();
    let all = store.dead_letters(None, 99).await.unwrap();
    assert_eq!(all.len(), 7, "{all:?}");
    assert_eq!((&*all[6].why, all[6].at), ("first", at(9)), "the first is the one that is kept");
    // Taken off the list it may come anew.
    assert_eq!(store.discard(all[6].id).await, Ok(true));
    store.park(vec![again]).await.unwrap();
    assert_eq!(store.letters_due(at(99), 9).await.unwrap().0.len(), 1);
}

/// An unmatched status of a tenant, to be tried again at that time.
fn unmatched(tenant: &str, number: i64, due: i64) -> DeadLetter {
    let kind = "unmatched".to_owned();
    let content = format!("{{\"event\":{number}}}").into();
    DeadLetter { kind, content, due: Some(at(due)), at: at(number), ..letter(Some(tenant), "nobody's") }
}

pub(super) async fn letters_are_tried_again_in_time_order_and_then_listed(store: &dyn Store) {
    let letters = vec![unmatched("acme", 1, 30), unmatched("acme", 2, 10), unmatched("globex", 3, 20)];
    store.park(letters).await.unwrap();
    store.park(vec![letter(Some("acme"), "listed")]).await.unwrap();
    let due = async |now, most| {
        let (letters, next) = store.letters_due(at(now), most).await.unwrap();
        (letters.iter().map(|letter| letter.at.millis()).collect::<Vec<_>>(), next)
    };
    assert_eq!(due(9, 9).await, (vec![], Some(at(10))));
    assert_eq!(due(30, 9).await, (vec![2, 3, 1], None));
    assert_eq!(due(30, 1).await.0, [2]);
    assert_eq!(due(20, 0).await, (vec![], Some(at(30))));
    assert_eq!(store.dead_letters(None, 9).await.unwrap().len(), 1, "what is still tried is not listed");
    let (found, _) = store.letters_due(at(30), 9).await.unwrap();
    assert_eq!((&*found[0].kind, found[0].attempts, found[0].due), ("unmatched", 0, Some(at(10))));
    let put_off = vec![(found[0].id, Some(at(70))), (found[1].id, None), (-1, None)];
    assert_eq!(store.put_off(put_off, 99).await, Ok(0));
    assert_eq!(due(99, 9).await, (vec![1, 2], None));
    let (again, _) = store.letters_due(at(99), 9).await.unwrap();
    assert_eq!((again[1].attempts, again[1].due), (1, Some(at(70))));
    let theirs = store.dead_letters(Some(&name("globex")), 9).await.unwrap();
    let [listed] = &theirs[..] else { panic!("{theirs:?}") };
    assert_eq!((listed.attempts, listed.due, listed.content.clone()), (1, None, unmatched("globex", 3, 0).content));
    // Done: its change takes it off.
    accept(store, vec![new(1)]).await;
    store.update(Change { redrives: Some(again[1].id), ..change(1, 0, Phase::Submitted) }).await.unwrap();
    assert_eq!(due(99, 9).await, (vec![1], None));
    store.update(Change { redrives: Some(again[1].id), ..change(1, 1, Phase::Submitted) }).await.unwrap();
}

pub(super) async fn unmatched_statuses_are_bounded_and_grow_old(store: &dyn Store) {
    let flood = (1..=30).map(|number| unmatched("acme", number, 0)).collect();
    store.park(flood).await.unwrap();
    store.park(vec![unmatched("globex", 31, 0), letter(Some("acme"), "a webhook")]).await.unwrap();
    let (due, _) = store.letters_due(at(0), 99).await.unwrap();
    let listed = due.iter().take(12).map(|letter| (letter.id, None)).collect();
    assert_eq!(store.put_off(listed, 10).await, Ok(20), "the oldest go");
    let (due, _) = store.letters_due(at(0), 99).await.unwrap();
    assert_eq!(due.iter().map(|letter| letter.at.millis()).collect::<Vec<_>>(), (21..=31).collect::<Vec<_>>());
    assert_eq!(store.dead_letters(None, 99).await.unwrap().len(), 1);
    assert_eq!(store.purge(at(26), 3).await, Ok(3));
    assert_eq!(store.purge(at(26), 99).await, Ok(2));
    let (due, _) = store.letters_due(at(0), 99).await.unwrap();
    assert_eq!(due.iter().map(|letter| letter.at.millis()).collect::<Vec<_>>(), (26..=31).collect::<Vec<_>>());
    assert_eq!(store.purge(at(1000), 99).await, Ok(6));
    assert_eq!(store.dead_letters(None, 99).await.unwrap().len(), 1, "what a person must see stays");
}

pub(super) async fn a_change_parks_its_letters_or_nothing(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    let unsaid = || DeadLetter { kind: "report".to_owned(), message: Some(id(1)), ..letter(Some("acme"), "no word") };
    let with = |revision| Change { letters: vec![unsaid()], ..change(1, revision, Phase::Submitted) };
    assert_eq!(store.update(with(7)).await, Err(StoreError::Conflict));
    assert!(store.dead_letters(None, 9).await.unwrap().is_empty());
    store.update(with(0)).await.unwrap();
    let kept = store.dead_letters(None, 9).await.unwrap();
    let [kept] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!((&*kept.kind, kept.message, &*kept.why), ("report", Some(id(1)), "no word"));
    assert_eq!(store.redrive(kept.id, at(9), true).await, Ok(false), "it is no call");
    let said = Change { redrives: Some(kept.id), ..change(1, 0, Phase::Submitted) };
    assert_eq!(store.update(said).await, Err(StoreError::Conflict));
    assert_eq!(store.dead_letters(None, 9).await.unwrap().len(), 1, "a change that is refused takes nothing off");
    let said = Change { redrives: Some(kept.id), ..change(1, 1, Phase::Submitted) };
    store.update(said).await.unwrap();
    assert!(store.dead_letters(None, 9).await.unwrap().is_empty());
}

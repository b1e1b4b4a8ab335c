//! A person is erased, and what has to hold on holds on; what grows old goes.

use std::collections::HashSet;

use super::super::samples::*;
use super::super::*;
use super::{accept, claim};
use crate::delivery::Phase;

const NUMBER: &str = "919812345670";
const USER: &str = "IN.1349120";

fn whom(tenant: Option<&str>) -> Forget {
    Forget { tenant: tenant.map(name), address: address(NUMBER), at: at(77) }
}

async fn forget(store: &dyn Store, tenant: Option<&str>) -> Forgotten {
    store.forget(whom(tenant)).await.unwrap()
}

async fn agrees(store: &dyn Store) -> Ledger {
    let counts = store.recount().await.unwrap();
    assert!(counts.iter().all(Count::agrees), "{counts:?}");
    let ledger = store.ledger(&name("acme")).await.unwrap();
    assert_eq!(ledger.difference(), 0, "{ledger:?}");
    ledger
}

fn on(store: &dyn Store, tenant: &str, person: &str) -> bool {
    store.is_suppressed(&name(tenant), &address("14155550100"), &address(person))
}

/// Number and user id are one person.
async fn joined(store: &dyn Store) {
    let addresses = vec![address(NUMBER), address(USER)];
    assert_eq!(store.take(Taken { addresses, ..taken("in-1") }).await, Ok(true));
}

pub(super) async fn nothing_of_a_person_is_left(store: &dyn Store) {
    joined(store).await;
    accept(store, vec![new(1), NewMessage { to: address(USER), ..new(2) }]).await;
    let calls = vec![call(11, Some(1)), call(12, None)];
    let change = Change { provider_id: Some("p-1".to_owned()), calls, ..change(1, 0, Phase::Submitted) };
    store.update(change).await.unwrap();
    let written = |number, content: &str| NewCall { context: content.to_owned().into(), ..call(number, None) };
    let inbound = Taken { calls: vec![written(13, r#"{"from":"+919812345670"}"#)], ..taken("in-2") };
    store.take(inbound).await.unwrap();
    let about = |why: &str, content: String| DeadLetter { content: content.into(), ..letter(Some("acme"), why) };
    let letters = vec![
        about("number", format!("to={NUMBER}&x=1")),
        about("user", format!(r#"{{"user":"{USER}"}}"#)),
        DeadLetter { message: Some(id(1)), ..about("message", "{}".to_owned()) },
        DeadLetter { due: Some(at(5000)), ..about("looked for", format!(r#"{{"to":"00{NUMBER}"}}"#)) },
        about("a longer number", format!("to=1{NUMBER}")),
    ];
    store.park(letters).await.unwrap();

    let gone = forget(store, None).await;
    let expected = Forgotten { messages: 2, unfinished: 1, calls: 2, letters: 4, addresses: 2, suppressions: 0 };
    assert_eq!(gone, expected);
    let left = store.message(id(1)).await.unwrap().unwrap();
    let message = &left.message;
    assert!(message.is_forgotten() && message.platform_id.is_empty() && message.dedupe != new(1).dedupe);
    assert_eq!((&message.body[..], message.life.phase), (&b"{}"[..], Phase::Submitted));
    assert_eq!(left.provider_id.as_deref(), Some("p-1"), "a late status finds that it is nobody's");
    assert_eq!(store.history(id(1)).await.unwrap().len(), 1);
    assert_eq!(store.by_platform_id(&name("acme"), "platform-1").await.unwrap().len(), 0);
    let lane = lane("acme", "14155550100");
    assert!(store.last_to(&lane, &[address(NUMBER), address(USER)]).await.unwrap().is_none());
    let (calls, _) = store.calls(at(9999), 9, &HashSet::new()).await.unwrap();
    assert_eq!(calls.iter().map(|call| call.call.id).collect::<Vec<_>>(), [12], "it is about nobody");
    let letters = store.dead_letters(None, 9).await.unwrap();
    assert_eq!(letters.iter().map(|letter| &*letter.why).collect::<Vec<_>>(), ["a longer number"]);
    assert_eq!(store.letters_due(at(9999), 9).await.unwrap().0.len(), 0);
    // Nobody knows any more that both were one person's.
    store.suppress(vec![suppression(None, USER, true)]).await.unwrap();
    assert!(on(store, "acme", USER) && !on(store, "acme", NUMBER));
    assert_eq!(forget(store, None).await, Forgotten::default(), "once is enough");
    agrees(store).await;
}

pub(super) async fn what_was_under_way_ends_and_the_ledger_adds_up(store: &dyn Store) {
    accept(store, (1..=5).map(new).collect()).await;
    store.update(change(2, 0, Phase::InDoubt)).await.unwrap();
    store.begin(vec![(id(3), 0)]).await.unwrap();
    store.update(change(4, 0, Phase::Submitted)).await.unwrap();
    store.update(change(5, 0, Phase::Rejected)).await.unwrap();
    let gone = forget(store, Some("acme")).await;
    assert_eq!((gone.messages, gone.unfinished), (5, 3));
    let expected = Ledger { accepted: 5, submitted: 1, rejected: 1, suppressed: 2, failed: 1, ..Ledger::default() };
    assert_eq!(agrees(store).await, expected);
    assert_eq!((store.backlog(&name("acme")), store.lanes().await.unwrap().len()), (0, 0));
    assert!(claim(store, 9999, 9).await.is_empty() && store.interrupted().await.unwrap().is_empty());
    assert_eq!(store.due(at(i64::MAX), 9).await, Ok((vec![], None)));
    // An older copy says nothing any more.
    assert_eq!(store.begin(vec![(id(1), 0)]).await, Err(StoreError::Conflict));
    assert_eq!(store.update(change(3, 0, Phase::Submitted)).await, Err(StoreError::Conflict));
    assert_eq!(store.purge(at(99), 9).await, Ok(5));
    assert_eq!(agrees(store).await, expected);
}

pub(super) async fn a_repeat_is_known_after_its_person_was_forgotten(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    forget(store, None).await;
    let again = NewMessage { reference: id(2), ..new(1) };
    assert_eq!(store.accept(vec![again.clone()]).await, Ok(vec![Acceptance::Repeat(id(1))]));
    let other = NewMessage { lane: lane("globex", "1"), ..again.clone() };
    assert_eq!(store.accept(vec![other]).await, Ok(vec![Acceptance::New]), "of another tenant");
    // Its time over, it is no repeat.
    store.purge(at(99), 9).await.unwrap();
    assert_eq!(store.accept(vec![NewMessage { reference: id(3), ..again }]).await, Ok(vec![Acceptance::New]));
    assert_eq!(store.take(taken("in-9")).await, Ok(true));
    forget(store, None).await;
    assert_eq!(store.take(taken("in-9")).await, Ok(false), "an inbound message is taken once all the same");
}

pub(super) async fn an_opt_out_holds_on_and_can_be_ended(store: &dyn Store) {
    joined(store).await;
    store.suppress(vec![suppression(None, NUMBER, true)]).await.unwrap();
    let gone = forget(store, None).await;
    assert_eq!((gone.suppressions, gone.addresses), (2, 2));
    assert!(on(store, "acme", NUMBER) && on(store, "acme", USER));
    assert!(!on(store, "globex", NUMBER) && !on(store, "acme", "919812345671"));
    // Back with one more address, it is the same person.
    let addresses = vec![address(NUMBER), address("US.2")];
    store.take(Taken { addresses, ..taken("in-2") }).await.unwrap();
    assert!(on(store, "acme", "US.2"));
    store.suppress(vec![suppression(None, NUMBER, false)]).await.unwrap();
    assert!(!on(store, "acme", NUMBER) && !on(store, "acme", "US.2"));
    assert!(on(store, "acme", USER), "nobody knows that it was the same person's");
    // An opt-in that comes with one more address frees both at once.
    let (addresses, suppressions) = (vec![address(USER), address("US.3")], vec![suppression(None, USER, false)]);
    store.take(Taken { addresses, suppressions, ..taken("in-3") }).await.unwrap();
    assert!(!on(store, "acme", USER) && !on(store, "acme", "US.3"));
    // One sender's, twice forgotten.
    store.suppress(vec![suppression(Some("14155550100"), "81", true)]).await.unwrap();
    for _ in 0..2 {
        store.forget(Forget { tenant: Some(name("acme")), address: address("81"), at: at(1) }).await.unwrap();
        assert!(on(store, "acme", "81"));
        assert!(!store.is_suppressed(&name("acme"), &address("another"), &address("81")));
    }
    store.suppress(vec![suppression(Some("14155550100"), "81", false)]).await.unwrap();
    assert!(!on(store, "acme", "81"));
}

pub(super) async fn others_lose_nothing(store: &dyn Store) {
    let other = |number| NewMessage { to: address("919812345671"), ..new(number) };
    let globex = |number| NewMessage { lane: lane("globex", "1"), ..new(number) };
    accept(store, vec![new(1), other(2), globex(3)]).await;
    store.update(Change { calls: vec![call(11, Some(2))], ..change(2, 0, Phase::Submitted) }).await.unwrap();
    let of_globex = DeadLetter { content: NUMBER.into(), ..letter(Some("globex"), "theirs") };
    let of_nobody = DeadLetter { content: NUMBER.into(), ..letter(None, "nobody's") };
    store.park(vec![of_globex, of_nobody]).await.unwrap();
    store.suppress(vec![Suppression { tenant: name("globex"), ..suppression(None, NUMBER, true) }]).await.unwrap();
    let gone = forget(store, Some("acme")).await;
    assert_eq!(gone, Forgotten { messages: 1, unfinished: 1, ..Forgotten::default() });
    for number in [2, 3] {
        assert!(!store.message(id(number)).await.unwrap().unwrap().message.is_forgotten());
    }
    assert_eq!(store.history(id(2)).await.unwrap().len(), 1);
    assert_eq!(store.dead_letters(None, 9).await.unwrap().len(), 2);
    assert_eq!(store.calls(at(9999), 9, &HashSet::new()).await.unwrap().0.len(), 1);
    assert!(on(store, "globex", NUMBER));
    let gone = forget(store, None).await;
    assert_eq!((gone.messages, gone.letters, gone.suppressions), (1, 2, 1));
    assert!(on(store, "globex", NUMBER) && !on(store, "acme", NUMBER));
    agrees(store).await;
}

pub(super) async fn what_grows_old_goes_by_its_kind(store: &dyn Store) {
    accept(store, (1..=3).map(new).collect()).await;
    for number in [1, 3] {
        store.update(change(number, 0, Phase::Submitted)).await.unwrap();
    }
    store
        .park(vec![
            DeadLetter { at: at(1), ..letter(Some("acme"), "old") },
            DeadLetter { at: at(1), due: Some(at(500)), ..letter(Some("acme"), "old, still looked for") },
            DeadLetter { at: at(30), ..letter(None, "young") },
        ])
        .await
        .unwrap();
    store.take(Taken { at: at(1), ..taken("old") }).await.unwrap();
    store.take(Taken { at: at(30), ..taken("young") }).await.unwrap();
    for kept in [Kept::Histories, Kept::Inbound, Kept::Letters] {
        assert_eq!(store.expire(kept, at(1), 9).await, Ok(0), "{kept:?}: nothing is that old");
    }
    assert!(store.expire(Kept::Histories, at(3), 9).await.unwrap() > 0);
    let lines = async |number| store.history(id(number)).await.unwrap().len();
    assert_eq!((lines(1).await, lines(3).await), (0, 1));
    assert!(store.message(id(1)).await.unwrap().is_some());
    assert_eq!(store.expire(Kept::Letters, at(20), 9).await, Ok(1));
    assert_eq!(store.dead_letters(None, 9).await.unwrap().len(), 1);
    assert_eq!(store.letters_due(at(500), 9).await.unwrap().0.len(), 1);
    assert_eq!(store.expire(Kept::Inbound, at(20), 9).await, Ok(1));
    assert_eq!(store.take(taken("young")).await, Ok(false));
    assert_eq!(store.take(taken("old")).await, Ok(true));
}

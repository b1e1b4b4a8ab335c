//! Inbound messages, opt-outs and whose addresses they are.

use std::collections::HashSet;

use super::super::samples::*;
use super::super::*;
use super::accept;
use crate::delivery::Phase;

pub(super) async fn an_inbound_message_is_taken_once(store: &dyn Store) {
    let reply = NewMessage { origin: Origin::Reply, platform_id: String::new(), dedupe: None, ..new(3) };
    let inbound = Taken {
        suppressions: vec![suppression(None, "919812345670", true)],
        replies: vec![reply],
        calls: vec![call(8, None)],
        ..taken("in-1")
    };
    assert_eq!(store.take(inbound.clone()).await, Ok(true));
    assert!(store.is_suppressed(&name("acme"), &address("1"), &address("919812345670")));
    assert!(store.message(id(3)).await.unwrap().is_some());
    assert_eq!(store.backlog(&name("acme")), 1);
    assert_eq!(store.calls(at(99), 9, &HashSet::new()).await.unwrap().0.len(), 1);
    let back = Taken { suppressions: vec![suppression(None, "919812345670", false)], ..inbound };
    assert_eq!(store.take(back).await, Ok(false));
    assert!(store.is_suppressed(&name("acme"), &address("1"), &address("919812345670")));
    assert_eq!(store.take(Taken { tenant: name("globex"), ..taken("in-1") }).await, Ok(true));
}

pub(super) async fn an_opt_out_counts_at_once_and_for_its_sender(store: &dyn Store) {
    let on = |sender: &str, person: &str| store.is_suppressed(&name("acme"), &address(sender), &address(person));
    store.suppress(vec![suppression(None, "91", true), suppression(Some("s1"), "92", true)]).await.unwrap();
    assert!(on("s1", "91") && on("s2", "91") && on("s1", "92") && !on("s2", "92") && !on("s1", "93"));
    assert!(!store.is_suppressed(&name("globex"), &address("s1"), &address("91")));
    // Freed for one sender, a person stays on the tenant's list.
    store.suppress(vec![suppression(Some("s1"), "91", false), suppression(Some("s1"), "92", false)]).await.unwrap();
    assert!(on("s1", "91") && !on("s1", "92"));
    // Freed for the tenant, every entry goes.
    store.suppress(vec![suppression(Some("s1"), "91", true), suppression(None, "91", false)]).await.unwrap();
    assert!(!on("s1", "91") && !on("s2", "91"));
}

pub(super) async fn an_opt_out_counts_for_every_address_of_a_person(store: &dyn Store) {
    let on = |person: &str| store.is_suppressed(&name("acme"), &address("s"), &address(person));
    let joined = |id: &str, addresses: &[&str]| Taken {
        addresses: addresses.iter().map(|one| address(one)).collect(),
        ..taken(id)
    };
    store.take(joined("1", &["91", "US.1"])).await.unwrap();
    store.suppress(vec![suppression(None, "US.1", true)]).await.unwrap();
    assert!(on("91") && on("US.1"));
    // Joined afterwards, by an inbound message and by a status.
    store.take(joined("2", &["92", "91"])).await.unwrap();
    accept(store, vec![NewMessage { to: address("93"), ..new(1) }]).await;
    assert!(on("92") && !on("93"));
    store.update(Change { alias: Some(address("US.1")), ..change(1, 0, Phase::Submitted) }).await.unwrap();
    assert!(on("93"));
    // Two persons that turn out to be one.
    store.take(joined("3", &["81", "US.8"])).await.unwrap();
    store.take(joined("4", &["82", "US.9"])).await.unwrap();
    assert!(!on("81") && !on("US.9"));
    store.suppress(vec![suppression(Some("s"), "82", true)]).await.unwrap();
    store.take(joined("5", &["US.8", "US.9"])).await.unwrap();
    assert!(on("81") && on("US.8") && on("US.9"));
    // Of another tenant the same addresses are other people.
    assert!(!store.is_suppressed(&name("globex"), &address("s"), &address("91")));
}

pub(super) async fn an_opt_in_frees_every_address_of_a_person(store: &dyn Store) {
    let on = |person: &str| store.is_suppressed(&name("acme"), &address("s"), &address(person));
    let inbound = Taken {
        addresses: vec![address("91"), address("US.1")],
        suppressions: vec![suppression(None, "91", true)],
        ..taken("1")
    };
    store.take(inbound).await.unwrap();
    assert!(on("91") && on("US.1"));
    store.suppress(vec![suppression(None, "US.1", false)]).await.unwrap();
    assert!(!on("91") && !on("US.1"));
}

pub(super) async fn replies_that_repeat_are_left_out(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    let repeat = NewMessage { reference: id(2), ..new(1) };
    assert_eq!(store.take(Taken { replies: vec![repeat, new(3)], ..taken("in") }).await, Ok(true));
    assert!(store.message(id(2)).await.unwrap().is_none());
    assert!(store.message(id(3)).await.unwrap().is_some());
}

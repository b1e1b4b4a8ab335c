//! The history of opt-outs: it says why the list is as it is, and says it still when a person was forgotten.

use std::collections::BTreeSet;

use super::super::samples::*;
use super::super::*;
use super::accept;
use crate::delivery::Phase;

fn by_hand(person: &str, on: bool, reason: &str) -> Suppression {
    let cause = Cause::Operator { who: "ops".to_owned(), reason: Some(reason.to_owned()) };
    Suppression { at: at(70), cause, ..suppression(None, person, on) }
}

async fn lines(store: &dyn Store, person: &str) -> Vec<Consent> {
    store.consents_of(&name("acme"), &address(person), 99).await.unwrap()
}

async fn count(store: &dyn Store) -> usize {
    store.consents(&Consents::default(), 99).await.unwrap().len()
}

pub(super) async fn each_change_of_the_list_has_a_line(store: &dyn Store) {
    let stop = Suppression { cause: said("in-1"), ..suppression(Some("s1"), "91", true) };
    assert_eq!(store.take(Taken { suppressions: vec![stop.clone()], ..taken("in-1") }).await, Ok(true));
    let import = Cause::Import { who: "ops\0".to_owned(), reason: Some("old \u{1}list".to_owned()) };
    let other = Suppression { tenant: name("globex"), cause: import.clone(), ..suppression(None, "92", true) };
    let lift = by_hand("91", false, "she rang");
    assert_eq!(store.suppress(vec![other, lift.clone()]).await, Ok(vec![true, true]));

    let all = store.consents(&Consents::default(), 99).await.unwrap();
    let [lifted, imported, stopped] = &all[..] else { panic!("{all:?}") };
    assert!(lifted.id > imported.id && imported.id > stopped.id);
    let (tenant, sender, address) = (stop.tenant, stop.sender, Some(stop.address));
    let expected = Consent { id: stopped.id, tenant, sender, address, on: true, at: at(60), cause: said("in-1") };
    assert_eq!(*stopped, expected);
    assert_eq!((lifted.on, lifted.at, &lifted.cause, &lifted.sender), (false, at(70), &lift.cause, &None));
    assert_eq!((imported.tenant.as_str(), &imported.cause), ("globex", &import));
    assert_eq!(lines(store, "91").await, [lifted.clone(), stopped.clone()]);
    let of = |tenant: Option<&str>, below| Consents { tenant: tenant.map(name), below };
    let ids = async |fit| store.consents(&fit, 99).await.unwrap().iter().map(|line| line.id).collect::<Vec<_>>();
    assert_eq!(ids(of(Some("acme"), None)).await, [lifted.id, stopped.id]);
    assert_eq!(ids(of(None, Some(lifted.id))).await, [imported.id, stopped.id]);
    assert_eq!(store.consents(&Consents::default(), 1).await.unwrap(), std::slice::from_ref(lifted));
    assert_eq!(store.consents_of(&name("globex"), &super::address("91"), 9).await.unwrap(), []);
}

pub(super) async fn what_changes_nothing_leaves_no_line(store: &dyn Store) {
    let stop = || suppression(None, "91", true);
    assert_eq!(store.suppress(vec![suppression(None, "91", false)]).await, Ok(vec![false]));
    assert_eq!(store.suppress(vec![stop(), stop()]).await, Ok(vec![true, false]));
    let repeat = Taken { suppressions: vec![stop()], ..taken("in-2") };
    assert_eq!(store.take(repeat).await, Ok(true));
    assert_eq!(store.suppress(vec![suppression(Some("s1"), "91", false)]).await, Ok(vec![false]));
    assert_eq!(count(store).await, 1);
    // Of one more sender it is a change, and so is the end of both, which is one.
    assert_eq!(store.suppress(vec![suppression(Some("s1"), "91", true)]).await, Ok(vec![true]));
    assert_eq!(store.suppress(vec![by_hand("91", false, "x")]).await, Ok(vec![true]));
    assert_eq!(count(store).await, 3);
    assert_eq!(Consent::standing(&lines(store, "91").await), BTreeSet::new());
    // Nobody's, to see whether it works.
    let trial = |on| Suppression { cause: Cause::Trial, ..suppression(None, "nobody", on) };
    assert_eq!(store.suppress(vec![trial(true), trial(false)]).await, Ok(vec![true, true]));
    assert_eq!(count(store).await, 3);
}

pub(super) async fn addresses_that_are_joined_have_lines_of_their_own(store: &dyn Store) {
    store.suppress(vec![suppression(Some("s1"), "91", true)]).await.unwrap();
    store.take(Taken { addresses: vec![address("91"), address("US.1")], ..taken("in-1") }).await.unwrap();
    let joined = lines(store, "US.1").await;
    assert_eq!((joined.len(), joined[0].on, &joined[0].cause, joined[0].at), (1, true, &Cause::Joined, at(50)));
    assert_eq!(lines(store, "91").await.len(), 1);
    accept(store, vec![NewMessage { to: address("US.1"), ..new(1) }]).await;
    store.update(Change { alias: Some(address("92")), ..change(1, 0, Phase::Submitted) }).await.unwrap();
    assert_eq!(lines(store, "92").await[0].at, at(1));
    // All of them are freed, each with a line.
    assert_eq!(store.suppress(vec![suppression(None, "92", false)]).await, Ok(vec![true]));
    for person in ["91", "92", "US.1"] {
        let lines = lines(store, person).await;
        assert!(lines.len() == 2 && !lines[0].on && lines[0].cause == said("in-0"), "{lines:?}");
    }
}

pub(super) async fn the_list_is_read_a_page_at_a_time(store: &dyn Store) {
    for (person, sender) in [("93", None), ("91", Some("s1")), ("92", None), ("91", None)] {
        store.suppress(vec![suppression(sender, person, true)]).await.unwrap();
    }
    store.suppress(vec![suppression(None, "92", false), by_hand("92", true, "again")]).await.unwrap();
    store.suppress(vec![Suppression { tenant: name("globex"), ..suppression(None, "90", true) }]).await.unwrap();
    let (mut all, mut last) = (Vec::new(), None);
    loop {
        let page = store.suppressed(&name("acme"), last.as_ref(), 3).await.unwrap();
        last = page.last().cloned();
        let full = page.len() == 3;
        all.extend(page);
        if !full {
            break;
        }
    }
    let who: Vec<_> = all.iter().map(|listed| (listed.address.as_str(), listed.sender.is_some())).collect();
    assert_eq!(who, [("91", false), ("91", true), ("92", false), ("93", false)]);
    assert_eq!(all[2].since, Some((at(70), by_hand("92", true, "again").cause)));
    assert_eq!(all[3].since, Some((at(60), said("in-0"))));
}

pub(super) async fn the_history_of_a_forgotten_person_holds_on_without_the_person(store: &dyn Store) {
    let whom = || Forget { tenant: None, address: address("919812345670"), at: at(77) };
    store.suppress(vec![by_hand("919812345670", true, "by 919812345670")]).await.unwrap();
    store.suppress(vec![by_hand("919812345671", true, "another")]).await.unwrap();
    store.forget(whom()).await.unwrap();
    let kept = lines(store, "919812345670").await;
    let cause = Cause::Operator { who: "ops".to_owned(), reason: None };
    assert_eq!((kept.len(), &kept[0].address, &kept[0].cause, kept[0].at), (1, &None, &cause, at(70)));
    assert_eq!(lines(store, "919812345671").await[0].cause, by_hand("", true, "another").cause, "others lose nothing");
    let listed = store.suppressed(&name("acme"), None, 9).await.unwrap();
    assert_eq!(listed.iter().map(|listed| listed.address.as_str()).collect::<Vec<_>>(), ["919812345671"]);
    // A list from elsewhere does not bring a name back that is on the list without one; the person's own word does.
    assert_eq!(store.suppress(vec![by_hand("919812345670", true, "once more")]).await, Ok(vec![false]));
    store.take(Taken { addresses: vec![address("919812345670"), address("IN.1")], ..taken("in-3") }).await.unwrap();
    let joined = lines(store, "IN.1").await;
    assert_eq!((joined.len(), &joined[0].address, &joined[0].cause), (1, &None, &Cause::Joined));
    assert_eq!(store.suppress(vec![by_hand("919812345670", false, "she rang")]).await, Ok(vec![true]));
    let lines_now = lines(store, "919812345670").await;
    assert_eq!(lines_now.iter().map(|line| line.on).collect::<Vec<_>>(), [false, true]);
    assert_eq!(Consent::standing(&lines_now), BTreeSet::new());
    store.forget(whom()).await.unwrap();
    let left = lines(store, "919812345670").await;
    assert!(left.len() == 2 && left.iter().all(|line| line.address.is_none()), "{left:?}");
}

//! What the operator asks: a count anew, and tokens.

use super::super::samples::*;
use super::super::*;
use super::accept;
use crate::delivery::Phase;

/// The counts that do not agree.
async fn wrong(store: &dyn Store) -> Vec<Count> {
    let counts = store.recount().await.unwrap();
    counts.into_iter().filter(|count| !count.agrees()).collect()
}

pub(super) async fn a_recount_finds_a_wrong_tally(store: &dyn Store) {
    assert_eq!(store.recount().await.unwrap(), []);
    accept(store, (1..=6).map(new).collect()).await;
    accept(store, vec![NewMessage { lane: lane("globex", "1"), ..new(10) }]).await;
    for (number, phase) in
        [(1, Phase::Submitted), (2, Phase::Rejected), (3, Phase::Failed), (4, Phase::InDoubt), (10, Phase::Expired)]
    {
        store.update(change(number, 0, phase)).await.unwrap();
    }
    let counts = store.recount().await.unwrap();
    let expected = Ledger { accepted: 6, submitted: 1, rejected: 1, failed: 1, in_flight: 3, ..Ledger::default() };
    let told = store.ledger(&name("acme")).await.unwrap();
    assert_eq!((counts.len(), told, told.difference()), (2, expected, 0));
    assert_eq!((counts[0].counted, counts[0].queued), (expected, [2, 2]));
    assert_eq!(counts[1].counted, Ledger { accepted: 1, expired: 1, ..Ledger::default() });
    store.miscount(&name("acme")).await.unwrap();
    let found = wrong(store).await;
    let [count] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&count.tenant, count.counted, count.told.failed), (&name("acme"), expected, 2));
    assert_eq!(store.ledger(&name("acme")).await.unwrap().difference(), -1);
}

pub(super) async fn what_was_purged_is_counted_still(store: &dyn Store) {
    accept(store, (1..=4).map(new).collect()).await;
    store.update(change(1, 0, Phase::Submitted)).await.unwrap();
    store.update(change(2, 0, Phase::Failed)).await.unwrap();
    let before = store.ledger(&name("acme")).await.unwrap();
    assert_eq!(store.purge(at(100), 9).await, Ok(2));
    let counts = store.recount().await.unwrap();
    assert_eq!((counts.len(), counts[0].told, counts[0].counted), (1, before, before));
}

pub(super) async fn a_token_is_kept_once(store: &dyn Store) {
    let token = |name: &str, byte| Token {
        name: name.to_owned(),
        hash: [byte; 32],
        at: at(i64::from(byte)),
        roles: [Role::Read, Role::Reveal].into_iter().collect(),
        tenant: (byte == 3).then(|| "acme".into()),
        until: (byte == 3).then(|| at(99)),
    };
    assert_eq!(store.tokens().await.unwrap(), []);
    assert_eq!(store.keep_token(token("b", 1)).await, Ok(true));
    assert_eq!(store.keep_token(token("b", 2)).await, Ok(false));
    assert_eq!(store.keep_token(token("a", 3)).await, Ok(true));
    assert_eq!(store.tokens().await.unwrap(), [token("a", 3), token("b", 1)]);
    assert_eq!(store.revoke_token("b").await, Ok(true));
    assert_eq!(store.revoke_token("b").await, Ok(false));
    assert_eq!(store.tokens().await.unwrap(), [token("a", 3)]);
}

pub(super) async fn the_audit_log_is_found_by_what_stands_in_it(store: &dyn Store) {
    let line = |number: i64, who: &str, what: &str, tenant: Option<&str>| {
        let (who, what, tenant) = (who.to_owned(), what.to_owned(), tenant.map(name));
        Audit { id: 0, at: at(number), who, what, tenant, about: format!("about {number}") }
    };
    for (number, who, what, tenant) in [
        (1, "admin", "redrive", None),
        (2, "ops", "reveal", Some("acme")),
        (3, "ops", "release", Some("globex")),
        (4, "admin", "reveal", Some("acme")),
    ] {
        store.audit(line(number, who, what, tenant)).await.unwrap();
    }
    let found = async |fit: Audits, most| {
        let lines = store.audits(&fit, most).await.unwrap();
        lines.into_iter().map(|line| line.at.millis()).collect::<Vec<_>>()
    };
    let all = store.audits(&Audits::default(), 9).await.unwrap();
    assert_eq!(all[3], Audit { id: all[3].id, ..line(1, "admin", "redrive", None) });
    assert!(all.is_sorted_by(|newer, older| newer.id > older.id));
    assert_eq!(found(Audits::default(), 2).await, [4, 3]);
    assert_eq!(found(Audits { below: Some(all[1].id), ..Audits::default() }, 9).await, [2, 1]);
    assert_eq!(found(Audits { tenant: Some(name("acme")), ..Audits::default() }, 9).await, [4, 2]);
    assert_eq!(found(Audits { who: Some("ops".to_owned()), ..Audits::default() }, 9).await, [3, 2]);
    assert_eq!(found(Audits { what: Some("reveal".to_owned()), ..Audits::default() }, 9).await, [4, 2]);
    assert_eq!(found(Audits { since: Some(at(3)), ..Audits::default() }, 9).await, [4, 3]);
    assert_eq!(store.expire(Kept::Audit, at(3), 1).await, Ok(1));
    assert_eq!(store.expire(Kept::Audit, at(3), 9).await, Ok(1));
    assert_eq!(store.expire(Kept::Audit, at(3), 9).await, Ok(0));
    assert_eq!(found(Audits::default(), 9).await, [4, 3]);
    store.audit(line(5, "ops", "release", None)).await.unwrap();
    let newest = store.audits(&Audits::default(), 1).await.unwrap();
    assert!(newest[0].id > all[0].id, "a number is never given twice");
}

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
    store.miscount(&name("acme"));
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
    let token = |name: &str, byte| Token { name: name.to_owned(), hash: [byte; 32], at: at(i64::from(byte)) };
    assert_eq!(store.tokens().await.unwrap(), []);
    assert_eq!(store.keep_token(token("b", 1)).await, Ok(true));
    assert_eq!(store.keep_token(token("b", 2)).await, Ok(false));
    assert_eq!(store.keep_token(token("a", 3)).await, Ok(true));
    assert_eq!(store.tokens().await.unwrap(), [token("a", 3), token("b", 1)]);
}

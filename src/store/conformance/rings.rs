//! Samples of what came in: rings by tenant and leg.

use super::super::*;
use crate::model::Name;
use crate::store::samples::{at, name};

pub(super) fn sample(id: i64, tenant: &str, leg: &str) -> Sample {
    let (headers, verified) =
        (vec![("content-type".to_owned(), "application/json".to_owned())], vec![tenant.to_owned()]);
    Sample {
        id,
        tenant: name(tenant),
        leg: leg.to_owned(),
        refused: id % 2 == 0,
        path: "/send/\0\u{1}".to_owned(),
        content: format!("{{\"id\":{id}}}").into(),
        came: Came { method: "POST".to_owned(), query: "a=b".to_owned(), headers, verified },
        at: at(id),
    }
}

async fn left(store: &dyn Store) -> Vec<i64> {
    store.samples().await.unwrap().iter().map(|sample| sample.id).collect()
}

pub(super) async fn samples_are_rings_by_tenant_and_leg(store: &dyn Store) {
    let first = vec![sample(1, "acme", "send"), sample(2, "acme", "send"), sample(3, "globex", "send")];
    store.keep_samples(first.clone(), 2).await.unwrap();
    assert_eq!(store.samples().await.unwrap(), first, "as they were kept");
    // The newest stay, of that ring alone; what is there already is not kept again.
    let next = vec![
        sample(4, "acme", "send"),
        sample(5, "acme", "status"),
        Sample { path: String::new(), ..sample(3, "globex", "send") },
    ];
    store.keep_samples(next, 2).await.unwrap();
    assert_eq!(left(store).await, [2, 3, 4, 5]);
    assert_eq!(store.samples().await.unwrap()[1], sample(3, "globex", "send"));
    store.keep_samples((6..=9).map(|id| sample(id, "acme", "send")).collect(), 2).await.unwrap();
    assert_eq!(left(store).await, [3, 5, 8, 9]);
    store.keep_samples(Vec::new(), 0).await.unwrap();
    assert_eq!(store.expire(Kept::Samples, at(8), 1).await, Ok(1));
    assert_eq!(store.expire(Kept::Samples, at(8), 9).await, Ok(1));
    assert_eq!(store.expire(Kept::Samples, at(8), 9).await, Ok(0));
    assert_eq!(left(store).await, [8, 9]);
    // Nothing of it is counted as anything else.
    assert_eq!(store.ledger(&Name::from("acme")).await.unwrap(), Ledger::default());
}

//! A campaign's messages are found, and where they stand.

use super::super::samples::*;
use super::super::*;
use super::accept;
use crate::delivery::{Life, Phase};
use crate::model::Status;

fn of(number: i64, campaign: &str) -> NewMessage {
    NewMessage { campaign: Some(campaign.to_owned()), ..new(number) }
}

fn named(tenant: &str, id: &str) -> Campaign {
    Campaign { tenant: name(tenant), id: id.to_owned() }
}

async fn found(store: &dyn Store, campaign: &Campaign, below: Option<i64>, most: usize) -> Vec<i64> {
    let found = store.of_campaign(campaign, below.map(id), most).await.unwrap();
    found.iter().map(|message| message.reference.number()).collect()
}

pub(super) async fn a_campaign_is_found_newest_first_a_page_at_a_time(store: &dyn Store) {
    let nasty = "\0\u{1}'%\u{2028}ä";
    let globex = NewMessage { lane: lane("globex", "1"), ..of(5, "spring") };
    let other = NewMessage { lane: lane("acme", "2"), ..of(6, "spring") };
    accept(store, vec![of(1, "spring"), of(2, nasty), of(3, "spring"), new(4), globex, other]).await;
    let spring = named("acme", "spring");
    assert_eq!(found(store, &spring, None, 9).await, [6, 3, 1], "whatever its sender");
    assert_eq!(found(store, &spring, None, 2).await, [6, 3]);
    assert_eq!(found(store, &spring, Some(3), 9).await, [1]);
    assert_eq!(found(store, &named("globex", "spring"), None, 9).await, [5]);
    assert_eq!(found(store, &named("acme", nasty), None, 9).await, [2]);
    assert_eq!(found(store, &named("acme", "autumn"), None, 9).await, [0; 0]);
    let kept = store.message(id(2)).await.unwrap().unwrap().message;
    assert_eq!(
        (kept.campaign.as_deref(), store.message(id(4)).await.unwrap().unwrap().message.campaign),
        (Some(nasty), None)
    );
    let read = Change {
        life: Life { phase: Phase::Submitted, best: Some(Status::Read), ..new(3).life },
        ..change(3, 0, Phase::Submitted)
    };
    store.update(read).await.unwrap();
    let stands = store.of_campaign(&spring, None, 9).await.unwrap();
    let of = |message: &CampaignMessage| (message.phase, message.best);
    assert_eq!(of(&stands[0]), (Phase::Queued, None));
    assert_eq!(of(&stands[1]), (Phase::Submitted, Some(Status::Read)));
}

pub(super) async fn what_is_forgotten_or_purged_is_in_no_campaign(store: &dyn Store) {
    let forgotten = NewMessage { to: address("91"), ..of(1, "spring") };
    accept(store, vec![forgotten, of(2, "spring"), of(3, "spring")]).await;
    let spring = named("acme", "spring");
    store.forget(Forget { tenant: None, address: address("91"), at: at(9) }).await.unwrap();
    assert_eq!(found(store, &spring, None, 9).await, [3, 2]);
    assert_eq!(store.message(id(1)).await.unwrap().unwrap().message.campaign, None);
    store.update(change(2, 0, Phase::Failed)).await.unwrap();
    while store.purge(at(99), 9).await.unwrap() > 0 {}
    assert_eq!(found(store, &spring, None, 9).await, [3]);
}

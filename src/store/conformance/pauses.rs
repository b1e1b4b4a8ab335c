//! What the operator paused, and what he may end.

use super::super::samples::*;
use super::super::*;
use super::accept;
use crate::delivery::Phase;

pub(super) async fn a_pause_holds_a_lane_until_it_ends(store: &dyn Store) {
    let on = |tenant: &str, from: &str| store.is_paused(&lane(tenant, from), None);
    assert!(!on("acme", "1") && store.paused().is_empty());
    assert_eq!(store.resume(&name("acme"), &Which::All).await, Ok(false));
    assert_eq!(store.pause(paused("acme", Some("1"))).await, Ok(true));
    let other = Pause { who: "other\0".to_owned(), ..paused("acme", Some("1")) };
    assert_eq!(store.pause(other).await, Ok(false), "it is paused already, and says still by whom");
    assert!(on("acme", "1") && !on("acme", "2") && !on("globex", "1"));
    assert_eq!(store.pause(paused("acme", None)).await, Ok(true));
    assert!(on("acme", "1") && on("acme", "2") && !on("globex", "1"));
    assert_eq!(store.paused(), [paused("acme", None), paused("acme", Some("1"))]);
    // A number's end is not the tenant's; the tenant's is that of each number.
    assert_eq!(store.resume(&name("acme"), &Which::Sender(address("1"))).await, Ok(true));
    assert!(on("acme", "1") && store.paused() == [paused("acme", None)]);
    assert_eq!(store.pause(paused("acme", Some("2"))).await, Ok(true));
    assert_eq!(store.resume(&name("acme"), &Which::All).await, Ok(true));
    assert!(!on("acme", "1") && !on("acme", "2"));
    // What is paused is accepted, and not lost.
    store.pause(paused("acme", None)).await.unwrap();
    accept(store, vec![new(1)]).await;
    assert_eq!(super::claim(store, 9, 9).await, [1]);
}

pub(super) async fn what_is_in_doubt_is_found_by_its_lane(store: &dyn Store) {
    accept(store, (1..=4).map(new).collect()).await;
    accept(store, vec![NewMessage { lane: lane("acme", "2"), ..new(5) }]).await;
    for number in [2, 3, 5] {
        store.update(change(number, 0, Phase::InDoubt)).await.unwrap();
    }
    store.update(change(4, 0, Phase::Sending)).await.unwrap();
    let mut found = store.doubtful(&lane("acme", "14155550100")).await.unwrap();
    found.sort();
    assert_eq!(found, [id(2), id(3)]);
    assert_eq!(store.doubtful(&lane("acme", "3")).await, Ok(vec![]));
}

pub(super) async fn a_paused_campaign_is_stepped_over_and_the_rest_goes_on(store: &dyn Store) {
    let (wk45, other) = (Some("wk'45".to_owned()), Some("wk46".to_owned()));
    let of = |number, campaign: &Option<String>| NewMessage { campaign: campaign.clone(), ..new(number) };
    accept(store, vec![of(1, &wk45), of(2, &other), new(3), of(4, &wk45)]).await;
    let ours = lane("acme", "14155550100");
    let which = Which::Campaign("wk'45".to_owned());
    let pause = Pause { which: which.clone(), ..paused("acme", None) };
    assert_eq!(store.pause(pause.clone()).await, Ok(true));
    assert_eq!(store.pause(pause.clone()).await, Ok(false));
    let on = |tenant: &str, campaign| store.is_paused(&lane(tenant, "1"), campaign);
    assert!(
        on("acme", Some("wk'45")) && !on("acme", Some("wk46")) && !on("acme", None) && !on("globex", Some("wk'45"))
    );
    let campaigns = store.paused_campaigns(&name("acme"));
    assert_eq!(campaigns, ["wk'45".to_owned()].into());
    assert!(store.paused_campaigns(&name("globex")).is_empty());
    assert_eq!(store.queued_of(&ours, &campaigns).await, Ok(2));
    let both = ["wk'45".to_owned(), "wk46".to_owned()].into();
    assert_eq!(store.queued_of(&ours, &both).await, Ok(3));
    assert_eq!(store.queued_of(&lane("globex", "14155550100"), &both).await, Ok(0));
    assert_eq!(store.queued_of(&ours, &["wk47".to_owned()].into()).await, Ok(0));
    let without = Without { campaigns, ..Without::default() };
    assert_eq!(super::refs(&store.claim(&ours, at(9), 9, &without).await.unwrap()), [2, 3]);
    assert_eq!(super::claim(store, 9, 9).await, [1, 2, 3, 4], "who does not ask for it is not kept from it");
    // A number's pause is another one, and all of the tenant's end together.
    assert_eq!(store.resume(&name("acme"), &Which::Sender(address("wk'45"))).await, Ok(false));
    assert_eq!(store.pause(paused("acme", Some("1"))).await, Ok(true));
    assert_eq!(store.paused(), [paused("acme", Some("1")), pause.clone()]);
    assert_eq!(store.resume(&name("acme"), &which).await, Ok(true));
    assert_eq!(store.paused(), [paused("acme", Some("1"))]);
    assert_eq!(store.pause(pause).await, Ok(true));
    assert_eq!(store.resume(&name("acme"), &Which::All).await, Ok(true));
    assert!(store.paused().is_empty() && store.paused_campaigns(&name("acme")).is_empty());
}

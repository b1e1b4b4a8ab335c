//! What was used adds up, whatever becomes of the messages. Where a message counts is tested with `store::usage`.

use super::super::samples::{self, address, at, change, id, lane, name, new};
use super::super::*;
use super::accept;
use crate::delivery::Phase;
use crate::model::decimal;
use crate::value::Month;

/// In the middle of November 2026, in December, and a moment before it.
const NOVEMBER: i64 = 1_794_700_000_000;
const DECEMBER: i64 = 1_796_083_200_000;

fn in_time(number: i64, millis: i64) -> NewMessage {
    NewMessage { at: at(millis), ..new(number) }
}

fn charge(attempt: &str, amount: &str, currency: &str, category: &str) -> Charge {
    samples::charge(attempt, 7, [amount, currency], category)
}

/// As the gateway does it: from what is stored, in one change.
async fn say(store: &dyn Store, number: i64, phase: Phase, said: Option<&Charge>) {
    let message = store.message(id(number)).await.unwrap().unwrap();
    let change = change(number, message.revision, phase);
    let billed = message.billed(&change.life, said);
    store.update(Change { billed, ..change }).await.unwrap();
}

fn months(tenant: Option<&str>, from: &str, to: &str) -> Months {
    let month = |text| Month::parse(text).unwrap();
    Months { tenant: tenant.map(name), from: month(from), to: month(to) }
}

async fn used(store: &dyn Store, of: &Months) -> Vec<String> {
    let one = |Usage { item, lane, messages, priced, cost }: Usage| {
        let Item { month, category, currency } = item;
        let (tenant, from, cost) = (lane.tenant, lane.from.as_str(), decimal(cost));
        format!("{month} {tenant} {from} [{category}] {messages} {priced} {cost}{currency}")
    };
    store.usage(of, 99).await.unwrap().into_iter().map(one).collect()
}

async fn all(store: &dyn Store) -> Vec<String> {
    used(store, &months(None, "0001-01", "9999-12")).await
}

pub(super) async fn what_was_used_is_added_up_by_sender_month_and_category(store: &dyn Store) {
    let sender = |from: &str, message| NewMessage { lane: lane("acme", from), ..message };
    let globex = NewMessage { lane: lane("globex", "1"), ..in_time(5, NOVEMBER) };
    let border = [in_time(3, DECEMBER - 1), in_time(4, DECEMBER)];
    accept(store, vec![sender("1", in_time(1, NOVEMBER)), sender("2", in_time(2, NOVEMBER))]).await;
    accept(store, border.to_vec()).await;
    accept(store, vec![globex, in_time(6, NOVEMBER), in_time(7, NOVEMBER)]).await;
    assert_eq!(all(store).await, [""; 0]);
    let marketing = charge("p", "0.0333", "EUR", "marketing");
    for number in [1, 2, 3, 4, 5] {
        say(store, number, Phase::Submitted, Some(&marketing)).await;
    }
    say(store, 6, Phase::Submitted, None).await;
    say(store, 7, Phase::Rejected, None).await;
    let own = "14155550100";
    let november = [
        format!("2026-11 acme {own} [] 1 0 0"),
        "2026-11 acme 1 [marketing] 1 1 0.0333EUR".to_owned(),
        format!("2026-11 acme {own} [marketing] 1 1 0.0333EUR"),
        "2026-11 acme 2 [marketing] 1 1 0.0333EUR".to_owned(),
        "2026-11 globex 1 [marketing] 1 1 0.0333EUR".to_owned(),
    ];
    assert_eq!(used(store, &months(None, "2026-11", "2026-11")).await, november);
    let december = [format!("2026-12 acme {own} [marketing] 1 1 0.0333EUR")];
    assert_eq!(used(store, &months(None, "2026-12", "2027-01")).await, december);
    assert_eq!(all(store).await, [&november[..], &december].concat());
    assert_eq!(used(store, &months(Some("globex"), "2026-01", "2026-12")).await, november[4..]);
    assert_eq!(used(store, &months(Some("nobody"), "2026-01", "2026-12")).await, [""; 0]);
    let page = store.usage(&months(None, "2026-11", "2026-12"), 2).await.unwrap();
    assert_eq!(page.len(), 2, "no more than are wanted");
}

pub(super) async fn what_is_said_again_replaces_and_another_attempt_adds(store: &dyn Store) {
    accept(store, vec![in_time(1, NOVEMBER)]).await;
    let bill = async || store.message(id(1)).await.unwrap().unwrap().bill;
    say(store, 1, Phase::Submitted, None).await;
    assert_eq!(
        (all(store).await, bill().await),
        (vec!["2026-11 acme 14155550100 [] 1 0 0".to_owned()], Bill::default())
    );
    let first = charge("p1", "999999999.999999999", "EUR", "nasty \u{2028}'%\"ä");
    for _ in 0..3 {
        say(store, 1, Phase::Submitted, Some(&first)).await;
        let wanted = "2026-11 acme 14155550100 [nasty \u{2028}'%\"ä] 1 1 999999999.999999999EUR";
        assert_eq!(all(store).await, [wanted]);
    }
    assert_eq!(bill().await.charges(), [first]);
    say(store, 1, Phase::Submitted, Some(&charge("p1", "0.7", "EUR", "utility"))).await;
    assert_eq!(all(store).await, ["2026-11 acme 14155550100 [utility] 1 1 0.7EUR"]);
    // Sent anew: the provider charges both.
    say(store, 1, Phase::Queued, None).await;
    say(store, 1, Phase::Submitted, None).await;
    say(store, 1, Phase::Submitted, Some(&charge("p2", "0.6", "EUR", "utility"))).await;
    assert_eq!(all(store).await, ["2026-11 acme 14155550100 [utility] 1 1 1.3EUR"]);
    let known = store.message(id(1)).await.unwrap().unwrap();
    let late = Change {
        billed: known.billed(&known.message.life, Some(&charge("p3", "5", "EUR", "utility"))),
        ..change(1, known.revision - 1, Phase::Submitted)
    };
    assert_eq!(store.update(late).await, Err(StoreError::Conflict));
    assert_eq!(all(store).await, ["2026-11 acme 14155550100 [utility] 1 1 1.3EUR"], "all or nothing");
}

pub(super) async fn what_was_used_outlives_messages_and_people(store: &dyn Store) {
    let someone = NewMessage { to: address("91"), ..in_time(1, NOVEMBER) };
    accept(store, vec![someone, in_time(2, NOVEMBER), in_time(3, NOVEMBER)]).await;
    for number in [1, 2, 3] {
        say(store, number, Phase::Submitted, Some(&charge("p", "2.5", "USD", "service"))).await;
    }
    let wanted = ["2026-11 acme 14155550100 [service] 3 3 7.5USD"];
    assert_eq!(all(store).await, wanted);
    store.forget(Forget { tenant: None, address: address("91"), at: at(NOVEMBER + 1) }).await.unwrap();
    assert_eq!(all(store).await, wanted);
    while store.purge(at(DECEMBER), 9).await.unwrap() > 0 {}
    assert!(store.message(id(2)).await.unwrap().is_none());
    assert_eq!(all(store).await, wanted);
}

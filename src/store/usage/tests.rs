//! Where a message counts, from what was said of it: tables of statuses, and what they come to.

use super::super::samples::{change, charge, id, new};
use super::*;
use crate::model::decimal;

/// A message that was accepted a moment before December.
fn accepted() -> Message {
    let message = super::super::NewMessage { at: Timestamp::from_millis(1_796_083_199_999), ..new(1) };
    Message { message, provider_id: None, said: Vec::new(), bill: Bill::default(), revision: 0, begun: false }
}

fn said(attempt: &str, at: i64, amount: &str, category: &str) -> Charge {
    charge(attempt, at, [amount, "EUR"], category)
}

/// What phases and charges, one after the other, come to: category, messages, priced, cost.
fn comes_to(steps: &[(Phase, Option<Charge>)]) -> Vec<(String, i64, i64, String)> {
    let (mut message, mut totals) = (accepted(), BTreeMap::<Item, Sums>::new());
    for (phase, charge) in steps {
        let after = change(1, 0, *phase).life;
        let Billed { bill, usage } = message.billed(&after, charge.as_ref());
        message.message.life = after;
        message.bill = bill.unwrap_or(message.bill);
        for (item, sums) in usage {
            assert_eq!(item.month.to_string(), "2026-11", "the month of its acceptance");
            totals.entry(item).or_default().and(sums);
        }
    }
    assert_eq!(message.message.reference, id(1));
    let kept = totals.into_iter().map(|(item, sums)| Usage::of(message.message.lane.clone(), item, sums));
    let kept = kept.filter(|total| !total.is_empty());
    kept.map(|total| (total.item.category, total.messages, total.priced, decimal(total.cost))).collect()
}

use Phase::{Expired, Failed, InDoubt, Queued, Submitted};

fn row(category: &str, messages: i64, priced: i64, cost: &str) -> (String, i64, i64, String) {
    (category.to_owned(), messages, priced, cost.to_owned())
}

#[test]
fn a_message_counts_once_however_often_something_is_said() {
    let first = || Some(said("p1", 1, "0.0333", ""));
    let then = || Some(said("p1", 2, "0.05", "marketing"));
    assert_eq!(comes_to(&[(Queued, None), (InDoubt, None)]), []);
    assert_eq!(comes_to(&[(Submitted, None), (Submitted, None)]), [row("", 1, 0, "0")]);
    assert_eq!(comes_to(&[(Submitted, first()), (Submitted, first()), (Submitted, None)]), [row("", 1, 1, "0.0333")]);
    let moved = [row("marketing", 1, 1, "0.05")];
    assert_eq!(comes_to(&[(Submitted, first()), (Submitted, then()), (Submitted, then())]), moved);
    assert_eq!(comes_to(&[(Submitted, then()), (Submitted, first())]), moved, "late: an older one says nothing new");
    let word = || Some(said("p1", 3, "", "utility"));
    assert_eq!(comes_to(&[(Submitted, then()), (Submitted, word())]), [row("utility", 1, 1, "0.05")]);
    assert_eq!(comes_to(&[(Submitted, word())]), [row("utility", 1, 0, "0")]);
    assert_eq!(comes_to(&[(Submitted, Some(said("p1", 1, "0", "service")))]), [row("service", 1, 1, "0")], "free");
}

#[test]
fn another_attempt_adds_its_cost_and_says_where_the_message_counts() {
    let one = || Some(said("p1", 1, "0.5", "marketing"));
    let two = || Some(said("p2", 2, "1.75", "utility"));
    let both = [row("marketing", 0, 0, "0.5"), row("utility", 1, 1, "1.75")];
    assert_eq!(comes_to(&[(Submitted, one()), (Queued, None), (Submitted, two()), (Submitted, one())]), both);
    let same = Some(said("p2", 2, "1.75", "marketing"));
    assert_eq!(comes_to(&[(Submitted, one()), (Queued, None), (Submitted, same)]), [row("marketing", 1, 1, "2.25")]);
}

#[test]
fn what_was_taken_stays_taken() {
    let anew = [(Submitted, None), (Queued, None)];
    assert_eq!(comes_to(&anew), [row("", 1, 0, "0")]);
    let charged = || Some(said("p1", 1, "2", "utility"));
    for end in [Expired, Failed, Submitted] {
        let steps = [(Submitted, None), (Queued, None), (end, None), (end, charged())];
        assert_eq!(comes_to(&steps), [row("utility", 1, 1, "2")], "{end:?}");
    }
    assert_eq!(comes_to(&[(Failed, charged())]), [row("utility", 0, 0, "2")], "charged, and never taken");
    assert_eq!(comes_to(&[(Failed, None), (Submitted, None)]), [row("", 1, 0, "0")], "better news");
}

#[test]
fn a_bill_has_an_end() {
    let many: Vec<_> = (0..100).map(|number| (Submitted, Some(said(&format!("p{number}"), 1, "1", "")))).collect();
    assert_eq!(comes_to(&many), [row("", 1, 1, "32")]);
}

#[test]
fn a_bill_comes_back_as_it_was_kept() {
    assert_eq!(bill_text(&Bill::default()), None);
    let charges = vec![said("p1", 1, "0.000000001", "marketing"), said("p2", 2, "", "")];
    for bill in [Bill { taken: true, charges: Vec::new() }, Bill { taken: false, charges }] {
        let kept = bill_text(&bill).unwrap();
        assert_eq!(serde_json::from_str::<Bill>(&kept).unwrap(), bill, "{kept}");
    }
}

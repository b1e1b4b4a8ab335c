//! The same random operations on two engines give the same answers, and leave the same behind.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Debug;

use proptest::prelude::*;

use super::super::samples::*;
use super::super::*;
use crate::delivery::{Life, Phase};
use crate::model::{Address, Class, Name};
use crate::value::Month;

/// Few of everything, so that operations meet.
const MESSAGES: i64 = 8;
const PEOPLE: [&str; 4] = ["91", "92", "US.1", "US.2"];
const TENANTS: [&str; 2] = ["acme", "globex"];

#[derive(Clone, Debug)]
pub(super) enum Op {
    Accept(Vec<NewMessage>),
    Begin(Vec<(i64, u64)>),
    Update(Box<Change>),
    Settle(i64, CallStep),
    Take(Box<Taken>),
    Suppress(Suppression),
    Park(Box<DeadLetter>),
    PutOff(i64, Option<i64>, usize),
    Redrive(i64),
    Discard(i64),
    Purge(i64, usize),
    Expire(Kept, i64, usize),
    Forget(Option<&'static str>, &'static str),
    Pause(&'static str, bool, bool),
    PauseCampaign(&'static str, bool),
}

fn number() -> impl Strategy<Value = i64> {
    1..=MESSAGES
}

fn person() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&PEOPLE[..])
}

fn tenant() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&TENANTS[..])
}

/// The number says the tenant, so that a message that comes twice is the same one.
fn message() -> impl Strategy<Value = NewMessage> {
    (number(), person(), 0..4_u8, proptest::option::of(1..200_i64), any::<[bool; 2]>()).prop_map(
        |(number, to, key, wake, [transactional, reply])| NewMessage {
            lane: lane(TENANTS[usize::from(number % 3 == 0)], if number % 2 == 0 { "1" } else { "2" }),
            to: address(to),
            class: if transactional { Class::Transactional } else { Class::Promotional },
            origin: if reply { Origin::Reply } else { Origin::Platform },
            campaign: (key % 2 == 0).then(|| format!("wk{}", key / 2)),
            platform_id: if reply { String::new() } else { format!("id-{key}") },
            dedupe: (key > 0 && !reply).then(|| format!("id-{key}")),
            life: Life { wake: wake.map(at), ..new(number).life },
            ..new(number)
        },
    )
}

/// Ids of calls are given once: the test numbers them as it goes.
fn update() -> impl Strategy<Value = Change> {
    let beside = (proptest::option::of(0..3_u8), proptest::option::of(person()), 0..3_usize, any::<[bool; 3]>());
    (number(), 0..4_u64, proptest::sample::select(&Phase::ALL[..]), proptest::option::of(1..300_i64), beside).prop_map(
        |(number, revision, phase, wake, (provider, alias, calls, [said, letter, goes_on]))| Change {
            life: Life { phase, wake: wake.map(at), ..new(number).life },
            provider_id: provider.map(|id| format!("p-{id}")),
            said: said.then(|| vec!["sent".to_owned()]),
            calls: (0..calls).map(|_| call(0, Some(number))).collect(),
            letters: if letter { vec![samples_letter(number)] } else { Vec::new() },
            alias: alias.map(address),
            goes_on,
            ..change(number, revision, phase)
        },
    )
}

fn by_hand_cause() -> Cause {
    Cause::Operator { who: "ops".to_owned(), reason: Some("a letter".to_owned()) }
}

fn samples_letter(number: i64) -> DeadLetter {
    DeadLetter { message: Some(id(number)), ..letter(Some("acme"), "no word") }
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    let when = || 1..400_i64;
    prop_oneof![
        6 => proptest::collection::vec(message(), 1..4).prop_map(Op::Accept),
        3 => proptest::collection::vec((number(), 0..3_u64), 1..3).prop_map(Op::Begin),
        8 => update().prop_map(|change| Op::Update(Box::new(change))),
        2 => (1..12_i64, 0..3_u8, when()).prop_map(|(id, kind, due)| Op::Settle(id, match kind {
            0 => CallStep::Done,
            1 => CallStep::Again { due: at(due) },
            _ => CallStep::Park { why: "too old".to_owned() },
        })),
        2 => (tenant(), 0..4_u8, proptest::collection::vec(person(), 1..3), person(), any::<[bool; 3]>()).prop_map(
            |(tenant, inbound, addresses, whom, [on, suppresses, calls])| {
                let suppression = Suppression { tenant: name(tenant), ..suppression(None, whom, on) };
                Op::Take(Box::new(Taken {
                    tenant: name(tenant),
                    addresses: addresses.into_iter().map(address).collect(),
                    suppressions: if suppresses { vec![suppression] } else { Vec::new() },
                    calls: if calls { vec![NewCall { tenant: name(tenant), ..call(0, None) }] } else { Vec::new() },
                    ..taken(&format!("in-{inbound}"))
                }))
            }
        ),
        2 => (tenant(), person(), any::<[bool; 3]>()).prop_map(|(tenant, whom, [on, all, by_hand])| {
            let cause = if by_hand { by_hand_cause() } else { said("in-9") };
            Op::Suppress(Suppression { tenant: name(tenant), cause, ..suppression((!all).then_some("1"), whom, on) })
        }),
        2 => (proptest::option::of(tenant()), 0..3_u8, proptest::option::of(when()), any::<bool>()).prop_map(
            |(tenant, why, due, unmatched)| {
                let kind = if unmatched { "unmatched" } else { "status" }.to_owned();
                Op::Park(Box::new(DeadLetter { kind, due: due.map(at), ..letter(tenant, &format!("why {why} 9192")) }))
            }
        ),
        1 => (1..9_i64, proptest::option::of(when()), 0..4_usize).prop_map(|(id, due, keep)| Op::PutOff(id, due, keep)),
        1 => (1..9_i64).prop_map(Op::Redrive),
        1 => (1..9_i64).prop_map(Op::Discard),
        1 => (when(), 0..5_usize).prop_map(|(before, most)| Op::Purge(before, most)),
        1 => (proptest::sample::select(&[Kept::Inbound, Kept::Letters][..]), when(), 1..5_usize)
            .prop_map(|(kept, before, most)| Op::Expire(kept, before, most)),
        1 => (proptest::option::of(tenant()), person()).prop_map(|(tenant, whom)| Op::Forget(tenant, whom)),
        1 => (tenant(), any::<[bool; 2]>()).prop_map(|(tenant, [one, on])| Op::Pause(tenant, one, on)),
        1 => (tenant(), any::<bool>()).prop_map(|(tenant, on)| Op::PauseCampaign(tenant, on)),
    ]
}

/// What a store answers; of failures only that they are.
fn answer<T: Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Err(StoreError::Failed(_)) => "failed".to_owned(),
        answer => format!("{answer:?}"),
    }
}

/// Some changes bring a cost, which follows from what else they bring.
fn charged(change: &Change) -> Option<Charge> {
    let (attempt, amount) = (change.provider_id.as_deref()?, format!("{}.6", change.revision));
    Some(charge(attempt, 1, [&amount, "EUR"], if change.said.is_some() { "marketing" } else { "" }))
}

pub(super) async fn apply(store: &dyn Store, op: &Op, next_call: i64) -> String {
    let numbered = |calls: &mut Vec<NewCall>| {
        for (place, call) in (0_i64..).zip(calls) {
            call.id = next_call + place;
        }
    };
    match op.clone() {
        Op::Accept(messages) => answer(store.accept(messages).await),
        Op::Begin(messages) => {
            answer(store.begin(messages.into_iter().map(|(number, revision)| (id(number), revision)).collect()).await)
        }
        Op::Update(mut change) => {
            numbered(&mut change.calls);
            if let Some(known) = store.message(change.reference).await.unwrap() {
                change.billed = known.billed(&change.life, charged(&change).as_ref());
            }
            // Not every engine can tell whether its calls need not wait.
            answer(store.update(*change).await.map(drop))
        }
        Op::Settle(id, step) => {
            let line = Line { at: at(7), text: "called".to_owned() };
            answer(store.settle_call(id, step, Some(line)).await)
        }
        Op::Take(mut taken) => {
            numbered(&mut taken.calls);
            answer(store.take(*taken).await)
        }
        Op::Suppress(change) => answer(store.suppress(vec![change]).await),
        Op::Park(letter) => answer(store.park(vec![*letter]).await),
        Op::PutOff(id, due, keep) => answer(store.put_off(vec![(id, due.map(at))], keep).await),
        Op::Redrive(letter) => answer(store.redrive(letter, at(60), true).await),
        Op::Discard(letter) => answer(store.discard(letter).await),
        Op::Purge(before, most) => answer(store.purge(at(before), most).await),
        Op::Expire(kept, before, most) => answer(store.expire(kept, at(before), most).await),
        Op::Pause(tenant, one, true) => answer(store.pause(paused(tenant, one.then_some("1"))).await),
        Op::Pause(tenant, one, false) => {
            let which = Which::of_sender(one.then(|| address("1")));
            answer(store.resume(&name(tenant), &which).await)
        }
        Op::PauseCampaign(tenant, on) => {
            let which = Which::Campaign("wk0".to_owned());
            answer(if on {
                store.pause(Pause { which, ..paused(tenant, None) }).await
            } else {
                store.resume(&name(tenant), &which).await
            })
        }
        Op::Forget(tenant, whom) => {
            answer(store.forget(Forget { tenant: tenant.map(name), address: address(whom), at: at(70) }).await)
        }
    }
}

/// An address's lines, which say of every sender whether it is on the list. Those of one change have no order.
async fn consents(store: &dyn Store, tenant: &Name, whom: &Address) -> String {
    let lines = store.consents_of(tenant, whom, 999).await.unwrap();
    let standing = Consent::standing(&lines);
    for sender in ["1", "2"] {
        let on = standing.contains(&None) || standing.contains(&Some(address(sender)));
        assert_eq!(store.is_suppressed(tenant, &address(sender), whom), on, "{lines:?}");
    }
    let mut lines: Vec<String> = lines.into_iter().map(|line| format!("{:?}", Consent { id: 0, ..line })).collect();
    lines.sort();
    lines.join("\n")
}

/// Everything that can be asked.
pub(super) async fn seen(store: &dyn Store) -> Vec<String> {
    let mut seen = Vec::new();
    for number in 1..=MESSAGES {
        let mut found = store.message(id(number)).await.unwrap();
        if let Some(found) = found.as_mut().filter(|found| found.message.is_forgotten()) {
            // By each store's own key.
            found.message.dedupe = found.message.dedupe.take().map(|_| "veiled".to_owned());
        }
        if let Some(found) = &mut found {
            // Only an engine of several processes says so.
            found.begun = false;
        }
        seen.push(format!("{found:?} {:?}", found.as_ref().map(|found| found.message.to.clone())));
        seen.push(format!("{:?}", store.history(id(number)).await));
    }
    let refs = |found: Vec<Message>| found.iter().map(|found| found.message.reference).collect::<Vec<_>>();
    for (tenant, key) in TENANTS.iter().flat_map(|tenant| (0..4).map(move |key| (tenant, key))) {
        seen.push(format!("{:?}", refs(store.by_platform_id(&name(tenant), &format!("id-{key}")).await.unwrap())));
    }
    for (tenant, key) in TENANTS.iter().flat_map(|tenant| (0..2).map(move |key| (tenant, key))) {
        let campaign = Campaign { tenant: name(tenant), id: format!("wk{key}") };
        seen.push(format!("{:?}", store.of_campaign(&campaign, None, 99).await));
    }
    for provider in 0..3 {
        let found = store.by_provider_id(&format!("p-{provider}")).await.unwrap();
        seen.push(format!("{:?}", found.map(|found| found.message.reference)));
    }
    for tenant in TENANTS {
        for from in ["1", "2"] {
            let lane = lane(tenant, from);
            let mut doubtful = store.doubtful(&lane).await.unwrap();
            doubtful.sort();
            seen.push(format!("{} {doubtful:?}", store.is_paused(&lane, Some("wk0"))));
            for most in [2, 99] {
                for campaigns in [BTreeSet::new(), store.paused_campaigns(&lane.tenant), ["wk1".to_owned()].into()] {
                    let without = Without { campaigns, ..Without::default() };
                    seen.push(format!("{:?}", refs(store.claim(&lane, at(150), most, &without).await.unwrap())));
                }
            }
            let last = store.last_to(&lane, &PEOPLE.map(address)).await.unwrap();
            seen.push(format!("last {:?}", last.map(|found| found.message.reference)));
            for whom in PEOPLE {
                seen.push(format!("{whom} {}", store.is_suppressed(&name(tenant), &address(from), &address(whom))));
            }
        }
        for whom in PEOPLE {
            seen.push(consents(store, &name(tenant), &address(whom)).await);
        }
        seen.push(format!("{:?}", store.suppressed(&name(tenant), None, 99).await));
        seen.push(format!("{} {:?}", store.backlog(&name(tenant)), store.ledger(&name(tenant)).await));
    }
    seen.push(format!("{:?} {:?} {:?}", store.lanes().await, store.interrupted().await, store.newest().await));
    seen.push(format!("{:?}", store.recount().await));
    let (from, to) = (Month::of(at(0)), Month::of(at(0)));
    seen.push(format!("{:?}", store.usage(&Months { tenant: None, from, to }, 99).await.unwrap()));
    seen.push(format!("{:?}", store.paused()));
    let (mut due, next) = store.due(at(200), 99).await.unwrap();
    // What is due at one moment has no order.
    due.sort();
    seen.push(format!("{due:?} {next:?}"));
    for now in [40, 9999] {
        seen.push(format!("{:?}", store.calls(at(now), 3, &HashSet::new()).await));
        seen.push(format!("{:?}", store.letters_due(at(now), 99).await));
    }
    seen.push(format!("{:?} {:?}", store.dead_letters(None, 99).await, store.count_letters().await));
    seen
}

pub(super) fn cases() -> u32 {
    std::env::var("SWITCHBOARD_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_answer_the_same(ops in proptest::collection::vec(op(), 20..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (one, _directory) = super::sqlite_engine();
            let (other, _tables) = postgres::tests::made(&[]).await;
            let mut next_call = 1;
            for (step, op) in ops.iter().enumerate() {
                let answers = (apply(&*one, op, next_call).await, apply(&other, op, next_call).await);
                prop_assert_eq!(&answers.0, &answers.1, "step {}: {:?}", step, op);
                next_call += 2;
            }
            let (left, right) = (seen(&*one).await, seen(&other).await);
            for (one, other) in left.iter().zip(&right) {
                prop_assert_eq!(one, other);
            }
            prop_assert_eq!(left.len(), right.len());
            one.close().await.unwrap();
            Store::close(&other).await.unwrap();
            Ok(())
        })?;
    }
}

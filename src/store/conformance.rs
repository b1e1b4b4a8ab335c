//! What every engine keeps: one test per promise and engine.

use std::collections::HashSet;

use super::samples::*;
use super::*;
use crate::delivery::{Life, Phase, Told};
use crate::model::{Address, Class, Failure, Reason, Ref, Status};

type Made = (Box<dyn Store>, Option<tempfile::TempDir>);

fn memory_engine() -> Made {
    (Box::new(memory::Memory::new()), None)
}

fn sqlite_engine() -> Made {
    let directory = tempfile::tempdir().unwrap();
    let store = sqlite::Sqlite::open(&directory.path().join("deep/switchboard.db")).unwrap();
    (Box::new(store), Some(directory))
}

macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        mod memory_keeps { $(#[tokio::test] async fn $promise() { super::$promise(&*super::memory_engine().0).await; })* }
        mod sqlite_keeps {
            $(#[tokio::test] async fn $promise() {
                let (store, _directory) = super::sqlite_engine();
                super::$promise(&*store).await;
                store.close().await.unwrap();
            })*
        }
    };
}

promises! {
    a_message_comes_back_as_it_was_accepted,
    a_repeat_is_recognised_by_tenant_and_key,
    a_change_is_all_or_nothing,
    a_change_is_kept_whole,
    a_message_is_found_by_every_id,
    the_last_message_to_a_person_is_found,
    lanes_and_backlog_count_what_is_queued,
    claiming_goes_by_class_then_age,
    claiming_leaves_out_what_waits_is_held_or_under_way,
    attempts_that_never_ended_are_found,
    only_a_queued_message_can_be_begun,
    what_is_due_comes_in_time_order,
    queued_messages_are_due_when_their_time_runs_out,
    calls_come_oldest_first_and_in_their_order,
    a_call_is_done_again_or_parked,
    tenants_share_the_calls,
    an_inbound_message_is_taken_once,
    an_opt_out_counts_at_once_and_for_its_sender,
    an_opt_out_counts_for_every_address_of_a_person,
    an_opt_in_frees_every_address_of_a_person,
    letters_come_newest_first,
    the_ledger_balances,
    old_finished_messages_are_purged,
    nothing_unknown_is_an_error,
    replies_that_repeat_are_left_out,
    a_bad_write_hurts_only_itself,
    hostile_texts_come_back_unchanged,
}

async fn accept(store: &dyn Store, messages: Vec<NewMessage>) {
    let count = messages.len();
    assert_eq!(store.accept(messages).await.unwrap(), vec![Acceptance::New; count]);
}

fn refs(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.message.reference.number()).collect()
}

async fn claim(store: &dyn Store, now: i64, most: usize) -> Vec<i64> {
    refs(&store.claim(&lane("acme", "14155550100"), at(now), most, &HashSet::new()).await.unwrap())
}

async fn a_message_comes_back_as_it_was_accepted(store: &dyn Store) {
    let failure = Failure { code: Some("1300".to_owned()), ..Failure::ours(Reason::Undeliverable, None) };
    let life = Life {
        phase: Phase::Submitted,
        attempts: 3,
        resends: 2,
        wake: Some(at(77)),
        expires: at(1000),
        best: Some(Status::Submitted),
        told: Told::Held { until: at(77), failure, at: at(70) },
    };
    let whole = NewMessage { life, class: Class::Transactional, origin: Origin::Reply, dedupe: None, ..new(7) };
    accept(store, vec![new(1), whole.clone()]).await;
    let found = store.message(id(7)).await.unwrap().unwrap();
    assert_eq!(format!("{:?}", found.message), format!("{whole:?}"));
    assert_eq!((found.message.to, found.message.lane), (whole.to, whole.lane));
    assert_eq!((found.provider_id, found.said, found.revision), (None, vec![], 0));
    assert!(store.history(id(7)).await.unwrap().is_empty());
}

async fn a_repeat_is_recognised_by_tenant_and_key(store: &dyn Store) {
    let again = |number| NewMessage { dedupe: Some("k".to_owned()), ..new(number) };
    let others = NewMessage { lane: lane("globex", "14155550100"), ..again(3) };
    let exempt = NewMessage { dedupe: None, ..new(4) };
    let exempt_too = NewMessage { dedupe: None, ..new(5) };
    let batch = vec![again(1), again(2), others, exempt, exempt_too];
    use Acceptance::{New, Repeat};
    assert_eq!(store.accept(batch).await.unwrap(), [New, Repeat(id(1)), New, New, New]);
    assert_eq!(store.accept(vec![again(9)]).await.unwrap(), [Repeat(id(1))]);
    assert!(store.message(id(2)).await.unwrap().is_none());
    // Another number of the same tenant is the same key.
    let elsewhere = NewMessage { lane: lane("acme", "14155550199"), ..again(10) };
    assert_eq!(store.accept(vec![elsewhere]).await.unwrap(), [Repeat(id(1))]);
    // A key is no platform id.
    let platform_id = NewMessage { platform_id: "k".to_owned(), dedupe: Some("l".to_owned()), ..new(11) };
    let key = NewMessage { dedupe: Some("platform-11".to_owned()), ..new(12) };
    assert_eq!(store.accept(vec![platform_id, key]).await.unwrap(), [New, New]);
}

async fn a_change_is_all_or_nothing(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    store.update(change(1, 0, Phase::Sending)).await.unwrap();
    let late = Change {
        provider_id: Some("p".to_owned()),
        calls: vec![call(5, Some(1))],
        alias: Some(address("US.1")),
        ..change(1, 0, Phase::Submitted)
    };
    assert_eq!(store.update(late).await, Err(StoreError::Conflict));
    assert_eq!(store.update(change(2, 0, Phase::Submitted)).await, Err(StoreError::Conflict));
    let found = store.message(id(1)).await.unwrap().unwrap();
    assert_eq!((found.message.life.phase, found.revision), (Phase::Sending, 1));
    assert!(store.by_provider_id("p").await.unwrap().is_none());
    assert!(store.calls(at(99), 9, &HashSet::new()).await.unwrap().0.is_empty());
    assert_eq!(store.history(id(1)).await.unwrap().len(), 1);
}

async fn a_change_is_kept_whole(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    let life = Life { wake: Some(at(9)), best: Some(Status::Read), told: Told::Failed, ..new(1).life };
    let first = Change {
        life: life.clone(),
        provider_id: Some("p-1".to_owned()),
        said: Some(vec!["sent".to_owned(), "öffnet \"x\"".to_owned()]),
        calls: vec![call(5, Some(1)), call(6, None)],
        ..change(1, 0, Phase::Queued)
    };
    store.update(first).await.unwrap();
    // What a later change does not name stays.
    store.update(Change { life: life.clone(), ..change(1, 1, Phase::Queued) }).await.unwrap();
    let found = store.message(id(1)).await.unwrap().unwrap();
    assert_eq!((found.message.life, found.revision), (life, 2));
    assert_eq!(found.provider_id.as_deref(), Some("p-1"));
    assert_eq!(found.said, ["sent", "öffnet \"x\""]);
    let lines = store.history(id(1)).await.unwrap();
    assert_eq!(lines, [change(1, 0, Phase::Queued).line, change(1, 0, Phase::Queued).line]);
    assert_eq!(store.calls(at(99), 9, &HashSet::new()).await.unwrap().0.len(), 2);
}

async fn a_message_is_found_by_every_id(store: &dyn Store) {
    let same = |number| NewMessage { platform_id: "p".to_owned(), dedupe: None, ..new(number) };
    let others = NewMessage { lane: lane("globex", "1"), ..same(3) };
    accept(store, vec![same(1), same(2), others]).await;
    assert_eq!(refs(&store.by_platform_id(&name("acme"), "p").await.unwrap()), [2, 1]);
    assert_eq!(refs(&store.by_platform_id(&name("globex"), "p").await.unwrap()), [3]);
    assert!(store.by_platform_id(&name("acme"), "q").await.unwrap().is_empty());
    let known = |revision, provider: &str| Change {
        provider_id: Some(provider.to_owned()),
        ..change(1, revision, Phase::Submitted)
    };
    store.update(known(0, "v-1")).await.unwrap();
    store.update(known(1, "v-2")).await.unwrap();
    // After a new attempt the statuses of the old one still find their message.
    for provider in ["v-1", "v-2"] {
        let found = store.by_provider_id(provider).await.unwrap().unwrap();
        assert_eq!((found.message.reference, found.provider_id.as_deref()), (id(1), Some("v-2")));
    }
    assert!(store.by_provider_id("v-3").await.unwrap().is_none());
    // No more than a hundred.
    accept(store, (1000..1150).map(same).collect()).await;
    let newest = store.by_platform_id(&name("acme"), "p").await.unwrap();
    assert_eq!((newest.len(), refs(&newest)[0]), (100, 1149));
}

async fn the_last_message_to_a_person_is_found(store: &dyn Store) {
    let to = |number, to: &str| NewMessage { to: address(to), ..new(number) };
    let reply = NewMessage { origin: Origin::Reply, ..to(5, "91") };
    let elsewhere = NewMessage { lane: lane("acme", "2"), ..to(6, "91") };
    accept(store, vec![to(1, "91"), to(2, "91"), to(3, "US.1"), to(4, "92"), reply, elsewhere]).await;
    let ours = lane("acme", "14155550100");
    let last = async |to: &[&str]| {
        let to: Vec<Address> = to.iter().map(|to| address(to)).collect();
        store.last_to(&ours, &to).await.unwrap().map(|found| found.message.reference.number())
    };
    assert_eq!(last(&["91"]).await, Some(2));
    assert_eq!(last(&["91", "US.1"]).await, Some(3));
    assert_eq!(last(&["US.1", "91"]).await, Some(3));
    assert_eq!(last(&["93"]).await, None);
    assert_eq!(last(&[]).await, None);
}

async fn lanes_and_backlog_count_what_is_queued(store: &dyn Store) {
    let globex = NewMessage { lane: lane("globex", "3"), ..new(3) };
    accept(store, vec![new(1), new(2), globex]).await;
    let ours = lane("acme", "14155550100");
    assert_eq!(store.lanes().await.unwrap(), [(ours.clone(), 2), (lane("globex", "3"), 1)]);
    store.update(change(1, 0, Phase::Submitted)).await.unwrap();
    store.update(change(3, 0, Phase::InDoubt)).await.unwrap();
    assert_eq!(store.lanes().await.unwrap(), [(ours, 1)]);
    assert_eq!((store.backlog(&name("acme")), store.backlog(&name("globex"))), (1, 0));
    store.update(change(3, 1, Phase::Queued)).await.unwrap();
    assert_eq!((store.backlog(&name("globex")), store.backlog(&name("nobody"))), (1, 0));
}

async fn claiming_goes_by_class_then_age(store: &dyn Store) {
    let class = |number, class| NewMessage { class, ..new(number) };
    let waited = |number, wake| NewMessage { life: Life { wake: Some(at(wake)), ..new(number).life }, ..new(number) };
    let messages = vec![
        class(4, Class::Promotional),
        waited(2, 90),
        class(3, Class::Transactional),
        class(1, Class::Promotional),
        NewMessage { class: Class::Transactional, ..waited(5, 80) },
        NewMessage { lane: lane("acme", "other"), ..new(6) },
        NewMessage { lane: lane("globex", "14155550100"), ..new(7) },
    ];
    accept(store, messages).await;
    assert_eq!(claim(store, 100, 10).await, [3, 5, 1, 2, 4]);
    assert_eq!(claim(store, 100, 3).await, [3, 5, 1]);
    assert_eq!(claim(store, 100, 0).await, [0; 0]);
}

async fn claiming_leaves_out_what_waits_is_held_or_under_way(store: &dyn Store) {
    let waiting = NewMessage { life: Life { wake: Some(at(101)), ..new(2).life }, ..new(2) };
    accept(store, vec![new(1), waiting, new(3), new(4), new(5)]).await;
    store.begin(vec![id(3)]).await.unwrap();
    store.update(change(4, 0, Phase::Submitted)).await.unwrap();
    let held: HashSet<Ref> = [id(1)].into();
    let claimed = store.claim(&lane("acme", "14155550100"), at(100), 9, &held).await.unwrap();
    assert_eq!(refs(&claimed), [5]);
    assert_eq!(claim(store, 101, 9).await, [1, 2, 5]);
    store.update(change(3, 0, Phase::Queued)).await.unwrap();
    assert_eq!(claim(store, 100, 9).await, [1, 3, 5]);
}

async fn attempts_that_never_ended_are_found(store: &dyn Store) {
    accept(store, (1..=5).map(new).collect()).await;
    store.begin(vec![id(1), id(2), id(3)]).await.unwrap();
    store.update(change(2, 0, Phase::Queued)).await.unwrap();
    store.update(change(4, 0, Phase::Sending)).await.unwrap();
    assert_eq!(store.interrupted().await.unwrap(), [id(1), id(3), id(4)]);
    store.update(change(1, 0, Phase::InDoubt)).await.unwrap();
    store.update(change(4, 1, Phase::InDoubt)).await.unwrap();
    assert_eq!(store.interrupted().await.unwrap(), [id(3)]);
}

async fn only_a_queued_message_can_be_begun(store: &dyn Store) {
    accept(store, (1..=3).map(new).collect()).await;
    store.update(change(2, 0, Phase::Expired)).await.unwrap();
    assert_eq!(store.begin(vec![id(1), id(2)]).await, Err(StoreError::Conflict));
    assert_eq!(store.begin(vec![id(9)]).await, Err(StoreError::Conflict));
    assert_eq!(store.begin(vec![id(3), id(3)]).await, Err(StoreError::Conflict));
    assert!(store.interrupted().await.unwrap().is_empty());
    store.begin(vec![id(1)]).await.unwrap();
    assert_eq!(store.begin(vec![id(1)]).await, Err(StoreError::Conflict));
    store.begin(vec![]).await.unwrap();
    assert_eq!(store.interrupted().await.unwrap(), [id(1)]);
}

async fn what_is_due_comes_in_time_order(store: &dyn Store) {
    accept(store, (1..=5).map(new).collect()).await;
    let wake = |number, phase, wake| {
        let change = change(number, 0, phase);
        Change { life: Life { wake: Some(at(wake)), ..change.life }, ..change }
    };
    store.update(wake(1, Phase::InDoubt, 300)).await.unwrap();
    store.update(wake(2, Phase::Queued, 100)).await.unwrap();
    store.update(wake(3, Phase::Submitted, 200)).await.unwrap();
    store.update(wake(4, Phase::Submitted, 400)).await.unwrap();
    store.update(change(5, 0, Phase::Submitted)).await.unwrap();
    assert_eq!(store.due(at(99), 9).await.unwrap(), (vec![], Some(at(100))));
    assert_eq!(store.due(at(300), 9).await.unwrap(), (vec![id(2), id(3), id(1)], Some(at(400))));
    assert_eq!(store.due(at(400), 2).await.unwrap().0, [id(2), id(3)]);
    // A message that is being sent is not touched meanwhile.
    store.begin(vec![id(2)]).await.unwrap();
    assert_eq!(store.due(at(300), 1).await.unwrap().0, [id(3)]);
    store.update(change(4, 1, Phase::Submitted)).await.unwrap();
    assert_eq!(store.due(at(300), 9).await.unwrap().1, None);
}

async fn queued_messages_are_due_when_their_time_runs_out(store: &dyn Store) {
    let until = |number, expires, wake: Option<i64>| {
        let life = Life { wake: wake.map(at), ..Life::new(at(expires)) };
        NewMessage { life, ..new(number) }
    };
    accept(store, vec![until(1, 500, None), until(2, 400, Some(900)), until(3, 900, None)]).await;
    assert_eq!(store.due(at(399), 9).await.unwrap(), (vec![], Some(at(400))));
    assert_eq!(store.due(at(500), 9).await.unwrap(), (vec![id(2), id(1)], Some(at(900))));
}

async fn calls_come_oldest_first_and_in_their_order(store: &dyn Store) {
    accept(store, vec![new(1), new(2)]).await;
    let other = NewCall { name: "opt_out".to_owned(), ..call(14, Some(1)) };
    let calls = vec![call(13, Some(2)), call(11, Some(1)), call(12, Some(1)), other, call(15, None), call(16, None)];
    store.update(Change { calls, ..change(1, 0, Phase::Submitted) }).await.unwrap();
    let due = async |now, most, held: &[i64]| {
        let held: HashSet<i64> = held.iter().copied().collect();
        let (calls, next) = store.calls(at(now), most, &held).await.unwrap();
        (calls.iter().map(|call| call.call.id).collect::<Vec<_>>(), next)
    };
    assert_eq!(due(10, 9, &[]).await, (vec![], Some(at(11))));
    // 12 waits for 11, of the same message and name, even while that is under way.
    assert_eq!(due(15, 9, &[]).await, (vec![11, 13, 14, 15], Some(at(16))));
    assert_eq!(due(99, 9, &[11, 15]).await, (vec![13, 14, 16], None));
    assert_eq!(due(99, 2, &[]).await.0, [11, 13]);
    store.settle_call(11, CallStep::Again { due: at(500) }, None).await.unwrap();
    assert_eq!(due(99, 9, &[]).await, (vec![13, 14, 15, 16], Some(at(500))));
    store.settle_call(11, CallStep::Done, None).await.unwrap();
    assert_eq!(due(99, 9, &[]).await.0, [12, 13, 14, 15, 16]);
    assert_eq!(due(99, 0, &[]).await.0, [0; 0]);
}

async fn a_call_is_done_again_or_parked(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    let calls = vec![call(1, Some(1)), NewCall { name: "other".to_owned(), ..call(2, Some(1)) }];
    store.update(Change { calls, ..change(1, 0, Phase::Submitted) }).await.unwrap();
    let line = |text: &str| Some(Line { at: at(70), text: text.to_owned() });
    store.settle_call(1, CallStep::Again { due: at(60) }, line("report: 503")).await.unwrap();
    let again = store.calls(at(60), 9, &HashSet::new()).await.unwrap().0.pop().unwrap();
    assert_eq!((again.call.id, again.attempts, again.due, again.call.at), (1, 1, at(60), at(1)));
    assert_eq!(again.call.context, call(1, None).context);
    store.settle_call(2, CallStep::Done, line("other: done")).await.unwrap();
    store.settle_call(1, CallStep::Park { why: "too old".to_owned() }, line("report: given up")).await.unwrap();
    // Settling what is gone changes nothing.
    store.settle_call(1, CallStep::Park { why: "twice".to_owned() }, line("twice")).await.unwrap();
    assert!(store.calls(at(999), 9, &HashSet::new()).await.unwrap().0.is_empty());
    let texts: Vec<String> = store.history(id(1)).await.unwrap().into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["now Submitted", "report: 503", "other: done", "report: given up"]);
    let letters = store.dead_letters(Some(&name("acme")), 9).await.unwrap();
    let [parked] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!((&*parked.kind, &*parked.name, &*parked.why), ("call", "report", "too old"));
    assert_eq!((parked.message, parked.at, &parked.content), (Some(id(1)), at(70), &call(1, None).context));
    assert_eq!(store.message(id(1)).await.unwrap().unwrap().revision, 1);
}

async fn tenants_share_the_calls(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    let mut calls: Vec<NewCall> = (1..=50).map(|number| call(number, None)).collect();
    calls.extend((60..=61).map(|number| NewCall { tenant: name("globex"), ..call(number, None) }));
    store.update(Change { calls, ..change(1, 0, Phase::Submitted) }).await.unwrap();
    let (found, _) = store.calls(at(99), 10, &HashSet::new()).await.unwrap();
    let ids: Vec<i64> = found.iter().map(|call| call.call.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7, 8, 60, 61]);
    let held: HashSet<i64> = ids.into_iter().collect();
    let (found, _) = store.calls(at(99), 3, &held).await.unwrap();
    assert_eq!(found.iter().map(|call| call.call.id).collect::<Vec<_>>(), [9, 10, 11]);
}

async fn an_inbound_message_is_taken_once(store: &dyn Store) {
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

async fn an_opt_out_counts_at_once_and_for_its_sender(store: &dyn Store) {
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

async fn an_opt_out_counts_for_every_address_of_a_person(store: &dyn Store) {
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

async fn an_opt_in_frees_every_address_of_a_person(store: &dyn Store) {
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

async fn letters_come_newest_first(store: &dyn Store) {
    for (tenant, why) in [(Some("acme"), "a"), (None, "b"), (Some("acme"), "c")] {
        store.park(letter(tenant, why)).await.unwrap();
    }
    let all = store.dead_letters(None, 9).await.unwrap();
    assert_eq!(all.iter().map(|letter| &*letter.why).collect::<Vec<_>>(), ["c", "b", "a"]);
    assert_eq!(all[0].content, letter(None, "").content);
    assert!(all[0].id > all[1].id && all[1].id > all[2].id);
    let theirs = store.dead_letters(Some(&name("acme")), 1).await.unwrap();
    assert_eq!(theirs.iter().map(|letter| &*letter.why).collect::<Vec<_>>(), ["c"]);
}

async fn the_ledger_balances(store: &dyn Store) {
    accept(store, (1..=9).map(new).collect()).await;
    for (number, phase) in Phase::ALL.into_iter().enumerate() {
        store.update(change(i64::try_from(number).unwrap() + 1, 0, phase)).await.unwrap();
    }
    // Sent anew after it was submitted, and taken after all.
    store.update(change(4, 1, Phase::Queued)).await.unwrap();
    store.update(change(6, 1, Phase::Submitted)).await.unwrap();
    let ledger = store.ledger(&name("acme")).await.unwrap();
    let expected =
        Ledger { accepted: 9, submitted: 1, rejected: 1, suppressed: 1, expired: 1, failed: 0, in_flight: 5 };
    assert_eq!(ledger, expected);
    assert_eq!(store.ledger(&name("globex")).await.unwrap(), Ledger::default());
}

async fn old_finished_messages_are_purged(store: &dyn Store) {
    accept(store, (1..=6).map(new).collect()).await;
    for number in [1, 2, 3, 4, 6] {
        let known = Change { provider_id: Some(format!("v-{number}")), ..change(number, 0, Phase::Submitted) };
        store.update(known).await.unwrap();
    }
    // 3 waits for better news, 4 has a report to be made, 5 is queued, 6 is young.
    let life = Life { wake: Some(at(9)), ..change(3, 0, Phase::Submitted).life };
    store.update(Change { life, ..change(3, 1, Phase::Submitted) }).await.unwrap();
    store.update(Change { calls: vec![call(7, Some(4))], ..change(4, 1, Phase::Submitted) }).await.unwrap();
    store.take(Taken { at: at(5), ..taken("in") }).await.unwrap();
    assert_eq!(store.purge(at(6), 1).await, Ok(1));
    assert_eq!(store.purge(at(6), 9).await, Ok(2));
    assert_eq!(store.purge(at(6), 9).await, Ok(0));
    for (number, there) in [(1, false), (2, false), (3, true), (4, true), (5, true), (6, true)] {
        assert_eq!(store.message(id(number)).await.unwrap().is_some(), there, "{number}");
        let by_platform = store.by_platform_id(&name("acme"), &format!("platform-{number}")).await.unwrap();
        assert_eq!(!by_platform.is_empty(), there, "{number}");
    }
    assert!(store.by_provider_id("v-1").await.unwrap().is_none());
    assert!(store.history(id(1)).await.unwrap().is_empty());
    // Forgotten: neither a repeat nor taken; what was counted stays counted.
    assert_eq!(store.accept(vec![NewMessage { reference: id(20), ..new(1) }]).await.unwrap(), [Acceptance::New]);
    assert_eq!(store.take(taken("in")).await, Ok(true));
    assert_eq!(store.ledger(&name("acme")).await.unwrap().submitted, 5);
}

async fn nothing_unknown_is_an_error(store: &dyn Store) {
    assert!(store.message(id(1)).await.unwrap().is_none());
    assert!(store.by_provider_id("").await.unwrap().is_none());
    assert!(store.history(id(1)).await.unwrap().is_empty());
    assert!(store.lanes().await.unwrap().is_empty());
    assert!(claim(store, 1, 9).await.is_empty());
    assert_eq!(store.due(at(1), 9).await.unwrap(), (vec![], None));
    assert!(store.calls(at(1), 9, &HashSet::new()).await.unwrap().1.is_none());
    store.settle_call(1, CallStep::Done, None).await.unwrap();
    store.suppress(vec![suppression(None, "1", false)]).await.unwrap();
    assert!(store.accept(vec![]).await.unwrap().is_empty());
    assert_eq!(store.purge(at(9), 9).await, Ok(0));
}

async fn replies_that_repeat_are_left_out(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    let repeat = NewMessage { reference: id(2), ..new(1) };
    assert_eq!(store.take(Taken { replies: vec![repeat, new(3)], ..taken("in") }).await, Ok(true));
    assert!(store.message(id(2)).await.unwrap().is_none());
    assert!(store.message(id(3)).await.unwrap().is_some());
}

async fn a_bad_write_hurts_only_itself(store: &dyn Store) {
    accept(store, vec![new(1)]).await;
    // The same message id under another key: the caller's mistake, and nobody else's.
    let stolen = NewMessage { dedupe: Some("other".to_owned()), ..new(1) };
    let writes = vec![store.accept(vec![new(2)]), store.accept(vec![new(4), stolen]), store.accept(vec![new(3)])];
    let results = futures_util::future::join_all(writes).await;
    assert!(matches!(results[1], Err(StoreError::Failed(_))), "{results:?}");
    assert_eq!((&results[0], &results[2]), (&Ok(vec![Acceptance::New]), &Ok(vec![Acceptance::New])));
    assert!(store.message(id(4)).await.unwrap().is_none(), "half a batch was written");
    assert_eq!(store.backlog(&name("acme")), 3);
    assert_eq!(store.ledger(&name("acme")).await.unwrap().accepted, 3);
}

async fn hostile_texts_come_back_unchanged(store: &dyn Store) {
    let nasty = "'; DROP TABLE message; -- \u{0}\u{202e}\"\\ %_ 😀\n";
    let message = NewMessage {
        lane: lane(nasty, nasty),
        to: address(nasty),
        platform_id: nasty.to_owned(),
        dedupe: Some(nasty.to_owned()),
        version: nasty.to_owned(),
        ..new(1)
    };
    accept(store, vec![message]).await;
    let line = Line { at: at(1), text: "two\nlines".to_owned() };
    let change = Change {
        provider_id: Some(nasty.to_owned()),
        said: Some(vec![nasty.to_owned()]),
        line,
        ..change(1, 0, Phase::Submitted)
    };
    store.update(change).await.unwrap();
    let found = store.by_provider_id(nasty).await.unwrap().unwrap();
    assert_eq!((found.message.platform_id.as_str(), found.message.to.as_str()), (nasty, nasty));
    assert_eq!((found.message.lane, found.said), (lane(nasty, nasty), vec![nasty.to_owned()]));
    assert_eq!(store.by_platform_id(&name(nasty), nasty).await.unwrap().len(), 1);
    assert_eq!(store.history(id(1)).await.unwrap().len(), 1);
}

//! Several processes over one database: each part is one's, whoever is gone writes nothing, all hear of an opt-out.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::super::samples::*;
use super::super::schema::{STEPS, Step, VERSION};
use super::super::version::brought;
use super::super::{OpenError, Postgres, RawPostgres, migrate};
use super::server::Tables;
use super::{made, open, place_of};
use crate::delivery::Phase;
use crate::store::{
    Acceptance, CallLane, CallStep, Change, Changed, Count, Hold, Holding, Holds, NewMessage, Part, Pause, Release,
    Stay, Store, StoreError, Suppression, Wanted, Which,
};

/// A busy machine is slow; a hang is longer.
const GUARD: Duration = Duration::from_secs(60);

async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is().await {
        assert!(began.elapsed() < GUARD, "waited in vain: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

fn account(number: usize) -> Part {
    Part::Account(number.to_string())
}

fn wanted(version: &str, accounts: usize) -> Wanted {
    let groups =
        (0..accounts).map(|number| vec![account(number), Part::Tenant(format!("tenant-{number}").as_str().into())]);
    Wanted { version: version.to_owned(), groups: groups.chain([vec![Part::House]]).collect() }
}

/// The accounts that a node has.
fn accounts(store: &Postgres, most: usize) -> HashSet<usize> {
    (0..most).filter(|number| store.stay(&[account(*number)]).is_some()).collect()
}

/// Its lease is over, and it does not know.
fn forget_node(tables: &Tables, node: i64) {
    tables.run(&format!("UPDATE node SET until = now() - interval '1 minute' WHERE id = {node}")).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_writes_another_knows() {
    let (first, tables) = made(&[]).await;
    let second = open(&tables).await;
    assert_eq!(first.accept(vec![new(1), new(2)]).await, Ok(vec![Acceptance::New; 2]));
    let again = NewMessage { reference: id(7), ..new(1) };
    assert_eq!(second.accept(vec![again, new(3)]).await, Ok(vec![Acceptance::Repeat(id(1)), Acceptance::New]));
    second.update(change(1, 0, Phase::Submitted)).await.unwrap();
    assert_eq!(first.update(change(1, 0, Phase::Failed)).await, Err(StoreError::Conflict));
    first.update(change(2, 0, Phase::Failed)).await.unwrap();
    for store in [&first, &second] {
        let ledger = store.ledger(&name("acme")).await.unwrap();
        assert_eq!((ledger.accepted, ledger.submitted, ledger.failed, ledger.in_flight), (3, 1, 1, 1));
        let counts = store.recount().await.unwrap();
        assert!(counts.len() == 1 && counts.iter().all(Count::agrees), "{counts:?}");
        until("the backlog of all is known", async || store.backlog(&name("acme")) == 1).await;
        assert_eq!(store.lanes().await.unwrap(), [(lane("acme", "14155550100"), 1)]);
    }
    assert_ne!(first.slot(), second.slot());
    second.close().await.unwrap();
    // Who has gone leaves its counts.
    assert_eq!(first.ledger(&name("acme")).await.unwrap().accepted, 3);
    first.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_part_is_one_nodes_and_goes_to_another_when_nothing_of_it_is_under_way() {
    const ALL: usize = 40;
    let (first, tables) = made(&[]).await;
    first.want(wanted("v", ALL));
    until("one has all", async || accounts(&first, ALL).len() == ALL && first.stay(&[Part::House]).is_some()).await;
    let kept: Vec<_> = (0..ALL).map(|number| first.stay(&[account(number)]).unwrap()).collect();
    assert!(kept.iter().all(|stay| stay.holds() && stay.heir().is_none()), "nobody had them before");
    let second = open(&tables).await;
    second.want(wanted("v", ALL));
    until("the other is to have some", async || accounts(&first, ALL).len() < ALL).await;
    sleep(Duration::from_millis(1500)).await;
    assert!(accounts(&second, ALL).is_empty(), "what is under way is waited for");
    assert!(kept.iter().all(Stay::holds));
    drop(kept);
    let both = async || (accounts(&first, ALL), accounts(&second, ALL));
    until("all are somebody's", async || {
        let (one, other) = both().await;
        assert!(one.is_disjoint(&other));
        one.len() + other.len() == ALL
    })
    .await;
    let (_, other) = both().await;
    assert!(!other.is_empty(), "shared");
    let taken = second.stay(&[account(*other.iter().next().unwrap())]).unwrap();
    assert!(taken.heir().is_some_and(|(_, ago)| ago < GUARD), "somebody had it just now");
    drop(taken);
    let began = Instant::now();
    second.close().await.unwrap();
    until("the first has all", async || accounts(&first, ALL).len() == ALL).await;
    assert!(began.elapsed() < Duration::from_secs(4), "at once, and not when a lease ends");
    first.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_to_be_given_to_a_node_that_goes_again_is_worked_on_here() {
    const ALL: usize = 12;
    let (first, tables) = made(&[]).await;
    first.want(wanted("v", ALL));
    until("it has all", async || accounts(&first, ALL).len() == ALL).await;
    let stays: Vec<Stay> = (0..ALL).filter_map(|number| first.stay(&[account(number)])).collect();
    let second = open(&tables).await;
    second.want(wanted("v", ALL));
    until("some are to be given up", async || stays.iter().any(Stay::is_over)).await;
    assert!(accounts(&second, ALL).is_empty(), "they are worked on");
    second.close().await.unwrap();
    until("it is alone", async || first.nodes().len() == 1).await;
    drop(stays);
    until("it has all again", async || accounts(&first, ALL).len() == ALL).await;
    first.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_taken_for_gone_does_nothing_more_and_comes_back_as_another() {
    let (first, tables) = made(&[]).await;
    let second = open(&tables).await;
    for store in [&first, &second] {
        store.want(wanted("v", 0));
    }
    first.accept((1..=4).map(new).collect()).await.unwrap();
    first.begin(vec![(id(1), 0), (id(2), 0)]).await.unwrap();
    let node = first.roster.node();
    let stay = first.roster.stay(&[]).unwrap();
    assert!(stay.holds());
    assert!(second.interrupted().await.unwrap().is_empty(), "it is at work");
    until("it is one of two", async || first.nodes().len() == 2 && second.nodes().len() == 2).await;
    until("it is a new node", async || {
        // It goes on writing, until the other looks just then.
        forget_node(&tables, node);
        first.roster.node() != node
    })
    .await;
    assert!(!stay.holds() && stay.is_over());
    // What it was about to begin as another, it does not.
    let begun = super::super::work::Begun { node, messages: vec![(id(3), 0)] };
    let (asked, told) = super::super::work::Asked::new(begun, None);
    first.queue.push(super::super::Urgency::UnderWay, super::super::Work::Begin(asked)).unwrap();
    assert_eq!(told.await.unwrap(), Err(StoreError::Conflict));
    let found = async || {
        let (one, other) = (first.interrupted().await.unwrap(), second.interrupted().await.unwrap());
        one.into_iter().chain(other).collect::<Vec<_>>()
    };
    until("what it had begun is in doubt", async || found().await == [id(1), id(2)]).await;
    // The answer came late, and counts.
    first.update(change(1, 0, Phase::Submitted)).await.unwrap();
    until("only the other is in doubt", async || found().await == [id(2)]).await;
    let counts = second.recount().await.unwrap();
    assert!(counts.iter().all(Count::agrees), "{counts:?}");
    first.close().await.unwrap();
    second.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opt_out_is_told_of_when_every_node_knows_it() {
    let (first, tables) = made(&[]).await;
    let second = open(&tables).await;
    let (tenant, sender) = (name("acme"), address("14155550100"));
    for number in 0..40 {
        let person = address(&format!("91981234{number:04}"));
        let change = |on| vec![Suppression { address: person.clone(), ..suppression(None, "", on) }];
        let (here, there) = if number % 2 == 0 { (&first, &second) } else { (&second, &first) };
        here.suppress(change(true)).await.unwrap();
        assert!(there.is_suppressed(&tenant, &sender, &person) && here.is_suppressed(&tenant, &sender, &person));
        there.suppress(change(false)).await.unwrap();
        assert!(!here.is_suppressed(&tenant, &sender, &person), "{number}");
    }
    // What is paused by one is so for all, with who did it, and goes on for all.
    let (lane, pause) = (lane("acme", "14155550100"), paused("acme", Some("14155550100")));
    assert_eq!(first.pause(pause.clone()).await, Ok(true));
    assert!(second.is_paused(&lane, None) && second.paused() == [pause.clone()], "{:?}", second.paused());
    assert_eq!(second.pause(pause).await, Ok(false));
    assert_eq!(second.resume(&tenant, &Which::All).await, Ok(true));
    assert!(!first.is_paused(&lane, None) && first.paused().is_empty());
    let campaign = Pause { which: Which::Campaign("wk\u{0}45".to_owned()), ..paused("acme", None) };
    first.pause(campaign.clone()).await.unwrap();
    assert!(second.is_paused(&lane, Some("wk\u{0}45")) && !second.is_paused(&lane, Some("other")));
    first.resume(&tenant, &campaign.which).await.unwrap();
    assert!(!second.is_paused(&lane, Some("wk\u{0}45")));
    first.pause(campaign.clone()).await.unwrap();
    first.pause(paused("acme", None)).await.unwrap();
    // What is to try again is told of as well, before whoever wanted it hears that it is.
    let release = Release { tenant: Some(tenant.clone()), sender: None, call: Some("report".to_owned()) };
    while tokio::time::timeout(Duration::from_millis(300), second.changed()).await.is_ok() {}
    first.release_beside(release.clone()).await.unwrap();
    first.release_beside(Release::default()).await.unwrap();
    let mut heard = Vec::new();
    while heard.len() < 2 {
        heard.extend(tokio::time::timeout(GUARD, second.changed()).await.unwrap().releases);
    }
    assert_eq!(heard, [release, Release::default()]);
    // One that has not heard, and cannot: it is waited for as long as its lease.
    tables
        .run("INSERT INTO node (slot, program, commits, heard, until) VALUES (9, '', 0, 0, now() + interval '3 seconds')")
        .unwrap();
    let began = Instant::now();
    let change = suppression(None, "919812349999", true);
    first.suppress(vec![change.clone()]).await.unwrap();
    assert!(began.elapsed() > Duration::from_millis(2500), "{:?}", began.elapsed());
    let third = open(&tables).await;
    assert!(third.is_suppressed(&tenant, &sender, &change.address));
    assert!(third.is_paused(&lane, None) && third.paused() == [paused("acme", None), campaign]);
    for store in [first, second, third] {
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_holds_and_accepted_the_others_know() {
    let (first, tables) = made(&[]).await;
    let second = open(&tables).await;
    until("they know each other", async || first.nodes().len() == 2 && second.nodes().len() == 2).await;
    let hold = |probe| Hold { since: at(1), probe: at(probe) };
    let lane = (Holding::Messages(lane("acme", "14155550100")), hold(60_000));
    let calls = (Holding::Calls(CallLane { tenant: name("acme"), name: "report".to_owned() }), hold(2000));
    let people = [((name("globex"), address("14155550100")), 7)].into();
    let both = Holds { lanes: [lane.clone(), calls.clone()].into(), people };
    first.hold(both.clone());
    until("the other tells of it", async || second.held_beside() == both).await;
    assert!(first.held_beside().is_empty(), "its own it knows");
    let less = Holds { lanes: [(lane.0, hold(120_000))].into(), ..Holds::default() };
    first.hold(less.clone());
    until("also what has changed", async || second.held_beside() == less).await;

    // As many as were accepted, in however many pieces it hears of them.
    let heard = async || {
        let mut all = 0;
        while let Ok(changed) = tokio::time::timeout(Duration::from_secs(3), second.changed()).await {
            all += changed
                .accepted
                .iter()
                .filter(|(tenant, _)| *tenant == name("acme"))
                .map(|(_, more)| more)
                .sum::<u64>();
        }
        all
    };
    assert_eq!(heard().await, 0);
    first.accept((1..=5).map(new).collect()).await.unwrap();
    assert_eq!(heard().await, 5);
    second.accept((6..=9).map(new).collect()).await.unwrap();
    first.close().await.unwrap();
    assert_eq!(heard().await, 0, "neither its own, nor those of one that left its counts");
    until("who is gone holds nothing", async || second.held_beside().is_empty()).await;
    second.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_hears_of_what_another_stored_for_it() {
    let (first, tables) = made(&[]).await;
    let group = vec![Part::Tenant(name("acme")), Part::House];
    first.want(Wanted { version: "v".to_owned(), groups: vec![group] });
    until("it has the tenant", async || first.stay(&[Part::Tenant(name("acme"))]).is_some()).await;
    let second = open(&tables).await;
    second.want(Wanted { version: "w".to_owned(), groups: Vec::new() });
    until("they know each other", async || first.nodes().len() == 2 && second.nodes().len() == 2).await;
    until("and whose it is", async || second.stay(&[Part::Tenant(name("acme"))]).is_none()).await;
    // All that was told while they came.
    while tokio::time::timeout(Duration::from_millis(300), first.changed()).await.is_ok() {}
    second.accept(vec![new(1)]).await.unwrap();
    let changed = Changed { accepted: Vec::new(), ..tokio::time::timeout(GUARD, first.changed()).await.unwrap() };
    assert_eq!(changed, Changed { lanes: vec![lane("acme", "14155550100")], ..Changed::default() });
    assert_eq!(second.due(at(i64::MAX), 9).await.unwrap(), (vec![], None), "not its own");
    assert_eq!(first.due(at(i64::MAX), 9).await.unwrap().0, [id(1)]);
    // Also of a call that the operator does again there.
    first.update(Change { calls: vec![call(1, Some(1))], ..change(1, 0, Phase::Submitted) }).await.unwrap();
    first.settle_call(1, CallStep::Park { why: "too old".to_owned() }, None).await.unwrap();
    while tokio::time::timeout(Duration::from_millis(300), first.changed()).await.is_ok() {}
    let letter = second.dead_letters(None, 1).await.unwrap().remove(0).id;
    assert_eq!(second.redrive(letter, at(100), true).await, Ok(true));
    let changed = tokio::time::timeout(GUARD, first.changed()).await.unwrap();
    assert_eq!(changed, Changed { calls: true, ..Changed::default() });
    first.close().await.unwrap();
    second.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_goes_on_beside_tables_that_only_grew_and_ends_beside_others() {
    let (old, tables) = made(&[]).await;
    let more = Step { sql: "ALTER TABLE message ADD seen bigint; CREATE TABLE later (id bigint);", parts: false };
    let steps = [STEPS, &[more]].concat();
    assert_eq!(brought(&place_of(&tables), &steps).await.unwrap(), (VERSION, VERSION + 1));
    assert_eq!(old.accept(vec![new(1)]).await, Ok(vec![Acceptance::New]));
    let beside = open(&tables).await;
    assert_eq!(beside.accept(vec![new(2)]).await, Ok(vec![Acceptance::New]), "another one is started");
    assert_eq!(migrate(&place_of(&tables)).await.unwrap(), (VERSION + 1, VERSION + 1), "nothing to do");
    let copied = RawPostgres::reading(&place_of(&tables)).await.err().unwrap();
    assert!(matches!(copied, OpenError::NewerVersion { .. }), "a copy would lack what was added: {copied}");

    let other = Step { sql: "ALTER TABLE message RENAME wake TO woken;", parts: true };
    let steps = [steps, vec![other]].concat();
    let refused = brought(&place_of(&tables), &steps).await.unwrap_err();
    assert!(matches!(refused, OpenError::Parting { running: 2, .. }), "{refused}");
    assert_eq!(old.accept(vec![new(3)]).await, Ok(vec![Acceptance::New]), "nothing was changed");
    beside.close().await.unwrap();
    // As of one that stands still.
    let known = old.nodes().into_iter().find(|node| node.own).unwrap().id;
    until("its lease is over", async || {
        forget_node(&tables, known);
        brought(&place_of(&tables), &steps).await.is_ok()
    })
    .await;
    until("it writes nothing more, and says why", async || match old.accept(vec![new(4)]).await.unwrap_err() {
        StoreError::Failed(why) => why.contains("start the newer program"),
        StoreError::Conflict | StoreError::Overloaded => false,
    })
    .await;
    let problem = Postgres::open(&place_of(&tables), &[]).await.unwrap_err();
    assert!(matches!(problem, OpenError::NewerVersion { .. }), "{problem}");
}

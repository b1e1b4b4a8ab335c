//! STOP while a campaign runs: once the opt-out is acknowledged, no further message to that person begins.
//!
//! A message is "further" if its call to the provider begins after the opt-out's webhook was acknowledged. Its call
//! begins where the list of opt-outs is looked at for the last time; what was on its way before that arrives. Here the
//! gateway and both its parties run on one thread: that look, the line `dispatched` of the log and the call are then one
//! step in which no acknowledgement can arrive, and the order of these lines and of the acknowledgements is exact. The
//! store commits on a thread of its own, so an opt-out may become durable at any point of it.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use rand::Rng;
use switchboard::sim::provider::{Life, ProviderOptions};
use tokio::sync::Notify;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::world::{TenantFile, World, certain, order, person, provider, text_from};

/// Messages to each person.
const MESSAGES: u64 = 4;
/// People at one time.
const PEOPLE: u64 = 100;

/// What happened last, in its order: calls that began by our id, acknowledgements by person.
#[derive(Clone, Debug, Default)]
struct Order(Arc<Mutex<(usize, HashMap<String, usize>)>>);

impl Order {
    fn note(&self, what: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.0 += 1;
        let place = all.0;
        all.1.insert(what.to_owned(), place);
    }

    fn of(&self, what: &str) -> Option<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.get(what).copied()
    }
}

/// Reads the gateway's log as it is written.
impl<S: tracing::Subscriber> Layer<S> for Order {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        if line.message == "dispatched" {
            self.note(&line.id);
        }
    }
}

#[derive(Default)]
struct Line {
    message: String,
    id: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "id" => self.id = format!("{value:?}"),
            _ => {}
        }
    }
}

/// What came of many races.
#[derive(Debug, Default)]
struct Races {
    people: u64,
    sent: u64,
    suppressed: u64,
    further: Vec<String>,
}

/// So many people write STOP while messages to them are queued, sent and accepted.
async fn races(people: u64, more: &str) -> Races {
    let order_of = Order::default();
    let _log = tracing::subscriber::set_default(tracing_subscriber::registry().with(order_of.clone()));
    let life = Life { delivered: 0.0, ..certain() };
    let file = TenantFile::moengage("acme", "6531290044").rate("400/s").line(more);
    let world = World::new(vec![file], ProviderOptions { life, ..provider() }).await;
    let gateway = world.gateway().await;
    for first in (0..people).step_by(usize::try_from(PEOPLE).unwrap()) {
        let some = first..people.min(first + PEOPLE);
        join_all(some.map(|place| race(&world, &order_of, place))).await;
    }
    world.quiet(&gateway).await;
    gateway.stop().await;
    let mut found = Races { people, ..Races::default() };
    for sent in world.provider.journal().sent() {
        if sent.body["message_type"] == "text" {
            continue; // the reply to the STOP
        }
        found.sent += 1;
        let id = sent.order().unwrap().to_owned();
        let began = order_of.of(&id).expect("every call is in the log");
        if began > order_of.of(&sent.to).expect("everybody wrote STOP") {
            found.further.push(id);
        }
    }
    found.suppressed = people * MESSAGES - found.sent;
    found
}

/// One person: STOP is said a moment after one of the messages was accepted, and the others go on being accepted.
async fn race(world: &World, order_of: &Order, place: u64) {
    let brand = &world.brands[0];
    let to = person(brand, place);
    // At once, or when more has gone out: how fast that is depends on the machine.
    let most = [50, 500, 4000][rand::rng().random_range(0..3)];
    let (after, moment) = (rand::rng().random_range(0..MESSAGES), rand::rng().random_range(0..most));
    let now = Notify::new();
    let campaign = async {
        for number in 0..MESSAGES {
            let body = order(brand, &format!("m-{place}-{number}"), &to);
            assert_eq!(world.send(brand, &body).await.status, 200);
            if number == after {
                now.notify_one();
            }
            let pause = Duration::from_millis(rand::rng().random_range(0..60));
            tokio::time::sleep(pause).await;
        }
    };
    let stop = async {
        now.notified().await;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        let text = text_from(&to, brand.file.number, &format!("stop-{place}"), "STOP");
        assert_eq!(world.webhook("/webhooks/vonage/inbound", &text).await.status, 200);
        order_of.note(&to);
    };
    tokio::join!(campaign, stop);
}

const REPLY: &str = "keywords: { opt_out: { reply: You will not hear from us again. } }";

#[tokio::test]
async fn after_an_acknowledged_stop_nothing_more_begins() {
    let found = races(2 * PEOPLE, REPLY).await;
    assert!(found.further.is_empty(), "{found:?}");
    assert!(found.sent > 0 && found.suppressed > 0, "the race was none: {found:?}");
}

/// A tenant that takes the responsibility is sent to all the same: the check above would see it.
#[tokio::test]
async fn without_the_list_more_begins_and_is_seen() {
    let found = races(PEOPLE, "delivery: { suppression: \"off\" }").await;
    assert!(!found.further.is_empty() && found.suppressed == 0, "{found:?}");
}

#[tokio::test]
#[ignore = "a long run: docs/reliability.md"]
async fn after_an_acknowledged_stop_nothing_more_begins_many_times() {
    let people = std::env::var("SWITCHBOARD_ROUNDS").map_or(3000, |rounds| rounds.parse().unwrap());
    let found = races(people, REPLY).await;
    println!(
        "{} opt-outs while {} messages went out and {} were held back: further {}",
        found.people,
        found.sent,
        found.suppressed,
        found.further.len()
    );
    assert!(found.further.is_empty(), "{found:?}");
}

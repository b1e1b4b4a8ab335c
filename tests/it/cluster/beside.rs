//! Two gateways over one database: whichever the operator asks, whichever a platform sends to.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use switchboard::sim::platform::Reports;
use switchboard::sim::provider::Answers;

use super::begin;
use crate::postgres::server::Tables;
use crate::postgres::world;
use crate::world::{ADMIN_TOKEN, Process, TenantFile, World, free_port, order, person, provider, until, until_async};

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

/// A gateway, and where its operator asks.
struct Asked<'w> {
    world: &'w World,
    process: Process,
    admin: String,
}

impl<'w> Asked<'w> {
    async fn begin(world: &'w World, port: u16) -> Self {
        let process = begin(world, port).await;
        let admin = process.admin().await;
        Self { world, process, admin }
    }

    async fn get(&self, path: &str) -> String {
        let request = self.world.client.get(format!("{}{path}", self.admin)).bearer_auth(ADMIN_TOKEN);
        request.send().await.unwrap().text().await.unwrap()
    }

    async fn held(&self) -> Value {
        serde_json::from_str(&self.get("/api/held").await).unwrap()
    }

    /// Everything that is held, whoever does.
    async fn release(&self) -> Value {
        let request = self.world.client.post(format!("{}/api/release", self.admin)).bearer_auth(ADMIN_TOKEN);
        let answer = request.header("content-type", "application/json").body("{}").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// How many lanes it holds itself.
    async fn holds(&self, of: &str) -> f64 {
        let series = format!("switchboard_lanes_held{{tenant=\"acme\",of=\"{of}\"}}");
        let text = self.get("/metrics").await;
        text.lines().find_map(|line| line.strip_prefix(&series)?.trim().parse().ok()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_gateway_holds_another_shows_and_releases() {
    let tables = Tables::new();
    let world = world(&tables, acme(), provider()).await;
    let brand = &world.brands[0];
    let nodes = [Asked::begin(&world, world.port()).await, Asked::begin(&world, free_port()).await];
    // Reports are stopped first, then messages.
    world.platform().set_reports(Reports { unauthorized: 1.0, ..Reports::default() });
    assert_eq!(world.send(brand, &order(brand, "m-0", &person(brand, 0))).await.status, 200);
    until("the first is sent", || world.taken(&person(brand, 0)).len() == 1).await;
    world.provider.set_answers(Answers { no_credit: 1.0, ..Answers::default() });
    for place in 1..4 {
        let message = order(brand, &format!("m-{place}"), &person(brand, place));
        assert_eq!(world.send(brand, &message).await.status, 200);
    }
    let both = json!([{ "tenant": "acme", "sender": "6531290044" }, { "tenant": "acme", "call": "report" }]);
    let shown = async |node: &Asked<'_>| {
        let mut held = node.held().await["lanes"].take();
        let timed = held.as_array_mut().unwrap().iter_mut();
        let times = timed.map(|lane| {
            let lane = lane.as_object_mut().unwrap();
            (lane.remove("since"), lane.remove("probe"))
        });
        assert!(times.into_iter().all(|(since, probe)| since.is_some() && probe.is_some()));
        held
    };
    for node in &nodes {
        until_async("each shows both", async || shown(node).await == both).await;
    }
    let owner = nodes[0].holds("messages").await > 0.0;
    let (own, other) = if owner { (&nodes[0], &nodes[1]) } else { (&nodes[1], &nodes[0]) };
    assert_eq!((own.holds("messages").await, own.holds("calls").await), (1.0, 1.0));
    assert_eq!((other.holds("messages").await, other.holds("calls").await), (0.0, 0.0));

    world.provider.set_answers(Answers::default());
    world.platform().set_reports(Reports::default());
    let released = Instant::now();
    assert_eq!(other.release().await["released"], both);
    until("the one that waited is sent", || world.taken(&person(brand, 1)).len() == 1).await;
    assert!(released.elapsed() < Duration::from_secs(45), "at once, and not when a minute is over");
    until("all are read", || (0..4).all(|place| World::is_read(brand, &format!("m-{place}")))).await;
    for node in &nodes {
        until_async("nothing is held any more", async || shown(node).await == json!([])).await;
    }
    assert_eq!(world.provider.journal().summary().duplicated, 0);
    for node in nodes {
        assert!(node.process.terminate().await.success());
    }
}

/// Of one tenant's messages so many were taken, where each gateway is sent more than the limit; and in how many seconds.
async fn taken(world: &World, ports: &[u16], round: u64) -> (f64, f64) {
    /// At each gateway, so that one that is slow to commit is asked meanwhile.
    const CALLERS: u64 = 6;
    let (brand, began) = (&world.brands[0], Instant::now());
    let caller = async |port: u16, who: u64| {
        let (mut taken, mut refused) = (0.0, 0.0);
        while began.elapsed() < Duration::from_secs(20) {
            let number = (round * 100 + who) * 10_000 + u64::try_from(began.elapsed().as_millis()).unwrap() / 10;
            let answer =
                world.send_to(port, brand, &order(brand, &format!("m-{number}"), &person(brand, number))).await;
            assert!([200, 429, 503].contains(&answer.status), "{answer:?}");
            *(if answer.status == 200 { &mut taken } else { &mut refused }) += 1.0;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        (taken, refused)
    };
    let callers =
        (0..).zip(ports).flat_map(|(place, port)| (0..CALLERS).map(move |who| (*port, place * CALLERS + who)));
    let all = join_all(callers.map(|(port, who)| caller(port, who))).await;
    let (taken, refused) = all.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    println!("{taken} taken, {refused} refused");
    assert!(refused > 0.0, "more was sent than may be");
    (taken, began.elapsed().as_secs_f64())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenants_limit_at_the_door_is_one_however_many_gateways_there_are() {
    // So slow that a busy machine sends more.
    const RATE: f64 = 0.5;
    const BURST: f64 = 2.0;
    let tables = Tables::new();
    let world = world(&tables, acme().line("limits: { accept: 1/2s, burst: 2 }"), provider()).await;
    let ports = [world.port(), free_port()];
    let nodes = [begin(&world, ports[0]).await, begin(&world, ports[1]).await];
    // Together as one does, but for what both let in before they hear of each other: a burst, and what a few seconds let.
    let (both, seconds) = taken(&world, &ports, 0).await;
    assert!(both >= RATE * seconds * 0.6 && both <= RATE * (seconds + 6.0) + 2.0 * BURST, "{both} in {seconds}");
    // Whom a balancer sends to one of them has all of it there, and not a share.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let (one, seconds) = taken(&world, &ports[1..], 1).await;
    assert!(one >= RATE * seconds * 0.7 && one <= RATE * seconds + BURST + 1.0, "{one} in {seconds}");
    for node in nodes {
        assert!(node.terminate().await.success());
    }
}

//! Three gateways over one database, before them a balancer: killed, stopped for longer than a lease and resumed, told to stop,
//! their database restarted, in an order drawn from a seed, under load that never stops.

mod balancer;
mod beside;
mod stamps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use switchboard::model::Ref;
use switchboard::sim::Delay;
use switchboard::sim::provider::{Life, ProviderOptions};
use switchboard::store::Store;
use switchboard::store::postgres::Postgres;

use crate::crash::kills::{APART, Load, load, parties};
use crate::crash::matrix::brands;
use crate::crash::oracle::{Kill, Oracle, Verdict};
use crate::postgres::server::{Server, Tables};
use crate::postgres::{check_counts, opened, world};
use crate::world::{Brand, Process, World, accepted, free_port, order, person, text_from, until_async};
use balancer::Balancer;

/// Gateways.
const NODES: usize = 3;
/// Messages of a campaign and of a second, below what a number may send.
const LOAD: Load = Load { messages: 30, rate: 12 };
const RATE: u32 = 20;
/// Stopped for so long: longer than a lease, and than a server waits for whoever stands still in a transaction.
const PAUSED: std::ops::Range<u64> = 6500..8000;

/// Those who say it while messages are on their way to them.
const LATE: u64 = APART + 50_000;

/// What a round does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// SIGKILL, and a new start.
    Killed,
    /// SIGSTOP, and SIGCONT when its lease is over.
    Paused,
    /// SIGTERM, and a new start: as in a rolling restart.
    Replaced,
    /// The database is restarted.
    Restarted,
}

const ALL: [Trouble; 4] = [Trouble::Killed, Trouble::Paused, Trouble::Replaced, Trouble::Restarted];

/// The gateways, and what they wrote until now.
struct Nodes<'w> {
    world: &'w World,
    balancer: Balancer,
    running: Vec<Process>,
    log: Vec<Value>,
}

impl<'w> Nodes<'w> {
    async fn start(world: &'w World) -> Self {
        let ports: Vec<u16> = (0..NODES).map(|_| free_port()).collect();
        let balancer = Balancer::start(world.port(), ports).await;
        let mut nodes = Self { world, balancer, running: Vec::new(), log: Vec::new() };
        for place in 0..NODES {
            let process = nodes.begin(place).await;
            nodes.running.push(process);
        }
        nodes
    }

    /// One more, on the port of that place; it takes connections when it listens.
    async fn begin(&self, place: usize) -> Process {
        let process = begin(self.world, self.balancer.port(place)).await;
        self.balancer.open(place);
        process
    }

    async fn trouble(&mut self, trouble: Trouble, server: &Server, dice: &mut StdRng) {
        let place = dice.random_range(0..NODES);
        match trouble {
            Trouble::Killed => {
                self.balancer.shut(place);
                let gone = self.running.remove(place);
                self.log.extend(gone.kill());
                tokio::time::sleep(Duration::from_millis(dice.random_range(0..3000))).await;
                let process = self.begin(place).await;
                self.running.insert(place, process);
            }
            Trouble::Paused => {
                self.running[place].signal("STOP");
                self.balancer.shut(place);
                tokio::time::sleep(Duration::from_millis(dice.random_range(PAUSED))).await;
                self.running[place].signal("CONT");
                self.balancer.open(place);
            }
            Trouble::Replaced => {
                let mut gone = self.running.remove(place);
                // As a balancer does that sees it end: nothing new goes there, and what waits is asked elsewhere.
                self.balancer.shut(place);
                gone.tell_to_stop();
                assert!(gone.ended().await.success());
                self.log.extend(gone.log());
                let process = self.begin(place).await;
                self.running.insert(place, process);
            }
            Trouble::Restarted => {
                let mode = if dice.random_bool(0.5) { "immediate" } else { "fast" };
                tokio::task::block_in_place(|| server.stop(mode));
                tokio::time::sleep(Duration::from_millis(dice.random_range(0..1500))).await;
                tokio::task::block_in_place(|| server.again());
            }
        }
    }

    /// The end of all, and all that was written.
    async fn end(mut self) -> Vec<Value> {
        for mut process in self.running {
            process.tell_to_stop();
            assert!(process.ended().await.success());
            self.log.extend(process.log());
        }
        self.log
    }
}

/// One more gateway over the same files and store, on that port.
async fn begin(world: &World, port: u16) -> Process {
    let mut arguments = Process::arguments(world);
    let listen = arguments.iter().position(|argument| argument == "--listen").unwrap() + 1;
    arguments[listen] = format!("127.0.0.1:{port}");
    let alike = Process::command(world);
    let mut command = std::process::Command::new(alike.get_program());
    command.arg("serve").args(arguments).env_clear();
    command.envs(alike.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))));
    let process = Process::begin(command);
    let url = format!("http://127.0.0.1:{port}/_/health");
    until_async("the gateway listens", async || world.client.get(&url).send().await.is_ok()).await;
    process
}

/// What was found.
#[derive(Debug)]
struct Found {
    verdict: Verdict,
    /// How many more went out in some window than its rate and burst let, at most.
    excess: f64,
    /// What went out after a STOP was acknowledged.
    unheard: Vec<String>,
}

/// Each brand with an account of its own, so that gateways share the work.
fn apart(world: &World) {
    for brand in &world.brands {
        let path = world.tenant_path(brand.file.name);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter(|line| !line.contains("application_id:"));
        let own = |line: &str| match line.trim_start().starts_with("private_key:") {
            true => "    api_secret: \"${env:ACCOUNT}\"".to_owned(),
            false => line.to_owned(),
        };
        std::fs::write(path, lines.map(own).collect::<Vec<_>>().join("\n") + "\n").unwrap();
    }
}

async fn run(of: &[Trouble], rounds: usize, seed: u64) -> Found {
    println!("seed {seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let server = Server::own();
    let tables = Tables::on(&server);
    let statuses =
        ProviderOptions { life: Life { delivered_after: Delay::millis(500, 900), ..parties().life }, ..parties() };
    let mut files = brands().into_iter().map(|file| file.rate(&format!("{RATE}/s"))).collect::<Vec<_>>();
    let mut world = world(&tables, files.remove(0), statuses).await;
    for file in files {
        world.add(file).await;
    }
    apart(&world);
    let mut nodes = Nodes::start(&world).await;
    let stop = AtomicBool::new(false);
    let mut kinds: Vec<Trouble> = Vec::new();
    while kinds.len() < rounds {
        let mut some = of.to_vec();
        some.shuffle(&mut dice);
        kinds.extend(some);
    }
    kinds.truncate(rounds);
    let (mut acknowledged, mut late) = (Vec::new(), Vec::new());
    let troubled = async {
        for (round, kind) in (0..).zip(&kinds) {
            for brand in &world.brands {
                let person = person(brand, APART + round);
                let id = format!("stop-{round}-{}", brand.file.name);
                say_stop(&world, brand, &person, &id).await;
                acknowledged.push((brand, person));
                // Some messages are on their way to somebody who says it now.
                let person = self::person(brand, LATE + round);
                for place in 0..5 {
                    let id = format!("late-{round}-{place}");
                    world.send(brand, &order(brand, &id, &person)).await;
                    late.push((brand, id, None));
                }
                let said = say_stop(&world, brand, &person, &format!("late-{id}")).await;
                late.iter_mut().rev().take(5).for_each(|(.., at)| *at = Some(said));
            }
            nodes.trouble(*kind, &server, &mut dice).await;
            println!("round {round}: {kind:?}");
            tokio::time::sleep(Duration::from_millis(dice.random_range(0..2000))).await;
        }
        stop.store(true, Ordering::Relaxed);
    };
    let loads = join_all(world.brands.iter().map(|brand| load(&world, brand, LOAD, &stop)));
    tokio::join!(troubled, loads);
    // As one more node, which has no part.
    let store = opened(&tables).await;
    let nothing_is_under_way = async || {
        for brand in &world.brands {
            let in_flight = async || store.ledger(&brand.file.tenant()).await.unwrap().in_flight;
            until_async("nothing is under way", async || in_flight().await == 0).await;
        }
    };
    nothing_is_under_way().await;
    let told = late.iter().map(|(_, id, _)| id.clone()).collect();
    let mut kills = kills(&world, &store, rounds, told).await;
    kills.push(Kill::of(doubtful_replies(&tables, &store).await, BTreeSet::new()));
    let oracle = Oracle { world: &world, kills: &kills, stopped: &acknowledged };
    oracle.settled().await;
    oracle.try_those_who_opted_out().await;
    nothing_is_under_way().await;
    let log = nodes.end().await;
    check_counts(&store).await;
    let verdict = oracle.judge_by(&store).await;
    let mut unheard = Vec::new();
    for (brand, id, said) in &late {
        for message in store.by_platform_id(&brand.file.tenant(), id).await.unwrap() {
            let reference = message.message.reference.to_string();
            let called = stamps::calls(&log).filter(|(id, _)| *id == reference).map(|(_, at)| at);
            unheard.extend(called.filter(|at| said.is_some_and(|said| *at > said)).map(|at| format!("{id} at {at}")));
        }
    }
    store.close().await.unwrap();
    Found { verdict, excess: stamps::excess(&log, RATE), unheard }
}

/// A person says STOP; when that was acknowledged.
async fn say_stop(world: &World, brand: &Brand, person: &str, id: &str) -> jiff::Timestamp {
    let said = text_from(person, brand.file.number, id, "STOP");
    let taken = async || world.webhook("/webhooks/vonage/inbound", &said).await.status == 200;
    until_async("the STOP is acknowledged", taken).await;
    jiff::Timestamp::now()
}

/// What the histories say was unknown, and that any call may have been on its way in any round.
async fn kills(world: &World, store: &Postgres, rounds: usize, mut ids: BTreeSet<String>) -> Vec<Kill> {
    let mut unknown: Vec<BTreeMap<String, String>> = vec![BTreeMap::new(); rounds];
    for brand in &world.brands {
        for (id, _) in accepted(brand) {
            for message in store.by_platform_id(&brand.file.tenant(), &id).await.unwrap() {
                let reference = message.message.reference;
                let lines = store.history(reference).await.unwrap();
                let doubts = lines.iter().filter(|line| line.text.starts_with("attempt interrupted"));
                for (_, round) in doubts.zip(&mut unknown) {
                    round.insert(reference.to_string(), id.clone());
                }
            }
            ids.insert(id);
        }
    }
    unknown.into_iter().map(|attempts| Kill::of(attempts, ids.clone())).collect()
}

/// Replies whose answer was unknown at some time, with their persons.
async fn doubtful_replies(tables: &Tables, store: &Postgres) -> BTreeMap<String, String> {
    let (client, connection) = tokio_postgres::connect(tables.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT m.ref, b.recipient FROM message m JOIN body b ON b.ref = m.ref WHERE b.platform_id = ''";
    let mut found = BTreeMap::new();
    for row in client.query(sql, &[]).await.unwrap() {
        let (reference, person) = (Ref::from_number(row.get(0)), row.get(1));
        let lines = store.history(reference).await.unwrap();
        if lines.iter().any(|line| line.text.starts_with("attempt interrupted")) {
            found.insert(reference.to_string(), person);
        }
    }
    found
}

fn check(found: &Found) {
    println!("{}; at most {:.1} too many in any window", found.verdict, found.excess);
    assert!(found.verdict.problems.is_empty(), "{:#?}", found.verdict.problems);
    assert!(found.verdict.acknowledged > 0 && found.unheard.is_empty(), "{:?}", found.unheard);
    // What the machine's own delays between the count and its line of the log may bunch.
    assert!(found.excess < f64::from(RATE) / 4.0, "{}", found.excess);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_becomes_of_single_gateways_nothing_is_lost() {
    check(&run(&ALL, ALL.len(), rand::random()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_leaves_nothing_in_doubt_and_tells_nothing_twice() {
    let found = run(&[Trouble::Replaced], NODES, rand::random()).await;
    check(&found);
    let Verdict { sent_twice, given_up, told_twice, .. } = found.verdict;
    assert_eq!((sent_twice, given_up, told_twice), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a long run: docs/reliability.md"]
async fn whatever_becomes_of_single_gateways_many_times() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let rounds = number("SWITCHBOARD_ROUNDS").unwrap_or(100);
    let seed = number("SWITCHBOARD_SEED").unwrap_or_else(rand::random);
    check(&run(&ALL, rounds.try_into().unwrap(), seed).await);
}

//! The gateway over PostgreSQL, as a process: killed in the middle of a campaign, its database stopped under traffic, started
//! on what is not ready.

pub(crate) mod proxy;
#[path = "../../postgres/server.rs"]
pub(crate) mod server;
mod trouble;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use switchboard::sim::Delay;
use switchboard::sim::platform::Campaign;
use switchboard::sim::provider::{Answers, ProviderOptions};
use switchboard::store::postgres::{Place, Postgres};
use switchboard::store::{Count, Store};

use crate::world::{Process, TenantFile, World, order, person, provider, until, until_async};
use server::{Server, Tables};

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

/// A program that comes with the server.
pub(crate) fn program(name: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres/start");
    let output = Command::new(script).args(["shared", "programs"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Path::new(String::from_utf8(output.stdout).unwrap().trim()).join(name)
}

/// What the command about a store prints.
fn store_command(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.env_clear().arg("store").args(arguments).env("SWITCHBOARD_STORE", url).output().unwrap()
}

/// A world whose gateway is over these tables.
pub(crate) async fn world(tables: &Tables, tenant: TenantFile, options: ProviderOptions) -> World {
    let migrated = store_command(tables.url(), &["migrate"]);
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    let mut world = World::new(vec![tenant], options).await;
    world.database = Some(tables.url().to_owned());
    world
}

pub(crate) async fn opened(tables: &Tables) -> Postgres {
    let place = Place::parse(tables.url()).unwrap();
    Postgres::open(&place, &[]).await.unwrap()
}

/// Every count agrees with the rows.
pub(crate) async fn check_counts(store: &dyn Store) {
    let counts = store.recount().await.unwrap();
    assert!(!counts.is_empty() && counts.iter().all(Count::agrees), "{counts:?}");
}

/// Reports are right, the gateway stops, and what it leaves adds up.
async fn all_is_well(world: &World, process: Process, tables: &Tables) {
    world.check_reports();
    assert!(process.terminate().await.success());
    let store = opened(tables).await;
    check_counts(&store).await;
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_a_campaign_it_loses_nothing() {
    const MANY: u64 = 600;
    let tables = Tables::new();
    let answers = Answers { delay: Delay::millis(5, 60), ..Answers::default() };
    let doubt = "delivery: { in_doubt: { wait: 3s } }";
    let options = ProviderOptions { answers, keep_bodies: false, ..provider() };
    let world = world(&tables, acme().rate("50/s").line(doubt), options).await;
    let brand = &world.brands[0];
    let process = Process::start(&world).await;
    let campaign = Campaign { concurrency: 64, ..world.campaign(brand, MANY) };
    let campaign = world.platform().campaign(campaign).await;
    assert_eq!(campaign.accepted, MANY, "{campaign:?}");
    let journal = world.provider.journal();
    until("some are on their way", || journal.summary().accepted > 20).await;
    process.kill();

    let store = opened(&tables).await;
    let mut interrupted = Vec::new();
    until_async("it is taken for gone when its lease is over", async || {
        interrupted = store.interrupted().await.unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        !interrupted.is_empty()
    })
    .await;
    assert!(store.backlog(&brand.file.tenant()) > 100, "killed in the middle of it");
    check_counts(&store).await;
    store.close().await.unwrap();

    world.write(&brand.file.clone().rate("2000/s"));
    let process = Process::start(&world).await;
    until("every message is at the provider", || journal.summary().references == MANY).await;
    until("every one is read", || campaign.accepted_ids.iter().all(|id| World::is_read(brand, id))).await;
    let twice: Vec<String> = journal.duplicates().into_keys().collect();
    assert!(twice.iter().all(|reference| interrupted.contains(reference)), "{twice:?}");
    assert!(journal.violations().is_empty());
    all_is_well(&world, process, &tables).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_for_a_while_is_waited_for() {
    let server = Server::own();
    let tables = Tables::on(&server);
    let world = world(&tables, acme(), provider()).await;
    let brand = &world.brands[0];
    let process = Process::start(&world).await;
    let mut acknowledged = Vec::new();
    let mut place = 0;
    // One more that is acknowledged; the platform comes again with what was not.
    let mut send = async |wanted: u16| {
        place += 1;
        let (id, to) = (format!("m-{place}"), person(brand, place));
        let mut seen = Vec::new();
        until_async(&format!("{id} is answered with {wanted}: {seen:?}"), async || {
            let answer = world.send(brand, &order(brand, &id, &to)).await;
            seen.push(answer.status);
            assert!([200, 503].contains(&answer.status), "{answer:?}");
            if answer.status == 200 {
                acknowledged.push(id.clone());
            }
            answer.status == wanted
        })
        .await;
    };
    for mode in ["immediate", "fast"] {
        for _ in 0..5 {
            send(200).await;
        }
        tokio::task::block_in_place(|| server.stop(mode));
        // The platform's own "later".
        send(503).await;
        tokio::task::block_in_place(|| server.again());
        send(200).await;
    }
    until("all that was acknowledged is read", || acknowledged.iter().all(|id| World::is_read(brand, id))).await;
    assert!(acknowledged.len() >= 12, "{acknowledged:?}");
    all_is_well(&world, process, &tables).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_free_connection_is_told_as_later() {
    let server = Server::own();
    let tables = Tables::on(&server);
    let mut world = world(&tables, acme(), provider()).await;
    let url = tables.url().replacen("switchboard@", "gate@", 1);
    tables.run("CREATE ROLE gate LOGIN; GRANT ALL ON SCHEMA public TO gate").unwrap();
    tables
        .run(
            "DO $$ BEGIN EXECUTE format('GRANT ALL ON SCHEMA %I TO gate', current_schema()); END $$;
            DO $$ BEGIN EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %I TO gate', current_schema()); END $$;
            DO $$ BEGIN EXECUTE format('GRANT ALL ON ALL SEQUENCES IN SCHEMA %I TO gate', current_schema()); END $$;",
        )
        .unwrap();
    world.database = Some(url);
    let brand = &world.brands[0];
    let process = Process::start(&world).await;
    assert_eq!(world.send(brand, &order(brand, "m-1", &person(brand, 1))).await.status, 200);
    // Somebody else has taken them all: the gateway's own are cut, and none is left for new ones.
    tables.run("ALTER ROLE gate CONNECTION LIMIT 0").unwrap();
    tables.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gate'").unwrap();
    until_async("the platform is told later", async || {
        world.send(brand, &order(brand, "m-2", &person(brand, 2))).await.status == 503
    })
    .await;
    tables.run("ALTER ROLE gate CONNECTION LIMIT 100").unwrap();
    until_async("it is taken", async || world.send(brand, &order(brand, "m-2", &person(brand, 2))).await.status == 200)
        .await;
    until("both are read", || ["m-1", "m-2"].iter().all(|id| World::is_read(brand, id))).await;
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_ready_is_refused_with_what_to_do() {
    let tables = Tables::new();
    let mut world = World::new(vec![acme()], provider()).await;
    world.database = Some(tables.url().to_owned());
    let refused = async |world: &World| {
        let mut process = Process::begin(Process::command(world));
        assert_eq!(process.ended().await.code(), Some(1));
        until("it says why", || !process.text().is_empty()).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        process.text().join("\n")
    };
    let said = refused(&world).await;
    assert!(said.contains("version 0") && said.contains("switchboard store migrate"), "{said}");
    let migrated = store_command(tables.url(), &["migrate"]);
    assert!(String::from_utf8_lossy(&migrated.stdout).contains("from version 0"), "{migrated:?}");
    let again = store_command(tables.url(), &["migrate"]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("up to date"), "{again:?}");

    assert!(Process::start(&world).await.terminate().await.success());
    world.database = Some("postgres://gate:secret-word@127.0.0.1:1/gateway".to_owned());
    let said = refused(&world).await;
    assert!(said.contains("postgres://127.0.0.1:1/gateway") && !said.contains("secret-word"), "{said}");
    let wrong = store_command("postgres://gate:secret-word@127.0.0.1", &["migrate"]);
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said.contains("no database") && !said.contains("secret-word"), "{said}");
}

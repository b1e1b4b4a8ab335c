//! `store check`, `store vacuum` and `store backup`, and copies that are put back.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{acme, check, text, told, typed};
use crate::postgres::program as program_of;
use crate::postgres::server::{Server, Tables};
use crate::world::{Process, World, order, person, provider, until, until_async};

async fn read(world: &World, ids: &[&str]) {
    let brand = &world.brands[0];
    for id in ids {
        let to = person(brand, u64::try_from(id.len()).unwrap());
        until_async("it is taken", async || world.send(brand, &order(brand, id, &to)).await.status == 200).await;
    }
    until("they are read", || ids.iter().all(|id| World::is_read(brand, id))).await;
}

fn file(world: &World, name: &str) -> String {
    format!("sqlite:{}", world.folder().join(name).display())
}

/// What a repeat of a message that was read comes to: nothing is sent.
async fn knows(world: &World, id: &str) {
    let brand = &world.brands[0];
    let to = person(brand, u64::try_from(id.len()).unwrap());
    let before = world.taken(&to).len();
    assert_eq!(world.send(brand, &order(brand, id, &to)).await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(world.taken(&to).len(), before, "{id}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_was_made_beside_the_traffic_is_put_back() {
    let mut world = World::new(vec![acme()], provider()).await;
    let process = Process::start(&world).await;
    read(&world, &["m-1", "m-22"]).await;
    let copy = world.folder().join("copies/monday.db");
    std::fs::create_dir(copy.parent().unwrap()).unwrap();
    let store = file(&world, "switchboard.db");
    let backup = || told(&["backup", &copy.display().to_string(), "--store", &store]);
    let made = backup();
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o077, 0);
    let there = backup();
    assert!(!there.status.success() && text(&there.stderr).contains("exists"), "{there:?}");
    // Beside the running gateway too.
    assert!(check(&store)["rows"]["message"].as_u64().unwrap() >= 2);
    assert!(process.terminate().await.success());

    world.database = Some(format!("sqlite:{}", copy.display()));
    check(&world.store_url());
    let process = Process::start(&world).await;
    knows(&world, "m-1").await;
    read(&world, &["m-333"]).await;
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_of_the_database_is_put_back() {
    let server = Server::own();
    let tables = Tables::on(&server);
    let mut world = World::new(vec![acme()], provider()).await;
    world.database = Some(tables.url().to_owned());
    assert!(told(&["migrate", "--store", tables.url()]).status.success());
    let process = Process::start(&world).await;
    read(&world, &["m-1", "m-22"]).await;
    // Beside the traffic, as docs/postgres.md has it.
    let (plain, _) = tables.url().split_once('?').unwrap();
    let dump = world.folder().join("gate.dump").display().to_string();
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program_of(program)).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", text(&output.stderr));
    };
    run("pg_dump", &["--format=custom", "--file", &dump, plain]);
    assert!(process.terminate().await.success());
    tables.run("CREATE DATABASE again").unwrap();
    let again = tables.url().replacen("/postgres?", "/again?", 1);
    run("pg_restore", &["--exit-on-error", "--dbname", again.split_once('?').unwrap().0, &dump]);

    world.database = Some(again.clone());
    check(&again);
    let process = Process::start(&world).await;
    knows(&world, "m-1").await;
    read(&world, &["m-333"]).await;
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_gone_gives_its_space_back_and_what_is_wrong_is_said() {
    let tables = Tables::new();
    let mut world = World::new(vec![acme()], provider()).await;
    for url in [file(&world, "switchboard.db"), tables.url().to_owned()] {
        world.database = Some(url.clone());
        assert!(told(&["migrate", "--store", &url]).status.success());
        let process = Process::start(&world).await;
        read(&world, &["m-1", "m-22"]).await;
        let early = told(&["vacuum", "--store", &url]);
        assert!(!early.status.success() && text(&early.stderr).contains("in use"), "{early:?}");
        assert!(process.terminate().await.success());
        fill(&url, &tables);
        let output = told(&["vacuum", "--store", &url, "--json"]);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let given = said["before"].as_u64().unwrap() - said["after"].as_u64().unwrap();
        assert!(given > 1_000_000, "{said}");
        check(&url);

        run(&url, &tables, "DELETE FROM body WHERE ref = (SELECT min(ref) FROM body)");
        let output = told(&["check", "--store", &url]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stdout).contains("1 × messages without a body"), "{}", text(&output.stdout));
    }
    let nothing = told(&["check", "--store", &file(&world, "nowhere.db")]);
    assert!(!nothing.status.success() && text(&nothing.stderr).contains("there is no store"), "{nothing:?}");
    assert!(!world.folder().join("nowhere.db").exists());
    let unset = typed(&["move", "env:NOBODY_SET_IT", "sqlite:a.db"]).output().unwrap();
    assert_eq!(unset.status.code(), Some(2));
    let url = "postgres://u:secret-word@127.0.0.1:1/d";
    let unread = typed(&["move", "env:FROM", "env:TO"]).env("FROM", url).env("TO", "sqlite:a.db").output().unwrap();
    let said = text(&unread.stderr);
    assert!(said.contains("postgres://127.0.0.1:1/d") && !said.contains("secret-word"), "{said}");
}

/// Something of some size that is gone.
fn fill(url: &str, tables: &Tables) {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let sql =
            "CREATE TABLE filling AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
            SELECT randomblob(1000) AS some FROM n; DROP TABLE filling";
        sqlite(Path::new(path), sql);
    } else {
        let sql = "INSERT INTO text (kind, file, version, content)
            SELECT 1, 'x', n::text, convert_to(repeat(md5(n::text), 40), 'UTF8') FROM generate_series(1, 20000) AS s(n);
            DELETE FROM text WHERE file = 'x'";
        tables.run(sql).unwrap();
    }
}

fn run(url: &str, tables: &Tables, sql: &str) {
    match url.strip_prefix("sqlite:") {
        Some(path) => sqlite(Path::new(path), sql),
        None => tables.run(sql).unwrap(),
    }
}

fn sqlite(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

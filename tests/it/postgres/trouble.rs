//! A database in trouble that it gets out of by itself or by somebody's hand: full, slow, silent, replaced by its standby. The
//! platform is told "later", what was acknowledged is sent and reported, and nobody starts the gateway again.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::proxy::Proxy;
use super::server::{Server, Tables, run, script};
use super::{acme, all_is_well, world};
use crate::world::{Process, World, order, person, provider, until, until_async};

/// A brand that sends, and comes again with what was not taken.
struct Sender<'w> {
    world: &'w World,
    place: u64,
    acknowledged: Vec<String>,
    later: u64,
}

impl<'w> Sender<'w> {
    const fn new(world: &'w World) -> Self {
        Self { world, place: 0, acknowledged: Vec::new(), later: 0 }
    }

    /// One more message; whether it was taken, once somebody said anything of meaning.
    async fn one(&mut self) -> bool {
        let brand = &self.world.brands[0];
        let (id, to) = (format!("m-{}", self.place), person(brand, self.place));
        let answer = self.world.send(brand, &order(brand, &id, &to)).await;
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        if answer.status == 200 {
            self.acknowledged.push(id);
            self.place += 1;
        } else {
            self.later += 1;
        }
        answer.status == 200
    }

    /// Until one is answered so.
    async fn until(&mut self, taken: bool) {
        until_async(&format!("a message is taken: {taken}"), async || self.one().await == taken).await;
    }

    /// All that was acknowledged is read, and nothing was sent twice.
    async fn all_read(&self, tables: &Tables, process: Process) {
        let brand = &self.world.brands[0];
        until("all that was acknowledged is read", || self.acknowledged.iter().all(|id| World::is_read(brand, id)))
            .await;
        all_is_well(self.world, process, tables).await;
    }
}

/// A small disk of its own.
struct Disk(PathBuf);

impl Disk {
    /// `None` where this test may not make one.
    fn of(server: &Server) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let path = PathBuf::from(format!("/var/tmp/switchboard-full-{}", std::process::id()));
        std::fs::create_dir_all(&path).ok()?;
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(&path).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            let _empty = std::fs::remove_dir(&path);
            return None;
        }
        let disk = Self(path);
        let owner = std::fs::metadata(&server.socket).unwrap();
        std::os::unix::fs::chown(&disk.0, Some(owner.uid()), Some(owner.gid())).unwrap();
        Some(disk)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).output());
        drop(std::fs::remove_dir(&self.0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_as_later_and_forgotten_once_there_is_room() {
    let server = Server::own();
    let Some(disk) = Disk::of(&server) else {
        // Everywhere else the same is shown of a full disk that no server is on: tests/it/power.
        eprintln!("not run: only root can mount a small disk");
        return;
    };
    let tables = Tables::on(&server);
    let world = world(&tables, acme(), provider()).await;
    tables.run(&format!("CREATE TABLESPACE small LOCATION '{}'", disk.0.display())).unwrap();
    for table in ["body", "message", "key", "history"] {
        tables.run(&format!("ALTER TABLE {table} SET TABLESPACE small")).unwrap();
    }
    tables.run("CREATE TABLE other (text text) TABLESPACE small").unwrap();
    let process = Process::start(&world).await;
    let mut sender = Sender::new(&world);
    sender.until(true).await;
    for rows in [2000, 100, 1] {
        let fill = format!("INSERT INTO other SELECT repeat(md5(n::text), 30) FROM generate_series(1, {rows}) AS s(n)");
        while tables.run(&fill).is_ok() {}
    }
    // Pages that are there already have some room.
    sender.until(false).await;
    assert!(sender.acknowledged.len() < 2000);
    tables.run("DROP TABLE other").unwrap();
    sender.until(true).await;
    sender.all_read(&tables, process).await;
    drop((tables, server));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_or_silent_network_to_the_database_is_waited_for() {
    let tables = Tables::new();
    let mut world = world(&tables, acme(), provider()).await;
    let network = Proxy::to(tables.url()).await;
    world.database = Some(network.url(tables.url()));
    let process = Process::start(&world).await;
    let mut sender = Sender::new(&world);
    sender.until(true).await;
    // A group is a few round trips: taken, only later.
    network.slow(Duration::from_millis(40));
    for _ in 0..3 {
        sender.until(true).await;
    }
    assert_eq!(sender.later, 0);
    // Nobody waits for so many seconds.
    network.slow(Duration::from_secs(8));
    sender.until(false).await;
    network.slow(Duration::ZERO);
    sender.until(true).await;
    // Nothing comes through, and nobody is told: as when a cable is pulled.
    network.silent(true);
    sender.until(false).await;
    network.silent(false);
    sender.until(true).await;
    sender.all_read(&tables, process).await;
}

/// One that follows it.
fn standby_of(server: &Server) -> Server {
    let name = format!("{}-standby", server.name);
    script(&name, &["standby", &server.name]);
    Server::start(&name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_takes_over_is_found() {
    let server = Server::own();
    let tables = Tables::on(&server);
    let mut world = world(&tables, acme(), provider()).await;
    let standby = tokio::task::block_in_place(|| standby_of(&server));
    // What is acknowledged is on both.
    run(&server.url("public"), "ALTER SYSTEM SET synchronous_standby_names = '*'").unwrap();
    run(&server.url("public"), "SELECT pg_reload_conf()").unwrap();
    let both = |first: &Server, second: &Server| {
        let url = first.url(&tables.schema);
        let host = |server: &Server| server.socket.replace('/', "%2F");
        let hosts = format!("{},{}", host(first), host(second));
        url.replacen(&host(first), &hosts, 1) + "&target_session_attrs=read-write"
    };
    // Whichever is named first.
    world.database = Some(both(&standby, &server));
    let process = Process::start(&world).await;
    let mut sender = Sender::new(&world);
    for _ in 0..5 {
        sender.until(true).await;
    }
    tokio::task::block_in_place(|| server.stop("immediate"));
    // The standby alone takes no writes.
    sender.until(false).await;
    tokio::task::block_in_place(|| script(&standby.name, &["promote"]));
    for _ in 0..5 {
        sender.until(true).await;
    }
    assert!(sender.later > 0);
    let theirs = Tables { url: standby.url(&tables.schema), schema: tables.schema.clone() };
    // What was taken before is known there.
    let brand = &world.brands[0];
    let before = world.taken(&person(brand, 0)).len();
    assert_eq!(world.send(brand, &order(brand, "m-0", &person(brand, 0))).await.status, 200);
    sender.all_read(&theirs, process).await;
    assert_eq!(world.taken(&person(brand, 0)).len(), before);
}

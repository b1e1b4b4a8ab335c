//! One, two and four gateways over one PostgreSQL, beside one over a file: brands with accounts of their own, so that
//! nodes share the work, and callers that take turns at the nodes.

#[path = "../../tests/postgres/server.rs"]
#[expect(clippy::unwrap_used, dead_code, reason = "the tests' own, of which the bench needs a part")]
mod server;

use std::process::Command;
use std::rc::Rc;

use server::Tables;

use crate::brands::Brands;
use crate::commits::Commits;
use crate::mapping::Trouble;
use crate::report::{Row, against, columns, median};
use crate::round::{Measured, Samples, Scene, Subject};
use crate::subjects::{ALL, Stage, shared, this};

/// More than nodes, so that each finds its share.
const BRANDS: Brands = Brands { count: 8, numbers: 1 };
/// Gateways over one database.
const NODES: [(usize, &str); 3] = [(1, "PostgreSQL, 1 node"), (2, "PostgreSQL, 2 nodes"), (4, "PostgreSQL, 4 nodes")];

/// A server of the bench's own, and tables in it.
pub(super) struct Database {
    server: server::Server,
    /// The process that starts all others of the server.
    pub(super) first: u32,
    tables: Vec<Tables>,
}

impl Database {
    pub(super) async fn start() -> Result<Self, Trouble> {
        // The script starts a server, and the tests' side of it waits: neither on a thread of the runtime.
        let server = tokio::task::spawn_blocking(|| server::Server::start("bench")).await?;
        let first = first_process(&server)?;
        Ok(Self { server, first, tables: Vec::new() })
    }

    /// New tables, as an operator makes them: their URL.
    pub(super) fn tables(&mut self) -> Result<String, Trouble> {
        let tables = Tables::on(&self.server);
        let made = Command::new(this()).args(["store", "migrate"]).env("SWITCHBOARD_STORE", tables.url()).output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into());
        }
        let url = tables.url().to_owned();
        self.tables.push(tables);
        Ok(url)
    }

    /// What must outlive the measurement: the tables go before their server.
    pub(super) fn kept(self) -> Vec<Box<dyn std::any::Any>> {
        vec![Box::new((self.tables, self.server))]
    }
}

/// Starts the server, and a set of tables and nodes for each column.
pub(super) async fn start() -> Result<Scene, Trouble> {
    let stage = Stage::set(BRANDS)?;
    let mut database = Database::start().await?;
    let alone = stage.gateway(this(), "file", ALL)?;
    let mut subjects = vec![shared("SQLite", vec![alone.into()], BRANDS)];
    for (nodes, name) in NODES {
        let (url, folder) = (database.tables()?, stage.files(name)?);
        let servers = (0..nodes).map(|_| stage.node(this(), &folder, url.clone(), ALL).map(Rc::new));
        let servers = servers.collect::<Result<_, _>>()?;
        subjects.push(Subject { database: Some(database.first), ..shared(name, servers, BRANDS) });
    }
    let commits = vec![stage.commits()?, Commits::database(&database.tables()?).await?];
    stage.scene(subjects, commits, database.kept()).await
}

/// The process of the server that starts all others: it says so beside its socket.
fn first_process(server: &server::Server) -> Result<u32, Trouble> {
    let lock = std::fs::read_to_string(format!("{}/.s.PGSQL.5432.lock", server.socket))?;
    Ok(lock.lines().next().ok_or("no process stands beside the socket")?.trim().parse()?)
}

/// The table, and the commits of the stores alone.
pub(super) fn table(measured: &Measured) -> String {
    let all = &measured.servers;
    let (file, one) = (all.first(), all.get(1));
    let both = |sample: &Samples| sum(&sample.cpu, &sample.database);
    let rows: [Row<'_>; 10] = [
        ("CPU µs a message, gateways", &|own| format!("{:.0}", median(&own.cpu))),
        ("CPU µs a message, PostgreSQL", &|own| format!("{:.0}", median(&own.database))),
        ("messages a CPU-second of the gateways ÷ SQLite's", &|own| against(file, own, |s| s.cpu.clone())),
        ("messages a CPU-second of gateways and database ÷ SQLite's", &|own| against(file, own, both)),
        ("messages a CPU-second of the gateways ÷ one node's", &|own| against(one, own, |s| s.cpu.clone())),
        ("messages a CPU-second of gateways and database ÷ one node's", &|own| against(one, own, both)),
        ("messages/s", &|own| format!("{:.0}", median(&own.rate))),
        ("messages/s ÷ one node's", &|own| against(one, own, |s| s.rate.iter().map(|rate| 1.0 / rate).collect())),
        ("answer: half, 99 of 100 within ms", &|own| format!("{:.1}, {:.1}", median(&own.half), median(&own.most))),
        ("most memory of the gateways, MiB", &|own| own.memory.to_string()),
    ];
    let alone = measured.commits.iter().map(|commits| {
        let (half, most): (Vec<f64>, Vec<f64>) = commits.iter().copied().unzip();
        format!("half within {:.1} ms, 99 of 100 within {:.1} ms", median(&half), median(&most))
    });
    let alone: Vec<String> = alone.collect();
    format!(
        "{}\nA commit of the store alone, with as many callers: SQLite {}; PostgreSQL {}.\n",
        columns(all, &rows),
        alone.first().map_or("", String::as_str),
        alone.get(1).map_or("", String::as_str)
    )
}

fn sum(some: &[f64], more: &[f64]) -> Vec<f64> {
    some.iter().zip(more).map(|(one, other)| one + other).collect()
}

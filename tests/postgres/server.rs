//! A PostgreSQL server for tests, by `tests/postgres/start`: shared by all, or one that a test has for itself. Used by the tests
//! of the library and by the integration tests.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::NoTls;

/// A server, kept running for as long as this is there.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) socket: String,
    _in_use: File,
}

static SHARED: LazyLock<Server> = LazyLock::new(|| Server::start("shared"));

/// What the script does, and says.
pub(crate) fn script(name: &str, more: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres/start");
    let output = Command::new(script).arg(name).args(more).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Server {
    /// One of that name; it is stopped, and thrown away, some time after its last user is gone.
    pub(crate) fn start(name: &str) -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"));
        let path = target.join(format!("postgres.{name}.in-use"));
        let in_use = File::options().append(true).create(true).open(path).unwrap();
        in_use.lock_shared().unwrap();
        Self { name: name.to_owned(), socket: script(name, &[]), _in_use: in_use }
    }

    /// One that no other test uses.
    pub(crate) fn own() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self::start(&format!("own-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// Stops it: `fast` tells everybody, `immediate` is like a power cut.
    pub(crate) fn stop(&self, mode: &str) {
        script(&self.name, &["stop", mode]);
    }

    /// Starts it again.
    pub(crate) fn again(&self) {
        script(&self.name, &[]);
    }

    /// Where it is reached; a schema of that name comes first.
    pub(crate) fn url(&self, schema: &str) -> String {
        let socket = self.socket.replace('/', "%2F");
        format!("postgres://switchboard@{socket}/postgres?options=-csearch_path%3D{schema}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.name != "shared" {
            script(&self.name, &["stop", "immediate"]);
        }
    }
}

/// A schema of the shared server, or of another, for one test; gone with this.
pub(crate) struct Tables {
    pub(crate) url: String,
    pub(crate) schema: String,
}

impl Tables {
    pub(crate) fn new() -> Self {
        Self::on(&SHARED)
    }

    pub(crate) fn on(server: &Server) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let schema = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let url = server.url(&schema);
        // What a process with the same number left behind, when it was killed.
        run(&url, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).unwrap();
        Self { url, schema }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements in it, as somebody else.
    pub(crate) fn run(&self, sql: &str) -> Result<(), String> {
        run(&self.url, sql)
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        // Best effort: a server that a test stopped has none any more.
        let _gone = run(&self.url, &format!("SET lock_timeout = '5s'; DROP SCHEMA {} CASCADE", self.schema));
    }
}

/// On a thread of its own, so that tests inside a runtime can wait for it.
pub(crate) fn run(url: &str, sql: &str) -> Result<(), String> {
    let (url, sql) = (url.to_owned(), sql.to_owned());
    let ran = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
            let connection = tokio::spawn(connection);
            let done = client.batch_execute(&sql).await;
            drop(client);
            let _ended = connection.await;
            done
        })
    });
    ran.join().unwrap().map_err(|error| error.to_string())
}

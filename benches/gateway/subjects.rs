//! The references, the echo and the gateway, the last two with their log and almost without.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::brands::{Brands, ONE};
use crate::commits::Commits;
use crate::load::{self, CONNECTIONS};
use crate::mapping::Trouble;
use crate::options::Options;
use crate::peers;
use crate::process::{Gateway, Server};
use crate::round::{Scene, Subject, Work};
use crate::sink::COUNT;

/// As shipped: a line for every step of every message.
pub(super) const ALL: &str = "info";
/// Trouble only.
pub(super) const TROUBLE: &str = "warn";

/// The program of this build.
pub(super) fn this() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_switchboard"))
}

/// What gateways need around them.
pub(super) struct Stage {
    pub(super) sink: Server,
    folder: TempDir,
    secrets: Vec<(String, String)>,
    brands: Brands,
}

impl Stage {
    pub(super) fn set(brands: Brands) -> Result<Self, Trouble> {
        // On the disk where the build is: temporary folders may be memory, where a commit costs nothing.
        let folder = TempDir::with_prefix_in("bench-", env!("CARGO_TARGET_TMPDIR"))?;
        Ok(Self { sink: Server::own("sink", &[], TROUBLE)?, folder, secrets: brands.secrets()?, brands })
    }

    pub(super) fn provider(&self) -> String {
        format!("http://{}", self.sink.address)
    }

    /// A folder with the files of the brands.
    pub(super) fn files(&self, name: &str) -> Result<PathBuf, Trouble> {
        self.files_of(self.brands, name)
    }

    /// The same, of the first of them.
    pub(super) fn files_of(&self, brands: Brands, name: &str) -> Result<PathBuf, Trouble> {
        let folder = self.folder.path().join(name);
        brands.write(&folder, &self.provider())?;
        Ok(folder)
    }

    /// A gateway on files and a store of its own.
    pub(super) fn gateway(&self, program: &Path, name: &str, log: &str) -> Result<Server, Trouble> {
        let folder = self.files(name)?;
        let store = format!("sqlite:{}", folder.join("store.db").display());
        self.node(program, &folder, store, log)
    }

    /// A gateway on those files and that store.
    pub(super) fn node(&self, program: &Path, folder: &Path, store: String, log: &str) -> Result<Server, Trouble> {
        Server::gateway(&Gateway { program, folder, store, log, secrets: &self.secrets, under: &|_| () })
    }

    /// A gateway on those files and a store beside them, its command changed.
    pub(super) fn changed(&self, folder: &Path, under: &dyn Fn(&mut Command)) -> Result<Server, Trouble> {
        let store = format!("sqlite:{}", folder.join("store.db").display());
        Server::gateway(&Gateway { program: this(), folder, store, log: ALL, secrets: &self.secrets, under })
    }

    /// Waits until all listen.
    pub(super) async fn scene(
        self,
        subjects: Vec<Subject>,
        commits: Vec<Commits>,
        mut kept: Vec<Box<dyn std::any::Any>>,
    ) -> Result<Scene, Trouble> {
        for server in subjects.iter().flat_map(|subject| &subject.servers) {
            listening(server).await?;
        }
        kept.push(Box::new(self.folder));
        Ok(Scene { subjects, sink: self.sink, commits, _kept: kept })
    }

    /// A store alone, in a file.
    pub(super) fn commits(&self) -> Result<Commits, Trouble> {
        Commits::file(self.folder.path())
    }
}

/// One server that is measured by what it sends for one brand.
pub(super) fn sends(name: &'static str, server: impl Into<Rc<Server>>) -> Subject {
    shared(name, vec![server.into()], ONE)
}

/// Servers that share what is sent for those brands.
pub(super) fn shared(name: &'static str, servers: Vec<Rc<Server>>, brands: Brands) -> Subject {
    let (work, connections, started) = (Work::Send, CONNECTIONS, Duration::ZERO);
    Subject { name, servers, database: None, work, brands, connections, padding: 0, started }
}

/// One server that is measured by its answers.
fn answers(name: &'static str, server: Server) -> Subject {
    Subject { work: Work::Answer, ..sends(name, server) }
}

/// Starts everything; the names are the table's rows.
pub(super) async fn start(options: &Options) -> Result<Scene, Trouble> {
    let stage = Stage::set(ONE)?;
    let provider = stage.provider();
    let own = |role: &str, log: &str| Server::own(role, std::slice::from_ref(&provider), log);
    let mut subjects = Vec::new();
    if !options.durable {
        subjects.extend([
            answers(DIRECT, own("direct", TROUBLE)?),
            answers(ECHO, own("echo", ALL)?),
            answers(ECHO_QUIET, own("echo", TROUBLE)?),
        ]);
    }
    subjects.extend([sends(PASSTHROUGH, own("passthrough", TROUBLE)?)]);
    if !options.durable {
        subjects.push(sends(LEAN, own("lean", TROUBLE)?));
        for (name, script) in peers::ALL {
            subjects.push(sends(name, peers::start(script, &provider)?));
        }
    }
    subjects.extend([
        sends(GATEWAY, stage.gateway(this(), "all", ALL)?),
        sends(GATEWAY_QUIET, stage.gateway(this(), "trouble", TROUBLE)?),
    ]);
    if let Some(other) = &options.against {
        subjects.extend([
            sends(OTHER, stage.gateway(other, "other", ALL)?),
            sends(OTHER_QUIET, stage.gateway(other, "other-trouble", TROUBLE)?),
        ]);
    }
    let commits = vec![stage.commits()?];
    stage.scene(subjects, commits, Vec::new()).await
}

pub(super) const DIRECT: &str = "hand-written warp: map and answer";
pub(super) const ECHO: &str = "gateway's way in, store in memory, nothing sent (bench wiring)";
pub(super) const ECHO_QUIET: &str = "the same, log at `warn`";
pub(super) const PASSTHROUGH: &str = "hand-written warp + reqwest: map, send, answer; not durable";
pub(super) const LEAN: &str = "hand-written warp + hyper's own client: the same";
pub(super) const GATEWAY: &str = "`switchboard serve`: durable, delivered, settled";
pub(super) const GATEWAY_QUIET: &str = "the same, log at `warn`";
const OTHER: &str = "the other build";
const OTHER_QUIET: &str = "the other build, log at `warn`";

/// Waits until it answers; how long that took.
pub(super) async fn listening(server: &Server) -> Result<Duration, Trouble> {
    let begun = Instant::now();
    loop {
        match load::get(server.address, COUNT).await {
            Ok(_) => return Ok(begun.elapsed()),
            Err(problem) if begun.elapsed() > Duration::from_secs(30) => return Err(problem),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

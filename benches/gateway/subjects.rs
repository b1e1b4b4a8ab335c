//! Who is measured: the references, the echo and the gateway, the last two with their log and almost without.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use switchboard::sim::stage;
use tempfile::TempDir;

use crate::commits::Commits;
use crate::load;
use crate::mapping::{Trouble, shipped};
use crate::options::Options;
use crate::process::Server;
use crate::sink::COUNT;

/// As shipped: a line for every step of every message.
const ALL: &str = "info";
/// Trouble only.
const TROUBLE: &str = "warn";

/// One that is measured.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) server: Server,
    /// Whether what it accepts reaches the sink.
    pub(super) sends: bool,
}

/// Everything that runs.
pub(super) struct Scene {
    pub(super) subjects: Vec<Subject>,
    pub(super) sink: Server,
    pub(super) commits: Commits,
    /// Removed at the end, after the servers.
    _folder: TempDir,
}

/// Starts everything; the names are the table's rows.
pub(super) async fn start(options: &Options) -> Result<Scene, Trouble> {
    // On the disk where the build is: temporary folders may be memory, where a commit costs nothing.
    let folder = TempDir::with_prefix_in("bench-", env!("CARGO_TARGET_TMPDIR"))?;
    let sink = Server::own("sink", &[], TROUBLE)?;
    let provider = format!("http://{}", sink.address);
    let secrets = shipped::secrets()?;
    let own = |role: &str, log: &str| Server::own(role, std::slice::from_ref(&provider), log);
    let gateway =
        |program: &Path, name: &str, log: &str| gateway(program, &folder.path().join(name), &provider, log, &secrets);
    let this = Path::new(env!("CARGO_BIN_EXE_switchboard"));
    let mut subjects = Vec::new();
    if !options.durable {
        subjects.extend([
            Subject { name: DIRECT, server: own("direct", TROUBLE)?, sends: false },
            Subject { name: ECHO, server: own("echo", ALL)?, sends: false },
            Subject { name: ECHO_QUIET, server: own("echo", TROUBLE)?, sends: false },
        ]);
    }
    subjects.extend([
        Subject { name: PASSTHROUGH, server: own("passthrough", TROUBLE)?, sends: true },
        Subject { name: GATEWAY, server: gateway(this, "all", ALL)?, sends: true },
        Subject { name: GATEWAY_QUIET, server: gateway(this, "trouble", TROUBLE)?, sends: true },
    ]);
    if let Some(other) = &options.against {
        subjects.extend([
            Subject { name: OTHER, server: gateway(other, "other", ALL)?, sends: true },
            Subject { name: OTHER_QUIET, server: gateway(other, "other-trouble", TROUBLE)?, sends: true },
        ]);
    }
    for subject in &subjects {
        listening(&subject.server).await?;
    }
    let commits = Commits::open(folder.path())?;
    Ok(Scene { subjects, sink, commits, _folder: folder })
}

pub(super) const DIRECT: &str = "hand-written warp: map and answer";
pub(super) const ECHO: &str = "gateway's way in, store in memory, nothing sent (bench wiring)";
pub(super) const ECHO_QUIET: &str = "the same, log at `warn`";
pub(super) const PASSTHROUGH: &str = "hand-written warp + reqwest: map, send, answer; not durable";
pub(super) const GATEWAY: &str = "`switchboard serve`: durable, delivered, settled";
pub(super) const GATEWAY_QUIET: &str = "the same, log at `warn`";
const OTHER: &str = "the other build";
const OTHER_QUIET: &str = "the other build, log at `warn`";

fn gateway(
    program: &Path,
    folder: &Path,
    provider: &str,
    log: &str,
    secrets: &BTreeMap<&'static str, String>,
) -> Result<Server, Trouble> {
    let (mappings, tenants) = (folder.join("mappings"), folder.join("tenants"));
    std::fs::create_dir_all(&mappings)?;
    std::fs::create_dir_all(&tenants)?;
    for (name, text) in stage::MAPPINGS {
        std::fs::write(mappings.join(name), text)?;
    }
    for (name, text) in shipped::tenants(provider) {
        std::fs::write(tenants.join(name), text)?;
    }
    Server::gateway(program, folder, log, secrets.iter().map(|(name, value)| (*name, value.as_str())))
}

async fn listening(server: &Server) -> Result<(), Trouble> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        match load::get(server.address, COUNT).await {
            Ok(_) => return Ok(()),
            Err(problem) if Instant::now() > end => return Err(problem),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

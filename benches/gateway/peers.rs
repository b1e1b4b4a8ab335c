//! The same job as connectors usually do it, in JavaScript, neither durable: [benches/peers](../peers).

#[path = "../../tests/it/world/kit.rs"]
#[expect(clippy::unwrap_used, dead_code, reason = "the tests' own, of which the bench needs a part")]
mod kit;

use std::process::Command;
use std::sync::OnceLock;

use kit::{Kit, NPM};

use crate::mapping::Trouble;
use crate::process::Server;

pub(super) const EXPRESS: &str = "Express + axios: map, send, answer; not durable";
pub(super) const FASTIFY: &str = "Fastify + undici: the same";
/// Each row, and its script.
pub(super) const ALL: [(&str, &str); 2] = [(EXPRESS, "express.mjs"), (FASTIFY, "fastify.mjs")];

static PEERS: Kit = Kit {
    name: "peers",
    folder: "benches/peers",
    files: &["package.json", "package-lock.json", ".npmrc", "map.mjs", "express.mjs", "fastify.mjs"],
    needs: &[("node", &["nodejs"]), ("npm", &["npm"])],
    install: &[NPM],
    run: &["node"],
    installed: &INSTALLED,
};

static INSTALLED: OnceLock<std::path::PathBuf> = OnceLock::new();

/// Starts one; the first installs what they need.
pub(super) fn start(script: &str, provider: &str) -> Result<Server, Trouble> {
    let mut command = Command::new("node");
    command.args([script, provider]).current_dir(PEERS.folder()).env("NODE_ENV", "production");
    Server::announced(command)
}

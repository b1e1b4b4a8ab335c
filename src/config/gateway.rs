//! `switchboard.yaml`: the flags' names as keys. Everything is optional and has a working default.

use std::path::PathBuf;

use serde::Deserialize;

/// The optional gateway file; environment variables and flags go over it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayFile {
    /// Where mapping files are.
    pub mappings: Option<PathBuf>,
    /// Where tenant files are.
    pub tenants: Option<PathBuf>,
    /// `sqlite:PATH`.
    pub store: Option<String>,
    /// The public listener.
    pub listen: Option<String>,
    /// `text` or `json`.
    pub log: Option<String>,
    /// Development: calls to loopback are allowed.
    pub allow_loopback: Option<bool>,
    /// How long finished messages and ids are remembered; at least 72h.
    pub retention: Option<String>,
    /// Addresses whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<String>,
}

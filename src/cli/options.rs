//! Options of the gateway: flags over environment variables over `switchboard.yaml` over defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use crate::app;
use crate::config::{Defaults, Own, PublicUrl};
use crate::diagnostic;
use crate::model::Secret;

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
pub(super) struct FileOptions {
    /// The folder of mapping files [default: mappings]
    #[arg(long, env = "SWITCHBOARD_MAPPINGS", value_name = "DIR")]
    pub(super) mappings: Option<PathBuf>,
    /// The folder of tenant files [default: tenants]
    #[arg(long, env = "SWITCHBOARD_TENANTS", value_name = "DIR")]
    pub(super) tenants: Option<PathBuf>,
    /// The gateway file [default: switchboard.yaml, if it is there]
    #[arg(long, env = "SWITCHBOARD_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// What callers reach the gateway by, for signatures that cover it
    #[arg(long, env = "SWITCHBOARD_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Print problems as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Treat warnings as errors
    #[arg(long)]
    pub(super) deny_warnings: bool,
}

/// How the gateway runs.
#[derive(Clone, Debug, Args)]
pub(super) struct ServeOptions {
    /// The folder of mapping files [default: mappings]
    #[arg(long, env = "SWITCHBOARD_MAPPINGS", value_name = "DIR")]
    mappings: Option<PathBuf>,
    /// The folder of tenant files [default: tenants]
    #[arg(long, env = "SWITCHBOARD_TENANTS", value_name = "DIR")]
    tenants: Option<PathBuf>,
    /// The gateway file [default: switchboard.yaml, if it is there]
    #[arg(long, env = "SWITCHBOARD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where everything is kept: sqlite:PATH or postgres://USER@HOST/DATABASE [default: sqlite:data/switchboard.db]
    #[arg(long, env = "SWITCHBOARD_STORE", value_name = "STORE", hide_env_values = true)]
    store: Option<String>,
    /// The public address [default: 0.0.0.0:8080]
    #[arg(long, env = "SWITCHBOARD_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// What callers reach the gateway by, for signatures that cover it
    #[arg(long, env = "SWITCHBOARD_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// A file with the certificates that the public listener shows, its own first: with it, the listener speaks TLS
    #[arg(long, env = "SWITCHBOARD_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// The file with the key of the first certificate
    #[arg(long, env = "SWITCHBOARD_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Where the operator asks: /healthz, /readyz, /metrics; `off` for nowhere [default: 127.0.0.1:8081]
    #[arg(long, env = "SWITCHBOARD_ADMIN_LISTEN", value_name = "ADDRESS:PORT")]
    admin_listen: Option<String>,
    /// How logs are written [default: text]
    #[arg(long, env = "SWITCHBOARD_LOG", value_name = "FORMAT")]
    log: Option<LogFormat>,
    /// Development: let calls go to this machine's loopback addresses
    #[arg(long, env = "SWITCHBOARD_ALLOW_LOOPBACK")]
    allow_loopback: bool,
}

/// What cannot be used of the options.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadOption {
    /// The gateway file cannot be read.
    #[error(transparent)]
    File(#[from] app::FileProblem),
    /// The gateway file has problems; they are rendered already.
    #[error("{0}")]
    Content(String),
    /// One of two that belong together.
    #[error("tls_certificate and tls_key belong together: there is no {0}")]
    Half(&'static str),
    /// A store that is none; the value may hold a password, so it is not said.
    #[error("store: {problem}. It is {}", app::Storage::EXPECTED)]
    Store {
        /// Why.
        problem: String,
    },
    /// A value that is none.
    #[error("{option}: `{value}` is not {expected}")]
    Value {
        /// The option's name.
        option: &'static str,
        /// What was given.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
}

/// The gateway file that is read if it is there.
const CONFIG: &str = "switchboard.yaml";

/// Reads the gateway file: the one named, or `switchboard.yaml` where there is one.
pub(super) fn gateway_file(named: Option<&Path>) -> Result<Own, BadOption> {
    let path = named.unwrap_or(Path::new(CONFIG));
    if named.is_none() && !path.exists() {
        return Ok(Own::default());
    }
    let source = app::read_file(path)?;
    let mut problems = Vec::new();
    Own::read(&source, &mut problems).ok_or_else(|| BadOption::Content(diagnostic::render(&problems)))
}

impl FileOptions {
    /// The two folders.
    pub(super) fn folders(&self) -> Result<(PathBuf, PathBuf), BadOption> {
        let file = gateway_file(self.config.as_deref())?.file;
        let mappings = self.mappings.clone().or(file.mappings).unwrap_or_else(|| "mappings".into());
        let tenants = self.tenants.clone().or(file.tenants).unwrap_or_else(|| "tenants".into());
        Ok((mappings, tenants))
    }

    /// What the gateway's file says for all tenants.
    pub(super) fn defaults(&self) -> Result<Defaults, BadOption> {
        gateway_file(self.config.as_deref()).map(|own| own.defaults)
    }

    /// What callers reach the gateway by.
    pub(super) fn public_url(&self) -> Result<Option<PublicUrl>, BadOption> {
        let own = gateway_file(self.config.as_deref())?;
        Ok(public_url(self.public_url.clone())?.or(own.public_url))
    }
}

fn public_url(text: Option<String>) -> Result<Option<PublicUrl>, BadOption> {
    let read = |text: String| {
        let expected = "such as https://gateway.example, without query and user name";
        text.parse().map_err(|()| BadOption::Value { option: "public_url", value: text, expected })
    };
    text.map(read).transpose()
}

impl ServeOptions {
    /// What the gateway is started with, and how it logs.
    pub(super) fn resolve(self) -> Result<(app::Options, LogFormat), BadOption> {
        let own = gateway_file(self.config.as_deref())?;
        let file = own.file.clone();
        let defaults = app::Options::default();
        let listen = match self.listen.or(file.listen) {
            Some(text) => parse("listen", &text, "an address and a port, such as 0.0.0.0:8080")?,
            None => defaults.listen,
        };
        let admin_listen = match self.admin_listen.or(file.admin_listen).as_deref() {
            Some("off") => None,
            Some(text) => Some(parse("admin_listen", text, "an address and a port, such as 127.0.0.1:8081, or off")?),
            None => defaults.admin_listen,
        };
        let store = storage(self.store.or(file.store))?;
        let log = match (self.log, file.log.as_deref()) {
            (Some(format), _) => format,
            (None, None | Some("text")) => LogFormat::Text,
            (None, Some("json")) => LogFormat::Json,
            (None, Some(other)) => {
                return Err(BadOption::Value { option: "log", value: other.to_owned(), expected: "text or json" });
            }
        };
        let tls = match (self.tls_certificate.or(file.tls_certificate), self.tls_key.or(file.tls_key)) {
            (Some(certificate), Some(key)) => Some(app::Pem { certificate, key }),
            (None, None) => None,
            (Some(_), None) => return Err(BadOption::Half("tls_key")),
            (None, Some(_)) => return Err(BadOption::Half("tls_certificate")),
        };
        let proxies = file.trusted_proxies.iter();
        let proxies =
            proxies.map(|text| parse::<IpNet>("trusted_proxies", text, "an address range such as 10.0.0.0/8"));
        let options = app::Options {
            mappings: self.mappings.or(file.mappings).unwrap_or(defaults.mappings),
            tenants: self.tenants.or(file.tenants).unwrap_or(defaults.tenants),
            store,
            listen,
            public_url: public_url(self.public_url)?,
            config: Some(self.config.unwrap_or_else(|| CONFIG.into())),
            retention: own.retention,
            own,
            admin_listen,
            admin_token: admin_token()?,
            allow_loopback: self.allow_loopback || file.allow_loopback.unwrap_or_default(),
            trusted_proxies: proxies.collect::<Result<_, _>>()?,
            tls,
            drain: defaults.drain,
            secrets: defaults.secrets,
        };
        Ok((options, log))
    }
}

/// Where everything is kept.
pub(super) fn storage(text: Option<String>) -> Result<app::Storage, BadOption> {
    let read = |text: String| app::Storage::parse(&text).map_err(|problem| BadOption::Store { problem });
    text.map_or_else(|| Ok(app::Options::default().store), read)
}

/// Shorter ones can be guessed.
const SHORTEST_TOKEN: usize = 16;

/// The admin token, which has no flag: what a process is started with can be seen by others on the machine.
pub(super) fn admin_token() -> Result<Option<Secret>, BadOption> {
    let Ok(token) = std::env::var("SWITCHBOARD_ADMIN_TOKEN").map(Secret::new) else { return Ok(None) };
    let good = token.expose().len() >= SHORTEST_TOKEN && token.expose().bytes().all(|byte| byte.is_ascii_graphic());
    let expected = "at least 16 visible ASCII characters without white space";
    let wrong = || BadOption::Value { option: "SWITCHBOARD_ADMIN_TOKEN", value: "***".to_owned(), expected };
    if good { Ok(Some(token)) } else { Err(wrong()) }
}

fn parse<T: std::str::FromStr>(option: &'static str, value: &str, expected: &'static str) -> Result<T, BadOption> {
    value.parse().map_err(|_| BadOption::Value { option, value: value.to_owned(), expected })
}

/// An address of this machine.
pub(super) const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port)
}

//! `switchboard.yaml`: the flags' names as keys. Everything is optional and has a working default. What it says for all
//! tenants changes while the gateway runs; the rest holds from the next start.

use std::path::PathBuf;

use std::str::FromStr;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::accounts::Accounts;
use super::alarms::Alarms;
use super::encryption::Encryption;
use super::limits::{self, Delivery, Limits};
use super::listener::Listener;
use super::retention::Retention;
use super::sampling::Sampling;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::mapping::Reader;
use crate::yaml;

/// The optional gateway file; environment variables and flags go over it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayFile {
    /// Where mapping files are.
    pub mappings: Option<PathBuf>,
    /// Where tenant files are.
    pub tenants: Option<PathBuf>,
    /// `sqlite:PATH`, or `postgres://…`.
    pub store: Option<String>,
    /// The public listener.
    pub listen: Option<String>,
    /// What callers reach the public listener by.
    pub public_url: Option<String>,
    /// The operator's listener, or `off`.
    pub admin_listen: Option<String>,
    /// `text` or `json`.
    pub log: Option<String>,
    /// Development: calls to loopback are allowed.
    pub allow_loopback: Option<bool>,
    /// How long what is kept: [`Own`] reads it.
    #[serde(default)]
    pub retention: IgnoredAny,
    /// How much of what parties post is kept: [`Own`] reads it.
    #[serde(default)]
    pub samples: IgnoredAny,
    /// Keys that contents are sealed with: [`Own`] reads it.
    #[serde(default)]
    pub encryption: IgnoredAny,
    /// Whom the gateway tells: [`Own`] reads it.
    #[serde(default)]
    pub alarms: IgnoredAny,
    /// For all tenants: [`Defaults`] reads it.
    #[serde(default)]
    pub limits: IgnoredAny,
    /// For all tenants: [`Defaults`] reads it.
    #[serde(default)]
    pub delivery: IgnoredAny,
    /// For tenants that name one: [`Defaults`] reads it.
    #[serde(default)]
    pub accounts: IgnoredAny,
    /// Addresses whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<String>,
    /// How many callers, and how patient: [`Listener`] reads it.
    #[serde(default)]
    pub listener: IgnoredAny,
    /// The certificates that the public listener shows, its own first; with it, the listener speaks TLS.
    pub tls_certificate: Option<PathBuf>,
    /// The key of the first of them.
    pub tls_key: Option<PathBuf>,
}

/// What holds for every tenant that does not say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// How fast.
    pub limits: Limits,
    /// How.
    pub delivery: Delivery,
    /// What tenants may send by.
    pub accounts: Accounts,
}

/// The gateway's own file, read.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// What the gateway is started with.
    pub file: GatewayFile,
    /// What callers reach the gateway by; a flag or variable goes before it.
    pub public_url: Option<PublicUrl>,
    /// How long what is kept.
    pub retention: Retention,
    /// How much of what parties post is kept.
    pub sampling: Sampling,
    /// What contents are sealed with.
    pub encryption: Encryption,
    /// Whom the gateway tells when something goes wrong.
    pub alarms: Option<Alarms>,
    /// What holds for the tenants.
    pub defaults: Defaults,
    /// How many callers, and how patient.
    pub listener: Listener,
}

impl Own {
    /// Reads the whole file; `None` if it has an error.
    #[must_use]
    pub fn read(source: &Source, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let known = problems.len();
        let file: Option<GatewayFile> = yaml::settings(source, problems);
        let defaults = Defaults::read(source, problems);
        let mut reader = Reader::new(source.clone());
        let node = yaml::parse(source, &mut Vec::new());
        let key = |name: &str| node.as_ref().and_then(|node| node.get(name));
        let retention = key("retention").map(|node| Retention::read(&mut reader, node)).unwrap_or_default();
        let sampling = key("samples").map(|node| Sampling::read(&mut reader, node)).unwrap_or_default();
        let encryption = key("encryption").map(|node| Encryption::read(&mut reader, node)).unwrap_or_default();
        let alarms = key("alarms").and_then(|node| Alarms::read(&mut reader, node));
        problems.append(&mut reader.problems);
        let listener = listener(source, problems);
        let file = file?;
        let public_url = file.public_url.as_deref().map(str::parse::<PublicUrl>);
        if let Some(Err(())) = public_url {
            let span = key("public_url").map(|node| node.span);
            problems.push(
                Diagnostic::error("SB0120", "`public_url` is no address that callers reach the gateway by")
                    .at(source, span.unwrap_or_default())
                    .help("such as https://gateway.example, without query and user name"),
            );
        }
        let bad = problems[known..].iter().any(Diagnostic::is_error);
        let public_url = public_url.and_then(Result::ok);
        (!bad).then_some(Self { file, public_url, retention, sampling, encryption, alarms, defaults, listener })
    }

    /// Where the gateway's file says that of a key; nowhere if it says something else, or nothing.
    #[must_use]
    pub fn place(source: &Source, key: &str, value: &str) -> Option<(Source, Span)> {
        let node = yaml::parse(source, &mut Vec::new())?;
        let said = node.get(key).filter(|said| said.as_text() == Some(value))?;
        Some((source.clone(), said.span))
    }

    /// A warning for everything that `now` says otherwise than this, with which the gateway was started, and that cannot
    /// change while it runs.
    #[must_use]
    pub fn waits(&self, now: &Self, source: &Source) -> Vec<Diagnostic> {
        let listener = self.listener != now.listener;
        let kept = [
            ("retention", self.retention != now.retention),
            ("samples", self.sampling != now.sampling),
            ("encryption", self.encryption != now.encryption),
        ];
        let (then, now) = (&self.file, &now.file);
        let changed = [
            ("mappings", then.mappings != now.mappings),
            ("tenants", then.tenants != now.tenants),
            ("store", then.store != now.store),
            ("listen", then.listen != now.listen),
            ("admin_listen", then.admin_listen != now.admin_listen),
            ("log", then.log != now.log),
            ("allow_loopback", then.allow_loopback != now.allow_loopback),
            ("trusted_proxies", then.trusted_proxies != now.trusted_proxies),
            ("listener", listener),
            ("tls_certificate", then.tls_certificate != now.tls_certificate),
            ("tls_key", then.tls_key != now.tls_key),
        ];
        let node = yaml::parse(source, &mut Vec::new());
        let place = |name: &str| node.as_ref()?.entry(name).map(|(key, _)| key.span);
        let changed = changed.into_iter().chain(kept).filter(|(_, changed)| *changed);
        let told = changed.map(|(name, _)| {
            Diagnostic::warning(
                "SB0419",
                format!("`{name}` has changed, and what the gateway was started with goes on"),
            )
            .at(source, place(name).unwrap_or_else(Span::default))
            .help("start the gateway again for it to hold; a flag or variable goes before it")
        });
        told.collect()
    }
}

/// Reads `listener` of the gateway's file.
fn listener(source: &Source, problems: &mut Vec<Diagnostic>) -> Listener {
    let mut reader = Reader::new(source.clone());
    let tree = yaml::parse(source, &mut Vec::new());
    let listener = tree.as_ref().and_then(|tree| tree.get("listener"));
    let listener = listener.map(|node| Listener::read(&mut reader, node)).unwrap_or_default();
    problems.append(&mut reader.problems);
    listener
}

impl Defaults {
    /// Reads `limits`, `delivery` and `accounts` of the gateway's file; its other keys are [`GatewayFile`]'s.
    #[must_use]
    pub fn read(source: &Source, problems: &mut Vec<Diagnostic>) -> Self {
        let mut reader = Reader::new(source.clone());
        let mut defaults = Self::default();
        // What is no YAML is said by whoever reads the rest of it.
        if let Some(node) = yaml::parse(source, &mut Vec::new()) {
            if let Some(node) = node.get("limits") {
                defaults.limits = limits::limits(&mut reader, node, &defaults.limits);
            }
            if let Some(node) = node.get("delivery") {
                defaults.delivery = limits::delivery(&mut reader, node, &defaults.delivery);
            }
            if let Some(node) = node.get("accounts") {
                defaults.accounts = Accounts::read(&mut reader, node);
            }
        }
        problems.append(&mut reader.problems);
        defaults
    }
}

/// What callers reach the gateway by, as they write it: scheme, host, perhaps a port and a path; no slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// To put a request's path behind.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublicUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let url = url::Url::parse(text).map_err(drop)?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
        // Kept as it is written: what is signed is what the caller wrote.
        if plain && web { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_what_a_path_can_stand_behind() {
        for (text, expected) in [
            ("https://gw.example", Ok("https://gw.example")),
            ("https://GW.example:443/in/", Ok("https://GW.example:443/in")),
            ("http://127.0.0.1:8080", Ok("http://127.0.0.1:8080")),
            ("gw.example", Err(&())),
            ("ftp://gw.example", Err(&())),
            ("https://gw.example/?a=b", Err(&())),
            ("https://gw.example/#a", Err(&())),
            ("https://me@gw.example", Err(&())),
            ("https://", Err(&())),
        ] {
            let read = text.parse::<PublicUrl>();
            assert_eq!(read.as_ref().map(PublicUrl::as_str), expected, "{text}");
        }
    }
}

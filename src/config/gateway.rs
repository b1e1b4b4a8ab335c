//! `switchboard.yaml`: the flags' names as keys. Everything is optional and has a working default.

use std::path::PathBuf;

use std::str::FromStr;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::limits::{self, Delivery, Limits};
use crate::diagnostic::{Diagnostic, Source};
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
    /// `sqlite:PATH`.
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
    /// How long finished messages and ids are remembered; at least 72h.
    pub retention: Option<String>,
    /// For all tenants: [`Defaults`] reads it.
    #[serde(default)]
    pub limits: IgnoredAny,
    /// For all tenants: [`Defaults`] reads it.
    #[serde(default)]
    pub delivery: IgnoredAny,
    /// Addresses whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<String>,
}

/// What holds for every tenant that does not say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// How fast.
    pub limits: Limits,
    /// How.
    pub delivery: Delivery,
}

impl Defaults {
    /// Reads `limits` and `delivery` of the gateway's file; its other keys are [`GatewayFile`]'s.
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

//! Where a database is: the URL as an operator writes it, read once.
//!
//! What the library knows is the library's (`options`, `application_name`, several hosts); ours are `sslrootcert`, and that a
//! database on another machine is spoken to by TLS unless the URL says otherwise.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// What is not answered within this is not there.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// A database.
#[derive(Clone)]
pub struct Place {
    pub(super) config: Config,
    /// The authority that the server's certificate must come from; `None`: those of this machine.
    pub(super) root: Option<PathBuf>,
}

/// Not the whole: the URL may hold a password.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Host, port and name of the database.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            Some(Host::Unix(path)) => path.display().to_string(),
            None => "localhost".to_owned(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        write!(f, "postgres://{host}:{port}/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl Place {
    /// Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?…`; what is wrong with it otherwise, without its password.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (url, root) = without_root(url);
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
        })?;
        if config.get_hosts().is_empty() {
            return Err("it names no host: postgres://USER@HOST/DATABASE".to_owned());
        }
        if config.get_dbname().is_none() {
            return Err("it names no database: postgres://USER@HOST/DATABASE".to_owned());
        }
        let asked = url.contains("sslmode=");
        let hosts = config.get_hosts();
        if !asked && (root.is_some() || !hosts.iter().all(is_here)) {
            config.ssl_mode(SslMode::Require);
        }
        // A host that is gone is noticed, by whoever reads too.
        config.connect_timeout(CONNECT).keepalives_idle(Duration::from_secs(10));
        config.keepalives_interval(Duration::from_secs(5)).keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(20));
        if config.get_application_name().is_none() {
            config.application_name("switchboard");
        }
        Ok(Self { config, root })
    }
}

/// The URL without `sslrootcert`, and that.
fn without_root(url: &str) -> (String, Option<PathBuf>) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let mut root = None;
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| match pair.strip_prefix("sslrootcert=") {
            Some(path) => {
                root = Some(PathBuf::from(percent_encoding::percent_decode_str(path).decode_utf8_lossy().as_ref()));
                false
            }
            None => true,
        })
        .collect();
    (if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) }, root)
}

/// On this machine: what is said stays on it.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_once_and_its_password_never_said() {
        let place =
            Place::parse("postgres://gate:secret-word@db.example:6432/gateway?sslrootcert=%2Fetc%2Fca.pem").unwrap();
        assert_eq!(place.to_string(), "postgres://db.example:6432/gateway");
        assert!(!format!("{place:?}").contains("secret-word"));
        assert_eq!(place.root, Some(PathBuf::from("/etc/ca.pem")));
        for (url, expected) in [
            ("postgres://u@db.example/d", SslMode::Require),
            ("postgres://u@db.example/d?sslmode=disable", SslMode::Disable),
            ("postgres://u@127.0.0.1/d", SslMode::Prefer),
            ("postgres://u@localhost/d?sslrootcert=x", SslMode::Require),
            ("postgres://u@%2Frun%2Fpostgresql/d", SslMode::Prefer),
        ] {
            assert_eq!(Place::parse(url).unwrap().config.get_ssl_mode(), expected, "{url}");
        }
        for (url, says) in [
            ("postgres:///d", "no host"),
            ("postgres://u@h", "no database"),
            ("postgres://u@h/d?colour=red", "colour"),
            ("postgres://u:secret-word@h:port/d", "port"),
        ] {
            let problem = Place::parse(url).unwrap_err();
            assert!(problem.contains(says) && !problem.contains("secret-word"), "{url}: {problem}");
        }
    }
}

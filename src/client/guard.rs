//! Where calls may go: public addresses, by http or https, and loopback where development asks for it.
//!
//! Pure. It judges what a URL says itself ([`allowed`]) and an address that a name resolved to ([`reachable`]). Which
//! hosts a mapping or a tenant may call is not decided here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Why a call may not go there. The texts quote neither path nor query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not http, not https.
    #[error("calls go by http or https, not by `{0}`")]
    Scheme(String),
    /// http where only https is allowed.
    #[error("calls go by https only")]
    Plain,
    /// `user:password@`; what authenticates a call is a header.
    #[error("the URL holds a user name or a password")]
    UserInfo,
    /// A port where something else than HTTP is spoken.
    #[error("port {0} is not called: 80, 443, and from 1024 those where HTTP may be spoken")]
    Port(u16),
    /// No host at all.
    #[error("the URL has no host")]
    NoHost,
    /// The address is none of the public network's.
    #[error("{host} is {kind}: calls may not go there")]
    Address {
        /// The host as written, or the address that a name stands for.
        host: String,
        /// `a loopback address`, …
        kind: &'static str,
    },
}

/// May a call go to this URL, as far as can be told before its host is resolved?
///
/// # Errors
/// [`Refused`], with the reason.
pub fn allowed(url: &Url, allow_loopback: bool) -> Result<(), Refused> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::UserInfo);
    }
    if let Some(port) = url.port().filter(|port| !is_for_http(*port)) {
        return Err(Refused::Port(port));
    }
    match url.host() {
        None | Some(Host::Domain("")) => Err(Refused::NoHost),
        Some(Host::Ipv4(address)) => reachable(address.into(), allow_loopback),
        Some(Host::Ipv6(address)) => reachable(address.into(), allow_loopback),
        Some(Host::Domain(name)) if is_localhost(name) && !allow_loopback => {
            Err(Refused::Address { host: name.to_owned(), kind: LOOPBACK })
        }
        Some(Host::Domain(_)) => Ok(()),
    }
}

/// May a call go to this address?
///
/// # Errors
/// [`Refused::Address`], with the kind of the address.
pub fn reachable(address: IpAddr, allow_loopback: bool) -> Result<(), Refused> {
    match kind(address) {
        None => Ok(()),
        Some(LOOPBACK) if allow_loopback => Ok(()),
        Some(kind) => Err(Refused::Address { host: address.to_string(), kind }),
    }
}

/// Does the URL itself say loopback?
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(address)) => kind(address.into()) == Some(LOOPBACK),
        Some(Host::Ipv6(address)) => kind(address.into()) == Some(LOOPBACK),
        None => false,
    }
}

/// Whether HTTP may be spoken on a port: below 1024 every one belongs to a protocol, and these above are known to; a body
/// of ours would be commands there.
const fn is_for_http(port: u16) -> bool {
    match port {
        80 | 443 => true,
        0..=1023 => false,
        1433
        | 1521
        | 1719
        | 1720
        | 1723
        | 2049
        | 2379
        | 2380
        | 3306
        | 3389
        | 3659
        | 4045
        | 4190
        | 5060
        | 5061
        | 5432
        | 5672
        | 5900
        | 6000
        | 6379
        | 6566
        | 6665..=6669
        | 6679
        | 6697
        | 9042
        | 10080
        | 11211
        | 27017 => false,
        _ => true,
    }
}

const LOOPBACK: &str = "a loopback address";
const PRIVATE: &str = "a private address";
const LINK_LOCAL: &str = "a link-local address";
const RESERVED: &str = "a reserved address";

/// RFC 6761: `localhost` and all below it, with or without the root's dot.
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("localhost"))
}

/// What an address is instead of a public one.
fn kind(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => kind_of_v6(address),
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Option<&'static str> {
    Some(match address.octets() {
        [0, ..] => "an unspecified address",
        [127, ..] => LOOPBACK,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => PRIVATE,
        [169, 254, ..] => LINK_LOCAL,
        [100, 64..=127, ..] => "an address shared behind a carrier's NAT",
        // The one metadata address that lies in the public range; all other clouds' are link-local, shared or private.
        [168, 63, 129, 16] => "a metadata address",
        // IETF protocols, the three documentation nets, the 6to4 relays and benchmarks.
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] | [198, 18..=19, ..] => RESERVED,
        [224..=239, ..] => "a multicast address",
        [240..=255, ..] => RESERVED,
        _ => return None,
    })
}

fn kind_of_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = embedded_v4(address) {
        return kind_of_v4(inner);
    }
    Some(match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => "an unspecified address",
        [0, 0, 0, 0, 0, 0, 0, 1] => LOOPBACK,
        [0xfc00..=0xfdff, ..] => PRIVATE,
        [0xfe80..=0xfebf, ..] => LINK_LOCAL,
        [0xff00..=0xffff, ..] => "a multicast address",
        // Within 2000::/3: IETF protocols with Teredo, which can hold any address, and the two documentation nets.
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => RESERVED,
        [0x2000..=0x3fff, ..] => return None,
        // Nothing else has ever been handed out.
        _ => RESERVED,
    })
}

/// The address that is really meant: mapped (`::ffff:a.b.c.d`), compatible (`::a.b.c.d`), NAT64 (`64:ff9b::/96`), 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => return None,
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => (high, low),
        [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, allow_loopback: bool, expected: &str) {
        let said =
            allowed(&url.parse().unwrap(), allow_loopback).map_or_else(|refused| refused.to_string(), |()| "ok".into());
        assert!(said.contains(expected), "{url}: {said}");
    }

    #[test]
    fn only_public_places_by_http() {
        for (url, expected) in [
            ("https://api.example.com/v1/messages", "ok"),
            ("http://api.example.com:8080/", "ok"),
            ("https://93.184.216.34/", "ok"),
            ("https://[2606:2800:220:1:248:1893:25c8:1946]/", "ok"),
            ("https://[64:ff9b::93.184.216.34]/", "ok"),
            ("ftp://api.example.com/", "by `ftp`"),
            ("file:///etc/passwd", "by `file`"),
            ("https://api.example.com:8443/", "ok"),
            ("https://api.example.com:443/", "ok"),
            ("https://api.example.com:22/", "port 22"),
            ("https://api.example.com:25/", "port 25"),
            ("https://api.example.com:6379/", "port 6379"),
            ("https://api.example.com:0/", "port 0"),
            ("https://user@api.example.com/", "user name"),
            ("https://:secret@api.example.com/", "user name"),
            ("http://localhost/", "loopback"),
            ("http://LOCALHOST./", "loopback"),
            ("http://a.localhost/", "loopback"),
            ("http://127.0.0.1/", "loopback"),
            ("http://0x7f.1/", "loopback"),
            ("http://2130706433/", "loopback"),
            ("http://0177.0.0.01/", "loopback"),
            ("http://[::1]/", "loopback"),
            ("http://[::ffff:127.0.0.1]/", "loopback"),
            ("http://[::127.0.0.1]/", "loopback"),
            ("http://[64:ff9b::7f00:1]/", "loopback"),
            ("http://[2002:7f00:1::]/", "loopback"),
            ("http://0/", "unspecified"),
            ("http://[::]/", "unspecified"),
            ("http://10.1.2.3/", "private"),
            ("http://172.31.255.255/", "private"),
            ("http://172.32.0.0/", "ok"),
            ("http://192.168.0.1/", "private"),
            ("http://[fd00:ec2::254]/", "private"),
            ("http://[::ffff:10.0.0.1]/", "private"),
            ("http://169.254.169.254/latest/meta-data", "link-local"),
            ("http://[fe80::1]/", "link-local"),
            ("http://100.64.0.1/", "carrier"),
            ("http://100.100.100.200/", "carrier"),
            ("http://100.128.0.0/", "ok"),
            ("http://168.63.129.16/", "metadata"),
            ("http://192.0.0.192/", "reserved"),
            ("http://198.18.0.1/", "reserved"),
            ("http://203.0.113.9/", "reserved"),
            ("http://224.0.0.1/", "multicast"),
            ("http://[ff02::1]/", "multicast"),
            ("http://255.255.255.255/", "reserved"),
            ("http://[2001:db8::1]/", "reserved"),
            ("http://[2001::1]/", "reserved"),
            ("http://[fec0::1]/", "reserved"),
            ("http://[64:ff9b:1::1]/", "reserved"),
            ("http://[4000::1]/", "reserved"),
        ] {
            check(url, false, expected);
        }
    }

    #[test]
    fn development_may_call_loopback_and_no_more() {
        for url in ["http://localhost:9000/", "http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/"] {
            check(url, true, "ok");
        }
        check("http://10.0.0.1/", true, "private");
        check("http://169.254.169.254/", true, "link-local");
        check("http://0.0.0.0/", true, "unspecified");
    }
}

//! Who calls, when a proxy stands before us: `X-Forwarded-For`, believed from the right and only as far as trusted
//! proxies wrote it. What a caller puts there itself stands left of that and counts for nothing.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The rightmost address that is no trusted proxy's; the peer's own where nothing better is known.
pub(super) fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut caller = peer;
    // Proxies append, in the same header or in one more.
    let hops =
        headers.get_all(FORWARDED_FOR).iter().rev().flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops {
        if !is_trusted(&caller) {
            break;
        }
        // Whoever stands left of nonsense cannot be known.
        let Some(address) = std::str::from_utf8(hop).ok().and_then(address) else { break };
        caller = address;
    }
    caller
}

/// `192.0.2.1`, `192.0.2.1:1234`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:1234`.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| hop.parse().ok().map(|with_port: SocketAddr| with_port.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, forwarded: &[&str], expected: &str) {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let caller = caller(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(caller, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
    }

    #[test]
    fn only_what_trusted_proxies_wrote_counts() {
        check("198.51.100.7", &[], "198.51.100.7");
        check("198.51.100.7", &["203.0.113.1"], "198.51.100.7");
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["203.0.113.1"], "203.0.113.1");
        check("10.0.0.1", &["1.1.1.1, 203.0.113.1"], "203.0.113.1");
        check("10.0.0.1", &["1.1.1.1, 203.0.113.1, 10.0.0.2"], "203.0.113.1");
        check("10.0.0.1", &["1.1.1.1", "203.0.113.1", "10.0.0.2"], "203.0.113.1");
        check("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3");
        check("10.0.0.1", &["203.0.113.1, unknown, 10.0.0.2"], "10.0.0.2");
        check("10.0.0.1", &[""], "10.0.0.1");
        check("10.0.0.1", &["203.0.113.1:4711"], "203.0.113.1");
        check("2001:db8::1", &["[2606:4700::1]:443"], "2606:4700::1");
        check("2001:db8::1", &["[2606:4700::1]"], "2606:4700::1");
        check("2001:db8::1", &["::ffff:203.0.113.1"], "203.0.113.1");
    }
}

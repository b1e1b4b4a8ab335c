//! `sources:` of a tenant file: the address ranges that its platform may call from.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::mapping::Reader;
use crate::yaml::Node;

pub(super) fn read(reader: &mut Reader, node: &Node) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for item in Reader::one_or_many(node) {
        match reader.text(item, "sources").map(network) {
            Some(Some(network)) => networks.push(network),
            Some(None) => reader.error("SB0412", item.span, "this is no address range", "for example 203.0.113.0/24"),
            None => {}
        }
    }
    networks
}

/// `203.0.113.0/24`, or one address; an IPv4 range that is written in IPv6 (`::ffff:203.0.113.0/120`) is that range, since
/// callers are compared so.
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    match network {
        IpNet::V6(inside) => match (inside.addr().to_canonical(), inside.prefix_len().checked_sub(96)) {
            (IpAddr::V4(address), Some(bits)) => IpNet::new(address.into(), bits).ok(),
            (IpAddr::V4(_), None) => None,
            _ => Some(network),
        },
        IpNet::V4(_) => Some(network),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_a_platform_may_call_from() {
        for (range, address, expected) in [
            ("203.0.113.0/24", "203.0.113.7", Some(true)),
            ("203.0.113.9/24", "203.0.113.7", Some(true)),
            ("203.0.113.0/24", "203.0.114.7", Some(false)),
            ("203.0.113.7", "203.0.113.7", Some(true)),
            ("203.0.113.7", "203.0.113.8", Some(false)),
            ("0.0.0.0/0", "203.0.113.8", Some(true)),
            ("0.0.0.0/0", "2001:db8::1", Some(false)),
            ("2001:db8::/32", "2001:db8::1", Some(true)),
            ("::ffff:203.0.113.0/120", "203.0.113.8", Some(true)),
            ("::ffff:203.0.113.7", "203.0.113.7", Some(true)),
            ("203.0.113.0/24", "::ffff:203.0.113.7", Some(true)),
            ("::ffff:0.0.0.0/90", "203.0.113.7", None),
            ("203.0.113.0/33", "203.0.113.7", None),
            ("203.0.113", "203.0.113.7", None),
            ("gateway.example", "203.0.113.7", None),
            ("203.0.113.0 /24", "203.0.113.7", None),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(network(range).map(|range| range.contains(&address.to_canonical())), expected, "{range}");
        }
    }
}

//! The limits of the listeners, as the gateway's file has them.

use tracing::warn;

use super::{Options, descriptors};
use crate::config::Listener;
use crate::ingress;

/// The operator's listener has few callers.
const OPERATORS: usize = 256;

/// Those of the public listener, as far as the system lets this process have as many connections.
pub(super) fn public(options: &Options) -> ingress::Options {
    let asked = both(options);
    let limit = descriptors::raise();
    let connections = descriptors::connections(asked.connections, limit);
    if connections < asked.connections {
        warn!(
            connections,
            asked = asked.connections,
            limit,
            "the system's limit of open files leaves room for fewer connections: raise it (ulimit -n)"
        );
    }
    ingress::Options { connections, ..asked }
}

/// Those of the operator's listener.
pub(super) fn operators(options: &Options) -> ingress::Options {
    let both = both(options);
    ingress::Options { connections: both.connections.min(OPERATORS), ..both }
}

fn both(options: &Options) -> ingress::Options {
    let Listener { connections, per_source, head, body, answer, idle } = options.own.listener;
    let own = ingress::Options::default();
    let count =
        |said: Option<std::num::NonZeroU32>, own| said.map_or(own, |said| usize::try_from(said.get()).unwrap_or(own));
    ingress::Options {
        connections: count(connections, own.connections),
        connections_per_source: count(per_source, own.connections_per_source),
        header_timeout: head.unwrap_or(own.header_timeout),
        body_timeout: body.unwrap_or(own.body_timeout),
        write_timeout: answer.unwrap_or(own.write_timeout),
        idle_timeout: idle.unwrap_or(own.idle_timeout),
        trusted_proxies: options.trusted_proxies.clone(),
        ..own
    }
}

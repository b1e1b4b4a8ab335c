//! The limits of the listeners, as the gateway's file has them.

use super::Options;
use crate::config::Listener;
use crate::ingress;

/// What both listeners have in common.
pub(super) fn options(options: &Options) -> ingress::Options {
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

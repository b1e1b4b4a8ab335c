//! Which version of a mapping a request and a message go by, where several are there.

use std::sync::Arc;

use tracing::warn;

use super::Flow;
use crate::auth::{Request, Verified};
use crate::config::{Hit, Snapshot, Tenant};
use crate::store::Message;
use crate::value::Timestamp;

/// The sections of one version among those that a path reaches: the version of the tenant whose credentials these are.
/// Tenants of different versions that share an account are read by the first, which is the one that nobody pins.
pub(super) fn own<'h>(snapshot: &Snapshot, hits: &'h [Hit], asked: &Request<'_>, now: Timestamp) -> &'h [Hit] {
    let versions = || hits.chunk_by(|one, other| Arc::ptr_eq(&one.mapping, &other.mapping));
    let Some(first) = versions().next().filter(|first| first.len() < hits.len()) else { return hits };
    let verify = |hits: &[Hit]| snapshot.credentials.get(hits.first()?.credentials)?.verify(asked, now).ok();
    versions().find_map(verify).map_or(first, |verified| of(snapshot, hits, &verified))
}

/// The sections of the version that one of the verified tenants goes by; the first version where none does.
pub(super) fn of<'h>(snapshot: &Snapshot, hits: &'h [Hit], verified: &Verified) -> &'h [Hit] {
    let mut versions = hits.chunk_by(|one, other| Arc::ptr_eq(&one.mapping, &other.mapping));
    let means = |hits: &&[Hit]| {
        let mut tenants = verified.tenants.iter().filter_map(|place| snapshot.tenants.get(*place));
        hits.first().is_some_and(|hit| tenants.any(|tenant| tenant.means(&hit.mapping)))
    };
    let first = versions.clone().next().unwrap_or(hits);
    versions.find(means).unwrap_or(first)
}

impl Flow {
    /// The tenant as a message knows it that was accepted under another version of the platform's mapping than the
    /// tenant's own; `None` where it is the same one, or cannot be had any more.
    pub(super) fn under(&self, message: &Message, tenant: &Tenant) -> Option<Arc<Tenant>> {
        let version = &message.message.version;
        if *version == tenant.platform.version {
            return None;
        }
        let then = self.snapshot.load().loaded(version).and_then(|mapping| tenant.under(mapping));
        if then.is_none() {
            warn!(id = %message.message.reference, tenant = %tenant.name, version, "the version of the mapping that it was accepted under does not fit any more: the newest is used");
        }
        then
    }
}

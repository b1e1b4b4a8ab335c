//! Short hashes of what a message is found by. They only narrow a search: every hit is compared with the text itself.

use sha2::{Digest, Sha256};

use super::{DeadLetter, Lane, NewMessage, Origin};

/// The tenant's own ids: the platform's id and the idempotency key, which are mostly the same.
pub(super) fn own(tenant: &str, id: &str) -> i64 {
    hash(b'i', &[tenant, id])
}

/// The idempotency key alone, long enough to stand for it.
pub(super) fn once(tenant: &str, key: &str) -> [u8; 16] {
    let digest = digest(b'd', &[tenant.as_bytes(), key.as_bytes()]);
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

/// A provider's id.
pub(super) fn provider(id: &str) -> i64 {
    hash(b'p', &[id])
}

/// A campaign of a tenant.
pub(super) fn campaign(tenant: &str, id: &str) -> i64 {
    hash(b'c', &[tenant, id])
}

/// Who was written to from which lane.
pub(super) fn recipient(lane: &Lane, to: &str) -> i64 {
    hash(b'r', &[lane.tenant.as_str(), lane.from.as_str(), to])
}

/// An inbound message's id, as it is kept: it only has to be known again.
pub(super) fn inbound(id: &str) -> String {
    hash(b'n', &[id]).to_string() + "/" + &hash(b'N', &[id]).to_string()
}

/// How well a part of the work is at a node.
pub(super) fn weight(node: i64, part: &str) -> i64 {
    hash(b'w', &[&node.to_string(), part])
}

/// What a letter is, whenever it came.
pub(super) fn letter(letter: &DeadLetter) -> i64 {
    let tenant = letter.tenant.as_ref().map_or("", |tenant| tenant.as_str());
    hash_bytes(b'l', &[tenant.as_bytes(), letter.kind.as_bytes(), letter.name.as_bytes(), &letter.content])
}

/// All that a new message is found by.
pub(super) fn all(new: &NewMessage) -> impl Iterator<Item = i64> {
    let tenant = new.lane.tenant.as_str();
    let dedupe = new.dedupe.as_deref().map(|key| own(tenant, key));
    let platform = (!new.platform_id.is_empty() && new.dedupe.as_deref() != Some(&*new.platform_id))
        .then(|| own(tenant, &new.platform_id));
    let recipient =
        (new.origin == Origin::Platform && !new.is_forgotten()).then(|| recipient(&new.lane, new.to.as_str()));
    [dedupe, platform, recipient].into_iter().flatten()
}

/// All that a message is found by where [`once`] is kept apart.
pub(super) fn found_by(new: &NewMessage) -> impl Iterator<Item = i64> {
    let platform = (!new.platform_id.is_empty()).then(|| own(new.lane.tenant.as_str(), &new.platform_id));
    let recipient =
        (new.origin == Origin::Platform && !new.is_forgotten()).then(|| recipient(&new.lane, new.to.as_str()));
    [platform, recipient].into_iter().flatten()
}

fn hash(domain: u8, parts: &[&str]) -> i64 {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    hash_bytes(domain, &parts)
}

fn hash_bytes(domain: u8, parts: &[&[u8]]) -> i64 {
    let mut short = [0; 8];
    short.copy_from_slice(&digest(domain, parts)[..8]);
    i64::from_le_bytes(short)
}

fn digest(domain: u8, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([domain]);
    for part in parts {
        // The length keeps ("a", "bc") and ("ab", "c") apart.
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        hasher.update(length.to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_stable_across_builds_and_apart_by_kind_and_part() {
        assert_eq!(own("acme", "m1"), own("acme", "m1"));
        assert_ne!(own("acme", "m1"), own("acm", "em1"));
        assert_ne!(hash(b'i', &["x"]), provider("x"));
        // It is on the disks of running stores: another value here is another format.
        assert_eq!(provider("aaaaaaaa-bbbb"), 1_936_914_803_641_612_039);
    }
}

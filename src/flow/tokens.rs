//! Signed tokens, each kept until shortly before it expires and shared by all who prove themselves the same way.

use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;

use super::Flow;
use crate::auth::{AuthError, Prover, Token};
use crate::model::wire::Prepared;

/// A token is not used in its last seconds: the call takes a while.
const MARGIN: Duration = Duration::from_secs(30);

/// The tokens in use.
pub(super) struct Tokens(Cache<String, Kept>);

#[derive(Clone)]
struct Kept {
    token: Token,
    for_: Duration,
}

struct UntilItExpires;

impl Expiry<String, Kept> for UntilItExpires {
    fn expire_after_create(&self, _: &String, kept: &Kept, _: Instant) -> Option<Duration> {
        Some(kept.for_)
    }
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(100_000).expire_after(UntilItExpires).build())
    }
}

impl Flow {
    /// Adds the proof to a call; `fresh`: with a new token, the kept one was refused.
    pub(super) async fn prove(&self, auth: &Prover, call: &mut Prepared, fresh: bool) -> Result<(), AuthError> {
        let Some(key) = auth.token_key() else {
            return auth.scheme.apply(None, self.ambient.now(), call);
        };
        if fresh {
            self.tokens.0.invalidate(key).await;
        }
        let sign = async {
            let now = self.ambient.now();
            let id = format!("{:016x}{:016x}", self.ambient.random(), self.ambient.random());
            let token = auth.scheme.sign(now, &id)?;
            let for_ = token.expires.since(now).saturating_sub(MARGIN);
            Ok(Kept { token, for_ })
        };
        let kept: Result<Kept, std::sync::Arc<AuthError>> = self.tokens.0.try_get_with_by_ref(key, sign).await;
        let kept = kept.map_err(|problem| (*problem).clone())?;
        auth.scheme.apply(Some(&kept.token.secret), self.ambient.now(), call)
    }
}

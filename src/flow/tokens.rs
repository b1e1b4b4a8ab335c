//! Tokens of ours, signed or fetched, each kept until shortly before it expires and shared by all who prove themselves the
//! same way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use tracing::{info, warn};

use super::Flow;
use crate::auth::{AuthError, Outgoing, Prover, Token};
use crate::model::wire::Prepared;

/// A token is not used in its last seconds: the call takes a while.
const MARGIN: Duration = Duration::from_secs(30);

/// The tokens in use.
pub(super) struct Tokens(Cache<String, Kept>);

#[derive(Clone)]
struct Kept {
    token: Token,
    for_: Duration,
    stamp: u64,
}

/// With which token a call went out; none for schemes without tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proof(Option<u64>);

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

    /// Drops a token that was refused. Of many calls that were refused with one token the first drops it; the others find
    /// its successor, which stays.
    async fn drop_refused(&self, key: &str, refused: Proof) {
        let kept = self.0.get(key).await;
        if kept.is_some_and(|kept| refused == Proof(Some(kept.stamp))) {
            self.0.invalidate(key).await;
        }
    }
}

impl Flow {
    /// Adds the proof to a call; `refused`: the one it was refused with, so that it gets another.
    pub(super) async fn prove(
        &self,
        auth: &Prover,
        call: &mut Prepared,
        refused: Option<Proof>,
    ) -> Result<Proof, AuthError> {
        let Some(key) = auth.token_key() else {
            return auth.scheme.apply(None, self.ambient.now(), call).map(|()| Proof(None));
        };
        if let Some(refused) = refused {
            self.tokens.drop_refused(key, refused).await;
        }
        let kept = match self.tokens.0.get(key).await {
            Some(kept) => kept,
            None => Box::pin(self.shared(key, &auth.scheme)).await?,
        };
        auth.scheme.apply(Some(&kept.token.secret), self.ambient.now(), call)?;
        Ok(Proof(Some(kept.stamp)))
    }

    /// The token that whoever is first gets for all.
    async fn shared(&self, key: &str, scheme: &Outgoing) -> Result<Kept, AuthError> {
        let kept = self.tokens.0.try_get_with_by_ref(key, self.token(scheme)).await;
        kept.map_err(|problem: Arc<AuthError>| (*problem).clone())
    }

    /// A new token. Whoever else needs it meanwhile waits for this one.
    async fn token(&self, scheme: &Outgoing) -> Result<Kept, AuthError> {
        let now = self.ambient.now();
        let stamp = self.ambient.random();
        let token = match scheme {
            Outgoing::ClientCredentials(client) => {
                let host = client.url.host_str().unwrap_or_default();
                let answer = self.outbound.send(client.request()).await;
                let granted = Outgoing::granted(&answer, now);
                match &granted {
                    Ok(token) => info!(host, expires = %token.expires, "a token was fetched"),
                    Err(problem) => warn!(host, %problem, "no token"),
                }
                granted?
            }
            _ => scheme.sign(now, &format!("{stamp:016x}{:016x}", self.ambient.random()))?,
        };
        let for_ = token.expires.since(now).saturating_sub(MARGIN);
        Ok(Kept { token, for_, stamp })
    }
}

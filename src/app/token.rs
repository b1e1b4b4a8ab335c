//! The admin API's token: the configured one, or one that is made at the first start and shown once.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tracing::error;

use super::clock::now;
use crate::model::Secret;
use crate::operate::Tokens;
use crate::store::{Store, StoreError, Token};

/// Whose token is made.
const ADMIN: &str = "admin";

/// Which tokens are good, and the one that was just made. Where the store has none and takes none, nobody may ask.
pub(super) async fn tokens(configured: Option<&Secret>, store: &dyn Store) -> (Tokens, Option<Secret>) {
    if let Some(token) = configured {
        return (Tokens::new(vec![Tokens::hash(token.expose())]), None);
    }
    match kept(store).await {
        Ok((tokens, made)) => (Tokens::new(tokens), made),
        Err(problem) => {
            error!(%problem, "no admin token can be had from the store: /api refuses everyone until the next start");
            (Tokens::default(), None)
        }
    }
}

async fn kept(store: &dyn Store) -> Result<(Vec<[u8; 32]>, Option<Secret>), StoreError> {
    let kept = store.tokens().await?;
    if !kept.is_empty() {
        return Ok((kept.into_iter().map(|token| token.hash).collect(), None));
    }
    let random: [u8; 32] = rand::random();
    let made = Secret::new(format!("swb_{}", BASE64_URL_SAFE_NO_PAD.encode(random)));
    let hash = Tokens::hash(made.expose());
    store.keep_token(Token { name: ADMIN.to_owned(), hash, at: now() }).await?;
    Ok((vec![hash], Some(made)))
}

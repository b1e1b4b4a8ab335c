//! The admin API's tokens: the configured one, those of the store, and one that is made at the first start and shown once.

use tracing::error;

use super::clock::now;
use crate::model::Secret;
use crate::operate::{ADMIN, Tokens};
use crate::store::{Roles, Store, StoreError, Token};

/// Which tokens are good, and the one that was just made. Where the store has none and takes none, only the configured
/// one is.
pub(super) async fn tokens(configured: Option<&Secret>, store: &dyn Store) -> (Tokens, Option<Secret>) {
    let configured = configured.map(|token| Tokens::hash(token.expose()));
    match kept(configured.is_some(), store).await {
        Ok((kept, made)) => (Tokens::new(configured, kept), made),
        Err(problem) => {
            error!(%problem, "no admin token can be had from the store: /api refuses all of them until it can");
            (Tokens::new(configured, Vec::new()), None)
        }
    }
}

/// Whether anybody could ask.
pub(super) async fn is_there(configured: Option<&Secret>, store: &dyn Store) -> bool {
    configured.is_some() || store.tokens().await.is_ok_and(|kept| !kept.is_empty())
}

async fn kept(configured: bool, store: &dyn Store) -> Result<(Vec<Token>, Option<Secret>), StoreError> {
    let kept = store.tokens().await?;
    if configured || !kept.is_empty() {
        return Ok((kept, None));
    }
    let made = Tokens::make(rand::random());
    let hash = Tokens::hash(made.expose());
    let (name, roles) = (ADMIN.to_owned(), Roles::ALL);
    let token = Token { name, hash, at: now(), roles, tenant: None, until: None };
    if store.keep_token(token.clone()).await? {
        return Ok((vec![token], Some(made)));
    }
    // Another gateway that started at the same time made it, and showed it.
    Ok((store.tokens().await?, None))
}

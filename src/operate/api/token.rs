//! Who may ask: whoever carries a token whose hash is known.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::fault::Fault;

/// Hashes of the tokens that are good. None: nobody may ask.
#[derive(Clone, Default)]
pub struct Tokens(Vec<[u8; 32]>);

impl Tokens {
    /// Of these hashes.
    #[must_use]
    pub const fn new(hashes: Vec<[u8; 32]>) -> Self {
        Self(hashes)
    }

    /// What is kept of a token.
    #[must_use]
    pub fn hash(token: &str) -> [u8; 32] {
        Sha256::digest(token.as_bytes()).into()
    }

    /// Lets in, or says why not. Hashes are compared, all of them and whole, so that no time tells how near a guess was.
    pub(super) fn admit(&self, authorization: Option<&str>) -> Result<(), Fault> {
        let Some(authorization) = authorization else {
            return Err(Fault::Unauthenticated("a token is needed: `Authorization: Bearer TOKEN`"));
        };
        let token = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = token else {
            return Err(Fault::Unauthenticated("the scheme must be Bearer: `Authorization: Bearer TOKEN`"));
        };
        let given = Self::hash(token.trim());
        let known = self.0.iter().fold(Choice::from(0), |known, hash| known | hash.ct_eq(&given));
        if known.into() { Ok(()) } else { Err(Fault::Unauthenticated("the token is wrong")) }
    }
}

//! Who asks: whoever carries a token whose hash is known, with the roles and the tenant that it was made for.

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::super::Desk;
use super::fault::Fault;
use super::ledger::time;
use crate::model::{Name, Secret, parse_duration};
use crate::store::{Role, Roles, StoreError, Token};
use crate::value::Timestamp;

/// The name of the token that comes from the environment, or is made at the first start.
pub const ADMIN: &str = "admin";

/// Names of tokens stand in every line of the audit log.
const LONGEST_NAME: usize = 40;

/// The tokens that are good.
#[derive(Clone, Default)]
pub struct Tokens {
    configured: Option<[u8; 32]>,
    kept: Vec<Token>,
}

impl Tokens {
    /// The one that is configured, and those of the store. The first one, which was made because none was configured, is
    /// good for as long as that is so.
    #[must_use]
    pub fn new(configured: Option<[u8; 32]>, kept: Vec<Token>) -> Self {
        let good = kept.into_iter().filter(|token| configured.is_none() || token.name != ADMIN);
        Self { configured, kept: good.collect() }
    }

    /// What is kept of a token.
    #[must_use]
    pub fn hash(token: &str) -> [u8; 32] {
        Sha256::digest(token.as_bytes()).into()
    }

    /// A new token, made of these random bytes.
    #[must_use]
    pub fn make(random: [u8; 32]) -> Secret {
        use base64::Engine as _;
        use base64::prelude::BASE64_URL_SAFE_NO_PAD;
        Secret::new(format!("swb_{}", BASE64_URL_SAFE_NO_PAD.encode(random)))
    }

    /// Those that end by themselves, and when.
    pub(in super::super) fn ending(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        self.kept.iter().filter_map(|token| Some((token.name.as_str(), token.until?)))
    }

    /// Lets in, or says why not. Hashes are compared, all of them and whole, so that no time tells how near a guess was.
    pub(super) fn admit(&self, authorization: Option<&str>, now: Timestamp) -> Result<Bearer, Fault> {
        let Some(authorization) = authorization else {
            return Err(Fault::Unauthenticated("a token is needed: `Authorization: Bearer TOKEN`"));
        };
        let token = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = token else {
            return Err(Fault::Unauthenticated("the scheme must be Bearer: `Authorization: Bearer TOKEN`"));
        };
        self.known(&Self::hash(token.trim()), now)
    }

    /// Whose token has this hash.
    fn known(&self, given: &[u8; 32], now: Timestamp) -> Result<Bearer, Fault> {
        let is = |hash: &[u8; 32]| hash.ct_eq(given);
        let chief: Choice = self.configured.iter().fold(Choice::from(0), |known, hash| known | is(hash));
        let all = self.kept.iter().map(|token| (bool::from(is(&token.hash)), token));
        let found = all.fold(None, |found, (hit, token)| if hit { Some(token) } else { found });
        if chief.into() {
            return Ok(Bearer { name: ADMIN.to_owned(), roles: Roles::ALL, tenant: None });
        }
        let Some(Token { name, roles, tenant, until, .. }) = found else {
            return Err(Fault::Unauthenticated("the token is wrong"));
        };
        if until.is_some_and(|until| until <= now) {
            return Err(Fault::Unauthenticated("the token's time is over"));
        }
        Ok(Bearer { name: name.clone(), roles: *roles, tenant: tenant.clone() })
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Bearer {
    pub(super) name: String,
    roles: Roles,
    tenant: Option<Name>,
}

#[cfg(test)]
impl Bearer {
    /// One that is good for everything, by that name.
    pub(crate) fn of_everything(name: &str) -> Self {
        Self { name: name.to_owned(), roles: Roles::ALL, tenant: None }
    }
}

impl Bearer {
    /// The token's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The one tenant that it is about; nothing if it is about all.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_ref().map(Name::as_str)
    }

    /// Whether the token has that role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.has(role)
    }

    /// Whether the token is good for everything: who makes tokens could make one for himself.
    #[must_use]
    pub fn has_all(&self) -> bool {
        self.tenant.is_none() && self.roles == Roles::ALL
    }

    /// Whether the token is good for that.
    pub(super) fn may(&self, role: Role) -> Result<(), Fault> {
        if self.has(role) {
            return Ok(());
        }
        Err(Fault::Forbidden(format!("the token `{}` has not the role `{}`", self.name, role.as_str())))
    }

    fn may_all(&self) -> Result<(), Fault> {
        if self.has_all() {
            return Ok(());
        }
        Err(Fault::Forbidden("tokens are the affair of one that has every role, for all tenants".to_owned()))
    }

    /// The tenant that is meant: the asked one, or the token's own. Of another tenant's not even the name is known.
    pub(super) fn of(&self, asked: Option<String>) -> Result<Option<String>, Fault> {
        match (&self.tenant, asked) {
            (None, asked) => Ok(asked),
            (Some(own), Some(asked)) if own.as_str() != asked => {
                Err(Fault::NotFound(format!("there is no tenant `{asked}`")))
            }
            (Some(own), _) => Ok(Some(own.to_string())),
        }
    }

    /// Whether it may see what is of that tenant, or of nobody.
    pub(super) fn sees(&self, tenant: Option<&Name>) -> bool {
        self.tenant.as_ref().is_none_or(|own| tenant == Some(own))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Make {
    name: String,
    roles: Vec<String>,
    tenant: Option<String>,
    /// How long it is good.
    expires: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoke {
    name: String,
}

impl Desk {
    /// Whose token has this hash, if it is good now.
    ///
    /// # Errors
    /// [`Fault::Unauthenticated`]: it was revoked, or its time is over.
    pub fn bearer(&self, hash: &[u8; 32]) -> Result<Bearer, Fault> {
        self.tokens.load().known(hash, self.flow.ambient.now())
    }

    /// Random bytes, as many as a token has.
    #[must_use]
    pub fn random(&self) -> [u8; 32] {
        let mut random = [0; 32];
        for part in random.chunks_mut(8) {
            part.copy_from_slice(&self.flow.ambient.random().to_le_bytes());
        }
        random
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.flow.ambient.now()
    }

    pub(super) async fn list_tokens(&self, bearer: &Bearer) -> Result<Value, Fault> {
        bearer.may_all()?;
        let tokens = self.flow.store.tokens().await?;
        Ok(json!({ "tokens": tokens.iter().map(about).collect::<Vec<_>>() }))
    }

    /// The only answer that says a token.
    pub(super) async fn make_token(&self, bearer: &Bearer, asked: Make) -> Result<Value, Fault> {
        bearer.may_all()?;
        let Make { name, roles, tenant, expires } = asked;
        let fits = (1..=LONGEST_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !fits || name == ADMIN {
            let text = format!("`name`: 1 to {LONGEST_NAME} letters, digits, `-`, `_` and `.`, and not `{ADMIN}`");
            return Err(Fault::BadRequest(text));
        }
        let role = |text: &String| {
            let known = Role::ALL.into_iter().find(|role| role.as_str() == text);
            known.ok_or_else(|| Fault::BadRequest(format!("`roles`: `{text}` is none of read, operate, reveal")))
        };
        let roles = roles.iter().map(role).collect::<Result<Roles, _>>()?;
        if roles == Roles::default() {
            return Err(Fault::BadRequest("`roles`: at least one of read, operate, reveal".to_owned()));
        }
        if let Some(tenant) = tenant.as_deref().filter(|tenant| self.flow.snapshot.load().tenant(tenant).is_none()) {
            return Err(Fault::NotFound(format!("there is no tenant `{tenant}`")));
        }
        let now = self.flow.ambient.now();
        let until = expires.map(|text| {
            let wrong = |_| Fault::BadRequest(format!("`expires`: `{text}` is no duration, such as 90d"));
            parse_duration(&text).map(|span| now.after(span)).map_err(wrong)
        });
        let made = Tokens::make(self.random());
        let hash = Tokens::hash(made.expose());
        let tenant = tenant.as_deref().map(Name::from);
        let token = Token { name, hash, at: now, roles, tenant, until: until.transpose()? };
        let words = roles.each().map(Role::as_str).collect::<Vec<_>>().join(",");
        self.note(bearer, "token make", token.tenant.as_ref(), format!("{} {words}", token.name)).await?;
        if !self.flow.store.keep_token(token.clone()).await? {
            let text = format!("there is a token `{}`: revoke it first, or take another name", token.name);
            return Err(Fault::Exists(text));
        }
        self.read_tokens().await?;
        let mut said = about(&token);
        said["token"] = json!(made.expose());
        Ok(said)
    }

    pub(super) async fn revoke_token(&self, bearer: &Bearer, asked: Revoke) -> Result<Value, Fault> {
        bearer.may_all()?;
        let Revoke { name } = asked;
        let known = self.flow.store.tokens().await?;
        let Some(token) = known.iter().find(|token| token.name == name) else {
            return Err(Fault::NotFound(format!("there is no token `{name}`")));
        };
        self.note(bearer, "token revoke", token.tenant.as_ref(), name.clone()).await?;
        self.flow.store.revoke_token(&name).await?;
        self.read_tokens().await?;
        Ok(json!({ "revoked": name }))
    }

    /// Takes those that the store has now: another gateway over the same store may have made some, or revoked some.
    ///
    /// # Errors
    /// The store's. Those that were known stay.
    pub async fn read_tokens(&self) -> Result<(), StoreError> {
        let _one = self.reading.lock().await;
        let kept = self.flow.store.tokens().await?;
        let configured = self.tokens.load().configured;
        self.tokens.store(Tokens::new(configured, kept).into());
        Ok(())
    }
}

/// A token without itself.
fn about(token: &Token) -> Value {
    let roles: Vec<&str> = token.roles.each().map(Role::as_str).collect();
    let tenant = token.tenant.as_ref().map(Name::as_str);
    json!({
        "name": token.name, "roles": roles, "tenant": tenant, "made": time(token.at), "until": token.until.and_then(time),
    })
}

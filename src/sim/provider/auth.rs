//! Whose credentials these are, and whose number that is, § 1.2. Verifies; never signs.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::options::Account;
use crate::sim::SimError;

/// An account with its key read.
pub(super) struct Known {
    pub(super) account: Arc<Account>,
    key: Option<DecodingKey>,
}

/// All accounts of the provider.
pub(super) struct Accounts(Vec<Known>);

/// The accounts that one request's credentials open; never empty.
pub(super) struct Opened<'a>(Vec<&'a Known>);

#[derive(Deserialize)]
struct Claims {
    application_id: String,
    exp: i64,
    #[expect(dead_code, reason = "its presence is what the contract asks for")]
    iat: i64,
    #[expect(dead_code, reason = "its presence is what the contract asks for")]
    jti: String,
}

impl Accounts {
    pub(super) fn new(accounts: &[Account]) -> Result<Self, SimError> {
        let known = accounts.iter().map(|account| {
            let key = match &account.public_key_pem {
                Some(pem) => {
                    Some(DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| SimError::Key("the public key"))?)
                }
                None => None,
            };
            Ok(Known { account: Arc::new(account.clone()), key })
        });
        known.collect::<Result<_, _>>().map(Self)
    }

    /// The accounts these credentials open, if any.
    pub(super) fn open(&self, headers: &HeaderMap, now: i64) -> Option<Opened<'_>> {
        let credentials = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, value) = credentials.split_once(' ')?;
        let opened: Vec<_> = match scheme {
            "Bearer" => self.0.iter().filter(|known| known.takes_token(value, now)).collect(),
            "Basic" => {
                let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
                let (key, secret) = pair.split_once(':')?;
                self.0.iter().filter(|known| known.takes_pair(key, secret)).collect()
            }
            _ => return None,
        };
        (!opened.is_empty()).then_some(Opened(opened))
    }

    /// The account a number belongs to, whoever asks.
    pub(super) fn owner(&self, number: &str) -> Option<Arc<Account>> {
        let named = self.0.iter().find(|known| known.names(number));
        let known = named.or_else(|| self.0.iter().find(|known| known.account.numbers.is_empty()))?;
        Some(Arc::clone(&known.account))
    }
}

impl Opened<'_> {
    /// Whether the number may be sent from with these credentials.
    pub(super) fn holds(&self, owner: &Arc<Account>) -> bool {
        self.0.iter().any(|known| Arc::ptr_eq(&known.account, owner))
    }
}

impl Known {
    fn names(&self, number: &str) -> bool {
        self.account.numbers.iter().any(|own| own == number)
    }

    fn takes_pair(&self, key: &str, secret: &str) -> bool {
        self.account.api_key == key && self.account.api_secret.as_ref().is_none_or(|own| own == secret)
    }

    fn takes_token(&self, token: &str, now: i64) -> bool {
        let claims = match &self.key {
            Some(key) => {
                let mut rules = Validation::new(Algorithm::RS256);
                rules.validate_aud = false;
                jsonwebtoken::decode::<Claims>(token, key, &rules)
            }
            None => jsonwebtoken::dangerous::insecure_decode::<Claims>(token),
        };
        let Ok(token) = claims else { return false };
        token.header.alg == Algorithm::RS256
            && token.claims.exp > now
            && self.account.application_id.as_ref().is_none_or(|own| *own == token.claims.application_id)
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::{Value, json};

    use super::*;
    use crate::sim::keys;

    const NOW: i64 = 4_000_000_000;

    fn token(pem: &str, claims: &Value) -> String {
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        format!("Bearer {}", jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &key).unwrap())
    }

    #[test]
    fn only_the_right_credentials_open_an_account() {
        let (pair, other) = (keys::generate().unwrap(), keys::generate().unwrap());
        let account = Account {
            numbers: vec!["6531290044".to_owned()],
            api_secret: Some("right".to_owned()),
            application_id: Some("app".to_owned()),
            public_key_pem: Some(pair.public_pem.clone()),
            ..Account::default()
        };
        let accounts = Accounts::new(&[account]).unwrap();
        let opens = |value: &str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
            accounts.open(&headers, NOW).is_some()
        };
        let good = json!({"application_id": "app", "iat": NOW, "jti": "1", "exp": NOW + 900});
        let with = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            claims
        };
        let without_jti = json!({"application_id": "app", "iat": NOW, "exp": NOW + 900});
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        let cases = [
            (true, token(&pair.private_pem, &good)),
            (false, token(&other.private_pem, &good)),
            (false, token(&pair.private_pem, &with("application_id", json!("else")))),
            (false, token(&pair.private_pem, &with("exp", json!(NOW - 1)))),
            (false, token(&pair.private_pem, &without_jti)),
            (true, basic("9c41ab7e:right")),
            (false, basic("9c41ab7e:wrong")),
            (false, basic("another:right")),
            (false, "Bearer x".to_owned()),
            (false, "Basic %".to_owned()),
            (false, "Digest x".to_owned()),
        ];
        for (expected, header) in cases {
            assert_eq!(opens(&header), expected, "{header}");
        }
        assert!(accounts.open(&HeaderMap::new(), NOW).is_none());
    }

    #[test]
    fn a_number_belongs_to_who_names_it_then_to_who_names_none() {
        let named = Account { numbers: vec!["1".to_owned()], api_key: "named".to_owned(), ..Account::default() };
        let open = Account { api_key: "open".to_owned(), ..Account::default() };
        let both = Accounts::new(&[open, named.clone()]).unwrap();
        assert_eq!(both.owner("1").unwrap().api_key, "named");
        assert_eq!(both.owner("2").unwrap().api_key, "open");
        assert!(Accounts::new(&[named]).unwrap().owner("2").is_none());
    }
}

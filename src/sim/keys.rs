//! RSA key pairs made when they are needed, so that no private key lies in the repository. Not a key store.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::SimError;

/// A key pair as PEM texts.
#[derive(Clone)]
pub struct KeyPair {
    /// The private key, PKCS#8: what a tenant's credentials hold.
    pub private_pem: String,
    /// The public key, `SubjectPublicKeyInfo`: what the provider knows of the application.
    pub public_pem: String,
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPair").field("public_pem", &self.public_pem).finish_non_exhaustive()
    }
}

/// Generates an RSA key pair of 2048 bits.
///
/// # Errors
/// [`SimError::Key`] when the library cannot generate or encode one.
pub fn generate() -> Result<KeyPair, SimError> {
    let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).map_err(|_| SimError::Key("an RSA pair"))?;
    let private: Pkcs8V1Der<'static> = pair.as_der().map_err(|_| SimError::Key("the private half"))?;
    let public: PublicKeyX509Der<'static> = pair.public_key().as_der().map_err(|_| SimError::Key("the public half"))?;
    Ok(KeyPair { private_pem: pem("PRIVATE KEY", private.as_ref()), public_pem: pem("PUBLIC KEY", public.as_ref()) })
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        lines.push_str(line);
        lines.push('\n');
        rest = after;
    }
    lines.push_str(&format!("-----END {label}-----\n"));
    lines
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_the_private_half_signs_the_public_half_verifies() {
        let (pair, other) = (generate().unwrap(), generate().unwrap());
        let key = EncodingKey::from_rsa_pem(pair.private_pem.as_bytes()).unwrap();
        let token =
            jsonwebtoken::encode(&Header::new(Algorithm::RS256), &json!({"exp": 4_000_000_000_u64}), &key).unwrap();
        let verify = |pem: &str| {
            let key = DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
            jsonwebtoken::decode::<Value>(&token, &key, &Validation::new(Algorithm::RS256)).is_ok()
        };
        assert!(verify(&pair.public_pem));
        assert!(!verify(&other.public_pem));
    }

    #[test]
    fn the_private_half_is_not_printed() {
        assert!(!format!("{:?}", generate().unwrap()).contains("PRIVATE"));
    }
}

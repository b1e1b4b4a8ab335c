//! Signing what the gateway itself posts to the operator, as <https://www.standardwebhooks.com> has it: an id, a time, and
//! HMAC-SHA256 over both and the body.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::model::Secret;
use crate::value::Timestamp;

/// What a key may begin with; the rest is base64.
const PREFIX: &str = "whsec_";
/// How many bytes a key has.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A key to sign with.
pub struct WebhookKey(hmac::Key);

impl WebhookKey {
    /// Reads a key; nothing if it is none.
    #[must_use]
    pub fn read(secret: &Secret) -> Option<Self> {
        let text = secret.expose().trim();
        let bytes = Zeroizing::new(BASE64_STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).ok()?);
        LENGTHS.contains(&bytes.len()).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The three headers of a post.
    #[must_use]
    pub fn headers(&self, id: &str, at: Timestamp, body: &[u8]) -> Vec<(String, String)> {
        let seconds = at.millis().div_euclid(1000).to_string();
        let mut signed = hmac::Context::with_key(&self.0);
        for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
            signed.update(part);
        }
        let signature = format!("v1,{}", BASE64_STANDARD.encode(signed.sign()));
        [("webhook-id", id.to_owned()), ("webhook-timestamp", seconds), ("webhook-signature", signature)]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_comes_out() {
        let key = WebhookKey::read(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned())).unwrap();
        let body = br#"{"test": 2432232314}"#;
        let at = Timestamp::from_millis(1_614_265_330_999);
        let headers = key.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body);
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let expected = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", signature),
        ];
        assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_key_is_base64_of_a_good_length() {
        let read = |text: &str| WebhookKey::read(&Secret::new(text.to_owned())).is_some();
        assert!(
            read(&BASE64_STANDARD.encode([7; 32])) && read(&format!(" whsec_{}\n", BASE64_STANDARD.encode([7; 24])))
        );
        for wrong in ["", "hunter2", "whsec_", &BASE64_STANDARD.encode([7; 23]), &BASE64_STANDARD.encode([7; 65])] {
            assert!(!read(wrong), "{wrong}");
        }
    }
}

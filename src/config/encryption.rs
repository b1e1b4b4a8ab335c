//! `encryption:` of the gateway's file: keys that contents are sealed with at rest, by name; the first one seals, all of
//! them open.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::secret::{Reference, Resolve};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::mapping::Reader;
use crate::model::Secret;
use crate::yaml::Node;

/// How long a key is.
const LENGTH: usize = 32;

/// A key by its name.
type Named = (String, Zeroizing<[u8; LENGTH]>);

/// The keys as they are written.
#[derive(Clone, Debug, Default)]
pub struct Encryption {
    source: Option<Source>,
    keys: Vec<Written>,
}

#[derive(Clone, Debug)]
struct Written {
    name: String,
    reference: Reference,
    span: Span,
}

impl PartialEq for Encryption {
    /// The same names and references, wherever they stand.
    fn eq(&self, other: &Self) -> bool {
        let all = |one: &Self| one.keys.iter().map(|key| (key.name.clone(), key.reference.clone())).collect::<Vec<_>>();
        all(self) == all(other)
    }
}

impl Eq for Encryption {}

impl Encryption {
    /// Reads names and references; the values are for [`Encryption::keys`].
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Self {
        let mut keys = Vec::new();
        for (name, value) in reader.map(node, "encryption") {
            let Some(text) = reader.text(value, "a key") else { continue };
            match Reference::parse(text) {
                Some(reference) => keys.push(Written { name: name.text.to_string(), reference, span: value.span }),
                None => {
                    let help = "write ${env:NAME} or ${file:/path} and keep the key there";
                    reader.error("SB0422", value.span, "a key is written in the file itself", help);
                }
            }
        }
        Self { source: Some(reader.source.clone()), keys }
    }

    /// The keys by name, the one that seals first.
    ///
    /// # Errors
    /// What is wrong with the first one that cannot be used.
    pub fn keys(&self, resolve: Resolve<'_>) -> Result<Vec<Named>, Box<Diagnostic>> {
        let key = |written: &Written| {
            let Written { name, reference, span } = written;
            let wrong = |why: String, help: &str| {
                let problem = Diagnostic::error("SB0422", format!("the key `{name}` cannot be used: {why}")).help(help);
                Box::new(match &self.source {
                    Some(source) => problem.at(source, *span),
                    None => problem,
                })
            };
            let help = "set it before the gateway starts, or correct the name";
            let secret = resolve(reference).map_err(|problem| wrong(problem.to_string(), help))?;
            let help = "32 random bytes in base64 or as 64 hexadecimal digits: openssl rand -base64 32";
            let key = decoded(&secret).ok_or_else(|| wrong("it is not 32 bytes long".to_owned(), help))?;
            Ok((name.clone(), key))
        };
        self.keys.iter().map(key).collect()
    }
}

fn decoded(secret: &Secret) -> Option<Zeroizing<[u8; LENGTH]>> {
    let text = secret.expose().trim();
    let mut key = Zeroizing::new([0; LENGTH]);
    if text.len() == 2 * LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        return Some(key);
    }
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(text).ok()?);
    if bytes.len() != LENGTH {
        return None;
    }
    key.copy_from_slice(&bytes);
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_thirty_two_bytes_in_base64_or_hexadecimal() {
        let key = |text: &str| decoded(&Secret::new(text.to_owned())).map(|key| key[31]);
        assert_eq!(key(&format!("{}ff", "00".repeat(31))), Some(255));
        assert_eq!(key(&format!(" {}fF\n", "00".repeat(31))), Some(255));
        assert_eq!(key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAc="), Some(7));
        for wrong in ["", "short", "AAAA", &"00".repeat(31), &"zz".repeat(32), &"A".repeat(44)] {
            assert_eq!(key(wrong), None, "{wrong}");
        }
    }
}

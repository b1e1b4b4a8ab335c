//! URLs that a mapping's constants and its tenants' settings say, parsed once and not for every message.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use url::Url;

/// More are parsed each time: as many tenants with a host of their own.
const MOST: usize = 10_000;

/// By their texts.
#[derive(Debug, Default)]
pub struct Parsed(RwLock<HashMap<Box<str>, Url>>);

impl Parsed {
    /// The URL that a text is, if it is one. `lasting`: it comes again with every message.
    pub fn url(&self, text: &str, lasting: bool) -> Option<Url> {
        if !lasting {
            return Url::parse(text).ok();
        }
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Some(known.clone());
        }
        let url = Url::parse(text).ok()?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(text.into(), url.clone());
        }
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_means_the_same_each_time() {
        let parsed = Parsed::default();
        for lasting in [false, true, true] {
            assert_eq!(parsed.url("https://API.example.com", lasting).unwrap().as_str(), "https://api.example.com/");
            assert_eq!(parsed.url("https://b.example/x", lasting).unwrap().as_str(), "https://b.example/x");
            assert_eq!(parsed.url("no url", lasting), None);
        }
        assert_eq!(parsed.0.read().unwrap().len(), 2);
    }
}

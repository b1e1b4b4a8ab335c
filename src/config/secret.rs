//! Secrets by reference: `${env:NAME}` and `${file:/path}`. Resolving one is I/O, so the caller hands in how.

use crate::model::Secret;

/// Where a secret's value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// An environment variable.
    Env(String),
    /// A file; one trailing line break is dropped.
    File(String),
}

/// Why a secret could not be had. Never holds the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// The variable is not set, or empty.
    #[error("the environment variable {0} is not set")]
    Env(String),
    /// The file cannot be read.
    #[error("the file {path} cannot be read: {problem}")]
    File {
        /// The path as written.
        path: String,
        /// The operating system's words.
        problem: String,
    },
    /// The file holds no secret.
    #[error("the file {path} {why}")]
    Unfit {
        /// The path as written.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// How a reference is resolved.
pub type Resolve<'r> = &'r (dyn Fn(&Reference) -> Result<Secret, NoSecret> + Sync);

impl Reference {
    /// Reads `${env:…}` or `${file:…}`; `None` for a plain value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix("${")?.strip_suffix('}')?;
        let (kind, place) = inner.split_once(':')?;
        let place = place.trim().to_owned();
        match kind {
            "env" if !place.is_empty() => Some(Self::Env(place)),
            "file" if !place.is_empty() => Some(Self::File(place)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_values() {
        assert_eq!(Reference::parse("${env:A_KEY}"), Some(Reference::Env("A_KEY".into())));
        assert_eq!(Reference::parse("${file:/run/a.pem}"), Some(Reference::File("/run/a.pem".into())));
        for plain in ["secret", "${env:}", "${vault:x}", "$env:X", "${env:X"] {
            assert_eq!(Reference::parse(plain), None, "{plain}");
        }
    }
}

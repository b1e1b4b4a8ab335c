//! A credential that cannot be printed, serialised or compared by accident.

use std::fmt;

use zeroize::Zeroizing;

/// A secret text: prints as `***`, is wiped when dropped. There is no `Serialize` and no `Display`.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text as a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for what verifies or signs. The name is long so that a reviewer sees it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

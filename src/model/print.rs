//! [`Print`]: what tells one credential from another without being one.

/// The print of a credential that a request carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Print {
    /// Of a shared secret: a keyed hash of all of it. Of what is signed: of whose it says it is, since every signature
    /// is another.
    pub value: u64,
    /// A shared secret: another print is another guess.
    pub secret: bool,
}

impl Print {
    /// Of requests that carry nothing to prove themselves by: each is the same.
    pub const NOTHING: Self = Self { value: 0, secret: false };

    /// Of a shared secret, by a hash of it.
    #[must_use]
    pub fn of_secret(hash: &[u8; 32]) -> Self {
        Self { value: first(hash), secret: true }
    }

    /// Of something signed, by a hash of whose it says it is.
    #[must_use]
    pub fn of_signed(hash: &[u8; 32]) -> Self {
        Self { value: first(hash), secret: false }
    }

    /// Of two schemes that a request proves itself by.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { value: self.value.rotate_left(7) ^ other.value, secret: self.secret || other.secret }
    }
}

fn first(hash: &[u8; 32]) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(first)
}

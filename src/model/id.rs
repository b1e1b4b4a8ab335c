//! Names and ids: whose, which message, and an address that masks itself.

use std::borrow::Borrow;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use super::country;

/// A name that an operator gave: of a tenant, a platform, a provider, a call.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// A sender or recipient: a number in digits, a user id, a word. Printing masks it; [`Address::as_str`] does not.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(Arc<str>);

/// Shorter addresses are not shown at all.
const SHOWN: usize = 7;

impl Address {
    /// The address itself, for what sends or stores it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Address {
    /// An address without what people put between its digits: plus, spaces, brackets, dots and dashes.
    #[must_use]
    pub fn plain(written: &str) -> Self {
        let plain: String = written.chars().filter(|c| !"+ ().-".contains(*c)).collect();
        Self(plain.into())
    }
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Address {
    /// Of a number its country and the last two digits; of a user id that begins with a country (`IN.…`) the same. Nothing
    /// of anything else, which may be a name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.strip_prefix('+').unwrap_or(&self.0);
        let (head, rest) = if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            digits.split_at(country::code_length(digits).min(digits.len()))
        } else {
            match self.0.split_once('.') {
                Some((country, rest)) if country.len() == 2 && country.bytes().all(|c| c.is_ascii_uppercase()) => {
                    (country, rest)
                }
                _ => return f.write_str("***"),
            }
        };
        let shown = head.len() + rest.len() >= SHOWN && rest.is_ascii();
        if shown { write!(f, "{head}***{}", &rest[rest.len().saturating_sub(2)..]) } else { f.write_str("***") }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Our own short id of a message: what logs and history carry, and what a [`ClientRef`] begins with.
///
/// Written as `m-` and Crockford's base 32 without leading zeros, at most 15 characters. Ids grow with time, so that
/// the store's pages are appended to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ref(i64);

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Ref {
    /// From the store's number; negative numbers are nobody's.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The store's number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = usize::try_from(self.0).unwrap_or_default();
        let mut digits = Vec::with_capacity(13);
        loop {
            digits.push(DIGITS[rest % 32]);
            rest /= 32;
            if rest == 0 {
                break;
            }
        }
        f.write_str("m-")?;
        digits.iter().rev().try_for_each(|digit| fmt::Write::write_char(f, char::from(*digit)))
    }
}

impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is none of our ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of our message ids")]
pub struct NotARef;

impl FromStr for Ref {
    type Err = NotARef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("m-").filter(|digits| (1..=13).contains(&digits.len())).ok_or(NotARef)?;
        let mut number: i64 = 0;
        for byte in digits.bytes() {
            let digit = DIGITS.iter().position(|known| *known == byte).ok_or(NotARef)?;
            let digit = i64::try_from(digit).map_err(|_| NotARef)?;
            number = number.checked_mul(32).and_then(|n| n.checked_add(digit)).ok_or(NotARef)?;
        }
        // One spelling for one id: a provider echoes ours unchanged, so any other is not ours.
        Some(Self(number)).filter(|id| id.to_string() == text).ok_or(NotARef)
    }
}

/// What the provider is given to echo: the message, and which of its attempts that is.
///
/// Written as the [`Ref`] alone for the first attempt, as `m-7Q2.2` for the second. So a status says of which attempt it
/// is even if the answer to that attempt was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientRef {
    /// Whose attempt.
    pub message: Ref,
    /// Which one, from one.
    pub attempt: NonZeroU32,
}

/// The first attempt.
impl From<Ref> for ClientRef {
    fn from(message: Ref) -> Self {
        Self { message, attempt: NonZeroU32::MIN }
    }
}

impl fmt::Display for ClientRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempt {
            NonZeroU32::MIN => self.message.fmt(f),
            attempt => write!(f, "{}.{attempt}", self.message),
        }
    }
}

impl FromStr for ClientRef {
    type Err = NotARef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (message, attempt) = match text.split_once('.') {
            Some((message, attempt)) => (message, attempt.parse().map_err(|_| NotARef)?),
            None => (text, NonZeroU32::MIN),
        };
        let id = Self { message: message.parse()?, attempt };
        // One spelling for one id here, too.
        Some(id).filter(|id| id.to_string() == text).ok_or(NotARef)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_echoes_names_the_attempt() {
        let second = ClientRef { message: Ref::from_number(7906), attempt: NonZeroU32::new(2).unwrap() };
        let first = ClientRef { attempt: NonZeroU32::MIN, ..second };
        assert_eq!((first.to_string(), second.to_string()), ("m-7Q2".to_owned(), "m-7Q2.2".to_owned()));
        for id in [first, second, ClientRef { attempt: NonZeroU32::MAX, ..first }] {
            assert_eq!(id.to_string().parse::<ClientRef>(), Ok(id));
        }
        for text in
            ["", "m-7Q2.", "m-7Q2.0", "m-7Q2.1", "m-7Q2.02", "m-7Q2.+2", "m-7Q2.2.2", "7Q2.2", "m-7Q2.4294967296"]
        {
            assert_eq!(text.parse::<ClientRef>(), Err(NotARef), "{text}");
        }
    }

    #[test]
    fn a_ref_is_read_back_as_written_and_nothing_else_is_taken() {
        for number in [0, 1, 31, 32, 1 << 40, i64::MAX] {
            let id = Ref::from_number(number);
            assert_eq!(id.to_string().parse::<Ref>(), Ok(id));
        }
        for text in ["", "m-", "7Q2", "m-7q2", "m-07Q2", "m-ZZZZZZZZZZZZZZ", "m-U", "m-ÄÖ"] {
            assert_eq!(text.parse::<Ref>(), Err(NotARef), "{text}");
        }
    }

    #[test]
    fn an_address_prints_masked() {
        for (address, masked) in [
            ("919812345670", "91***70"),
            ("+6598114720", "65***20"),
            ("14155550100", "1***00"),
            ("971501234567", "971***67"),
            ("7912345", "7***45"),
            ("12345", "***"),
            ("", "***"),
            ("IN.13491208655302741918", "IN***18"),
            ("IN.1", "***"),
            ("IN.13491é", "***"),
            ("Asha Kapoor", "***"),
            ("a.long.name", "***"),
        ] {
            assert_eq!(Address::from(address).to_string(), masked);
            assert_eq!(format!("{:?}", Address::from(address)), masked);
        }
        assert_eq!(Address::from("919812345670").as_str(), "919812345670");
    }
}

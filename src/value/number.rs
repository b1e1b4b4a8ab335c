//! A number that keeps what the source wrote: an integer stays one, and `1.0` stays `1.0`.

use std::cmp::Ordering;
use std::fmt;

/// A JSON number within 64 bits.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// An integer that fits `i64`.
    Int(i64),
    /// An integer above `i64::MAX`.
    Large(u64),
    /// Anything with a fraction or an exponent; always finite.
    Float(f64),
}

impl Number {
    /// As an integer, if it is one without loss (`3.0` is 3).
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(value),
            Self::Large(_) => None,
            Self::Float(value) => format!("{value:.0}").parse().ok().filter(|whole| Self::widen(*whole) == value),
        }
    }

    /// As a float, rounded to the nearest where it has more digits than a float holds.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(value) => Self::widen(value),
            #[expect(clippy::as_conversions, reason = "rounding to the nearest float is what is meant")]
            Self::Large(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    #[expect(clippy::as_conversions, reason = "rounding to the nearest float is what is meant")]
    const fn widen(value: i64) -> f64 {
        value as f64
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Large(value), Self::Int)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Large(a), Self::Large(b)) => Some(a.cmp(b)),
            (Self::Int(_), Self::Large(_)) => Some(Ordering::Less),
            (Self::Large(_), Self::Int(_)) => Some(Ordering::Greater),
            _ => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Large(value) => write!(f, "{value}"),
            Self::Float(value) => serde_json::Number::from_f64(*value).map_or(Err(fmt::Error), |n| write!(f, "{n}")),
        }
    }
}

impl serde::Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Large(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
        }
    }
}

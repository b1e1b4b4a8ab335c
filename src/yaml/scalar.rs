//! What an unquoted scalar is: YAML 1.2's core schema, but a number only where nothing of its spelling is lost.

use super::node::Scalar;
use crate::value::Number;

/// An unquoted scalar, and what is to be said about how it was read.
#[derive(Debug, PartialEq)]
pub(super) enum Plain {
    /// Read as it looks.
    Clear(Scalar),
    /// Looks like a number and is kept as text, because the number would lose something.
    LossyNumber,
    /// A number whose canonical spelling is shorter: `1.10`.
    Trimmed(Number),
}

/// Reads an unquoted scalar.
pub(super) fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Plain::Clear(Scalar::Null),
        "true" | "True" | "TRUE" => Plain::Clear(Scalar::Bool(true)),
        "false" | "False" | "FALSE" => Plain::Clear(Scalar::Bool(false)),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => numeric(text),
        _ => Plain::Clear(Scalar::Text(text.into())),
    }
}

/// Whether YAML 1.1 reads a boolean where 1.2 reads a text.
pub(super) fn is_old_boolean(text: &str) -> bool {
    let one_case = |word: &str| {
        text.eq_ignore_ascii_case(word)
            && (text.chars().skip(1).all(|c| c.is_ascii_lowercase()) || text.chars().all(|c| c.is_ascii_uppercase()))
    };
    ["y", "n", "yes", "no", "on", "off"].into_iter().any(one_case)
}

fn numeric(text: &str) -> Plain {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if looks_like_an_odd_number(unsigned) {
        return Plain::LossyNumber;
    }
    let Some(decimal) = Decimal::read(unsigned) else { return Plain::Clear(Scalar::Text(text.into())) };
    let padded = decimal.whole.len() > 1 && decimal.whole.starts_with('0');
    if text.starts_with('+') || padded {
        return Plain::LossyNumber;
    }
    let number = if decimal.is_integer() { integer(text) } else { decimal.float(text) };
    match number {
        Some(number)
            if decimal.exponent.is_empty() && decimal.fraction.len() > 1 && decimal.fraction.ends_with('0') =>
        {
            Plain::Trimmed(number)
        }
        Some(number) => Plain::Clear(Scalar::Number(number)),
        None => Plain::LossyNumber,
    }
}

/// Notations other than decimal: hexadecimal, octal, binary, underscores, infinity, not a number.
fn looks_like_an_odd_number(unsigned: &str) -> bool {
    let all = |digits: &str, fits: fn(&char) -> bool| {
        digits.chars().any(|c| fits(&c)) && digits.chars().all(|c| fits(&c) || c == '_')
    };
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan") {
        return true;
    }
    match lower.get(..2) {
        Some("0x") => all(&lower[2..], char::is_ascii_hexdigit),
        Some("0o") => all(&lower[2..], |c| ('0'..='7').contains(c)),
        Some("0b") => all(&lower[2..], |c| matches!(c, '0' | '1')),
        _ => {
            lower.contains('_')
                && lower.starts_with(|c: char| c.is_ascii_digit())
                && all(&lower.replacen('.', "", 1), char::is_ascii_digit)
        }
    }
}

fn integer(text: &str) -> Option<Number> {
    // "-0" is a float's zero; as an integer it would lose its sign.
    let signed = text.parse::<i64>().ok().filter(|_| text != "-0").map(Number::from);
    signed.or_else(|| text.parse::<u64>().ok().map(Number::from))
}

/// A decimal number taken apart: `whole.fraction e exponent`.
struct Decimal<'t> {
    whole: &'t str,
    fraction: &'t str,
    exponent: &'t str,
    point: bool,
}

impl<'t> Decimal<'t> {
    fn read(unsigned: &'t str) -> Option<Self> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], &unsigned[at + 1..]),
            None => (unsigned, ""),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let fits = digits(whole) && digits(fraction) && digits(power);
        let whole_is_there = !(whole.is_empty() && fraction.is_empty());
        let power_is_there = !power.is_empty() || mantissa.len() == unsigned.len();
        (fits && whole_is_there && power_is_there).then_some(Self {
            whole,
            fraction,
            exponent,
            point: mantissa.contains('.'),
        })
    }

    const fn is_integer(&self) -> bool {
        !self.point && self.exponent.is_empty()
    }

    /// As a float, if its shortest spelling has the same digits: then none was lost.
    fn float(&self, text: &str) -> Option<Number> {
        let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
        let written = format!("{}{}", self.whole, self.fraction);
        let kept = format!("{value:e}");
        let kept = kept.split('e').next().unwrap_or_default().replace(['-', '.'], "");
        (written.trim_matches('0') == kept.trim_matches('0')).then_some(Number::Float(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = match plain(text) {
            Plain::Clear(Scalar::Null) => "null".to_owned(),
            Plain::Clear(Scalar::Bool(value)) => format!("bool {value}"),
            Plain::Clear(Scalar::Number(Number::Float(value))) => format!("float {value:?}"),
            Plain::Clear(Scalar::Number(value)) => format!("int {value}"),
            Plain::Clear(Scalar::Text(_)) => "text".to_owned(),
            Plain::LossyNumber => "lossy".to_owned(),
            Plain::Trimmed(value) => format!("trimmed {value}"),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_core_schema() {
        for text in ["", "~", "null", "Null", "NULL"] {
            check(text, "null");
        }
        for text in [
            "nUll",
            "tRue",
            "yes",
            "on",
            "-",
            "+",
            ".",
            "..",
            "1a",
            "1-2",
            "1.2.3",
            "12:30",
            "2024-01-01",
            "e5",
            "1e",
            "1e+",
            "-x",
            "80/s",
            "0x",
            "0xg",
            "+1 415",
            "__",
        ] {
            check(text, "text");
        }
        check("True", "bool true");
        check("FALSE", "bool false");
        check("0", "int 0");
        check("-12", "int -12");
        check("1022", "int 1022");
        check("-9223372036854775808", "int -9223372036854775808");
        check("18446744073709551615", "int 18446744073709551615");
        check("1.0", "float 1.0");
        check("-0.5", "float -0.5");
        check(".5", "float 0.5");
        check("5.", "float 5.0");
        check("1e3", "float 1000.0");
        check("0.001", "float 0.001");
        check("1E-7", "float 1e-7");
        check("0.0", "float 0.0");
    }

    #[test]
    fn numbers_that_would_lose_something_are_texts() {
        for text in [
            "+919999999999",
            "0123",
            "-012",
            "00.5",
            "1_000",
            "-1_0.5",
            "0x1F",
            "0o17",
            "0b101",
            "18446744073709551616",
            "44000000099000000000000",
            "-9223372036854775809",
            ".inf",
            "-.INF",
            ".nan",
            "1e400",
            "+1.5",
            "-0",
            "0.12345678901234567890",
        ] {
            check(text, "lossy");
        }
        check("1.10", "trimmed 1.1");
    }

    #[test]
    fn booleans_of_yaml_1_1() {
        for text in ["y", "N", "yes", "No", "ON", "off"] {
            assert!(is_old_boolean(text), "{text}");
        }
        for text in ["yEs", "oN", "true", "nope", "", "ja"] {
            assert!(!is_old_boolean(text), "{text}");
        }
    }
}

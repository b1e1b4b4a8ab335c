//! [`Cost`]: what a provider says that a message costs, exactly. What may be wrong with it is told, and loses nothing else
//! of its event. Not here: whose message it is, and sums.

use std::fmt;

use crate::value::{Number, Tree};

/// A part of a currency: so many of these are one of it.
pub const NANOS: i64 = 1_000_000_000;
/// The largest amount of one message, in whole units: sums of as many as there may ever be stay exact.
const LARGEST: i64 = 999_999_999;
/// Digits behind the point that are kept; what follows is rounded.
const DIGITS: usize = 9;
/// The longest word for a category.
const WORD: usize = 40;

/// An amount of money, in billionths of its currency: whole numbers, so that sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// A decimal number: digits, and perhaps a point and digits. Neither negative nor above 999,999,999; beyond nine digits
    /// behind the point it is rounded, half a billionth up.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return None;
        }
        let whole: i64 = whole.trim_start_matches('0').parse().or_else(|_| zero(whole)).ok()?;
        let kept = &part[..part.len().min(DIGITS)];
        let nanos: i64 = format!("{kept:0<DIGITS$}").parse().ok()?;
        let up = i64::from(part.as_bytes().get(DIGITS).is_some_and(|digit| *digit >= b'5'));
        (whole <= LARGEST).then(|| Self(whole * NANOS + nanos + up))
    }

    /// In billionths.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(self.0.into()))
    }
}

/// Nothing is left of a number that is all zeros.
fn zero(digits: &str) -> Result<i64, ()> {
    if digits.bytes().all(|digit| digit == b'0') { Ok(0) } else { Err(()) }
}

/// A currency's three letters, in capitals (ISO 4217).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// Three letters; small ones are made capitals.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_alphabetic).then(|| Self(letters.map(|letter| letter.to_ascii_uppercase())))
    }

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| "no currency of three letters".to_owned())
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

/// What one status says of a message's cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// How much, of which currency.
    pub price: Option<(Amount, Currency)>,
    /// What the provider charges it as, in its own word.
    pub category: Option<String>,
}

impl Cost {
    /// Reads what a mapping made: `amount`, `currency`, `category`. What cannot be used is left out, and why is told.
    #[must_use]
    pub fn read(made: &Tree) -> (Self, Option<&'static str>) {
        let (price, unpriced) = apart(price(made));
        let (category, unnamed) = apart(category(made));
        (Self { price, category }, unpriced.or(unnamed))
    }

    /// Whether it says anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.price.is_none() && self.category.is_none()
    }
}

type Read<T> = Result<Option<T>, &'static str>;

fn apart<T>(read: Read<T>) -> (Option<T>, Option<&'static str>) {
    read.map_or_else(|problem| (None, Some(problem)), |read| (read, None))
}

/// A currency alone says nothing.
fn price(made: &Tree) -> Read<(Amount, Currency)> {
    let amount = match made.get("amount") {
        None | Some(Tree::Null) => return Ok(None),
        Some(Tree::Text(text)) => Amount::parse(text),
        // Never with an exponent.
        Some(Tree::Number(Number::Float(number))) => Amount::parse(&number.to_string()),
        Some(Tree::Number(number)) => Amount::parse(&number.to_string()),
        Some(_) => None,
    };
    let amount = amount.ok_or("`cost.amount` is no decimal number from 0 to 999999999")?;
    let currency = made.get("currency").and_then(Tree::as_text).and_then(Currency::parse);
    currency.map(|currency| Some((amount, currency))).ok_or("`cost.currency` is not three letters")
}

fn category(made: &Tree) -> Read<String> {
    let said = match made.get("category") {
        None | Some(Tree::Null) => return Ok(None),
        Some(said) => said.as_text().map(str::trim).unwrap_or_default(),
    };
    let fits = !said.is_empty() && said.chars().count() <= WORD && !said.contains(char::is_control);
    fits.then(|| Some(said.to_owned())).ok_or("`cost.category` is no word of at most 40 characters")
}

/// A sum of billionths as a decimal number, without zeros at its end.
#[must_use]
pub fn decimal(nanos: i128) -> String {
    let (sign, all) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let one = u128::from(NANOS.unsigned_abs());
    let text = format!("{sign}{}.{:09}", all / one, all % one);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_none() {
        let good = [
            ("0", 0),
            ("00.0", 0),
            ("0.0333", 33_300_000),
            ("12", 12 * NANOS),
            ("0.000000001", 1),
            ("0.0333000000000000018", 33_300_000),
            ("0.0000000005", 1),
            ("0.00000000049", 0),
            ("999999999.9999999999", 1_000_000_000 * NANOS),
            ("0000000000000000000000001", NANOS),
        ];
        for (text, nanos) in good {
            assert_eq!(Amount::parse(text).map(Amount::nanos), Some(nanos), "{text}");
        }
        for text in ["", ".", "1.", ".5", "-0.1", "+1", "1e-3", "0,03", " 1", "1 ", "1000000000", "NaN", "٣", "9e99"] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
        assert_eq!(Amount::parse(&"9".repeat(400)), None);
    }

    #[test]
    fn sums_are_written_as_they_are() {
        let written = [0, 1, 33_300_000, 12_000_000_000, 10_500_000_000, -1, 123_456_789_012_345_678_900].map(decimal);
        let wanted = ["0", "0.000000001", "0.0333", "12", "10.5", "-0.000000001", "123456789012.3456789"];
        assert_eq!(written, wanted);
        assert_eq!(decimal(100 * i128::from(NANOS)), "100");
    }

    fn made(members: &[(&str, Tree)]) -> Tree {
        Tree::Map(members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
    }

    #[test]
    fn what_cannot_be_used_loses_nothing_else() {
        let text = Tree::from_text;
        let euro = Currency::parse("eur").unwrap();
        assert_eq!(euro.as_str(), "EUR");
        let price = |text: &str| Some((Amount::parse(text).unwrap(), euro));
        let whole = made(&[("amount", text("0.0333")), ("currency", text("eur")), ("category", text(" marketing "))]);
        let category = Some("marketing".to_owned());
        assert_eq!(Cost::read(&whole), (Cost { price: price("0.0333"), category: category.clone() }, None));
        let number = |number| made(&[("amount", Tree::Number(number)), ("currency", text("EUR"))]);
        for (given, wanted) in
            [(Number::Float(0.0001), "0.0001"), (Number::Float(1e-7), "0.0000001"), (7_i64.into(), "7")]
        {
            assert_eq!(Cost::read(&number(given)), (Cost { price: price(wanted), category: None }, None));
        }
        for nothing in [made(&[]), made(&[("currency", text("EUR"))]), made(&[("amount", Tree::Null)]), Tree::Null] {
            assert_eq!(Cost::read(&nothing), (Cost::default(), None));
        }
        let marketing = Cost { price: None, category };
        for (amount, currency) in [("-1", "EUR"), ("a lot", "EUR"), ("1", "€"), ("1", "EURO")] {
            let both = [("amount", text(amount)), ("currency", text(currency)), ("category", text("marketing"))];
            let (cost, problem) = Cost::read(&made(&both));
            assert_eq!((cost, problem.is_some()), (marketing.clone(), true), "{amount} {currency}");
        }
        assert!(Cost::read(&made(&[("amount", text("1"))])).1.is_some_and(|problem| problem.contains("currency")));
        for bad in [text(""), text(&"x".repeat(41)), text("a\nb"), Tree::Bool(true)] {
            let (cost, problem) = Cost::read(&made(&[("category", bad)]));
            assert!(cost.is_empty() && problem.is_some_and(|problem| problem.contains("category")));
        }
    }
}

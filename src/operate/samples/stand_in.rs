//! Stand-ins: of the same kind and length as what they stand for, and within one document the same for the same, so that a
//! mapping reads both in the same way. What was there cannot be found from them: the key of each document is kept nowhere.

use super::drawn::Drawn;
use super::known::Known;
use crate::codec::json;
use crate::config::Tenant;
use crate::value::{Arena, Number, Timestamp, Tree, Value};

/// Longer numbers may be somebody's.
const DIGITS: usize = 6;
/// So many digits stay of a longer one: the country's code, and what kind of number it is there.
const SHOWN: usize = 4;
/// A number that is a time as near to now is one, in milliseconds.
const NEAR: i64 = 24 * 60 * 60 * 1000;
/// No ending of a file's name is longer.
const ENDING: usize = 4;

/// What stands in for what, in one document of a tenant.
pub(super) struct StandIns<'s> {
    pub(super) known: &'s Known,
    pub(super) tenant: &'s Tenant,
    pub(super) key: [u8; 32],
    /// When the document came.
    pub(super) at: Timestamp,
}

impl StandIns<'_> {
    /// A document of the same shape.
    pub(super) fn value<'v>(&self, value: Value<'v>, arena: &'v Arena) -> Value<'v> {
        match value {
            Value::Null | Value::Bool(_) | Value::Time(_) => value,
            Value::Number(number) => Value::Number(self.number(number)),
            Value::Text(text) | Value::Secret(text) => Value::Text(arena.alloc_str(&self.text(text))),
            Value::List(items) => {
                let items: Vec<Value<'v>> = items.iter().map(|item| self.value(*item, arena)).collect();
                Value::List(arena.alloc_slice_copy(&items))
            }
            Value::Map(members) => {
                let member = |(name, value): &(&'v str, Value<'v>)| (self.name(name, arena), self.value(*value, arena));
                Value::Map(arena.alloc_slice_copy(&members.iter().map(member).collect::<Vec<_>>()))
            }
        }
    }

    /// A text; one that is a document is one again.
    pub(super) fn text(&self, text: &str) -> String {
        if self.is_nobodys(text) {
            return text.to_owned();
        }
        let arena = Arena::new();
        if let Some(document) = text.starts_with(['{', '[']).then(|| json::read(text.as_bytes(), &arena).ok()).flatten()
        {
            let mut out = Vec::new();
            json::write(self.value(document, &arena), &mut out);
            return String::from_utf8(out).unwrap_or_default();
        }
        let said = self.said(text);
        let (kept, rest) = text.split_at(said);
        kept.to_owned() + &self.shaped(rest)
    }

    /// A segment of a path: its value, percent-encoded. What stands for a credential stays.
    pub(super) fn segment(&self, name: &str, text: &str) -> String {
        if text == format!("{{{name}}}") {
            return text.to_owned();
        }
        let value = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
        percent_encoding::utf8_percent_encode(&self.text(&value), percent_encoding::NON_ALPHANUMERIC).to_string()
    }

    fn name<'v>(&self, name: &'v str, arena: &'v Arena) -> &'v str {
        // What has no letter and no digit is a mark of the format.
        let is_mark = !name.contains(char::is_alphanumeric);
        if is_mark || self.known.names(name) { name } else { arena.alloc_str(&self.text(name)) }
    }

    /// What the files say, the tenant's too, and times.
    fn is_nobodys(&self, text: &str) -> bool {
        let Tenant { name, numbers, platform_side, provider_side, .. } = self.tenant;
        let settings = [&platform_side.settings, &provider_side.settings];
        self.known.has(text)
            || text == name.as_str()
            || self.tenant.sender(text).is_some()
            || numbers.iter().map(|number| &number.members).chain(settings).any(|tree| says(tree, text))
            || is_time(text)
            || self.is_near(text)
    }

    /// How much of a text is a keyword of the tenant's: all of it, or its first words.
    fn said(&self, text: &str) -> usize {
        let word = self.tenant.keywords.iter().find_map(|rule| rule.words.find([text]));
        let (mut left, mut end) = (word.map_or(0, |word| word.split_whitespace().count()), 0);
        for part in text.split_inclusive(char::is_whitespace) {
            if left == 0 {
                break;
            }
            left -= usize::from(!part.trim().is_empty());
            end += part.len();
        }
        end
    }

    fn number(&self, number: Number) -> Number {
        let written = number.to_string();
        let digits = written.bytes().filter(u8::is_ascii_digit).count();
        if digits <= DIGITS || self.is_nobodys(&written) {
            return number;
        }
        let masked = self.figures(&written);
        let whole = masked.parse().map(Number::Int).or_else(|_| masked.parse().map(Number::Large));
        whole.or_else(|_| masked.parse().map(Number::Float)).unwrap_or(Number::Int(0))
    }

    /// Seconds or milliseconds since 1970, of about now.
    fn is_near(&self, text: &str) -> bool {
        let factor = match text.len() {
            10 => 1000,
            13 => 1,
            _ => return false,
        };
        let millis = text.parse::<i64>().ok().and_then(|time| time.checked_mul(factor));
        millis.is_some_and(|millis| millis.abs_diff(self.at.millis()) < NEAR.unsigned_abs())
    }

    /// A text of the same form.
    fn shaped(&self, text: &str) -> String {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if digits > DIGITS && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.() ".contains(&byte)) {
            return self.figures(text);
        }
        let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme)).unwrap_or_default();
        let body = &text[scheme.len()..];
        let is_prose = body.contains(char::is_whitespace);
        let ending = if is_prose { "" } else { ending(body) };
        let body = &body[..body.len() - ending.len()];
        let mut drawn = Drawn::of(&self.key, body);
        let mut out = scheme.to_owned();
        for part in body.split_inclusive(|c: char| !is_word(c)) {
            let word = part.trim_end_matches(|c: char| !is_word(c));
            // A code at the end of an address is read out of it; in prose a word of the files is somebody's all the same.
            if !is_prose && self.known.has(word) {
                out += part;
            } else {
                self.word(part, &mut drawn, &mut out);
            }
        }
        out + ending
    }

    /// A word with its long numbers as they are everywhere.
    fn word(&self, word: &str, drawn: &mut Drawn<'_>, out: &mut String) {
        let mut rest = word;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let (before, digits) = rest.split_at(start);
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let (run, after) = digits.split_at(end);
            out.extend(before.chars().map(|c| drawn.like(c)));
            if run.len() > DIGITS {
                *out += &self.figures(run);
            } else {
                out.extend(run.chars().map(|c| drawn.like(c)));
            }
            rest = after;
        }
        out.extend(rest.chars().map(|c| drawn.like(c)));
    }

    /// A long number with other digits behind the first ones, however it is laid out: the same for the same digits.
    fn figures(&self, text: &str) -> String {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let mut drawn = Drawn::of(&self.key, &digits);
        let mut place = 0;
        let figure = |c: char| {
            place += usize::from(c.is_ascii_digit());
            // No plan of numbers has a 0 or 1 everywhere.
            if !c.is_ascii_digit() || place <= SHOWN { c } else { drawn.among(b"23456789") }
        };
        text.chars().map(figure).collect()
    }
}

/// Whether a text stands somewhere in it.
fn says(tree: &Tree, text: &str) -> bool {
    match tree {
        Tree::Text(said) => **said == *text,
        Tree::List(items) => items.iter().any(|item| says(item, text)),
        Tree::Map(members) => members.iter().any(|(_, value)| says(value, text)),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) => false,
    }
}

/// Whether a character may be one of a code.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// The ending of a file's name: `.jpg`.
fn ending(text: &str) -> &str {
    let Some(dot) = text.rfind('.').filter(|dot| *dot > 0) else { return "" };
    let ending = &text[dot..];
    let is_one =
        (2..=ENDING).contains(&(ending.len() - 1)) && ending[1..].bytes().all(|byte| byte.is_ascii_lowercase());
    if is_one { ending } else { "" }
}

/// A time as people and programs write it. Digits alone are none here.
fn is_time(text: &str) -> bool {
    text.contains('-')
        && (text.parse::<jiff::Timestamp>().is_ok()
            || text.parse::<jiff::civil::DateTime>().is_ok()
            || text.parse::<jiff::civil::Date>().is_ok())
}

#[cfg(test)]
mod shipped;
#[cfg(test)]
mod tests;

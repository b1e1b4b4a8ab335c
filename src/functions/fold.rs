//! `fold`: a text without the differences that do not matter when people's words are compared.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::call::Outcome;
use super::function::{Argument, Call, Example, Function, Type};
use super::prepare::{PrepareError, Prepared};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[Function {
    arguments: &[Argument::literal("what", &[Type::Text]).optional().repeated()],
    examples: &[
        Example::gives("$.a | fold", r#"{"a": " «ＳＴＯＰ»  Café! "}"#, r#""stop» cafe""#),
        Example::gives(r#"$.a | fold("case", "space")"#, r#"{"a": " Été  2 "}"#, r#""été 2""#),
    ],
    prepare,
    ..Function::row(
        "fold",
        &[Type::Text],
        Type::Text,
        "without differences of case, width, diacritics, punctuation around it and space, or only of those listed",
        fold,
    )
}];

/// What is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folding {
    case: bool,
    width: bool,
    diacritics: bool,
    punctuation: bool,
    space: bool,
}

const ALL: Folding = Folding { case: true, width: true, diacritics: true, punctuation: true, space: true };

fn prepare(literals: &[Option<Value<'_>>]) -> Result<Prepared, PrepareError> {
    if literals.is_empty() {
        return Ok(Prepared::Fold(ALL));
    }
    let mut folding = Folding::default();
    for literal in literals {
        match literal.and_then(Value::as_text) {
            Some("case") => folding.case = true,
            Some("width") => folding.width = true,
            Some("diacritics") => folding.diacritics = true,
            Some("punctuation") => folding.punctuation = true,
            Some("space") => folding.space = true,
            _ => return Err(PrepareError("expected case, width, diacritics, punctuation or space".to_owned())),
        }
    }
    Ok(Prepared::Fold(folding))
}

fn fold<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let folding = if let Prepared::Fold(folding) = call.prepared { *folding } else { ALL };
    call.give(&folding.apply(call.text()?))
}

impl Folding {
    fn apply(self, text: &str) -> String {
        let mut text = text.to_owned();
        if self.width {
            text = text.nfkc().collect();
        }
        if self.case {
            // By way of upper case, so that ß and ss, σ and ς meet; from lower case, or ẞ would become ß only.
            let lower = text.chars().flat_map(char::to_lowercase);
            text = lower.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
        }
        if self.diacritics {
            text = text.nfd().filter(|char| !is_diacritic(*char)).nfc().collect();
        }
        if self.punctuation {
            let bare = text.trim_matches(|char| is_edge(char) || (self.space && char.is_whitespace()));
            // A text of symbols only, such as a thumb, is itself the word.
            if !bare.is_empty() {
                text = bare.to_owned();
            }
        }
        if self.space {
            text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        text
    }
}

/// Accents of Latin, Greek and Cyrillic, and the optional vowel signs of Hebrew and Arabic. Not every combining mark:
/// the vowel signs of Devanagari and its relatives are letters.
const fn is_diacritic(char: char) -> bool {
    matches!(char,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{fe20}'..='\u{fe2f}'
        | '\u{591}'..='\u{5bd}' | '\u{5bf}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Punctuation or a symbol: neither letter, digit, sign upon a letter, nor white space.
fn is_edge(char: char) -> bool {
    !char.is_alphanumeric() && !is_combining_mark(char) && !char.is_whitespace()
}

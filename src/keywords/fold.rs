//! [`Fold`]: what is ignored when words are compared. A folded text is for comparing only, never for showing.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What is ignored when words are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Upper and lower case, by Unicode's full case folding.
    pub case: bool,
    /// Full and half width forms (NFKC).
    pub width: bool,
    /// Accents and other combining marks of Latin, Greek and Cyrillic letters. In other scripts marks are vowels.
    pub diacritics: bool,
    /// Punctuation and symbols around the text.
    pub punctuation: bool,
    /// White space around the text; runs of it inside count as one.
    pub space: bool,
}

impl Fold {
    /// Everything.
    pub const ALL: Self = Self { case: true, width: true, diacritics: true, punctuation: true, space: true };

    /// The text without what is ignored. What cannot be seen, such as joiners and marks of direction, always goes;
    /// a text of nothing but punctuation or symbols keeps them, so that a symbol can be a word.
    #[must_use]
    pub fn apply(self, text: &str) -> String {
        let mut folded = if text.is_ascii() { self.plain(text) } else { self.characters(text) };
        if self.space {
            folded = folded.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        if self.punctuation {
            let bare = self.trimmed(&folded);
            if !bare.is_empty() {
                folded = bare.to_owned();
            }
        }
        folded
    }

    /// What [`Fold::characters`] makes of a text in which nothing is invisible, composed, wide or accented.
    fn plain(self, text: &str) -> String {
        if self.case { text.to_ascii_lowercase() } else { text.to_owned() }
    }

    fn characters(self, text: &str) -> String {
        let seen = text.chars().filter(|c| !is_invisible(*c));
        let mut folded: String = if self.width { seen.nfkc().collect() } else { seen.nfc().collect() };
        if self.case {
            folded = folded.chars().flat_map(lowered).collect();
        }
        if self.diacritics { without_marks(&folded) } else { folded }
    }

    /// Without the punctuation around; white space between it and the text goes with it if that is folded too.
    fn trimmed(self, text: &str) -> &str {
        let space = |c: char| c.is_whitespace() && !self.space;
        text.trim_start_matches(|c: char| !(c.is_alphanumeric() || space(c)))
            .trim_end_matches(|c: char| !(is_word(c) || space(c)))
    }
}

/// Belongs to a word: a letter, a digit, or a mark on one (not every vowel sign is a letter to Unicode).
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Full case folding: by way of upper case, since that is where `ß` becomes `ss`, and `ς` and `σ` meet. The Turkish
/// pairs `İi` and `Iı` become one letter, so that either spelling in either case is the same word.
fn lowered(c: char) -> impl Iterator<Item = char> {
    let c = if c == 'İ' { 'i' } else { c };
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

fn without_marks(text: &str) -> String {
    let mut accented = false;
    let bare = text.nfd().filter(|c| {
        let mark = is_combining_mark(*c);
        if !mark {
            accented = carries_accents(*c);
        }
        !(mark && accented)
    });
    bare.nfc().collect()
}

/// Latin, Greek and Cyrillic letters.
const fn carries_accents(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{2AF}' | '\u{1E00}'..='\u{1EFF}' | '\u{2C60}'..='\u{2C7F}' | '\u{A720}'..='\u{A7FF}'
        | '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}'
        | '\u{400}'..='\u{52F}' | '\u{1C80}'..='\u{1C8F}' | '\u{A640}'..='\u{A69F}')
}

/// Takes no room and is typed by keyboards and editors unasked: joiners, marks of direction, the byte order mark, soft
/// hyphens, fillers, selectors of an emoji's look and its keycap.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{20E3}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E01EF}')
}

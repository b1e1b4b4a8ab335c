//! What a person's words mean: folding and matching. Which rule acts, and what it does, is `legs`' affair.
//!
//! Start at [`Words`]: a rule's words, folded once; each text is folded once and compared.

mod fold;

pub use fold::Fold;

/// A text longer than this (in bytes) is no keyword; of a longer one only so much is looked at for a first word.
const LONGEST: usize = 4096;

/// How much of a text must be the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// All of it.
    Whole,
    /// Its first word.
    FirstWord,
}

/// A rule's words, folded once.
#[derive(Clone, Debug)]
pub struct Words {
    /// As configured, and folded.
    words: Vec<(String, String)>,
    fold: Fold,
    how: Match,
}

impl Default for Words {
    fn default() -> Self {
        Self { words: Vec::new(), fold: Fold::ALL, how: Match::Whole }
    }
}

impl Words {
    /// Folds the words. One of which nothing is left is nobody's word.
    #[must_use]
    pub fn new(words: &[String], fold: Fold, how: Match) -> Self {
        let folded = words.iter().map(|word| (word.clone(), fold.apply(word)));
        Self { words: folded.filter(|(_, folded)| !folded.is_empty()).collect(), fold, how }
    }

    /// Every word, as it was configured.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|(word, _)| word.as_str())
    }

    /// The word, as it was configured, that one of the texts is.
    #[must_use]
    pub fn find<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Option<&str> {
        if self.words.is_empty() {
            return None;
        }
        texts.into_iter().find_map(|text| self.find_in(text))
    }

    fn find_in(&self, text: &str) -> Option<&str> {
        let text = match self.how {
            Match::Whole if text.len() > LONGEST => return None,
            _ => beginning(text),
        };
        let text = self.fold.apply(text);
        let is = |word: &str| match self.how {
            Match::Whole => text == word,
            Match::FirstWord => text.strip_prefix(word).is_some_and(|rest| self.ends_word(rest)),
        };
        self.words.iter().find(|(_, folded)| is(folded)).map(|(word, _)| word.as_str())
    }

    /// What follows the first word: nothing, or white space, perhaps behind punctuation. A hyphen, an apostrophe or
    /// a dot with letters right behind it belongs to the word.
    fn ends_word(&self, rest: &str) -> bool {
        let gap = rest.chars().take_while(|c| !c.is_whitespace());
        let mut gap = gap.map(|c| self.fold.punctuation && !fold::is_word(c));
        gap.all(|ignored| ignored)
    }
}

/// As much of a text as is looked at.
fn beginning(text: &str) -> &str {
    let end = (0..=text.len().min(LONGEST)).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

#[cfg(test)]
mod tests;

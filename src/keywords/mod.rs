//! What a person's words mean: folding and matching. Which rule acts, and what it does, is `legs`' affair.

/// What is ignored when words are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Upper and lower case, by Unicode's full case folding.
    pub case: bool,
    /// Full and half width forms (NFKC).
    pub width: bool,
    /// Accents and other combining marks.
    pub diacritics: bool,
    /// Punctuation and symbols around the text.
    pub punctuation: bool,
    /// White space around the text; runs of it inside count as one.
    pub space: bool,
}

impl Fold {
    /// Everything.
    pub const ALL: Self = Self { case: true, width: true, diacritics: true, punctuation: true, space: true };
}

/// How much of a text must be the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// All of it.
    Whole,
    /// Its first word.
    FirstWord,
}

/// A rule's words, folded once.
#[derive(Clone, Debug, Default)]
pub struct Words {
    _private: (),
}

impl Words {
    /// Folds the words.
    #[must_use]
    pub fn new(words: &[String], fold: Fold, how: Match) -> Self {
        let _ = (words, fold, how);
        Self::default()
    }

    /// The word, as it was configured, that one of the texts is.
    #[must_use]
    pub fn find<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Option<&str> {
        let _ = texts.into_iter();
        None
    }
}

//! All codes in use, as data: what `check --explain` and the manual print. One line per code, sorted.
//!
//! SB01xx YAML · SB02xx expressions and trees · SB03xx keys and sections of a mapping · SB04xx tenants and the
//! gateway's file · SB05xx references between files · SB06xx cases.

/// A code, its title and what it means to the person who wrote the file.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// `SB0101`.
    pub code: &'static str,
    /// A few words.
    pub title: &'static str,
    /// Why it is a problem and what to do.
    pub explanation: &'static str,
}

/// Looks a code up.
#[must_use]
pub fn explain(code: &str) -> Option<&'static Code> {
    ALL.iter().find(|known| known.code == code)
}

const fn row(code: &'static str, title: &'static str, explanation: &'static str) -> Code {
    Code { code, title, explanation }
}

/// Every code in use.
#[rustfmt::skip]
pub const ALL: &[Code] = &[
    row("SB0101", "not YAML", "The text breaks a rule of YAML; the place is where it became impossible, the cause often stands just before it."),
    row("SB0102", "key given twice", "A map has one value per key, and 1022 and \"1022\" are one key. Many tools silently take the last one."),
    row("SB0103", "anchor or alias", "`&name` and `*name` are not taken: a small file could swell to a huge one, and the same text in two places is read twice by people. Write it out, or use a named tree (`use:`)."),
    row("SB0104", "tag", "`!tag` asks for a type by name; there are none here. Quote a text that begins with `!`."),
    row("SB0105", "merge key", "`<<` merges maps in some tools only and hides which value holds. Write the keys out, or use a named tree (`use:`)."),
    row("SB0106", "several documents", "A file holds one document; a line `---` begins another."),
    row("SB0107", "tab", "YAML indents by blanks; tabs are as wide as each editor likes."),
    row("SB0108", "nested too deep", "The tree is deeper than any file needs, which would make every reader of it slow or unsafe."),
    row("SB0109", "too many nodes", "The file holds more values than any mapping needs."),
    row("SB0110", "expression cut by YAML", "In `{ … }` and `[ … ]` a comma or bracket ends an unquoted text. Put the expression in quotes; `switchboard fmt` does it."),
    row("SB0111", "unquoted {{", "An unquoted `{{` opens two maps in YAML. Quote a template, or write it as a block (`|-`)."),
    row("SB0112", "colon in an unquoted text", "A colon and a blank end a key. Quote a text that holds them."),
    row("SB0113", "cut by a comment", "A blank and `#` begin a comment, also amid a text. Quote a text that holds them."),
    row("SB0114", "a boolean to other tools", "`on`, `off`, `yes`, `no`, `y` and `n` are texts here and booleans to tools that read YAML 1.1. Quote them, or write `true` and `false`."),
    row("SB0115", "looks like a number, is a text", "As a number it would lose its plus, its leading zeros, its notation or digits, so it is kept as text; other tools read a number. Quote it."),
    row("SB0116", "not a key", "A key is one text: no list, no map, and not nothing."),
    row("SB0117", "directive", "`%YAML` and `%TAG` lines are not taken; files are YAML 1.2."),
    row("SB0118", "a number that changes its look", "`1.10` is the number 1.1. Quote it if it is a version or a name."),
    row("SB0119", "a character that cannot be seen", "Control characters and invisible marks make a file read otherwise than it looks."),
    row("SB0120", "settings not understood", "A key is unknown or missing, or a value has the wrong type."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted() {
        for pair in ALL.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} must stand after {}", pair[0].code, pair[1].code);
        }
    }

    #[test]
    fn codes_are_well_formed_and_explained() {
        for row in ALL {
            let digits = row.code.strip_prefix("SB").unwrap_or_default();
            assert!(digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", row.code);
            assert!(!row.title.is_empty() && row.explanation.ends_with('.'), "{}", row.code);
            assert_eq!(explain(row.code).map(|found| found.title), Some(row.title));
        }
        assert!(explain("SB9999").is_none());
    }
}

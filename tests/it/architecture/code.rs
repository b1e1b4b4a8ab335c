//! A source file as the rules see it: comments, texts and test code blotted out, every line and column kept.
//!
//! Not a parser of Rust: it knows comments, string and character literals, and brackets.

use std::collections::HashSet;

/// One file of `src`.
pub(super) struct File {
    /// `src/yaml/parse.rs`.
    pub(super) name: String,
    /// `yaml`; `main` for `src/main.rs`, nothing for `src/lib.rs`.
    pub(super) room: String,
    /// How many modules deep it lies: 1 for `src/yaml/mod.rs`, 2 for `src/yaml/parse.rs`.
    pub(super) depth: usize,
    /// As written.
    pub(super) text: String,
    /// Without comments, texts and test code.
    pub(super) code: String,
    /// Without comments and test code.
    pub(super) with_texts: String,
}

/// The files but those that are test code as a whole (`#[cfg(test)] mod x;`).
pub(super) fn files<'t>(texts: impl Iterator<Item = (&'t str, &'t str)> + Clone) -> Vec<File> {
    let tests: HashSet<String> = texts.clone().flat_map(|(name, text)| test_files(name, text)).collect();
    let is_test =
        |name: &str| tests.iter().any(|test| name == format!("{test}.rs") || name.starts_with(&format!("{test}/")));
    texts.filter(|(name, _)| !is_test(name)).map(|(name, text)| File::new(name, text)).collect()
}

impl File {
    fn new(name: &str, text: &str) -> Self {
        let (mut code, mut with_texts) = blot(text);
        for (start, end) in test_items(&code) {
            blank(&mut code, start, end);
            blank(&mut with_texts, start, end);
        }
        let path = name.trim_start_matches("src/").trim_end_matches(".rs");
        let modules: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "mod" | "lib")).collect();
        let room = modules.first().copied().unwrap_or_default().to_owned();
        Self { name: name.to_owned(), room, depth: modules.len(), text: text.to_owned(), code, with_texts }
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.text[..offset].matches('\n').count() + 1
    }

    /// Lines with code in them.
    pub(super) fn lines_of_code(&self) -> usize {
        self.with_texts.lines().filter(|line| !line.trim().is_empty()).count()
    }
}

/// Blots out comments and texts; and, in the second, comments only. Offsets stay.
fn blot(text: &str) -> (String, String) {
    let (mut code, mut with_texts) = (text.to_owned(), text.to_owned());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, kind) = token(rest, text[..at].chars().next_back());
        match kind {
            Token::Comment => {
                blank(&mut code, at, at + length);
                blank(&mut with_texts, at, at + length);
            }
            Token::Text => blank(&mut code, at, at + length),
            Token::Code => {}
        }
        at += length;
    }
    (code, with_texts)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Comment,
    Text,
    Code,
}

/// The length in bytes of what `rest` begins with, and what it is.
fn token(rest: &str, before: Option<char>) -> (usize, Token) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Token::Comment);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), Token::Comment);
    }
    if rest.starts_with('"') {
        return (quoted(rest, '"'), Token::Text);
    }
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let raw = rest.trim_start_matches('b').strip_prefix('r').map(|raw| raw.trim_start_matches('#'));
    if let Some(opened) = raw.filter(|raw| !in_word && raw.starts_with('"')) {
        let prefix = rest.len() - opened.len();
        let hashes = rest[..prefix].matches('#').count();
        let close = format!("\"{}", "#".repeat(hashes));
        let end = opened[1..].find(&close).map_or(rest.len(), |end| prefix + 1 + end + close.len());
        return (end, Token::Text);
    }
    if rest.starts_with('\'') {
        // 'x' and '\n' are characters; 'a without a closing quote is a lifetime.
        let mut chars = rest.chars().skip(1);
        let (first, second) = (chars.next(), chars.next());
        if first == Some('\\') || second == Some('\'') {
            return (quoted(rest, '\''), Token::Text);
        }
    }
    (rest.chars().next().map_or(1, char::len_utf8), Token::Code)
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let tail = &rest.as_bytes()[at..];
        if tail.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if tail.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// Replaces all but line ends by blanks, byte for byte.
fn blank(text: &mut String, start: usize, end: usize) {
    let blanks: String = text[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(start..end, &blanks);
}

/// The items under `#[cfg(test)]`, from the attribute to their closing bracket or semicolon.
fn test_items(code: &str) -> Vec<(usize, usize)> {
    ["#[cfg(test)]", "#[cfg(all(test"]
        .iter()
        .flat_map(|mark| code.match_indices(mark))
        .map(|(start, _)| (start, item_end(code, start)))
        .collect()
}

fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices().skip_while(|(at, _)| *at < start) {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && c == '}' {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// The files behind `#[cfg(test)] mod x;`, without `.rs`.
fn test_files(name: &str, text: &str) -> Vec<String> {
    let (code, _) = blot(text);
    let folder = name.trim_end_matches("/mod.rs").trim_end_matches("/lib.rs").trim_end_matches(".rs");
    let declared = |item: &str| {
        let words: Vec<&str> = item.split(['\n', ' ', ';']).filter(|word| !word.is_empty()).collect();
        let at = words.iter().position(|word| *word == "mod")?;
        item.ends_with(';').then(|| words.get(at + 1).map(|module| format!("{folder}/{module}")))?
    };
    test_items(&code).into_iter().filter_map(|(start, end)| declared(&code[start..end])).collect()
}

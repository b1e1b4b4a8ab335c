//! Characters to tokens. A path is one token: its extent is found here, its meaning is RFC 9535's affair (`path`).

use std::ops::Range;

use super::ast::Comparison;
use crate::value::Tree;

/// The smallest parts of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Path(Box<str>),
    Literal(Tree),
    Name(Box<str>),
    Compare(Comparison),
    /// `?` behind a path.
    Optional,
    /// `??`
    Otherwise,
    Pipe,
    Or,
    And,
    Not,
    Open,
    Close,
    Comma,
}

/// What cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::language) struct Problem {
    /// One sentence without a full stop.
    pub(in crate::language) message: String,
    /// What to do, if there is something to say.
    pub(in crate::language) help: Option<&'static str>,
    /// Byte offsets in the text.
    pub(in crate::language) at: Range<usize>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, at: Range<usize>) -> Self {
        Self { message: message.into(), help: None, at }
    }

    pub(super) fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }
}

const FLOW: &str = "in flow style a comma or bracket ends an unquoted text: put the expression in quotes";

/// All tokens of a text with their places.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, Problem> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let (token, length) = token(text, at)?;
        found.push((token, at..at + length));
        at += length;
    }
    Ok(found)
}

fn token(text: &str, at: usize) -> Result<(Token, usize), Problem> {
    let rest = &text[at..];
    for (sign, token) in SIGNS {
        if rest.starts_with(sign) {
            return Ok((token.clone(), sign.len()));
        }
    }
    match rest.as_bytes()[0] {
        b'$' => path(text, at).map(|length| (Token::Path(rest[..length].into()), length)),
        b'"' => string(text, at),
        b'-' | b'0'..=b'9' => number(text, at),
        byte if byte.is_ascii_alphabetic() || byte == b'_' => Ok(word(rest)),
        _ => Err(unexpected(rest, at)),
    }
}

/// Longer signs first, so that `??` is not two `?`.
const SIGNS: &[(&str, Token)] = &[
    ("??", Token::Otherwise),
    ("||", Token::Or),
    ("&&", Token::And),
    ("==", Token::Compare(Comparison::Equal)),
    ("!=", Token::Compare(Comparison::Unequal)),
    ("<=", Token::Compare(Comparison::LessOrEqual)),
    (">=", Token::Compare(Comparison::GreaterOrEqual)),
    ("<", Token::Compare(Comparison::Less)),
    (">", Token::Compare(Comparison::Greater)),
    ("?", Token::Optional),
    ("|", Token::Pipe),
    ("!", Token::Not),
    ("(", Token::Open),
    (")", Token::Close),
    (",", Token::Comma),
];

fn unexpected(rest: &str, at: usize) -> Problem {
    let sign = rest.chars().next().unwrap_or_default();
    let problem = Problem::new(format!("`{sign}` has no meaning here"), at..at + sign.len_utf8());
    match sign {
        '=' => problem.help("equality is `==`"),
        '&' => problem.help("both is `&&`"),
        '\'' => problem.help("a text in an expression stands in double quotes"),
        '-' => problem.help("a name with a dash is read as `['its-name']`"),
        '.' => problem.help("a path has no blanks outside of brackets"),
        '+' | '*' | '/' | '%' => {
            problem.help("there is no arithmetic: texts are run together by `$text` or `join`, and `plus` counts on")
        }
        ':' => problem.help("a choice is a tree: { $when: …, then: …, else: … }"),
        _ => problem,
    }
}

/// How long the path is that begins at `at`: names behind dots and whatever brackets hold.
fn path(text: &str, at: usize) -> Result<usize, Problem> {
    let bytes = text.as_bytes();
    let mut end = at + 1;
    loop {
        match bytes.get(end) {
            Some(b'.') if bytes.get(end + 1) == Some(&b'.') => {
                return Err(Problem::new("`..` searches everything and is not offered", end..end + 2)
                    .help("name the members on the way"));
            }
            Some(b'.') if bytes.get(end + 1) == Some(&b'*') => end += 2,
            Some(b'.') => {
                let name = text[end + 1..].find(|c: char| !is_name(c)).unwrap_or(text.len() - end - 1);
                if name == 0 {
                    return Err(Problem::new("a name is missing behind the dot", end..end + 1));
                }
                end += 1 + name;
            }
            Some(b'[') => end = bracket(text, end)?,
            _ => return Ok(end - at),
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

/// The offset behind the bracket that closes the one at `open`; texts in it hold no brackets that count.
fn bracket(text: &str, open: usize) -> Result<usize, Problem> {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(sign), _) if byte == sign => quote = None,
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'[') => depth += 1,
            (None, b']') if depth == 1 => return Ok(at + 1),
            (None, b']') => depth -= 1,
            _ => {}
        }
    }
    Err(Problem::new("this bracket is never closed", open..open + 1).help(FLOW))
}

/// The problem of a round bracket without its other half.
pub(super) fn unclosed(at: Range<usize>) -> Problem {
    Problem::new("this bracket is never closed", at).help(FLOW)
}

/// A text as JSON writes it.
fn string(text: &str, at: usize) -> Result<(Token, usize), Problem> {
    let mut stream = serde_json::Deserializer::from_str(&text[at..]).into_iter::<String>();
    match stream.next() {
        Some(Ok(read)) => Ok((Token::Literal(Tree::Text(read.into())), stream.byte_offset())),
        _ => Err(Problem::new("this text does not end, or holds what JSON does not allow", at..at + 1)
            .help("texts are written as in JSON, with a backslash before `\"` and `\\`")),
    }
}

fn number(text: &str, at: usize) -> Result<(Token, usize), Problem> {
    let rest = &text[at..];
    let length =
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))).unwrap_or(rest.len());
    match serde_json::from_str::<serde_json::Number>(&rest[..length]) {
        Ok(read) => {
            let tree = Tree::from(&serde_json::Value::Number(read));
            Ok((Token::Literal(tree), length))
        }
        Err(_) if rest.starts_with('-') => Err(unexpected(rest, at)),
        Err(_) => Err(Problem::new("this is no number", at..at + length).help("quote it if it is a text")),
    }
}

fn word(rest: &str) -> (Token, usize) {
    let length = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
    let token = match &rest[..length] {
        "true" => Token::Literal(Tree::Bool(true)),
        "false" => Token::Literal(Tree::Bool(false)),
        "null" => Token::Literal(Tree::Null),
        name => Token::Name(name.into()),
    };
    (token, length)
}

/// A whole number, for tests of literals.
#[cfg(test)]
pub(super) fn integer(value: i64) -> Token {
    Token::Literal(Tree::Number(crate::value::Number::Int(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[Token]) {
        let found: Vec<Token> = tokens(text).unwrap().into_iter().map(|(token, _)| token).collect();
        assert_eq!(found, expected, "{text}");
    }

    fn fails(text: &str, at: Range<usize>) {
        let problem = tokens(text).unwrap_err();
        assert_eq!(problem.at, at, "{text}: {}", problem.message);
    }

    #[test]
    fn paths_are_one_token() {
        check("$.a", &[Token::Path("$.a".into())]);
        check("$.a.b[0]['x y'][?@.c == ']']", &[Token::Path("$.a.b[0]['x y'][?@.c == ']']".into())]);
        check("$.a?", &[Token::Path("$.a".into()), Token::Optional]);
        check("$.a??$.b", &[Token::Path("$.a".into()), Token::Otherwise, Token::Path("$.b".into())]);
        check("$.a[?@.b[0] == 1].c", &[Token::Path("$.a[?@.b[0] == 1].c".into())]);
        check("$.größe", &[Token::Path("$.größe".into())]);
    }

    #[test]
    fn literals_are_json() {
        check("\"a\\\"b\"", &[Token::Literal(Tree::from_text("a\"b"))]);
        check("12", &[integer(12)]);
        check("-3", &[integer(-3)]);
        check("true", &[Token::Literal(Tree::Bool(true))]);
        check("1.5", &[Token::Literal(Tree::Number(crate::value::Number::Float(1.5)))]);
    }

    #[test]
    fn problems_have_places() {
        fails("$.a[0", 3..4);
        fails("$..a", 1..3);
        fails("$.a.", 3..4);
        fails("$.a = 1", 4..5);
        fails("$.a-b", 3..4);
        fails("$.a == 'x'", 7..8);
        fails("$.a == \"x", 7..8);
        fails("$.a == 12x", 7..10);
        fails("$.a .b", 4..5);
    }
}

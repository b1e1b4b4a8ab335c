//! [`PlainRead`]: one read of a text, for places that take bytes as they came and so cannot run a program.

use super::expression::{Argument, Invocation, Kind, is_expression, parse};
use super::path;
use super::plan::Step;
use crate::value::Tree;

/// `$.headers['x-name']`, or that with one `capture("…")` behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainRead {
    /// The first name.
    pub root: String,
    /// The member, where there is one.
    pub member: Option<String>,
    /// The regular expression of `capture`.
    pub capture: Option<String>,
}

impl PlainRead {
    /// Whether a text is computed at all; everything else is itself.
    #[must_use]
    pub fn is_computed(text: &str) -> bool {
        is_expression(text)
    }

    /// Reads it; `None` for an expression that is more than that, or none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let syntax = parse(text).ok()?;
        let (path, capture) = match syntax.kind {
            Kind::Path { text, optional: false } => (text, None),
            Kind::Pipe(input, functions) => match (input.kind, functions.as_slice()) {
                (Kind::Path { text, optional: false }, [function]) => (text, Some(capture(function)?)),
                _ => return None,
            },
            _ => return None,
        };
        let path = path::parse(&path, &mut |_, _| None).ok()?;
        let member = match path.steps.as_slice() {
            [] => None,
            [Step::Key(member)] => Some(member.to_string()),
            _ => return None,
        };
        Some(Self { root: path.root.into(), member, capture })
    }
}

fn capture(function: &Invocation) -> Option<String> {
    match function.arguments.as_slice() {
        [(Argument::Literal(Tree::Text(pattern)), _)] if &*function.name == "capture" => Some(pattern.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root, the member, the expression.
    type Parts<'p> = (&'p str, Option<&'p str>, Option<&'p str>);

    #[test]
    fn one_read_and_no_more() {
        let cases: [(&str, Option<Parts<'_>>); 11] = [
            ("$.raw", Some(("raw", None, None))),
            ("$.query.id", Some(("query", Some("id"), None))),
            ("$.headers['x-hub-signature']", Some(("headers", Some("x-hub-signature"), None))),
            (r#"$.headers.sig | capture("v1=(\\w+)")"#, Some(("headers", Some("sig"), Some(r"v1=(\w+)")))),
            ("$.headers.sig | lower", None),
            (r#"$.headers.sig | capture("a") | capture("b")"#, None),
            ("$.query.a.b", None),
            ("$.query[*]", None),
            ("$.query.a?", None),
            ("$.query.a ?? $.query.b", None),
            ("raw", None),
        ];
        for (text, expected) in cases {
            let found = PlainRead::parse(text);
            let found = found.as_ref().map(|read| (&*read.root, read.member.as_deref(), read.capture.as_deref()));
            assert_eq!(found, expected, "{text}");
        }
    }
}

//! Prose: a Handlebars template with nothing but texts and `{{names}}`, checked when it is loaded.
//!
//! The crate parses; rendering is ours, since what is left is joining texts. Strict: a name that holds nothing is a
//! fault, not an empty text. No helpers, blocks, partials or escapes: what a person reads is never HTML.

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{Path as HandlebarsPath, Template};

/// A template has at most this many bytes, and what it makes too.
pub(super) const LONGEST: usize = 64 * 1024;

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// Itself.
    Raw(Box<str>),
    /// The value of the name with that number.
    Name(usize),
}

/// A template for prose, ready to be filled: [`Prose::parse`] then [`Prose::fill`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prose {
    segments: Box<[Segment]>,
    names: Box<[Box<str>]>,
}

/// Why a text is no template; one sentence for its author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProseError(pub String);

impl Prose {
    /// Reads a template.
    ///
    /// # Errors
    /// [`ProseError`]: not Handlebars, or more of it than names.
    pub fn parse(text: &str) -> Result<Self, ProseError> {
        if text.len() > LONGEST {
            return Err(ProseError(format!("a template has at most {LONGEST} bytes")));
        }
        let template = Template::compile(text)
            .map_err(|error| ProseError(format!("not a Handlebars template: {}", error.reason())))?;
        let mut names: Vec<Box<str>> = Vec::new();
        let segments = template.elements.iter().filter_map(|element| segment(element, &mut names).transpose());
        Ok(Self { segments: segments.collect::<Result<_, _>>()?, names: names.into() })
    }

    /// The names it holds, each once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// The text, with each name's value in its place; `None` if a name has none.
    pub fn fill<'t>(&self, mut value: impl FnMut(&str) -> Option<&'t str>) -> Option<String> {
        let values: Vec<&str> = self.names.iter().map(|name| value(name)).collect::<Option<_>>()?;
        let mut text = String::new();
        for segment in &self.segments {
            text.push_str(match segment {
                Segment::Raw(raw) => raw,
                Segment::Name(number) => values[*number],
            });
        }
        Some(text)
    }

    /// Its parts.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

fn segment(element: &TemplateElement, names: &mut Vec<Box<str>>) -> Result<Option<Segment>, ProseError> {
    match element {
        TemplateElement::RawString(text) => Ok(Some(Segment::Raw(text.as_str().into()))),
        TemplateElement::Comment(_) => Ok(None),
        TemplateElement::Expression(inner) | TemplateElement::HtmlExpression(inner) => name(inner).map(|name| {
            let known = names.iter().position(|known| **known == *name);
            Some(Segment::Name(known.unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            })))
        }),
        _ => Err(ProseError("a template holds names only: no block, no helper, no partial".to_owned())),
    }
}

fn name(inner: &HelperTemplate) -> Result<Box<str>, ProseError> {
    let plain = inner.params.is_empty() && inner.hash.is_empty() && inner.block_param.is_none();
    let text = match &inner.name {
        Parameter::Name(name) => Some(name.as_str()),
        Parameter::Path(HandlebarsPath::Relative((_, text))) => Some(text.as_str()),
        _ => None,
    };
    match text.filter(|text| plain && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')) {
        Some(text) => Ok(text.into()),
        None => Err(ProseError("between braces stands one name of letters, digits and `_`".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expected: Result<&str, &str>) {
        let made = Prose::parse(template).map_err(|error| error.0);
        let made = made.map(|prose| {
            prose.fill(|name| match name {
                "name" => Some("O'Neil \"A&B\" <5"),
                "to" => Some("{{name}}"),
                _ => None,
            })
        });
        match (made, expected) {
            (Ok(made), Ok(expected)) => assert_eq!(made.as_deref(), Some(expected), "{template}"),
            (Ok(None), Err("nothing")) => {}
            (Err(text), Err(expected)) => assert!(text.contains(expected), "{template}: {text}"),
            (made, _) => panic!("{template}: {made:?}"),
        }
    }

    #[test]
    fn only_names_are_filled_in() {
        check("Hi {{name}}!", Ok("Hi O'Neil \"A&B\" <5!"));
        check("{{ to }} {{{name}}}", Ok("{{name}} O'Neil \"A&B\" <5"));
        check("a {{! comment }}b", Ok("a b"));
        check("line\n{{name}}\nline", Ok("line\nO'Neil \"A&B\" <5\nline"));
        check("{{unknown}}", Err("nothing"));
        check("{{#if name}}x{{/if}}", Err("names only"));
        check("{{upper name}}", Err("one name"));
        check("{{name.x}}", Err("one name"));
        check("{{> part}}", Err("names only"));
        check("{{name", Err("not a Handlebars"));
        check("{{../name}}", Err("one name"));
    }
}

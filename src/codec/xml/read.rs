//! Reading XML: `quick-xml` finds the markup, this keeps the bounds and builds the map. Not recursive.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Error, Reader, XmlVersion};

use super::{ATTRIBUTE, NAME, TEXT};
use crate::codec::{CodecError, MAX_DEPTH, MAX_ITEMS, gather, utf8};
use crate::value::{Arena, Entry, Value};

/// Reads one document; its root's name is the map's one key.
pub(crate) fn read<'a>(bytes: &'a [u8], arena: &'a Arena) -> Result<Value<'a>, CodecError> {
    let text = utf8(NAME, bytes)?;
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut building = Building { arena, open: Vec::new(), root: None };
    loop {
        let step = match reader.read_event() {
            Ok(Event::Eof) => return building.finish().map_err(|problem| problem.at(text, reader.buffer_position())),
            Ok(event) => building.take(event),
            Err(error) => Err(Problem::from(error)),
        };
        if let Err(problem) = step {
            return Err(problem.at(text, reader.buffer_position()));
        }
    }
}

/// Why reading stopped, before its place is known.
enum Problem {
    Syntax(&'static str),
    Bound(CodecError),
}

impl Problem {
    fn at(self, text: &str, position: u64) -> CodecError {
        let problem = match self {
            Self::Bound(error) => return error,
            Self::Syntax(problem) => problem.to_owned(),
        };
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(text.len());
        let before = &text.as_bytes()[..position];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
        CodecError::Syntax { format: NAME, problem, at: format!(" at line {line}, column {column}") }
    }
}

impl From<Error> for Problem {
    /// In our words: those of `quick-xml` quote names of the document.
    fn from(error: Error) -> Self {
        Self::Syntax(match error {
            Error::Syntax(_) => "markup that is not closed",
            Error::IllFormed(_) => "an element whose end does not match, or a stray `&`",
            Error::InvalidAttr(_) => "a malformed attribute",
            Error::Escape(_) => "an unknown entity",
            Error::Io(_) | Error::Encoding(_) | Error::Namespace(_) => "malformed",
        })
    }
}

/// An element whose end has not come yet.
struct Open<'a> {
    name: &'a str,
    members: Vec<Entry<'a>>,
    text: String,
}

struct Building<'a> {
    arena: &'a Arena,
    open: Vec<Open<'a>>,
    root: Option<Entry<'a>>,
}

impl<'a> Building<'a> {
    fn take(&mut self, event: Event<'_>) -> Result<(), Problem> {
        match event {
            Event::Start(start) => self.start(&start),
            Event::Empty(start) => self.start(&start).and_then(|()| self.end()),
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content().map_err(Error::from)?),
            Event::CData(text) => self.text(&text.xml10_content().map_err(Error::from)?),
            Event::GeneralRef(reference) => self.reference(&reference),
            Event::DocType(_) => Err(Problem::Syntax("a document type is not taken")),
            Event::Decl(declaration) => match declaration.encoding() {
                None => Ok(()),
                Some(Ok(name)) if name.eq_ignore_ascii_case(b"utf-8") || name.eq_ignore_ascii_case(b"us-ascii") => {
                    Ok(())
                }
                Some(_) => Err(Problem::Syntax("an encoding other than UTF-8")),
            },
            Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Problem> {
        if self.root.is_some() {
            return Err(Problem::Syntax("more than one root element"));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(Problem::Bound(CodecError::too_deep()));
        }
        let mut members = Vec::new();
        // Their check for repeats compares all pairs; ours is `gather`, which would make a list of them.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(Error::from)?;
            let key = format!("{ATTRIBUTE}{}", name(attribute.key.as_ref())?);
            let value = attribute.normalized_value(XmlVersion::Explicit1_0)?;
            push(&mut members, (self.arena.alloc_str(&key), Value::Text(self.arena.alloc_str(&value))))?;
        }
        if gather(&members, self.arena).len() < members.len() {
            return Err(Problem::Syntax("a repeated attribute"));
        }
        let name = self.arena.alloc_str(name(start.name().as_ref())?);
        self.open.push(Open { name, members, text: String::new() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        let Some(Open { name, mut members, text }) = self.open.pop() else {
            return Err(Problem::Syntax("an end without its element"));
        };
        let value = if members.is_empty() {
            Value::Text(self.arena.alloc_str(&text))
        } else {
            if !text.trim().is_empty() {
                push(&mut members, (TEXT, Value::Text(self.arena.alloc_str(&text))))?;
            }
            Value::Map(gather(&members, self.arena))
        };
        match self.open.last_mut() {
            Some(parent) => push(&mut parent.members, (name, value)),
            None => {
                self.root = Some((name, value));
                Ok(())
            }
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Problem> {
        match self.open.last_mut() {
            Some(open) => open.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(Problem::Syntax("text outside the root element")),
        }
        Ok(())
    }

    /// One of the five, or a character by its number.
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Problem> {
        if let Some(char) = reference.resolve_char_ref()? {
            return self.text(char.encode_utf8(&mut [0; 4]));
        }
        match quick_xml::escape::resolve_xml_entity(&reference.decode().map_err(Error::from)?) {
            Some(text) => self.text(text),
            None => Err(Problem::Syntax("an unknown entity")),
        }
    }

    fn finish(self) -> Result<Value<'a>, Problem> {
        match (self.root, self.open.is_empty()) {
            (_, false) => Err(Problem::Syntax("an element that is not closed")),
            (None, true) => Err(Problem::Syntax("no root element")),
            (Some(root), true) => Ok(Value::Map(self.arena.alloc_slice_copy(&[root]))),
        }
    }
}

fn push<'a>(members: &mut Vec<Entry<'a>>, member: Entry<'a>) -> Result<(), Problem> {
    if members.len() == MAX_ITEMS {
        return Err(Problem::Bound(CodecError::too_many()));
    }
    members.push(member);
    Ok(())
}

fn name(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).ok().filter(|name| !name.is_empty()).ok_or(Problem::Syntax("an element without a name"))
}

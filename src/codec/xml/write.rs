//! Writing XML: a map with one key, members in their order, so that the same value is always the same bytes.

use super::{ATTRIBUTE, NAME, TEXT};
use crate::codec::{CodecError, scalar};
use crate::value::Value;

/// Writes a document with its declaration.
pub(crate) fn write(value: Value<'_>, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let Value::Map([(root, value)]) = value else {
        return Err(CodecError::unfit(NAME, "anything but a map with one key, the root element"));
    };
    if let Value::List(_) = value {
        return Err(CodecError::unfit(NAME, "a list as its root element"));
    }
    out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    element(root, *value, out)
}

fn element(name: &str, value: Value<'_>, out: &mut Vec<u8>) -> Result<(), CodecError> {
    if !is_name(name) {
        return Err(CodecError::unfit(NAME, "a key that is no element's name"));
    }
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    if let Value::Map(members) = value {
        attributes(members, out)?;
    }
    out.push(b'>');
    let start = out.len();
    content(value, out)?;
    if out.len() == start {
        out.pop();
        out.extend_from_slice(b"/>");
        return Ok(());
    }
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
    Ok(())
}

fn attributes(members: &[(&str, Value<'_>)], out: &mut Vec<u8>) -> Result<(), CodecError> {
    for (key, value) in members {
        let Some(name) = key.strip_prefix(ATTRIBUTE) else { continue };
        if !is_name(name) {
            return Err(CodecError::unfit(NAME, "a key that is no attribute's name"));
        }
        let text = scalar(*value).ok_or_else(|| CodecError::unfit(NAME, "a list or map as an attribute"))?;
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        escape(&text, true, out)?;
        out.push(b'"');
    }
    Ok(())
}

fn content(value: Value<'_>, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let Value::Map(members) = value else {
        let text = scalar(value).ok_or_else(|| CodecError::unfit(NAME, "a list in a list"))?;
        return escape(&text, false, out);
    };
    for (key, member) in members.iter().filter(|(key, _)| !key.starts_with(ATTRIBUTE)) {
        match member {
            _ if *key == TEXT => {
                let text = scalar(*member).ok_or_else(|| CodecError::unfit(NAME, "a list or map as a text"))?;
                escape(&text, false, out)?;
            }
            Value::List(items) => {
                for item in *items {
                    element(key, *item, out)?;
                }
            }
            _ => element(key, *member, out)?,
        }
    }
    Ok(())
}

/// A name by the grammar of XML 1.0, with every letter and digit of Unicode.
fn is_name(text: &str) -> bool {
    let starts = |char: char| char.is_alphabetic() || char == '_' || char == ':';
    let mut chars = text.chars();
    chars.next().is_some_and(starts) && chars.all(|char| starts(char) || char.is_alphanumeric() || ".-".contains(char))
}

fn escape(text: &str, attribute: bool, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let mut buffer = [0; 4];
    for char in text.chars() {
        let escaped = match char {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' if attribute => "&quot;",
            // A reader would take them for a line's end, or in an attribute for a space.
            '\r' => "&#13;",
            '\n' if attribute => "&#10;",
            '\t' if attribute => "&#9;",
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                return Err(CodecError::unfit(NAME, "a control character"));
            }
            _ => char.encode_utf8(&mut buffer),
        };
        out.extend_from_slice(escaped.as_bytes());
    }
    Ok(())
}

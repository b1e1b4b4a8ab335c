//! Writing JSON: compact, members in their order, texts escaped as RFC 8259 asks and no further.

use std::io::Write as _;

use crate::value::{Number, Value};

/// Writes a value for the wire; a secret is written open. A time is its RFC 3339 text.
pub fn write(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out),
        Value::Text(text) | Value::Secret(text) => write_text(text, out),
        Value::Time(time) => {
            write!(out, "\"{time}\"").expect("a Vec takes all bytes");
        }
        Value::List(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(*item, out);
            }
            out.push(b']');
        }
        Value::Map(members) => {
            out.push(b'{');
            for (at, (key, member)) in members.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_text(key, out);
                out.push(b':');
                write(*member, out);
            }
            out.push(b'}');
        }
    }
}

/// Writes a number in the form it was read in: `1` stays `1` and `1.0` stays `1.0`.
pub fn write_number(number: Number, out: &mut Vec<u8>) {
    serde_json::to_writer(out, &number).expect("a Vec takes all bytes");
}

/// How many bytes are looked at together; the compiler makes one vector comparison of them.
const STRIDE: usize = 16;

/// Writes a text in quotes. What needs no escape is copied in runs.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let (strides, rest) = bytes.as_chunks::<STRIDE>();
    let mut clean = 0;
    for (at, stride) in strides.iter().enumerate() {
        if stride.iter().fold(false, |any, byte| any | special(*byte)) {
            out.extend_from_slice(&bytes[clean..at * STRIDE]);
            escape(stride, out);
            clean = (at + 1) * STRIDE;
        }
    }
    out.extend_from_slice(&bytes[clean..bytes.len() - rest.len()]);
    escape(rest, out);
    out.push(b'"');
}

/// Copies the bytes, escaping those that need it.
fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    let mut clean = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if special(*byte) {
            out.extend_from_slice(&bytes[clean..at]);
            write_escape(*byte, out);
            clean = at + 1;
        }
    }
    out.extend_from_slice(&bytes[clean..]);
}

#[inline]
const fn special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

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
    let mut rest = text.as_bytes();
    out.reserve(rest.len() + 2);
    out.push(b'"');
    while let Some(at) = find_special(rest) {
        out.extend_from_slice(&rest[..at]);
        write_escape(rest[at], out);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Where the first byte is that needs an escape.
#[inline]
fn find_special(bytes: &[u8]) -> Option<usize> {
    let (strides, rest) = bytes.as_chunks::<STRIDE>();
    let dirty = |stride: &&[u8; STRIDE]| stride.iter().fold(false, |any, byte| any | special(*byte));
    let clean = strides.iter().take_while(|stride| !dirty(stride)).count();
    let (start, tail) = match strides.get(clean) {
        Some(stride) => (clean * STRIDE, &stride[..]),
        None => (bytes.len() - rest.len(), rest),
    };
    tail.iter().position(|byte| SPECIAL[usize::from(*byte)]).map(|at| start + at)
}

#[inline]
const fn special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// [`special`] for single bytes, where a look-up is quicker than three comparisons.
static SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = true;
        control += 1;
    }
    table[0x22] = true;
    table[0x5c] = true;
    table
};

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

//! Forms and query strings: `name=value&…`. All values are texts; a name that repeats holds a list.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::{CodecError, Format, MAX_ITEMS, gather, scalar};
use crate::value::{Arena, Value};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Reads pairs in their order. A `%` without two digits behind it stands for itself, as browsers have it.
pub(super) fn read<'a>(format: Format, bytes: &'a [u8], arena: &'a Arena) -> Result<Value<'a>, CodecError> {
    let mut found = Vec::new();
    for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if found.len() == MAX_ITEMS {
            return Err(CodecError::too_many());
        }
        let equals = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = equals.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
        found.push((decode(format, name, arena)?, Value::Text(decode(format, value, arena)?)));
    }
    Ok(Value::Map(gather(&found, arena)))
}

fn decode<'a>(format: Format, bytes: &'a [u8], arena: &'a Arena) -> Result<&'a str, CodecError> {
    let not_utf8 = |_| CodecError::syntax(format.name(), "not UTF-8");
    if !bytes.contains(&b'+') {
        return match percent_decode(bytes).decode_utf8().map_err(not_utf8)? {
            Cow::Borrowed(text) => Ok(text),
            Cow::Owned(text) => Ok(arena.alloc_str(&text)),
        };
    }
    let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Ok(arena.alloc_str(&percent_decode(&spaced).decode_utf8().map_err(not_utf8)?))
}

/// Writes a map of scalars; a list repeats its name, `null` is left out.
pub(super) fn write(format: Format, value: Value<'_>, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let Value::Map(members) = value else {
        return Err(CodecError::unfit(format.name(), "anything but a map"));
    };
    let start = out.len();
    for (name, member) in members {
        let one = [*member];
        for value in member.as_list().unwrap_or(&one) {
            let text = scalar(*value).ok_or_else(|| CodecError::unfit(format.name(), "a list or map in a member"))?;
            if matches!(value, Value::Null) {
                continue;
            }
            if out.len() > start {
                out.push(b'&');
            }
            write_part(format, name, out);
            out.push(b'=');
            write_part(format, &text, out);
        }
    }
    Ok(())
}

/// A space is `+` in a form; in a query it is `%20`, which every reader of URLs takes for a space.
fn write_part(format: Format, text: &str, out: &mut Vec<u8>) {
    for part in utf8_percent_encode(text, RESERVED) {
        let part = if part == "%20" && format == Format::Form { "+" } else { part };
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::json;

    #[track_caller]
    fn check(source: &str, expected: &str) {
        let (arena, mut out) = (Arena::new(), Vec::new());
        json::write(read(Format::Form, source.as_bytes(), &arena).unwrap(), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{source}");
    }

    fn written(format: Format, json: &str) -> Result<String, String> {
        let (arena, mut out) = (Arena::new(), b"?".to_vec());
        write(format, json::read(json.as_bytes(), &arena).unwrap(), &mut out).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn pairs_are_read() {
        check("", "{}");
        check("&&", "{}");
        check("a=1&b=x+y%20%2B&a=2&a=", r#"{"a":["1","2",""],"b":"x y +"}"#);
        check("a", r#"{"a":""}"#);
        check("=x", r#"{"":"x"}"#);
        check("a=b=c", r#"{"a":"b=c"}"#);
        check("a%5B%5D=%C3%A9&p=100%&q=%zz", r#"{"a[]":"é","p":"100%","q":"%zz"}"#);
        check("Body=%22hi%22%0A", r#"{"Body":"\"hi\"\n"}"#);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let arena = Arena::new();
        let refused = |bytes: &[u8]| read(Format::Form, bytes, &arena).unwrap_err().to_string();
        assert_eq!(refused(b"a=%ff"), "not a form: not UTF-8");
        assert_eq!(refused(b"a=\xff+"), "not a form: not UTF-8");
        assert_eq!(refused("a&".repeat(MAX_ITEMS + 1).as_bytes()), "a list or map of more than 10000 entries");
        assert!(read(Format::Form, "a&".repeat(MAX_ITEMS).as_bytes(), &arena).is_ok());
    }

    #[test]
    fn maps_of_scalars_are_written() {
        let document = r#"{"b": "x y&é~", "a": [1, true], "none": null, "empty": "", "nothing": []}"#;
        assert_eq!(written(Format::Form, document).unwrap(), "?b=x+y%26%C3%A9~&a=1&a=true&empty=");
        assert_eq!(written(Format::Query, r#"{"a": "x y+"}"#).unwrap(), "?a=x%20y%2B");
        assert_eq!(written(Format::Form, r#"{"a": {}}"#).unwrap_err(), "a form cannot carry a list or map in a member");
        assert_eq!(
            written(Format::Form, r#"{"a": [[]]}"#).unwrap_err(),
            "a form cannot carry a list or map in a member"
        );
        assert_eq!(written(Format::Query, "[]").unwrap_err(), "a query cannot carry anything but a map");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(pairs in prop::collection::btree_map(any::<String>(), any::<String>(), 0..9)) {
            let arena = Arena::new();
            let members: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), Value::Text(v))).collect();
            for format in [Format::Form, Format::Query] {
                let mut out = Vec::new();
                write(format, Value::Map(&members), &mut out).unwrap();
                prop_assert_eq!(read(format, &out, &arena).unwrap(), Value::Map(&members));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "[a&=+%0-9]{0,40}") {
            let arena = Arena::new();
            let _ = read(Format::Form, &bytes, &arena);
            prop_assert!(read(Format::Form, text.replace('%', "%4").as_bytes(), &arena).is_ok());
        }
    }
}

//! Bodies in every format: read or refused; what was read and can be written is read again as the same.

use switchboard::codec::{Format, decode, encode, gunzip, json};
use switchboard::value::Arena;

/// The formats by the first byte of an input.
pub const FORMATS: [(u8, Format); 5] =
    [(b'j', Format::Json), (b'f', Format::Form), (b'q', Format::Query), (b'x', Format::Xml), (b't', Format::Text)];

/// The first byte of a body that is packed.
pub const PACKED: u8 = b'z';

/// The first byte says which format, the rest is the body.
pub fn run(input: &[u8]) {
    let Some((kind, body)) = input.split_first() else { return };
    if *kind == PACKED {
        if let Ok(bytes) = gunzip(body, 64 * 1024) {
            assert!(bytes.len() <= 64 * 1024);
        }
        return;
    }
    let Some((_, format)) = FORMATS.into_iter().find(|(byte, _)| byte == kind) else { return };
    let arena = Arena::new();
    let Ok(value) = decode(format, body, &arena) else { return };
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    if encode(format, value, &mut once).is_ok() {
        let again = decode(format, &once, &arena).unwrap_or_else(|error| panic!("{error}: {value:?}"));
        assert_eq!(value, again);
        encode(format, again, &mut twice).expect("it was written before");
        assert_eq!(once, twice);
    }
    let mut out = Vec::new();
    json::write(value, &mut out);
    assert_eq!(json::read(&out, &arena).unwrap_or_else(|error| panic!("{error}: {value:?}")), value);
}

//! Whether a content speaks of a person: by any of the addresses, however the content is made up.

use std::collections::BTreeSet;

use regex::bytes::Regex;

use crate::model::Address;

/// Finds any of these addresses in a content; nothing where there is none to look for.
pub(super) fn finder<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Option<Regex> {
    let parts: BTreeSet<String> = addresses.into_iter().map(|address| part(address.as_str())).collect();
    let all = parts.into_iter().collect::<Vec<_>>().join("|");
    // Texts that were escaped, and few: it can be built.
    (!all.is_empty()).then(|| Regex::new(&all).ok()).flatten()
}

/// A number is not one amid a longer one, unless it is written with the prefix of international calls.
fn part(address: &str) -> String {
    let text = regex::escape(address);
    if address.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("(?-u:(?:^|[^0-9]|00){text}(?:$|[^0-9]))")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_any_form_and_not_in_a_longer_one() {
        let found = finder(&[Address::from("919812345670"), Address::from("IN.1 (x)")]).unwrap();
        for (content, expected) in [
            (&b"919812345670"[..], true),
            (b"{\"to\":\"+919812345670\"}", true),
            (b"to=%2B919812345670&x=1", true),
            (b"tel:00919812345670", true),
            (b"\xff\xfe919812345670\xff", true),
            (b"user IN.1 (x)!", true),
            (b"9198123456701", false),
            (b"1919812345670", false),
            (b"91981234567", false),
            (b"IN.12", false),
            (b"", false),
        ] {
            assert_eq!(found.is_match(content), expected, "{}", String::from_utf8_lossy(content));
        }
        assert!(finder(&[]).is_none());
    }
}

//! What an excerpt does not show: a value written out below `credentials:` or `encryption:`. Excerpts end up in logs of pipelines and in
//! screenshots.
//!
//! By the look of the text, not by its tree: a file that is no YAML is shown too. Too much is hidden rather than too
//! little; keys, references (`${env:…}`) and what gives the text its form stay.

use std::ops::Range;

/// The keys that secrets stand below.
const KEYS: [&str; 2] = ["credentials", "encryption"];

/// The text with what is not shown blotted out, byte for byte, so that places stay; nothing if it is shown as it is.
pub(super) fn veiled(text: &str) -> Option<Box<str>> {
    let hidden = hidden(text);
    let mut shown = (!hidden.is_empty()).then(|| text.to_owned())?;
    for part in hidden {
        let blots = "*".repeat(part.len());
        shown.replace_range(part, &blots);
    }
    Some(shown.into())
}

/// The parts that are not shown, in their order.
fn hidden(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut block = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let indent = bare.len() - bare.trim_start().len();
        if block.is_some_and(|block| indent <= block && !bare.trim().is_empty()) {
            block = None;
        }
        let mut at = 0;
        while let Some(from) = if block.is_some() { Some(at.max(indent)) } else { after_key(&bare[at..]) } {
            let from = if block.is_some() { from } else { at + from };
            let inside = &bare[from..];
            // A map in brackets on the key's own line ends there.
            let end = if block.is_none() { closed(inside) } else { None };
            values(&inside[..end.unwrap_or(inside.len())], start + from, &mut found);
            let Some(end) = end else {
                block = block.or(Some(indent));
                break;
            };
            at = from + end;
        }
        start += line.len();
    }
    found
}

/// Where the value of the key begins, if the line has it.
fn after_key(line: &str) -> Option<usize> {
    let all = KEYS.iter().flat_map(|key| line.match_indices(key));
    let begins = all.filter_map(|(at, key)| {
        let before = line[..at].chars().next_back().is_none_or(|c| " \t{,\"'".contains(c));
        let rest = line[at + key.len()..].trim_start_matches(['"', '\'']);
        let after = rest.trim_start().strip_prefix(':')?;
        before.then(|| line.len() - after.len())
    });
    begins.min()
}

/// Where the brackets that a text begins with are closed again.
fn closed(text: &str) -> Option<usize> {
    text.trim_start().strip_prefix(['{', '['])?;
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            (None, _) => {}
        }
    }
    None
}

/// The values of a line that begins at `start`.
fn values(line: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(next) = line[at..].chars().next() {
        let rest = &line[at..];
        let length = match next {
            c if c.is_whitespace() || "{}[],:|>".contains(c) => c.len_utf8(),
            '-' if rest[1..].starts_with(' ') => 1,
            '"' | '\'' => {
                let inside = rest[1..].find(next).unwrap_or(rest.len() - 1);
                let whole = (inside + 2).min(rest.len());
                if !is_key(&rest[whole..]) && !rest[1..].starts_with("${") {
                    found.push(start + at + 1..start + at + 1 + inside);
                }
                whole
            }
            '$' if rest.starts_with("${") => rest.find('}').map_or(rest.len(), |end| end + 1),
            '#' => {
                found.push(start + at + 1..start + line.len());
                rest.len()
            }
            _ => {
                let end = plain(rest);
                if !is_key(&rest[end..]) {
                    found.push(start + at..start + at + rest[..end].trim_end().len());
                }
                end
            }
        };
        at += length;
    }
}

/// How long an unquoted text is.
fn plain(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let ends = |(at, byte): (usize, &u8)| match byte {
        b',' | b'}' | b']' => true,
        b':' => bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace),
        b'#' => at > 0 && bytes[at - 1].is_ascii_whitespace(),
        _ => false,
    };
    bytes.iter().enumerate().position(ends).unwrap_or(rest.len()).max(1)
}

/// Whether a colon follows, so that what was before it is a key.
fn is_key(rest: &str) -> bool {
    rest.trim_start()
        .strip_prefix(':')
        .is_some_and(|after| after.is_empty() || after.starts_with([' ', '\t', '{', '"']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        veiled(text).map_or_else(|| text.to_owned(), String::from)
    }

    #[test]
    fn values_below_credentials_are_hidden_and_nothing_else() {
        for (text, expected) in [
            ("tenant: acme\n", "tenant: acme\n"),
            ("credentials: { a: hunter2 }\nnumbers: [ 1 ]\n", "credentials: { a: ******* }\nnumbers: [ 1 ]\n"),
            ("credentials:\n  a: hunter2\nb: c\n", "credentials:\n  a: *******\nb: c\n"),
            (
                "credentials:\n\n  a:\n    - one\n    - \"two\"\nb: c",
                "credentials:\n\n  a:\n    - ***\n    - \"***\"\nb: c",
            ),
            (
                "m: { credentials: { a: \"x}\" }, limits: { b: c } }",
                "m: { credentials: { a: \"**\" }, limits: { b: c } }",
            ),
            (
                "a: { credentials: { k: x } }, b: { credentials: { k: y } }",
                "a: { credentials: { k: * } }, b: { credentials: { k: * } }",
            ),
            ("encryption:\n  old: AAAA=\n", "encryption:\n  old: *****\n"),
            ("credentials: { a: one,\n  b: two }\nc: d", "credentials: { a: ***,\n  b: *** }\nc: d"),
            ("credentials: { a: ${env:A}, b: \"${file:/x}\" }", "credentials: { a: ${env:A}, b: \"${file:/x}\" }"),
            ("credentials:\n  a: ${env:A} # was x\n", "credentials:\n  a: ${env:A} #******\n"),
            (
                "credentials:\n  k: |\n    -----BEGIN\n    MIIE\nx: y",
                "credentials:\n  k: |\n    **********\n    ****\nx: y",
            ),
            ("{ \"credentials\": { \"a\": \"b c\", 'd': 'e' } }", "{ \"credentials\": { \"a\": \"***\", 'd': '*' } }"),
            ("m: { credentials: { a: [ x, y ] }", "m: { credentials: { a: [ *, * ] }"),
            ("credentials:\n  a: http://u:p@h\n", "credentials:\n  a: ************\n"),
            ("credentials: hunter2\r\nb: c\r\n", "credentials: *******\r\nb: c\r\n"),
            ("credentials: \"unclosed\n", "credentials: \"********\n"),
            ("my_credentials: x\nother: $.credentials.a\n", "my_credentials: x\nother: $.credentials.a\n"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn texts_of_any_kind_are_cut_between_characters() {
        for text in
            ["credentials: é\"ü", "credentials:\n  -", "credentials:\n  é:ü #é", "credentials: '", "credentials: ${"]
        {
            for range in hidden(text) {
                assert!(text.get(range).is_some(), "{text}");
            }
        }
    }
}

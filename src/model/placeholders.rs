//! Placeholders in a template's text: `{{1}}` or `{{first_name}}`. Which there are, and the values that a finished
//! text has in their places.

/// A longer text is no body of a message: `WhatsApp` takes 1024 characters.
const LONGEST_TEXT: usize = 16 * 1024;
/// More parts than any template has; keeps the recursion below shallow.
const MOST_PARTS: usize = 256;
/// Attempts at one text. Only a text made to be ambiguous needs more than a few.
const MOST_ATTEMPTS: usize = 4096;

#[derive(Clone, Copy)]
enum Part<'t> {
    Literal(&'t str),
    Hole(&'t str),
}

/// The different placeholders of a text: numbers in rising order, then names as they come.
pub(super) fn names(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for part in parts(text) {
        if let Part::Hole(name) = part
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names.sort_by_key(|name| name.parse().unwrap_or(u32::MAX));
    names
}

/// How many characters a text has with values of these lengths in its places.
pub(super) fn length(text: &str, value: impl Fn(&str) -> usize) -> usize {
    let length = |part: Part<'_>| match part {
        Part::Literal(literal) => literal.chars().count(),
        Part::Hole(name) => value(name),
    };
    parts(text).into_iter().map(length).sum()
}

/// The values of a finished text in the order of `names`; `None` if the text does not fit. White space around both
/// does not count. A value is never empty, for `WhatsApp` takes no empty one.
#[must_use]
pub fn values_of<'t>(template: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let (template, text) = (template.trim(), text.trim());
    let parts = parts(template);
    if parts.len() > MOST_PARTS || text.len() > LONGEST_TEXT {
        return None;
    }
    let mut search = Search { bound: Vec::new(), left: MOST_ATTEMPTS };
    if !search.fits(&parts, text) {
        return None;
    }
    let value = |name: &str| search.bound.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    names(template).into_iter().map(value).collect()
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(open) = text[at..].find("{{").map(|open| at + open) {
        let hole = text[open + 2..].find("}}").map(|length| (open + 2 + length + 2, text[open + 2..][..length].trim()));
        let Some((after, name)) = hole else { break };
        if !is_name(name) {
            at = open + 1;
            continue;
        }
        if start < open {
            parts.push(Part::Literal(&text[start..open]));
        }
        parts.push(Part::Hole(name));
        (start, at) = (after, after);
    }
    if start < text.len() {
        parts.push(Part::Literal(&text[start..]));
    }
    parts
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Looks for a way to read the text as the parts one after the other, shortest values first.
struct Search<'p, 't> {
    bound: Vec<(&'p str, &'t str)>,
    left: usize,
}

impl<'p, 't> Search<'p, 't> {
    fn fits(&mut self, parts: &[Part<'p>], text: &'t str) -> bool {
        let Some((part, rest)) = parts.split_first() else { return text.is_empty() };
        let known = match part {
            Part::Literal(literal) => Some(*literal),
            Part::Hole(name) => self.bound.iter().find(|(known, _)| known == name).map(|(_, value)| *value),
        };
        match (known, part) {
            (Some(known), _) => text.strip_prefix(known).is_some_and(|text| self.fits(rest, text)),
            (None, Part::Hole(name)) => self.tries(name, rest, text),
            (None, Part::Literal(_)) => false,
        }
    }

    /// Every end that the new value may have: where the next literal is, or the end of the text.
    fn tries(&mut self, name: &'p str, rest: &[Part<'p>], text: &'t str) -> bool {
        let mut end = 0;
        while let Some(first) = text[end..].chars().next() {
            end += first.len_utf8();
            end = match rest.first() {
                None => text.len(),
                Some(Part::Hole(_)) => end,
                Some(Part::Literal(literal)) => match text[end..].find(literal) {
                    Some(at) => end + at,
                    None => return false,
                },
            };
            let Some(left) = self.left.checked_sub(1) else { return false };
            self.left = left;
            self.bound.push((name, &text[..end]));
            if self.fits(rest, &text[end..]) {
                return true;
            }
            self.bound.pop();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_once_each_and_in_order() {
        let cases: &[(&str, &[&str])] = &[
            ("Hi {{1}}, order {{2}} ships {{3}}.", &["1", "2", "3"]),
            ("{{2}} before {{1}} and {{2}} and {{10}}", &["1", "2", "10"]),
            ("Hi {{first_name}}, {{ total }}", &["first_name", "total"]),
            ("none", &[]),
            ("{{}} {{ }} {{a b}} {{1}", &[]),
            ("{{{1}}}", &["1"]),
            ("{{ {{1}}", &["1"]),
            ("ऑफर {{नाम1}} के लिए {{1}}", &["1", "नाम1"]),
        ];
        for (text, expected) in cases {
            assert_eq!(names(text), *expected, "{text}");
        }
    }

    #[test]
    fn a_finished_text_gives_its_values_back() {
        let cases: &[(&str, &str, Option<&[&str]>)] = &[
            (
                "Hello {{1}}, order {{2}} is on its way",
                "Hello Isha, order IN-9921 is on its way",
                Some(&["Isha", "IN-9921"]),
            ),
            ("{{1}} के लिए ऑफर", "आशा के लिए ऑफर", Some(&["आशा"])),
            ("{{2}} for {{1}}", "Shoes for Asha", Some(&["Asha", "Shoes"])),
            ("Hi {{name}}, {{total}}!", "Hi Asha, €31,90!", Some(&["Asha", "€31,90"])),
            ("Hi {{1}}. Yes, {{1}}!", "Hi Asha. Yes, Asha!", Some(&["Asha"])),
            ("Hi {{1}}. Yes, {{1}}!", "Hi Asha. Yes, Isha!", None),
            ("{{1}} {{1}}", "a b a b", Some(&["a b"])),
            ("{{1}}aa", "xaaa", Some(&["xa"])),
            ("{{1}}, {{2}}", "a, b, c", Some(&["a", "b, c"])),
            ("{{1}}.", "a.b.", Some(&["a.b"])),
            ("{{1}}{{2}}", "ab", Some(&["a", "b"])),
            ("Hi {{1}}!", "Hi !", None),
            ("Hi {{1}}!", "Hi Asha", None),
            ("Hi {{1}}!", "Hello Asha!", None),
            ("Hi {{1}}!\n", " Hi Asha!", Some(&["Asha"])),
            ("No variables", "No variables", Some(&[])),
            ("No variables", "Other words", None),
            ("", "", Some(&[])),
            ("Hi {{1}}", "Hi {{1}}", Some(&["{{1}}"])),
        ];
        for (template, text, expected) in cases {
            assert_eq!(values_of(template, text).as_deref(), *expected, "{template} <- {text}");
        }
    }

    #[test]
    fn a_text_made_to_be_ambiguous_is_given_up() {
        let template = format!("{}b", "{{1}}{{2}}{{3}}{{4}}{{5}}{{1}}".repeat(8));
        assert_eq!(values_of(&template, &"a".repeat(4000)), None);
        assert_eq!(values_of(&"{{1}}x".repeat(1000), "ax"), None);
        assert_eq!(values_of("{{1}}", &"a".repeat(LONGEST_TEXT + 1)), None);
    }
}

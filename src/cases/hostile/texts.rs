//! The texts that a person, a campaign or an attacker may put wherever a text is expected.

/// What stands first in every field: where it comes out again, a hostile text must. No word, and in lower case, as some
/// contracts write their words.
pub(super) const PLAIN: &str = "a plain marker 7";

/// A text that must stay a text.
pub(super) struct Hostile {
    pub(super) name: &'static str,
    pub(super) text: String,
}

impl Hostile {
    /// Whether a header may have it: no other value gets past the HTTP library.
    pub(super) fn fits_header(&self) -> bool {
        self.text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && self.text.len() < 8192
    }
}

/// How long the longest is.
pub(super) const LONG: usize = 64 * 1024;

pub(super) fn texts() -> Vec<Hostile> {
    let texts: [(&'static str, &str); 13] = [
        ("quotes and braces", r#"a","to":"666","b":{"c":[1]}}],'\"\\ \u0022 \ud83d"#),
        (
            "placeholders",
            "{{}} {{1}} {{ 2 }} {{name}} {{{x}}} {{#if a}}b{{/if}} {{> p}} \\{{z}} ${env:HOME} $1 $$ %s %00 %2F",
        ),
        ("an expression", "$.body.id"),
        ("another expression", "$.settings.base_url ?? $.tenant.name? | upper"),
        ("$omit", "$omit"),
        ("$match", "$match"),
        ("an operator", r#"{"$match":"$.body.to","cases":{"a plain marker 7":{"$use":"x"}},"$literal":1}"#),
        ("a file", r#"{"$file":"vonage.response.202.json"}"#),
        ("words of YAML", "null, ~ and true"),
        ("markup", "<a href='x'>&amp;&lt;]]><![CDATA[ <!--> %3Cb%3E *bold* - a: b # c\\"),
        ("control characters", "a\u{0}b\u{1}\u{8}\u{1b}[2J\r\nX-Evil: 1\r\n\r\n\t\u{7f}\u{85}\u{2028}z"),
        ("writing systems", "\u{202e}cba\u{202c}\u{200f} شكرا जय 한국 👩‍👩‍👧‍👦 e\u{301}\u{fffd}\u{feff}\u{fffe}\u{10ffff} ﷽"),
        ("nothing to see", "\u{200b}\u{2060}"),
    ];
    let mut texts: Vec<Hostile> =
        texts.into_iter().map(|(name, text)| Hostile { name, text: text.to_owned() }).collect();
    let mut long = "x{{1}}\"$.a\\".repeat(LONG / 10);
    long.truncate(LONG);
    texts.push(Hostile { name: "64 KiB", text: long });
    texts
}

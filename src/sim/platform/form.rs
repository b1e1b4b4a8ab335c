//! Small checks of the form of a body, collecting everything that is wrong with it. Knows no platform.

use serde_json::Value;

/// A body, or a part of one, under examination.
pub(super) struct Form<'a> {
    value: &'a Value,
    wrong: Vec<String>,
}

impl<'a> Form<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        let wrong = if value.is_object() { Vec::new() } else { vec!["not an object".to_owned()] };
        Self { value, wrong }
    }

    /// Only these members may be there.
    pub(super) fn only(mut self, members: &[&str]) -> Self {
        let extra = self.value.as_object().into_iter().flatten().map(|(name, _)| name);
        let extra: Vec<_> = extra
            .filter(|name| !members.contains(&name.as_str()))
            .map(|name| format!("{name} is not in the contract"))
            .collect();
        self.wrong.extend(extra);
        self
    }

    /// A member at this JSON pointer must be there and fulfil the condition.
    pub(super) fn needs(mut self, pointer: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Self {
        match self.value.pointer(pointer) {
            Some(value) if holds(value) => {}
            Some(_) => self.wrong.push(format!("{pointer} is not {what}")),
            None => self.wrong.push(format!("{pointer} is missing")),
        }
        self
    }

    /// A member that, if there, must fulfil the condition.
    pub(super) fn may(self, pointer: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Self {
        if self.value.pointer(pointer).is_some() { self.needs(pointer, what, holds) } else { self }
    }

    /// A member that must not be there unless the condition holds.
    pub(super) fn unless(mut self, condition: bool, pointer: &str) -> Self {
        if !condition && self.value.pointer(pointer).is_some() {
            self.wrong.push(format!("{pointer} does not belong here"));
        }
        self
    }

    /// Everything found wrong.
    pub(super) fn wrong(self) -> Vec<String> {
        self.wrong
    }
}

/// A text with something in it.
pub(super) fn filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// Digits of a telephone number, without a plus.
pub(super) fn digits(value: &Value) -> bool {
    value.as_str().is_some_and(|text| (5..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A person: digits, or the provider's own name for somebody whose number is hidden.
pub(super) fn person(value: &Value) -> bool {
    digits(value)
        || value
            .as_str()
            .is_some_and(|text| text.split_once('.').is_some_and(|(country, id)| country.len() == 2 && !id.is_empty()))
}

/// Integer milliseconds since 1970, of this century: seconds and texts are not.
pub(super) fn millis(value: &Value) -> bool {
    value.as_i64().is_some_and(|millis| (946_684_800_000..4_102_444_800_000).contains(&millis))
}

/// `yyyy-MM-ddTHH:mm:ss±hhmm`: whole seconds, an offset without a colon.
pub(super) fn whole_seconds(value: &Value) -> bool {
    const PATTERN: &[u8; 24] = b"dddd-dd-ddTdd:dd:dd+dddd";
    let Some(text) = value.as_str() else { return false };
    let form = text.len() == PATTERN.len()
        && text.bytes().zip(PATTERN).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            b'+' => byte == b'+' || byte == b'-',
            other => byte == *other,
        });
    form && jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms() {
        type Check = fn(&Value) -> bool;
        let cases: [(Check, bool, Value); 18] = [
            (millis, true, json!(1_793_783_245_120_i64)),
            (millis, false, json!(1_793_783_245)),
            (millis, false, json!("1793783245120")),
            (millis, false, json!(1_793_783_245_120.5)),
            (whole_seconds, true, json!("2026-11-04T09:14:09+0000")),
            (whole_seconds, true, json!("2026-11-04T09:14:09-0530")),
            (whole_seconds, false, json!("2026-11-04T09:14:09Z")),
            (whole_seconds, false, json!("2026-11-04T09:14:09+00:00")),
            (whole_seconds, false, json!("2026-11-04T09:14:09.123+0000")),
            (whole_seconds, false, json!("2026-13-04T09:14:09+0000")),
            (whole_seconds, false, json!(1)),
            (digits, true, json!("6598114720")),
            (digits, false, json!("+6598114720")),
            (digits, false, json!(6_598_114_720_i64)),
            (person, true, json!("IN.7730041258890147723")),
            (person, false, json!("Asha")),
            (filled, false, json!("")),
            (filled, true, json!("x")),
        ];
        for (check, expected, value) in cases {
            assert_eq!(check(&value), expected, "{value}");
        }
    }

    #[test]
    fn everything_wrong_is_found() {
        let value = json!({"a": 1, "b": {"c": ""}, "d": 0});
        let form = Form::of(&value).only(&["a", "b"]).needs("/a", "text", filled).needs("/b/c", "text", filled);
        let wrong = form.needs("/e", "there", |_| true).may("/f", "text", filled).unless(false, "/a").wrong();
        assert_eq!(
            wrong,
            [
                "d is not in the contract",
                "/a is not text",
                "/b/c is not text",
                "/e is missing",
                "/a does not belong here"
            ]
        );
        assert_eq!(Form::of(&json!(1)).only(&[]).wrong(), ["not an object"]);
    }
}

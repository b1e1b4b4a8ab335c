//! Every example of the table, and tables of edge cases, run on the bodies alone: pipes of calls, no operators.

mod edges;
mod laws;
mod words;

use super::{Call, Facts, Function, FunctionError, Prepared, Type, find, prepare};
use crate::codec::json;
use crate::value::{Arena, Tree, Value};

/// What the examples of functions that ask are written for.
pub(crate) struct SampleFacts;

impl Facts for SampleFacts {
    fn template<'v>(&'v self, name: &str, language: &str, sender: &str, arena: &'v Arena) -> Option<Value<'v>> {
        let known = r#"{"name": "order", "body": {"text": "Order {{1}}", "variables": 1}}"#;
        let here = (name, language, sender) == ("order", "en", "14155550100");
        here.then(|| json::read(known.as_bytes(), arena).unwrap())
    }
    fn is_sender(&self, address: &str) -> bool {
        address == "14155550100"
    }
    fn sender_with(&self, member: &str, value: &str) -> Option<&str> {
        ((member, value) == ("shop", "west")).then_some("14155550100")
    }
    fn is_suppressed(&self, address: &str, sender: &str) -> bool {
        (address, sender) == ("919812345678", "14155550100")
    }
    fn is_allowed_url(&self, url: &str) -> bool {
        url.starts_with("https://cdn.example/")
    }
}

/// Cuts at a separator that is neither in a string nor in brackets.
fn cut(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted, mut escaped) = (Vec::new(), 0, 0, false, false);
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ if char == separator && !quoted && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + char.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

struct Run<'v> {
    scope: Value<'v>,
    arena: &'v Arena,
}

impl<'v> Run<'v> {
    /// An argument's value, and the same once more if it is a literal.
    fn argument(&self, text: &'v str) -> (Option<Value<'v>>, Option<Value<'v>>) {
        match text.strip_prefix("$.") {
            Some(name) => (self.scope.member(name), None),
            None => {
                let literal = json::read(text.as_bytes(), self.arena).unwrap();
                (Some(literal), Some(literal))
            }
        }
    }

    fn step(&self, input: Value<'v>, text: &'v str) -> Result<Option<Value<'v>>, String> {
        let (name, inside) = text.strip_suffix(')').and_then(|text| text.split_once('(')).unwrap_or((text, ""));
        let function = find(name).unwrap();
        let arguments = if inside.is_empty() { Vec::new() } else { cut(inside, ',') };
        let (values, literals): (Vec<_>, Vec<_>) = arguments.into_iter().map(|text| self.argument(text)).unzip();
        let prepared = prepare(function, &literals).map_err(|error| format!("load: {error}"))?;
        let Some(arguments) = values.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        let call = Call { input, arguments: &arguments, prepared: &prepared, arena: self.arena, facts: &SampleFacts };
        (function.body)(&call).map_err(|error| match error {
            FunctionError::Malformed(text) => text,
            FunctionError::InvalidRecipient(text) => format!("recipient: {text}"),
            FunctionError::Bound(text) => format!("bound: {text}"),
        })
    }
}

fn run(expression: &str, given: &str) -> Result<Option<String>, String> {
    let arena = Arena::new();
    let run = Run { scope: json::read(given.as_bytes(), &arena).unwrap(), arena: &arena };
    let mut steps = cut(expression, '|').into_iter();
    let mut value = run.argument(steps.next().unwrap()).0;
    for step in steps {
        value = match value {
            Some(input) => run.step(input, step)?,
            None => None,
        };
    }
    Ok(value.map(|value| {
        let mut out = Vec::new();
        json::write(value, &mut out);
        String::from_utf8(out).unwrap()
    }))
}

/// Expects a value, as JSON.
#[track_caller]
fn check(expression: &str, given: &str, expected: &str) {
    let arena = Arena::new();
    let mut out = Vec::new();
    json::write(json::read(expected.as_bytes(), &arena).unwrap(), &mut out);
    assert_eq!(run(expression, given), Ok(Some(String::from_utf8(out).unwrap())), "{expression} of {given}");
}

#[track_caller]
fn nothing(expression: &str, given: &str) {
    assert_eq!(run(expression, given), Ok(None), "{expression} of {given}");
}

#[track_caller]
fn fails(expression: &str, given: &str, expected: &str) {
    assert_eq!(run(expression, given), Err(expected.to_owned()), "{expression} of {given}");
}

/// `{"a": …}`.
fn a(value: impl Into<serde_json::Value>) -> String {
    serde_json::json!({ "a": value.into() }).to_string()
}

#[test]
fn examples_hold() {
    for function in super::FUNCTIONS {
        assert!(!function.examples.is_empty() || function.name == "table", "{} has no example", function.name);
        for example in function.examples {
            assert!(example.expression.contains(function.name));
            match example.gives {
                Some(expected) => check(example.expression, example.given, expected),
                None => nothing(example.expression, example.given),
            }
        }
    }
}

#[test]
fn the_table_is_the_reference() {
    let names = "string number integer boolean nonempty in capture file_name length bytes count between phone is_phone \
        time format epoch table template values_of get keyed merge plus is_sender sender_with is_suppressed lower upper \
        trim fold replace split join prefix truncate slice fill list first last number_keys by_number to_json from_json \
        base64 unbase64 url_encode sha256 hmac_sha256 is_ascii is_gsm7 is_allowed_url";
    let mut expected: Vec<_> = names.split_whitespace().collect();
    let mut found: Vec<_> = super::FUNCTIONS.iter().map(|function| function.name).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    for function in super::FUNCTIONS {
        let required = |function: &Function| function.arguments.iter().map(|a| a.required).collect::<Vec<_>>();
        assert!(required(function).is_sorted_by(|a, b| a >= b), "{}: required arguments come first", function.name);
        let rest = function.arguments.iter().rposition(|argument| argument.rest);
        assert!(rest.is_none_or(|at| at + 1 == function.arguments.len()), "{}: the rest is last", function.name);
    }
}

#[test]
fn every_body_takes_every_input() {
    // What the checker lets pass because it does not know the type must fail with words, never with a panic.
    let arena = Arena::new();
    let odd = json::read(
        br#"[null, true, -1, 1e300, 18446744073709551615, "", "x", "\u0000", [], [null], {}, {"1": [{}]}]"#,
        &arena,
    );
    let mut values = odd.unwrap().as_list().unwrap().to_vec();
    values.push(Value::Time(crate::value::Timestamp::from_millis(i64::MAX)));
    values.push(Value::Secret("hush"));
    for function in super::FUNCTIONS {
        for input in &values {
            for argument in &values {
                for count in 0..4 {
                    let arguments = vec![*argument; count];
                    let literals: Vec<_> = arguments.iter().copied().map(Some).collect();
                    let prepared = prepare(function, &literals).unwrap_or(Prepared::None);
                    let facts = &SampleFacts;
                    let call = Call { input: *input, arguments: &arguments, prepared: &prepared, arena: &arena, facts };
                    let outcome = (function.body)(&call);
                    assert!(
                        !format!("{:?}", outcome.map(|value| value.map(Tree::from))).contains("hush"),
                        "{}",
                        function.name
                    );
                }
            }
        }
    }
}

#[test]
fn types_are_declared() {
    for function in super::FUNCTIONS {
        assert!(!function.takes.is_empty(), "{}", function.name);
        let only_any = |types: &[Type]| !types.contains(&Type::Any) || types.len() == 1;
        assert!(only_any(function.takes) && function.arguments.iter().all(|a| only_any(a.types)), "{}", function.name);
        assert!(!function.says.is_empty() && !function.says.ends_with('.'), "{}", function.name);
    }
}

//! Functions of lists and maps.

use std::collections::HashSet;

use super::call::{Outcome, amount, expected, too_long};
use super::conversions::scalar;
use super::function::{Argument, Call, Example, Function, FunctionError, Type};
use super::{MAX_ITEMS, MAX_TEXT};
use crate::value::Value;

const LIST: &[Type] = &[Type::List];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        examples: &[Example::gives("$.a | count", r#"{"a": [1, [2, 3]]}"#, "2")],
        ..Function::row("count", LIST, Type::Integer, "the number of its items", count)
    },
    Function {
        examples: &[
            Example::gives("$.a | list", r#"{"a": "x"}"#, r#"["x"]"#),
            Example::gives("$.a | list", r#"{"a": ["x"]}"#, r#"["x"]"#),
        ],
        ..Function::row("list", &[Type::Any], Type::List, "a list stays, anything else becomes a list of one", list)
    },
    Function {
        examples: &[
            Example::gives("$.a | first", r#"{"a": [1, 2]}"#, "1"),
            Example::nothing("$.a | first", r#"{"a": []}"#),
        ],
        ..Function::row("first", LIST, Type::Any, "the first item; of an empty list nothing", first)
    },
    Function {
        examples: &[Example::gives("$.a | last", r#"{"a": [1, 2]}"#, "2")],
        ..Function::row("last", LIST, Type::Any, "the last item; of an empty list nothing", last)
    },
    Function {
        arguments: &[Argument::one("between", &[Type::Text])],
        examples: &[Example::gives(r#"$.a | join(", ")"#, r#"{"a": ["x", 2, true]}"#, r#""x, 2, true""#)],
        ..Function::row("join", LIST, Type::Text, "texts, numbers and booleans as one text, the argument between", join)
    },
    Function {
        examples: &[Example::gives("$.a | number_keys", r#"{"a": ["x", "y"]}"#, r#"{"1": "x", "2": "y"}"#)],
        ..Function::row("number_keys", LIST, Type::Map, "a map with keys \"1\" to \"n\"", number_keys)
    },
    Function {
        examples: &[Example::gives("$.a | by_number", r#"{"a": {"2": "y", "1": "x"}}"#, r#"["x", "y"]"#)],
        ..Function::row(
            "by_number",
            &[Type::Map],
            Type::List,
            "the values of a map with keys \"1\" to \"n\", in numeric order",
            by_number,
        )
    },
    Function {
        arguments: &[Argument::one("name", &[Type::Text])],
        examples: &[
            Example::gives("$.a | get($.b)", r#"{"a": {"x": 1}, "b": "x"}"#, "1"),
            Example::nothing("$.a | get($.b)", r#"{"a": {"x": 1}, "b": "y"}"#),
        ],
        ..Function::row("get", &[Type::Map], Type::Any, "the member of that name, else nothing", get)
    },
    Function {
        arguments: &[Argument::one("name", &[Type::Text])],
        examples: &[Example::gives("$.a | keyed($.b)", r#"{"a": 1, "b": "x[1]"}"#, r#"{"x[1]": 1}"#)],
        ..Function::row("keyed", &[Type::Any], Type::Map, "a map with this as its one member, of that name", keyed)
    },
    Function {
        examples: &[
            Example::gives("$.a | merge", r#"{"a": [{"x": 1}, {"y": 2, "z": 3}]}"#, r#"{"x": 1, "y": 2, "z": 3}"#),
            Example::gives("$.a | merge", r#"{"a": []}"#, "{}"),
        ],
        ..Function::row("merge", LIST, Type::Map, "one map of the members of all maps; no two may share a name", merge)
    },
];

fn count<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    amount(call.list()?.len())
}

fn list<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    if let Value::List(_) = call.input { Ok(Some(call.input)) } else { call.give_list(&[call.input]) }
}

fn first<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    Ok(call.list()?.first().copied().and_then(there))
}

fn last<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    Ok(call.list()?.last().copied().and_then(there))
}

/// As everywhere, `null` is nothing.
fn there(value: Value<'_>) -> Option<Value<'_>> {
    Some(value).filter(|value| !matches!(value, Value::Null))
}

fn join<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let between = call.argument_text(0)?;
    let mut made = Vec::new();
    for (at, item) in call.list()?.iter().enumerate() {
        if at > 0 {
            made.extend_from_slice(between.as_bytes());
        }
        if !scalar(*item, &mut made) {
            return Err(expected("a list of texts, numbers or booleans"));
        }
        if made.len() > MAX_TEXT {
            return Err(too_long());
        }
    }
    call.give(&String::from_utf8_lossy(&made))
}

fn number_keys<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let items = call.list()?.iter().enumerate();
    let members = items.map(|(at, item)| (&*call.arena.alloc_str(&(at + 1).to_string()), *item));
    Ok(Some(Value::Map(call.arena.alloc_slice_fill_iter(members))))
}

fn by_number<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let members = call.map()?;
    let mut items = vec![None; members.len()];
    for (key, value) in members {
        let slot = number_of(key).and_then(|number| items.get_mut(number.checked_sub(1)?));
        // A gap would silently move the later values to earlier places.
        *slot.ok_or_else(|| expected("a map with keys \"1\" to \"n\""))? = Some(*value);
    }
    let items: Option<Vec<_>> = items.into_iter().collect();
    call.give_list(&items.ok_or_else(|| expected("a map with keys \"1\" to \"n\""))?)
}

/// A number written as `number_keys` writes it: no sign, no leading zero.
fn number_of(key: &str) -> Option<usize> {
    if key.starts_with(['0', '+']) { None } else { key.parse().ok() }
}

fn get<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    call.map()?;
    Ok(call.input.member(call.argument_text(0)?))
}

fn keyed<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    Ok(Some(Value::Map(call.arena.alloc_slice_copy(&[(call.argument_text(0)?, call.input)]))))
}

fn merge<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let mut members = Vec::new();
    let mut names = HashSet::new();
    for item in call.list()? {
        for member in item.as_map().ok_or_else(|| expected("a list of maps"))? {
            // The later one would silently take the place of the earlier.
            if !names.insert(member.0) {
                return Err(expected("maps without a name in common"));
            }
            if members.len() == MAX_ITEMS {
                return Err(FunctionError::Bound(format!("a map of more than {MAX_ITEMS} members")));
            }
            members.push(*member);
        }
    }
    Ok(Some(Value::Map(call.arena.alloc_slice_copy(&members))))
}

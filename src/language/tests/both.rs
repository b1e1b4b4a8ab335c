//! Every program that a test runs, run through both sinks: for tests of rooms above, which each use one of them.

use std::cell::Cell;

use crate::codec::json;
use crate::language::{Frame, Program};

thread_local! {
    static COMPARING: Cell<bool> = const { Cell::new(false) };
}

/// Runs a test in which each program is compared.
pub(crate) fn both_sinks<T>(body: impl FnOnce() -> T) -> T {
    COMPARING.set(true);
    let done = body();
    COMPARING.set(false);
    done
}

/// Runs a program as a tree and as bytes before it is run as whichever was asked for.
pub(in crate::language) fn compare<'v>(program: &'v Program, frame: &Frame<'v>) {
    if !COMPARING.replace(false) {
        return;
    }
    let mut bytes = Vec::new();
    let written = program.write_json(frame, &mut bytes).map(|there| there.then_some(bytes));
    let made = program.value(frame).map(|value| {
        let mut bytes = Vec::new();
        json::write(value?, &mut bytes);
        Some(bytes)
    });
    let text = |bytes: Option<Vec<u8>>| bytes.map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(written.map(text), made.map(text), "both sinks say the same");
    COMPARING.set(true);
}

//! What an observer is told: the same of both sinks, but for what only a run of the whole knows.

use std::sync::{Arc, Mutex};

use super::{Case, compile};
use crate::diagnostic::line_col;
use crate::language::{Event, Kind, Observer};

/// Writes down what it is told, places as `kind line:column`.
struct Writer {
    case: Arc<Case>,
    lines: Mutex<Vec<String>>,
}

impl Observer for Writer {
    fn told(&self, event: Event<'_>) {
        let at = |span: crate::diagnostic::Span| {
            let at = line_col(&self.case.source, span.start);
            format!("{}:{}", at.line, at.column)
        };
        let line = match event {
            Event::Start(_) | Event::Rule(..) => return,
            Event::End => "end".to_owned(),
            Event::Key(key) => format!("in {key}"),
            Event::Item(index) => format!("in {index}"),
            Event::Leave => "out".to_owned(),
            Event::Aside(named) => format!("aside {}", named.map_or("", |named| named.name)),
            Event::Back(_) => "back".to_owned(),
            Event::Reached(place) => {
                let place = self.case.module.places()[place.index().expect("a place of the file")];
                format!("{:?} {}", place.kind, at(place.span))
            }
            Event::Came(span, value) => format!("{} = {}", at(span), value.map_or("-".into(), |v| format!("{v:?}"))),
        };
        self.lines.lock().unwrap().push(line);
    }
}

/// What is told of one run, each sink's the same.
fn told(text: &str, body: &str) -> Vec<String> {
    let case = Arc::new(compile(text));
    assert!(case.problems.is_empty(), "{:?}", case.problems);
    let writer = Arc::new(Writer { case: case.clone(), lines: Mutex::default() });
    case.module.watch(writer.clone());
    case.run(body);
    let lines = writer.lines.lock().unwrap().clone();
    let (streamed, built) = lines.split_at(lines.len() / 2);
    assert_eq!(streamed, built, "both sinks tell the same");
    streamed.to_vec()
}

const FILE: &str = "\
let:
  row: $.body.code | table(codes)
tables:
  codes:
    rows: { a: one }
    else: other
tree:
  name: $.body.name ?? $.body.nick?
  list:
    - { $each: '$.body.items[*]', do: { $when: $.item > 1, then: $.item } }
    - last
  word: { $match: $.row, cases: { one: first }, else: $.row }
";

#[test]
fn both_sinks_tell_places_paths_and_values() {
    let lines = told(FILE, r#"{"nick": "n", "items": [1, 2], "code": "a"}"#);
    let expected = "\
in name; Alternative 8:24; Expression 8:9; 8:9 = \"n\"; out; \
in list; Expression 10:16; \
in 0; Else 10:48; out; \
in 0; Then 10:48; Expression 10:66; 10:66 = 2; out; \
in 1; 11:7 = \"last\"; out; out; \
in word; aside row; Row 5:13; Expression 2:8; 2:8 = \"one\"; back; \
Expression 12:19; Case 12:35; 12:40 = \"first\"; out; end";
    assert_eq!(lines.join("; "), expected);
}

#[test]
fn an_else_and_a_fault_are_told_too() {
    let lines = told(FILE, r#"{"name": "x", "items": "no list", "code": "b"}"#);
    assert!(lines.contains(&"Alternative 8:9".to_owned()), "{lines:?}");
    assert!(lines.contains(&"Otherwise 6:11".to_owned()), "{lines:?}");
    assert_eq!(lines.last().map(String::as_str), Some("end"));
}

#[test]
fn every_place_is_listed_once() {
    let case = compile(FILE);
    let mut kinds: Vec<Kind> = case.module.places().iter().map(|place| place.kind).collect();
    kinds.sort();
    let count = |kind| kinds.iter().filter(|known| **known == kind).count();
    assert_eq!(
        [Kind::Expression, Kind::Alternative, Kind::Then, Kind::Else, Kind::Case, Kind::Row, Kind::Otherwise]
            .map(count),
        [6, 2, 1, 1, 2, 1, 1]
    );
}

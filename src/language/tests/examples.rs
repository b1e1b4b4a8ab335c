//! Every example of every function, through the real engine.

use super::World;
use crate::codec::json;
use crate::diagnostic::Source;
use crate::functions::tests::SampleFacts;
use crate::functions::{FUNCTIONS, Facts};
use crate::language::{Compiler, Frame, Root};
use crate::value::{Arena, Timestamp, Value};
use crate::yaml::{Node, Scalar, Shape, Style};

/// What an expression comes to; names of the scope are those of `given`.
fn eval(expression: &str, given: &str, facts: &dyn Facts) -> Option<String> {
    let arena = Arena::new();
    let scope = json::read(given.as_bytes(), &arena).unwrap_or_else(|error| panic!("{given}: {error}"));
    let members = scope.as_map().expect("a map of names");
    let source = Source::new("example", expression);
    let mut problems = Vec::new();
    let mut compiler = Compiler::new(&source, &[], &mut problems);
    let read = expression.split("$.").skip(1);
    let read = read.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default());
    let roots: Vec<Root> =
        read.map(|name| Root { secret: name == "credentials", ..Root::plain(name.to_owned().leak()) }).collect();
    let mut scope = compiler.scope(&roots);
    let span = crate::diagnostic::Span { start: 0, end: expression.len() };
    let node = Node { shape: Shape::Scalar(Scalar::Text(expression.into()), Style::Plain), span };
    let program = scope.free(&mut compiler, &node);
    let (layout, module) = (scope.finish(), compiler.finish());
    assert!(problems.iter().all(|problem| !problem.is_error()), "{expression}: {problems:?}");
    let mut world = World::new(&arena, &module, facts, Timestamp::default());
    let frame_values: Vec<(&str, Value<'_>)> = members.to_vec();
    if let Some((_, Value::Map(secrets))) = frame_values.iter().find(|(name, _)| *name == "credentials") {
        let secrets = secrets.iter().map(|(name, value)| (*name, Value::Secret(value.as_text().unwrap_or_default())));
        world.credentials = Value::Map(arena.alloc_slice_fill_iter(secrets.collect::<Vec<_>>()));
    }
    let frame = Frame::new(&world, &layout);
    for (name, value) in frame_values {
        frame.set(name, value);
    }
    let value = program.value(&frame).unwrap_or_else(|fault| panic!("{expression}: {fault:?}"))?;
    let mut out = Vec::new();
    json::write(value, &mut out);
    Some(String::from_utf8(out).unwrap())
}

#[test]
fn every_example_holds() {
    let mut wrong = Vec::new();
    for function in FUNCTIONS {
        for example in function.examples {
            // Look-ups belong to a file with tables: `tables` has them.
            if function.arguments.iter().any(|argument| argument.table) {
                continue;
            }
            let found = eval(example.expression, example.given, &SampleFacts);
            let gives = example.gives.map(|json| serde_json::from_str(json).unwrap());
            if found.as_deref().map(|json| serde_json::from_str::<serde_json::Value>(json).unwrap()) != gives {
                wrong.push(format!("{}: {:?} instead of {:?}", example.expression, found, example.gives));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

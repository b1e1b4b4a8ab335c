//! Programs: a YAML file with a `tree`, and `tables`, `use`, `let`, `when` beside it, and the JSON body that it is run
//! on. What loads runs to an end, and says the same as a tree and as bytes.

use switchboard::codec::json;
use switchboard::diagnostic::{Diagnostic, Source, render};
use switchboard::functions::NoFacts;
use switchboard::language::{Compiler, Declared, Frame, Layout, Module, Program, Root, ScopeBuilder, World};
use switchboard::value::{Arena, Timestamp, Value};
use switchboard::yaml;

/// The line between the file and the body.
pub const BETWEEN: &str = "\n%%%\n";

const ROOTS: &[Root] = &[
    Root::plain("body"),
    Root { optional: true, ..Root::plain("last") },
    Root { secret: true, ..Root::plain("credentials") },
];

/// What a file became.
pub struct Compiled {
    module: Module,
    layout: Layout,
    program: Program,
}

/// Compiles a file the way a section does; `None` where it has errors. The tree is made by `build`.
pub fn compile(
    text: &str,
    build: fn(&mut ScopeBuilder, &mut Compiler<'_>, &yaml::Node) -> Program,
) -> Option<Compiled> {
    let source = Source::new("input", text);
    let mut problems = Vec::new();
    let node = yaml::parse(&source, &mut problems)?;
    let declared = |name: &str, optional| Declared { name: name.into(), optional, words: Vec::new(), span: None };
    let settings = [declared("url", false), declared("license", true)];
    let mut compiler = Compiler::new(&source, &settings, &mut problems);
    if let Some(node) = node.get("tables") {
        compiler.tables(node);
    }
    if let Some(node) = node.get("use") {
        compiler.uses(node);
    }
    let mut scope = compiler.scope(ROOTS);
    if let Some(node) = node.get("let") {
        scope.lets(&mut compiler, node);
    }
    if let Some(node) = node.get("when") {
        scope.when(&mut compiler, node);
    }
    let program = build(&mut scope, &mut compiler, node.get("tree")?);
    let layout = scope.finish();
    let module = compiler.finish();
    let _ = render(&problems);
    (!problems.iter().any(Diagnostic::is_error)).then_some(Compiled { module, layout, program })
}

/// Runs on a body through both sinks, which must agree.
pub fn both(compiled: &Compiled, body: &[u8]) {
    let arena = Arena::new();
    let Ok(body) = json::read(body, &arena) else { return };
    let now = Timestamp::from_millis(1_793_783_646_981);
    let mut world = World::new(&arena, &compiled.module, &NoFacts, now);
    world.settings = Value::Map(arena.alloc([("url", Value::Text("https://a.example"))]));
    world.credentials = Value::Map(arena.alloc([("key", Value::Secret("s3cret"))]));
    let frame = || {
        let frame = Frame::new(&world, &compiled.layout);
        frame.set("body", body);
        frame
    };
    let mut bytes = b"before".to_vec();
    let written = compiled.program.write_json(&frame(), &mut bytes);
    let misses = world.take_misses();
    let made = compiled.program.value(&frame());
    let again = world.take_misses();
    match (written, made) {
        (Ok(false), Ok(None)) => assert_eq!(bytes, b"before"),
        (Ok(true), Ok(Some(value))) => {
            let mut expected = b"before".to_vec();
            json::write(value, &mut expected);
            assert_eq!(String::from_utf8(bytes), String::from_utf8(expected));
        }
        (Err(left), Err(right)) => {
            assert_eq!(left, right);
            assert_eq!(bytes, b"before");
        }
        // Only what is written has a bound of its own.
        (Err(fault), Ok(_)) if fault.text.contains("bytes are written") => {}
        (left, right) => panic!("{left:?} as bytes, {right:?} as a tree"),
    }
    assert_eq!(misses, again);
}

/// Compiles and runs.
pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (file, body) = text.split_once(BETWEEN).unwrap_or((text, "{}"));
    if let Some(compiled) = compile(file, ScopeBuilder::tree) {
        both(&compiled, body.as_bytes());
    }
}

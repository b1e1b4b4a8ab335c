//! Programs, what they are given and what they come to; each runs through both sinks. The only place that knows the
//! interface is [`Case`].

pub(crate) mod both;
mod bounds;
mod examples;
mod expressions;
mod hostile;
mod observer;
mod problems;
mod random;
mod secrets;
mod shipped;
mod tables;
mod trees;

use super::{Compiler, Declared, Frame, Layout, Miss, Module, Program, Root, World};
use crate::codec::json;
use crate::diagnostic::{Diagnostic, Severity, Source, line_col};
use crate::functions::NoFacts;
use crate::value::{Arena, Timestamp, Tree, Value};
use crate::yaml;

/// A file with a `tree`, and `let`, `tables`, `use`, `when` beside it if wanted.
struct Case {
    source: Source,
    problems: Vec<Diagnostic>,
    module: Module,
    layout: Layout,
    program: Program,
}

const ROOTS: &[Root] = &[
    Root::plain("body"),
    Root::plain("event"),
    Root { optional: true, ..Root::plain("last") },
    Root { secret: true, ..Root::plain("credentials") },
];

fn settings() -> Vec<Declared> {
    [("url", false), ("license", true), ("flag", false), ("status", false)]
        .map(|(name, optional)| Declared { name: name.into(), optional, words: Vec::new(), span: None })
        .to_vec()
}

/// What a section does: compiles the parts in their order.
fn compile(text: &str) -> Case {
    compile_with(text, super::ScopeBuilder::tree)
}

fn compile_with(
    text: &str,
    build: impl FnOnce(&mut super::ScopeBuilder, &mut Compiler<'_>, &yaml::Node) -> Program,
) -> Case {
    let source = Source::new("test.yaml", text);
    let mut problems = Vec::new();
    let node = yaml::parse(&source, &mut problems).unwrap_or_else(|| panic!("{text}\n{problems:?}"));
    // Warnings about keys such as `y` and `n` are the parser's affair.
    problems.clear();
    let mut compiler = Compiler::new(&source, &settings(), &mut problems);
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
    let program = build(&mut scope, &mut compiler, node.get("tree").expect("a tree"));
    let layout = scope.finish();
    let module = compiler.finish();
    Case { source, problems, module, layout, program }
}

impl Case {
    /// Runs through both sinks: JSON, `nothing`, or the fault as `reason: text`.
    fn run(&self, body: &str) -> (String, Vec<Miss>) {
        let arena = Arena::new();
        let body = json::read(body.as_bytes(), &arena).unwrap_or_else(|error| panic!("{body}: {error}"));
        let settings = Tree::Map(Box::new([
            ("url".into(), Tree::from_text("https://a.example")),
            ("flag".into(), Tree::Bool(true)),
            ("status".into(), Tree::from_text("APPROVED")),
        ]));
        let now = Timestamp::from_millis(1_793_783_646_981);
        let mut world = World::new(&arena, &self.module, &NoFacts, now);
        world.settings = settings.view(&arena);
        world.tenant = "acme";
        let secrets = arena.alloc([("key", Value::Secret("s3cret"))]);
        world.credentials = Value::Map(secrets);
        let frame = Frame::new(&world, &self.layout);
        frame.set("body", body);
        frame.set("event", body);
        let mut written = b"before ".to_vec();
        let streamed = match self.program.write_json(&frame, &mut written) {
            Ok(true) => String::from_utf8(written.split_off(7)).unwrap(),
            Ok(false) => "nothing".to_owned(),
            Err(fault) => format!("{}: {}", fault.reason, fault.text),
        };
        assert_eq!(written, b"before ", "what was written is taken back: {}", self.source.text);
        let misses = world.take_misses();
        let frame = Frame::new(&world, &self.layout);
        frame.set("body", body);
        frame.set("event", body);
        let built = match self.program.value(&frame) {
            Ok(Some(value)) => {
                let mut out = Vec::new();
                json::write(value, &mut out);
                String::from_utf8(out).unwrap()
            }
            Ok(None) => "nothing".to_owned(),
            Err(fault) => format!("{}: {}", fault.reason, fault.text),
        };
        assert_eq!(built, streamed, "both sinks say the same: {}", self.source.text);
        (built, misses)
    }
}

/// A whole file, the body and what its `tree` comes to.
#[track_caller]
fn check_file(text: &str, body: &str, expected: &str) {
    let case = compile(text);
    assert!(case.problems.is_empty(), "{text}\n{}", shown(&case.source, &case.problems).join("\n"));
    assert_eq!(case.run(body).0, expected, "{text}\ngiven {body}");
}

/// A tree alone.
#[track_caller]
fn check(tree: &str, body: &str, expected: &str) {
    check_file(&format!("tree: {tree}"), body, expected);
}

/// A condition.
#[track_caller]
fn holds(condition: &str, body: &str, expected: bool) {
    let text = format!("tree: {condition}");
    let case = compile_with(&text, super::ScopeBuilder::condition);
    assert!(case.problems.is_empty(), "{text}\n{}", shown(&case.source, &case.problems).join("\n"));
    assert_eq!(case.run(body).0, expected.to_string(), "{text}\ngiven {body}");
}

/// The problems of a file, each as `SB0201 1:7 message`; warnings with a `w` before.
fn shown(source: &Source, problems: &[Diagnostic]) -> Vec<String> {
    let one = |problem: &Diagnostic| {
        let at = problem.place.as_ref().map(|(_, span)| line_col(source, span.start));
        let at = at.map_or_else(|| "-".to_owned(), |at| format!("{}:{}", at.line, at.column));
        let warning = if problem.severity == Severity::Warning { "w" } else { "" };
        format!("{warning}{} {at} {}", problem.code, problem.message)
    };
    problems.iter().map(one).collect()
}

/// A file's problems: how each begins, in their order.
#[track_caller]
fn problems(text: &str, expected: &[&str]) {
    let case = compile(text);
    let found = shown(&case.source, &case.problems);
    let fits =
        found.len() == expected.len() && found.iter().zip(expected).all(|(found, wanted)| found.starts_with(wanted));
    assert!(fits, "{text}\nexpected {expected:#?}\nfound {found:#?}");
}

//! The whole way in one tree, compiled by the same compiler: no model, no checks.

use switchboard::codec::json;
use switchboard::diagnostic::{self, Source};
use switchboard::functions::NoFacts;
use switchboard::language::{Compiler, Frame, Layout, Module, Program, Root, World};
use switchboard::value::{Arena, Value};
use switchboard::yaml;

use super::Trouble;
use super::shipped::{NOW, refused};

const ROOTS: &[Root] = &[Root::plain("body"), Root::plain("ref")];

pub(super) struct OneProgram {
    module: Module,
    layout: Layout,
    program: Program,
}

impl OneProgram {
    pub(super) fn compile() -> Result<Self, Trouble> {
        let source = Source::new("one-program.yaml", include_str!("one-program.yaml"));
        let mut problems = Vec::new();
        let node = yaml::parse(&source, &mut problems).ok_or("no YAML")?;
        let mut compiler = Compiler::new(&source, &[], &mut problems);
        let mut scope = compiler.scope(ROOTS);
        scope.lets(&mut compiler, node.get("let").ok_or("no let")?);
        let program = scope.tree(&mut compiler, node.get("tree").ok_or("no tree")?);
        let (layout, module) = (scope.finish(), compiler.finish());
        if problems.iter().any(diagnostic::Diagnostic::is_error) {
            return Err(diagnostic::render(&problems).into());
        }
        Ok(Self { module, layout, program })
    }

    pub(super) fn run(&self, body: &[u8], reference: &str) -> Result<Vec<u8>, Trouble> {
        let arena = Arena::new();
        let world = World::new(&arena, &self.module, &NoFacts, NOW);
        let frame = Frame::new(&world, &self.layout);
        frame.set("body", json::read(body, &arena)?);
        frame.set("ref", Value::Text(reference));
        let mut out = Vec::with_capacity(1024);
        self.program.write_json(&frame, &mut out).map_err(refused)?;
        Ok(out)
    }
}

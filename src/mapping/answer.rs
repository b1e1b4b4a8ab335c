//! What a party is told: an answer, and `refused`, the one way it is told no.

use super::fields::{Fields, Reader};
use super::{known, scopes};
use crate::codec::Format;
use crate::language::{Compiler, Layout, Program, ScopeBuilder};
use crate::shape::{self, MapShape};
use crate::yaml::Node;

/// An answer of ours.
#[derive(Debug)]
pub struct AnswerPlan {
    /// HTTP status; 200 if absent.
    pub http: Option<Program>,
    /// A map of headers.
    pub headers: Option<Program>,
    /// The body.
    pub body: Option<Program>,
    /// How the body is written.
    pub encode: Format,
}

impl AnswerPlan {
    /// Every program of it.
    pub(super) fn parts(&self) -> [Option<&Program>; 3] {
        [self.http.as_ref(), self.headers.as_ref(), self.body.as_ref()]
    }
}

/// `refused:` with its scope.
#[derive(Debug)]
pub struct Refusals {
    /// The scope of the plan.
    pub layout: Layout,
    /// The answer.
    pub plan: AnswerPlan,
}

const FORMATS: &[(&str, Format)] = &[
    ("json", Format::Json),
    ("form", Format::Form),
    ("query", Format::Query),
    ("xml", Format::Xml),
    ("text", Format::Text),
];

/// Reads `encode:` or `decode:`.
pub(super) fn format(reader: &mut Reader, node: Option<&Node>, what: &str) -> Format {
    node.and_then(|node| reader.word(node, what, FORMATS)).unwrap_or(Format::Json)
}

/// Reads an answer of that shape; keys that are not an answer's belong to the caller.
pub(super) fn answer(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
    shape: &MapShape,
) -> AnswerPlan {
    let fields = Fields::read(reader, node, shape);
    let http = fields.get("http").map(|node| scope.built(compiler, node, &known::HTTP).0);
    let mut part = |name: &str| fields.get(name).map(|node| scope.tree(compiler, node));
    let (headers, body) = (part("headers"), part("body"));
    AnswerPlan { http, headers, body, encode: format(reader, fields.get("encode"), "encode") }
}

/// Reads `refused:`.
pub(super) fn refusals(reader: &mut Reader, compiler: &mut Compiler<'_>, node: &Node) -> Refusals {
    let mut scope = compiler.scope(scopes::REFUSED);
    scope.silent(Some("who is refused need not be anybody's"));
    if let Some(lets) = node.get("let") {
        scope.lets(compiler, lets);
    }
    let plan = answer(reader, compiler, &mut scope, node, &shape::REFUSED);
    Refusals { layout: scope.finish(), plan }
}

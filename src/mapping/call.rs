//! A call of ours to a party: where to, what with, what its answer means.

use super::auth::{self, SchemePlan, Way};
use super::fields::{Fields, Reader};
use super::parsed::Parsed;
use super::provider::{ASKED_APART, LISTED_FIRST};
use super::retry::{self, Retry};
use super::route::method;
use super::{answer, known, scopes};
use crate::codec::Format;
use crate::language::{Compiler, Layout, Program, Root, ScopeBuilder, Want};
use crate::shape::{self, MapShape};
use crate::yaml::Node;

/// Where a call goes.
#[derive(Debug)]
pub enum UrlPlan {
    /// A whole URL.
    Whole(Program),
    /// A base and percent-encoded parts.
    Parts {
        /// The base, without the parts.
        base: Program,
        /// Segments.
        path: Vec<Program>,
        /// A map of query members.
        query: Option<Program>,
    },
}

impl UrlPlan {
    /// The program that yields the host.
    #[must_use]
    pub const fn host(&self) -> &Program {
        match self {
            Self::Whole(program) | Self::Parts { base: program, .. } => program,
        }
    }

    /// Whether the host is one of the settings, and so the operator's word.
    #[must_use]
    pub fn is_set(&self) -> bool {
        let reads = self.host().reads();
        self.host().constant().is_none() && !reads.is_empty() && reads.iter().all(|(root, _)| &**root == "settings")
    }
}

/// A bad answer to a send as a Failure.
#[derive(Debug)]
pub struct FailedPlan {
    /// A tree with `reason`, `code`, `detail`, `resend`, `settle`, `stop`.
    pub failure: Program,
}

/// One call.
#[derive(Debug)]
pub struct Call {
    /// Its name; `send`, `templates` and `webhooks` for a provider's.
    pub name: String,
    /// The scope of all programs here.
    pub layout: Layout,
    /// Made only then.
    pub when: Option<Program>,
    /// In upper case.
    pub method: String,
    /// Where to.
    pub url: UrlPlan,
    /// Hosts that were called before.
    pub parsed: Parsed,
    /// Instead of the file's schemes.
    pub auth: Option<SchemePlan>,
    /// A map of headers.
    pub headers: Option<Program>,
    /// The body.
    pub body: Option<Program>,
    /// How the body is written.
    pub encode: Format,
    /// How an answer is read whose content type does not say.
    pub decode: Format,
    /// A good answer; any 2xx if absent.
    pub ok: Option<Program>,
    /// Values out of a good answer.
    pub take: Option<Program>,
    /// A bad answer as a Failure.
    pub failed: Option<FailedPlan>,
    /// The next page's URL.
    pub next: Option<Program>,
    /// What a bad answer means for the next attempt.
    pub retry: Retry,
    /// JSON Schema of the body we send (a send) or of the answer (a listing), relative to `schemas/`.
    pub schema: Option<String>,
}

impl Call {
    /// Whether what an answer means depends on one of these names.
    #[must_use]
    pub fn asks_after(&self, names: &[&str]) -> bool {
        let failed = self.failed.as_ref().map(|plan| &plan.failure);
        let programs = [self.ok.as_ref(), self.take.as_ref(), failed, self.next.as_ref()];
        programs.into_iter().flatten().any(|program| program.reads().iter().any(|(root, _)| names.contains(&&**root)))
    }
}

/// Reads a call of that shape in the scope of `roots`.
pub(super) fn read(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    name: &str,
    shape: &MapShape,
    roots: &[Root],
    node: &Node,
) -> Option<Call> {
    let fields = Fields::read(reader, node, shape);
    let mut scope = compiler.scope(roots);
    match name {
        "templates" => scope.silent(Some(LISTED_FIRST)),
        "webhooks" => scope.silent(Some(ASKED_APART)),
        _ => {}
    }
    compiler.sent_before(&mut scope);
    let schema = fields.get("schema").and_then(|node| compiler.schema(node));
    let (sent, answered) = if name == "templates" { (None, schema) } else { (schema, None) };
    if let Some(lets) = fields.get("let") {
        scope.lets(compiler, lets);
    }
    let when = fields.get("when").map(|node| scope.when(compiler, node));
    let method = method(reader, fields.get("method")?)?;
    let url = url(reader, compiler, &mut scope, fields.get("url")?)?;
    let auth = fields.get("auth").and_then(|node| auth::one(reader, compiler, &mut scope, Way::Out, node));
    let mut tree = |scope: &mut ScopeBuilder, name: &str| fields.get(name).map(|node| scope.tree(compiler, node));
    let headers = tree(&mut scope, "headers");
    let body = fields.get("body").map(|node| scope.fitting(compiler, node, sent, "the body"));
    scope.add(scopes::ANSWER);
    if let Some(body) = answered {
        let answer = compiler.with_member(known::ANSWER, "body", body);
        scope.outline("answer", answer);
    }
    let take = fields.get("take").map(|node| scope.kept(compiler, node));
    if let Some(node) = fields.get("take") {
        names_it(reader, node);
    }
    let next = fields.get("next").map(|node| scope.tree(compiler, node));
    let ok = fields.get("ok").map(|node| scope.condition(compiler, node));
    let failed = fields.get("failed").and_then(|node| failed(reader, compiler, &mut scope, node));
    Some(Call {
        name: name.to_owned(),
        layout: scope.finish(),
        when,
        method,
        url,
        parsed: Parsed::default(),
        auth,
        headers,
        body,
        encode: answer::format(reader, fields.get("encode"), "encode"),
        decode: answer::format(reader, fields.get("decode"), "decode"),
        ok,
        take,
        failed,
        next,
        retry: fields.get("retry").map_or_else(Retry::default, |node| retry::read(reader, node)),
        schema: fields.get("schema").and_then(|node| reader.text(node, "schema")).map(str::to_owned),
    })
}

/// Without the provider's id no status finds its message. What a tree of operators comes to is seen only then.
fn names_it(reader: &mut Reader, take: &Node) {
    let members = take.as_map().filter(|members| members.iter().all(|(key, _)| !key.text.starts_with('$')));
    if members.is_some_and(|members| members.iter().all(|(key, _)| &*key.text != "provider_id")) {
        reader.error(
            "SB0302",
            take.span,
            "`take` needs `provider_id`",
            "statuses find their message by it: take: { provider_id: $.answer.body.id }",
        );
    }
}

fn url(reader: &mut Reader, compiler: &mut Compiler<'_>, scope: &mut ScopeBuilder, node: &Node) -> Option<UrlPlan> {
    if node.as_map().is_none() || node.get("base").is_none() {
        return Some(UrlPlan::Whole(scope.tree(compiler, node)));
    }
    let fields = Fields::read(reader, node, &shape::URL);
    let base = scope.tree(compiler, fields.get("base")?);
    let parts = fields.get("path").map_or(&[][..], Reader::one_or_many);
    let path = parts.iter().map(|part| scope.tree(compiler, part)).collect();
    Some(UrlPlan::Parts { base, path, query: fields.get("query").map(|node| scope.tree(compiler, node)) })
}

fn failed(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
) -> Option<FailedPlan> {
    let fields = Fields::read(reader, node, &shape::FAILED);
    if let Some(lets) = fields.get("let") {
        scope.lets(compiler, lets);
    }
    fields.get("reason")?;
    let want = Want { what: "a failure", outline: known::NEW_FAILURE, one_of: &[] };
    Some(FailedPlan { failure: scope.built(compiler, &node.without("let"), &want).0 })
}

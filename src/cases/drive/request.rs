//! A request of a party: built, signed, put on its route, verified. From there on: `section`.

use super::super::found::Found;
use super::super::payload::{body, is_sample, texts};
use super::super::sign::{Signed, sign};
use super::{Came, Scene, section};
use crate::auth::{Cause, Unverified};
use crate::codec::Format;
use crate::config::{self, Found as Way, Hit, PublicUrl};
use crate::diagnostic::Diagnostic;
use crate::functions::NoFacts;
use crate::language::World;
use crate::legs::{Refused, answer};
use crate::model::Reason;
use crate::model::wire::{Incoming, Reply};
use crate::yaml::Node;

pub(super) fn request<'a>(scene: &Scene<'a>, node: &'a Node) -> Came<'a> {
    let Some(path) = node.get("path").and_then(Node::as_text) else {
        return Err(scene.trees.problem("SB0602", node.span, "a request needs its `path`"));
    };
    let routes = &scene.given.snapshot.routes;
    let method = match node.get("method").and_then(Node::as_text) {
        Some(method) => method.to_ascii_uppercase(),
        None => method(scene, path),
    };
    let (hits, mut values) = match routes.find(&method, path) {
        Way::Sections(hits, values) => (hits, values),
        Way::WrongMethod => return Ok(bare(scene, 405)),
        Way::Unknown => return Ok(bare(scene, 404)),
    };
    let format = hits.first().and_then(Hit::route).map_or(Format::Json, |route| route.decode);
    let incoming = scene.arena.alloc(incoming(scene, node, method, path, format)?);
    let Some(hit) = hits.iter().find(|hit| takes(hit, incoming)) else { return Ok(bare(scene, 415)) };
    signed(scene, node, hit, incoming, &mut values)?;
    let incoming: &'a Incoming = incoming;
    let asked = scene.given.snapshot.asked(incoming, &values);
    let verified =
        scene.given.snapshot.credentials.get(hit.credentials).map(|index| index.verify(&asked, scene.given.now));
    match verified {
        Some(Ok(verified)) => {
            let values: &'a [(&'a str, String)] = scene.arena.alloc_slice_fill_iter(values);
            let sample = node.get("body").filter(|body| is_sample(Some(body))).map(|body| body.span);
            Ok(section::decide(scene, hit, incoming, values, scene.arena.alloc(verified), sample))
        }
        Some(Err(unverified)) => Ok(told(scene, hit, unverified)),
        None => Ok(bare(scene, 500)),
    }
}

/// The first method of a route with this path.
fn method(scene: &Scene<'_>, path: &str) -> String {
    let snapshot = &scene.given.snapshot;
    let methods = snapshot.mappings.values().flat_map(|mapping| mapping.sections()).flat_map(|section| &section.routes);
    let mut methods = methods.flat_map(|route| &route.methods);
    let fits = |method: &&String| matches!(snapshot.routes.find(method, path), Way::Sections(..));
    methods.find(fits).map_or_else(|| "POST".to_owned(), Clone::clone)
}

fn incoming(
    scene: &Scene<'_>,
    node: &Node,
    method: String,
    path: &str,
    format: Format,
) -> Result<Incoming, Box<Diagnostic>> {
    let trees = scene.trees;
    let (body, _) = node.get("body").map_or(Ok(Default::default()), |node| body(trees, node, format))?;
    let mut headers = texts(trees, node.get("headers"))?;
    headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
    if !body.is_empty() && !headers.iter().any(|(name, _)| name == "content-type") {
        let kind = match format {
            Format::Json => "application/json",
            Format::Form | Format::Query => "application/x-www-form-urlencoded",
            Format::Xml => "application/xml",
            Format::Text => "text/plain",
        };
        headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    let query = texts(trees, node.get("query"))?;
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    Ok(Incoming { method, path: path.to_owned(), query, headers, body, peer: None })
}

/// A route may be of one content type only.
fn takes(hit: &Hit, incoming: &Incoming) -> bool {
    let wanted = hit.route().and_then(|route| route.content_type.as_deref());
    let given = incoming.header("content-type").unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(given))
}

/// Signs it by the first scheme whose credentials are given.
fn signed(
    scene: &Scene<'_>,
    node: &Node,
    hit: &Hit,
    incoming: &mut Incoming,
    path: &mut [(&str, String)],
) -> Result<(), Box<Diagnostic>> {
    let word = node.get("signed");
    let signed = word.and_then(Node::as_text).unwrap_or("right");
    let Some((_, signed)) = Signed::WORDS.into_iter().find(|(word, _)| *word == signed) else {
        let span = word.map_or(node.span, |word| word.span);
        let problem = scene.trees.problem("SB0608", span, format!("a request is not signed `{signed}`"));
        return Err(Box::new(problem.help("one of: right, missing, wrong, stale")));
    };
    let schemes = hit.section().and_then(|section| section.auth.as_ref()).unwrap_or(&hit.mapping.auth_in);
    let side = scene.tenant.side(hit.mapping.party);
    let schemes = config::incoming(&hit.mapping, schemes, scene.tenant.name.as_str(), side);
    let Some(scheme) = schemes.first() else { return Ok(()) };
    let url = scene.given.snapshot.public_url.as_ref().map(PublicUrl::as_str);
    sign(scheme, incoming, (path, url), signed, scene.given.now)
        .map_err(|why| scene.trees.problem("SB0608", node.span, why))
}

/// A bare status, for callers that no mapping speaks for.
fn bare<'a>(scene: &Scene<'a>, http: u16) -> Found<'a> {
    let mut found = Found::default();
    found.reply(&section::status(http), scene.arena);
    found
}

fn told<'a>(scene: &Scene<'a>, hit: &Hit, unverified: Unverified) -> Found<'a> {
    let cause = match unverified.cause {
        Cause::Missing => "missing",
        Cause::Stale => "stale",
        Cause::Wrong => "wrong",
    };
    let reason = if unverified.nobody { Reason::UnknownTenant } else { Reason::Unauthenticated };
    let mut found = Found::of(hit.section().map_or("", |section| section.leg.as_str()));
    let refused = Refused { cause: Some(cause), ..reason.into() };
    found.refused(&refused.refusal);
    found.reply(&refuse(scene, hit, &refused), scene.arena);
    found
}

/// The party's own words, before the tenant is known.
fn refuse(scene: &Scene<'_>, hit: &Hit, refused: &Refused<'_>) -> Reply {
    let arena = crate::value::Arena::new();
    let world = World::new(&arena, &hit.mapping.module, &NoFacts, scene.given.now);
    let plain = Refused {
        refusal: refused.refusal.clone(),
        cause: refused.cause,
        retry_after: refused.retry_after,
        with: None,
    };
    answer::refuse(&world, &hit.mapping, &plain, None)
}

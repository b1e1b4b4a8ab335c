//! A request of a party: built, signed, put on its route. From there on: `section`.

use super::super::compare::note;
use super::super::facts::GivenGateway;
use super::super::found::Found;
use super::super::payload::{body, is_sample, texts};
use super::super::sign::{KEY, Signed, sign};
use super::{Came, Scene, section};
use crate::auth::{KeySet, Scheme};
use crate::codec::Format;
use crate::config::{self, Found as Way, Hit, PublicUrl};
use crate::diagnostic::Diagnostic;
use crate::legs::{Asked, Refused, status, takes};
use crate::model::wire::Incoming;
use crate::model::{Reason, Refusal};
use crate::value::Number;
use crate::yaml::Node;

pub(super) fn request<'a>(scene: &Scene<'a>, node: &'a Node) -> Came<'a> {
    let Some(path) = node.get("path").and_then(Node::as_text) else {
        return Err(scene.trees.problem("SB0602", node.span, "a request needs its `path`"));
    };
    let snapshot = &scene.given.snapshot;
    let method = match node.get("method").and_then(Node::as_text) {
        Some(method) => method.to_ascii_uppercase(),
        None => method(scene, path, node.get("body").is_some()),
    };
    let (hits, mut values) = match snapshot.routes.find(&method, path) {
        Way::Sections(hits, values) => (hits, values),
        Way::WrongMethod => return Ok(bare(scene, 405)),
        Way::Unknown => return Ok(bare(scene, 404)),
    };
    let format = hits.first().and_then(Hit::route).map_or(Format::Json, |route| route.decode);
    let mut incoming = incoming(scene, node, method, path, format)?;
    signed(scene, node, hits, &mut incoming, &mut values)?;
    let refuse = node.get("refuse").map(|node| refusal(scene, node)).transpose()?;
    let gateway = GivenGateway::new(scene.given, refuse.as_ref());
    let asked = Asked { gateway: &gateway, snapshot, incoming: &incoming, hits, path: &values, now: scene.given.now };
    let mut found = section::decide(scene, asked, node.get("body").filter(|body| is_sample(Some(body))));
    if gateway.idle() {
        let span = node.get("refuse").map_or(node.span, |node| node.span);
        found.notes.push(note("request.refuse", "a message that would come in, or a listing", "neither", span));
    }
    Ok(found)
}

/// What the gateway refuses with, whatever the request says: `throttled`, or a map.
fn refusal(scene: &Scene<'_>, node: &Node) -> Result<(Refused, u64), Box<Diagnostic>> {
    let wrong = |node: &Node, text: String| scene.trees.problem("SB0608", node.span, text);
    let number = |name: &str| {
        let Some(node) = node.get(name) else { return Ok(None) };
        let number = node.as_number().and_then(Number::as_i64).and_then(|number| u32::try_from(number).ok());
        number.map(Some).ok_or_else(|| wrong(node, format!("`{name}` is a number from 0 on")))
    };
    let word = node.get("reason").unwrap_or(node);
    let reason = word.as_text().and_then(|word| word.parse::<Reason>().ok());
    let reason = reason.ok_or_else(|| wrong(word, "this is none of the closed list of reasons".to_owned()))?;
    let text = node.get("text").and_then(Node::as_text).map(str::to_owned);
    let (retry_after, after) = (number("retry_after")?, number("after")?);
    let refused = Refused { retry_after, ..Refusal { text, ..reason.into() }.into() };
    Ok((refused, after.map_or(0, u64::from)))
}

/// The first method of a route with this path; one with a body is no GET if it need not be.
fn method(scene: &Scene<'_>, path: &str, body: bool) -> String {
    let snapshot = &scene.given.snapshot;
    let methods = snapshot.mappings.values().flat_map(|mapping| mapping.sections()).flat_map(|section| &section.routes);
    let methods = methods.flat_map(|route| &route.methods);
    let fits = |method: &&String| matches!(snapshot.routes.find(method, path), Way::Sections(..));
    let mut fitting: Vec<&String> = methods.filter(fits).collect();
    fitting.sort_by_key(|method| (*method == "GET") == body);
    fitting.first().map_or_else(|| "POST".to_owned(), |method| (*method).clone())
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

/// Signs it by the first scheme whose credentials are given, of each section that takes it.
fn signed(
    scene: &Scene<'_>,
    node: &Node,
    hits: &[Hit],
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
    let url = scene.given.snapshot.public_url.as_ref().map(PublicUrl::as_str);
    let key = &scene.given.key;
    let mut done: Vec<usize> = Vec::new();
    for hit in hits {
        // Sections of the file's own schemes share one index: one proof is enough for all of them.
        if !takes(hit, incoming) || done.contains(&hit.credentials) {
            continue;
        }
        done.push(hit.credentials);
        let schemes = hit.section().and_then(|section| section.auth.as_ref()).unwrap_or(&hit.mapping.auth_in);
        let side = scene.tenant.side(hit.mapping.party);
        let schemes = config::incoming(&hit.mapping, schemes, scene.tenant.name.as_str(), side);
        let Some(scheme) = schemes.first() else { continue };
        if let Scheme::JwtRs256 { jwks, .. } = scheme
            && let Some(set) = KeySet::of_private_key(key, KEY)
        {
            scene.given.snapshot.keys.put(jwks, set);
        }
        sign(scheme, incoming, (path, url), key, signed, scene.given.now)
            .map_err(|why| scene.trees.problem("SB0608", node.span, why))?;
    }
    Ok(())
}

/// A bare status, for callers that no mapping speaks for.
fn bare<'a>(scene: &Scene<'a>, http: u16) -> Found<'a> {
    let mut found = Found::default();
    found.reply(&status(http), scene.arena);
    found
}

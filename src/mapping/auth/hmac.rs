//! `hmac`: what is signed, where the signature stands, and how long it is good.

use regex::RegexBuilder;

use super::SchemePlan;
use super::read::{Reading, Way};
use crate::auth::{Algorithm, Encoding, Read, Source};
use crate::diagnostic::Span;
use crate::language::{PlainRead, Program};
use crate::mapping::fields::{Fields, Reader};
use crate::shape;
use crate::yaml::Node;

/// A keyed hash over parts of a request.
#[derive(Debug)]
pub struct HmacPlan {
    /// The key.
    pub secret: Program,
    /// Of the hash.
    pub algorithm: Algorithm,
    /// Of the signature.
    pub encoding: Encoding,
    /// Where the signature stands.
    pub signature: Read,
    /// The text before it.
    pub prefix: String,
    /// What is signed, run together.
    pub message: Vec<PartPlan>,
    /// Where the time of signing stands.
    pub at: Option<Read>,
    /// How far it may lie from now.
    pub max_age: Option<Program>,
    /// Where the request says whose it is, and what a tenant's value of that is.
    pub identity: Option<(Read, Program)>,
    /// Where `$.url` is written, which only the operator can say.
    pub url: Option<Span>,
    /// The `{name}` segments that it reads, and where.
    pub segments: Vec<(String, Span)>,
}

/// A part of what is signed.
#[derive(Debug)]
pub enum PartPlan {
    /// The same for all requests of a tenant.
    Value(Program),
    /// Something of the request.
    Read(Read),
}

const ALGORITHMS: &[(&str, Algorithm)] =
    &[("sha1", Algorithm::Sha1), ("sha256", Algorithm::Sha256), ("sha512", Algorithm::Sha512)];
const ENCODINGS: &[(&str, Encoding)] = &[("hex", Encoding::Hex), ("base64", Encoding::Base64)];

/// How large a compiled expression may be; as for the function `capture`.
const SIZE: usize = 1 << 20;

impl HmacPlan {
    pub(super) fn programs(&self) -> Vec<&Program> {
        let parts = self.message.iter().filter_map(|part| match part {
            PartPlan::Value(program) => Some(program),
            PartPlan::Read(_) => None,
        });
        let identity = self.identity.iter().map(|(_, program)| program);
        std::iter::once(&self.secret).chain(parts).chain(identity).collect()
    }

    /// Whether what stands at `read` is signed: who repeats an old request cannot change it.
    fn covers(&self, read: &Read) -> bool {
        self.message.iter().any(|part| match part {
            PartPlan::Value(_) => false,
            PartPlan::Read(part) if part.source == Source::Url => matches!(read.source, Source::Query(_)),
            PartPlan::Read(part) => part == read || part.source == read.source && part.capture.is_none(),
        })
    }
}

/// Reads the keys of the scheme.
pub(super) fn read(reading: &mut Reading<'_, '_>, node: &Node) -> Option<SchemePlan> {
    let known = if reading.way == Way::In { &shape::HMAC_IN } else { &shape::HMAC_OUT };
    let fields = Fields::read(reading.reader, node, known);
    let algorithm = fields.get("algorithm").and_then(|node| reading.reader.word(node, "algorithm", ALGORITHMS));
    let encoding = fields.get("encoding").and_then(|node| reading.reader.word(node, "encoding", ENCODINGS));
    let mut plan = HmacPlan {
        secret: reading.tree(fields, "secret")?,
        algorithm: algorithm.unwrap_or(Algorithm::Sha256),
        encoding: encoding.unwrap_or(Encoding::Hex),
        signature: place(reading, fields.get("signature")?, "signature")?,
        prefix: reading.text(fields, "prefix").unwrap_or_default(),
        message: Vec::new(),
        at: fields.get("at").and_then(|node| place(reading, node, "at")),
        max_age: reading.tree(fields, "max_age"),
        identity: fields.get("identity").and_then(|node| identity(reading, node)),
        url: None,
        segments: Vec::new(),
    };
    message(reading, fields.get("message"), &mut plan);
    for name in ["signature", "at", "identity"] {
        let read = match name {
            "signature" => Some(&plan.signature),
            "at" => plan.at.as_ref(),
            _ => plan.identity.as_ref().map(|(read, _)| read),
        };
        if let (Some(Read { source: Source::Path(segment), .. }), Some(node)) = (read, fields.get(name)) {
            plan.segments.push((segment.clone(), node.span));
        }
    }
    window(reading, fields, &plan);
    Some(SchemePlan::Hmac(Box::new(plan)))
}

/// What is signed; the body, if nothing is said.
fn message(reading: &mut Reading<'_, '_>, node: Option<&Node>, plan: &mut HmacPlan) {
    let Some(node) = node else {
        plan.message.push(PartPlan::Read(Read { source: Source::Raw, capture: None }));
        return;
    };
    let before = reading.reader.problems.len();
    for item in Reader::one_or_many(node) {
        let of_tenant =
            |text: &str| ["$.settings.", "$.credentials.", "$.tenant."].iter().any(|at| text.starts_with(at));
        match item.as_text().filter(|text| PlainRead::is_computed(text) && !of_tenant(text)) {
            None => plan.message.push(PartPlan::Value(reading.scope.tree(reading.compiler, item))),
            Some(_) => {
                let Some(read) = part(reading, item) else { continue };
                match &read.source {
                    Source::Url => plan.url = Some(item.span),
                    Source::Path(name) => plan.segments.push((name.clone(), item.span)),
                    _ => {}
                }
                plan.message.push(PartPlan::Read(read));
            }
        }
    }
    let understood = reading.reader.problems.len() == before;
    if understood && !plan.message.iter().any(|part| matches!(part, PartPlan::Read(_))) {
        reading.reader.error(
            "SB0330",
            node.span,
            "this signs nothing of the request: one signature would be good for all of them",
            "add what the party signs, most likely `$.raw`",
        );
    }
}

const PARTS: &str = "`$.raw`, `$.url`, `$.sorted_form`, `$.headers['x-name']`, `$.query.name`, `$.path.name`";
const PLACES: &str = "`$.headers['x-name']`, `$.query.name` or `$.path.name`";
const PLACES_OUT: &str = "`$.headers['x-name']` or `$.query.name`";

/// A read of the request; anything else is an error that names what can be read.
fn part(reading: &mut Reading<'_, '_>, node: &Node) -> Option<Read> {
    let text = reading.reader.text(node, "a part of what is signed")?;
    let plain = PlainRead::parse(text);
    let source = plain.as_ref().and_then(|plain| match (plain.root.as_str(), plain.member.as_deref()) {
        ("raw", None) => Some(Source::Raw),
        ("url", None) => Some(Source::Url),
        ("sorted_form", None) => Some(Source::SortedForm),
        ("headers", Some(name)) => Some(Source::Header(name.to_ascii_lowercase())),
        ("query", Some(name)) => Some(Source::Query(name.to_owned())),
        ("path", Some(name)) => Some(Source::Path(name.to_owned())),
        _ => None,
    });
    let whole = |source: &Source| matches!(source, Source::Raw | Source::Url | Source::SortedForm);
    let (plain, source) = match plain.zip(source) {
        Some((plain, source)) if plain.capture.is_none() || !whole(&source) => (plain, source),
        _ => {
            let help = format!("{PARTS}, or a text; behind the last three may stand `| capture(\"…\")`");
            let text = format!("`{text}` cannot be read here: the request is not decoded before it is verified");
            reading.reader.error("SB0330", node.span, text, help);
            return None;
        }
    };
    let compile = |pattern: &str| RegexBuilder::new(pattern).size_limit(SIZE).dfa_size_limit(SIZE).build();
    let Ok(capture) = plain.capture.as_deref().map(compile).transpose() else {
        let help = "as the function `capture` takes it";
        reading.reader.error("SB0330", node.span, "this is no regular expression", help);
        return None;
    };
    if reading.way == Way::Out && matches!(source, Source::Path(_)) {
        reading.reader.error("SB0330", node.span, "a call of ours has no `$.path`", "sign `$.url` or `$.raw`");
        return None;
    }
    Some(Read { source, capture })
}

/// Where one text stands: not the body, nor the URL as a whole.
fn place(reading: &mut Reading<'_, '_>, node: &Node, what: &str) -> Option<Read> {
    let help = if reading.way == Way::In { PLACES } else { PLACES_OUT };
    if !reading.reader.text(node, what).is_some_and(PlainRead::is_computed) {
        let text = format!("`{what}` says where it stands in the request");
        reading.reader.error("SB0330", node.span, text, format!("one of {help}"));
        return None;
    }
    let read = part(reading, node)?;
    let whole = matches!(read.source, Source::Raw | Source::Url | Source::SortedForm);
    if whole || reading.way == Way::Out && read.capture.is_some() {
        reading.reader.error("SB0330", node.span, format!("`{what}` cannot stand there"), format!("one of {help}"));
        return None;
    }
    Some(read)
}

fn identity(reading: &mut Reading<'_, '_>, node: &Node) -> Option<(Read, Program)> {
    let fields = Fields::read(reading.reader, node, &shape::IDENTITY);
    let (read, value) = (fields.get("read")?, reading.tree(fields, "value")?);
    Some((place(reading, read, "read")?, value))
}

/// A bound on the age needs a time that was signed.
fn window(reading: &mut Reading<'_, '_>, fields: Fields<'_>, plan: &HmacPlan) {
    if reading.way == Way::Out {
        return;
    }
    let mut wrong = |node: &Node, text: &str, help: &str| reading.reader.error("SB0331", node.span, text, help);
    match (fields.get("at"), fields.get("max_age")) {
        (Some(at), None) => wrong(at, "`at` without `max_age` bounds nothing", "add `max_age: 5m`, or leave `at` out"),
        (None, Some(age)) => wrong(age, "`max_age` needs the time of signing", "add `at:` with where it stands"),
        (Some(at), Some(_)) if plan.at.as_ref().is_some_and(|read| !plan.covers(read)) => wrong(
            at,
            "this time is not signed: who repeats an old request can write a new one",
            "add the same read to `message`, or leave `at` and `max_age` out",
        ),
        _ => {}
    }
}

//! The wire parts of a case: the request it makes, the answers it gives. As bytes, as they would come in.

use bytes::Bytes;

use super::suite::{Case, Stimulus, keys};
use super::wanted::{Shape, Trees, Wanted};
use crate::codec::{self, Format};
use crate::diagnostic::{Diagnostic, Span};
use crate::model::wire::{Answer, Class};
use crate::shape;
use crate::value::{Arena, Tree};
use crate::yaml::Node;

/// Reports unknown keys of requests and answers.
pub(super) fn check(case: &Case, problems: &mut Vec<Diagnostic>) {
    if let Stimulus::Request(node) = &case.stimulus {
        keys(&case.source, node, &shape::CASE_REQUEST, problems);
        if let Some(refuse) = node.get("refuse").filter(|refuse| refuse.as_map().is_some()) {
            keys(&case.source, refuse, &shape::REFUSE, problems);
        }
    }
    if let Some(answers) = &case.answers {
        let Some(list) = answers.as_list() else {
            let problem = Diagnostic::error("SB0608", "`answers` is a list").at(&case.source, answers.span);
            problems.push(problem.help("begin each answer with `- `, in the order in which they come"));
            return;
        };
        list.iter().for_each(|answer| keys(&case.source, answer, &shape::CASE_ANSWER, problems));
    }
}

/// Whether a body is a sample. What a case writes out may break the schema on purpose; a sample may not.
pub(super) fn is_sample(node: Option<&Node>) -> bool {
    node.is_some_and(|node| node.get("$file").is_some())
}

/// A body's bytes: a sample as it is, a text as it is, anything else in the format. And whether it is JSON.
pub(super) fn body(trees: &Trees<'_>, node: &Node, format: Format) -> Result<(Bytes, bool), Box<Diagnostic>> {
    if let Some(sample) = trees.bytes(node) {
        return sample.map(|(bytes, json)| (Bytes::copy_from_slice(&bytes), json));
    }
    let Some(tree) = trees.read(node)?.tree() else { return Ok((Bytes::new(), false)) };
    if let Tree::Text(text) = &tree {
        return Ok((Bytes::copy_from_slice(text.as_bytes()), false));
    }
    let arena = Arena::new();
    let mut bytes = Vec::new();
    codec::encode(format, tree.view(&arena), &mut bytes)
        .map_err(|problem| trees.problem("SB0608", node.span, problem.to_string()))?;
    Ok((bytes.into(), format == Format::Json))
}

/// Names and texts of a map: headers, or a query. Numbers and booleans are written as texts.
pub(super) fn texts(trees: &Trees<'_>, node: Option<&Node>) -> Result<Vec<(String, String)>, Box<Diagnostic>> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let Shape::Map(members) = trees.read(node)?.shape else {
        return Err(trees.problem("SB0608", node.span, "this is a map of names and texts"));
    };
    let text = |(name, value): (Box<str>, Wanted)| match value.shape {
        Shape::Leaf(Tree::Text(text)) => Ok((name.into_string(), text.into_string())),
        Shape::Leaf(Tree::Number(number)) => Ok((name.into_string(), number.to_string())),
        Shape::Leaf(Tree::Bool(flag)) => Ok((name.into_string(), flag.to_string())),
        _ => Err(trees.problem("SB0608", value.span, format!("`{name}` is a text"))),
    };
    members.into_iter().map(text).collect()
}

/// The answers, in order, each with its place.
pub(super) fn answers(trees: &Trees<'_>, node: Option<&Node>) -> Result<Vec<(Answer, Span)>, Box<Diagnostic>> {
    let list = node.and_then(Node::as_list).unwrap_or_default();
    list.iter().map(|node| Ok((answer(trees, node)?, node.span))).collect()
}

fn answer(trees: &Trees<'_>, node: &Node) -> Result<Answer, Box<Diagnostic>> {
    let wrong = |span: Span, text: &str| trees.problem("SB0608", span, text);
    match (node.get("http"), node.get("class").and_then(Node::as_text)) {
        (None, Some("unreached")) => return Ok(Answer::without(Class::Unreached, "not reached")),
        (None, Some("unanswered")) => return Ok(Answer::without(Class::Unanswered, "no answer")),
        (None, Some(_)) => return Err(wrong(node.span, "without `http` the class is `unreached` or `unanswered`")),
        (None, None) => return Err(wrong(node.span, "an answer has `http`, or a class that has none")),
        (Some(_), _) => {}
    }
    let http = node.get("http").and_then(Node::as_number).and_then(crate::value::Number::as_i64);
    let http = http.and_then(|http| u16::try_from(http).ok()).filter(|http| (100..=599).contains(http));
    let http = http.ok_or_else(|| wrong(node.span, "`http` is a number from 100 to 599"))?;
    let mut headers: Vec<(String, String)> = texts(trees, node.get("headers"))?;
    headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
    let (body, json) =
        node.get("body").map_or(Ok((Bytes::new(), false)), |body| self::body(trees, body, Format::Json))?;
    if json && !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Ok(Answer { http: Some(http), class: Class::of(http), headers, body, trouble: None })
}

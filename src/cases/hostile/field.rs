//! The fields of a case: every text that comes from a party, and how it is changed.

use std::sync::Arc;

use super::super::Material;
use super::super::given::Given;
use super::super::suite::{Case, Stimulus, Suite};
use super::super::wanted::{Trees, Wanted};
use crate::codec::{self, Format};
use crate::diagnostic::Span;
use crate::mapping::Mapping;
use crate::model::Template;
use crate::value::{Arena, Tree};
use crate::yaml::{Key, Node, Scalar, Shape, Style};

/// Where a text stands, before its place inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    Body,
    Query,
    Headers,
    /// An event or inbound message of the model.
    Stimulus,
    Message,
    Quoted,
    Last,
    Templates,
    AnswerBody(usize),
    AnswerHeaders(usize),
}

/// A case with everything that parties say taken out of it, so that any text of it can be changed.
pub(super) struct Trial {
    pub(super) case: Case,
    pub(super) given: Given,
    pub(super) said: Vec<(Region, Tree)>,
}

impl Trial {
    /// `None` where the case cannot be run at all: the cases' own test says so.
    pub(super) fn of(suite: &Suite, mapping: &Mapping, case: &Case, material: &Material<'_>) -> Option<Self> {
        let trees = Trees::new(&case.source, material.sample);
        let mut given = Given::read(&suite.subject, mapping, case, &trees, material).ok()?;
        let mut said = Vec::new();
        let mut stimulus = None;
        match &case.stimulus {
            Stimulus::Request(node) => {
                for (region, key) in [(Region::Body, "body"), (Region::Query, "query"), (Region::Headers, "headers")] {
                    said.extend(node.get(key).and_then(|node| document(&trees, node)).map(|tree| (region, tree)));
                }
            }
            Stimulus::Message(node) => {
                if let Some(node) = node {
                    given.message = given.message.under(trees.read(node).ok()?);
                }
                stimulus = Some(Stimulus::Message(None));
            }
            Stimulus::Event(node) | Stimulus::Inbound(node) => {
                said.push((Region::Stimulus, trees.read(node).ok()?.tree()?));
            }
            Stimulus::Listing | Stimulus::Refused(_) => {}
        }
        let answers = case.answers.as_ref().and_then(Node::as_list).unwrap_or_default();
        for (place, answer) in answers.iter().enumerate() {
            let part = |key: &str| answer.get(key).and_then(|node| document(&trees, node));
            said.extend(part("body").map(|tree| (Region::AnswerBody(place), tree)));
            said.extend(part("headers").map(|tree| (Region::AnswerHeaders(place), tree)));
        }
        said.extend(given.message.tree().map(|tree| (Region::Message, tree)));
        said.extend(given.quoted.clone().map(|tree| (Region::Quoted, tree)));
        said.extend(given.last.clone().map(|tree| (Region::Last, tree)));
        if let Some(templates) = &given.templates {
            let arena = Arena::new();
            let trees = templates.iter().map(|template| Tree::from(template.view(&arena)));
            said.push((Region::Templates, Tree::List(trees.collect())));
        }
        let stimulus = stimulus.unwrap_or_else(|| copy(&case.stimulus));
        Some(Self { case: bare(case, stimulus, case.answers.clone()), given, said })
    }

    /// A case as it is, with nothing taken out.
    pub(super) fn raw(suite: &Suite, mapping: &Mapping, case: &Case, material: &Material<'_>) -> Option<Self> {
        let trees = Trees::new(&case.source, material.sample);
        let given = Given::read(&suite.subject, mapping, case, &trees, material).ok()?;
        let (stimulus, answers) = (copy(&case.stimulus), case.answers.clone());
        Some(Self { case: bare(case, stimulus, answers), given, said: Vec::new() })
    }

    /// Puts a tree in its place. False where the model does not take it: then nobody ever sees it.
    pub(super) fn put(&mut self, region: Region, tree: &Tree) -> bool {
        let span = self.case.span;
        match region {
            Region::Body => self.request(|node| member(node, "body", tree)),
            Region::Query => self.request(|node| member(node, "query", tree)),
            Region::Headers => self.request(|node| member(node, "headers", tree)),
            Region::Stimulus => {
                if let Stimulus::Event(node) | Stimulus::Inbound(node) = &mut self.case.stimulus {
                    *node = literal(tree);
                }
            }
            Region::Message => self.given.message = Wanted::of(tree.clone(), span),
            Region::Quoted => self.given.quoted = Some(tree.clone()),
            Region::Last => self.given.last = Some(tree.clone()),
            Region::Templates => {
                let arena = Arena::new();
                let items = tree.as_list().unwrap_or_default().iter();
                let read: Result<Vec<_>, _> =
                    items.map(|item| Template::read(item.view(&arena)).map(Arc::new)).collect();
                let Ok(templates) = read else { return false };
                self.given.templates = Some(templates);
            }
            Region::AnswerBody(place) => self.answer(place, "body", tree),
            Region::AnswerHeaders(place) => self.answer(place, "headers", tree),
        }
        true
    }

    fn request(&mut self, change: impl FnOnce(&mut Node)) {
        if let Stimulus::Request(node) = &mut self.case.stimulus {
            change(node);
        }
    }

    fn answer(&mut self, place: usize, key: &str, tree: &Tree) {
        let answers = self.case.answers.as_mut().map(|node| &mut node.shape);
        if let Some(answer) =
            answers.and_then(|shape| if let Shape::List(items) = shape { items.get_mut(place) } else { None })
        {
            member(answer, key, tree);
        }
    }
}

/// A case without what was read from it already, and without what it expects.
fn bare(case: &Case, stimulus: Stimulus, answers: Option<Node>) -> Case {
    let (name, source) = (case.name.clone(), case.source.clone());
    Case { name, source, span: case.span, given: Vec::new(), stimulus, answers, expect: Node::empty_list() }
}

fn copy(stimulus: &Stimulus) -> Stimulus {
    match stimulus {
        Stimulus::Request(node) => Stimulus::Request(node.clone()),
        Stimulus::Message(node) => Stimulus::Message(node.clone()),
        Stimulus::Event(node) => Stimulus::Event(node.clone()),
        Stimulus::Inbound(node) => Stimulus::Inbound(node.clone()),
        Stimulus::Listing => Stimulus::Listing,
        Stimulus::Refused(node) => Stimulus::Refused(node.clone()),
    }
}

/// A body, query or header map as a tree; `None` for a body that is a plain text on purpose.
fn document(trees: &Trees<'_>, node: &Node) -> Option<Tree> {
    let tree = match trees.bytes(node) {
        Some(sample) => {
            let (bytes, json) = sample.ok()?;
            let arena = Arena::new();
            Tree::from(codec::decode(if json { Format::Json } else { Format::Text }, &bytes, &arena).ok()?)
        }
        None => trees.read(node).ok()?.tree()?,
    };
    matches!(tree, Tree::List(_) | Tree::Map(_)).then_some(tree)
}

fn member(node: &mut Node, key: &str, tree: &Tree) {
    if let Shape::Map(entries) = &mut node.shape
        && let Some((_, value)) = entries.iter_mut().find(|(known, _)| &*known.text == key)
    {
        *value = literal(tree);
    }
}

/// A node that a case takes as it is, whatever it looks like.
fn literal(tree: &Tree) -> Node {
    map([("$literal", node(tree))])
}

fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Node)>) -> Node {
    let entry = |(key, node): (&str, Node)| (Key { text: key.into(), span: Span::default() }, node);
    Node { shape: Shape::Map(entries.into_iter().map(entry).collect()), span: Span::default() }
}

fn node(tree: &Tree) -> Node {
    let shape = match tree {
        Tree::Null => Shape::Scalar(Scalar::Null, Style::Plain),
        Tree::Bool(flag) => Shape::Scalar(Scalar::Bool(*flag), Style::Plain),
        Tree::Number(number) => Shape::Scalar(Scalar::Number(*number), Style::Plain),
        Tree::Text(text) => Shape::Scalar(Scalar::Text(text.clone()), Style::Quoted),
        Tree::List(items) => Shape::List(items.iter().map(node).collect()),
        Tree::Map(members) => return map(members.iter().map(|(key, value)| (&**key, node(value)))),
    };
    Node { shape, span: Span::default() }
}

/// The places of all texts of a tree, as JSON pointers.
pub(super) fn texts(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    walk(tree, String::new(), &mut found);
    found
}

fn walk(tree: &Tree, path: String, found: &mut Vec<String>) {
    match tree {
        Tree::Text(_) => found.push(path),
        Tree::List(items) => {
            items.iter().enumerate().for_each(|(place, item)| walk(item, format!("{path}/{place}"), found));
        }
        Tree::Map(members) => members.iter().for_each(|(key, value)| walk(value, format!("{path}/{key}"), found)),
        _ => {}
    }
}

/// The tree with another text at a place.
pub(super) fn with(tree: &Tree, place: &str, text: &str) -> Tree {
    let Some(rest) = place.strip_prefix('/') else { return Tree::from_text(text) };
    // Keys of samples hold no slash, so the pointer needs no escapes; `walk` and this agree in any case.
    match tree {
        Tree::List(items) => {
            let (key, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let change =
                |(at, item): (usize, &Tree)| if at.to_string() == key { with(item, rest, text) } else { item.clone() };
            Tree::List(items.iter().enumerate().map(change).collect())
        }
        Tree::Map(members) => {
            let own = |key: &str| rest.strip_prefix(key).filter(|rest| rest.is_empty() || rest.starts_with('/'));
            let change = |(key, value): &(Box<str>, Tree)| {
                (key.clone(), own(key).map_or_else(|| value.clone(), |rest| with(value, rest, text)))
            };
            Tree::Map(members.iter().map(change).collect())
        }
        other => other.clone(),
    }
}

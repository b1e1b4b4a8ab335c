//! JSON Schema 2020-12 to outlines: what says which members, items, kinds and words there are; the rest is left out.
//!
//! A schema is read by the reader of YAML, which JSON is nearly a part of, because that one knows places. Whether it is
//! a sound schema is for the validator of cases to say.

use std::collections::HashMap;

use super::{ANYTHING, Kinds, Outline, OutlineId, Outlines};
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::{self, Node, Scalar};

impl Outlines {
    /// The outline of a schema's documents; the problems are those of reading it.
    pub(in crate::language) fn schema(&mut self, name: &str, source: &Source) -> Result<OutlineId, Vec<Diagnostic>> {
        if let Some(known) = self.schemas.get(name) {
            return Ok(known.unwrap_or(ANYTHING));
        }
        self.schemas.insert(name.into(), None);
        let mut problems = Vec::new();
        let root = yaml::parse(source, &mut problems);
        let Some(root) = root.filter(|_| !problems.iter().any(Diagnostic::is_error)) else { return Err(problems) };
        let number = self.source(source);
        let id = Reading { root: &root, source: number, seen: HashMap::new(), outlines: self }.outline(&root);
        self.schemas.insert(name.into(), Some(id));
        Ok(id)
    }
}

struct Reading<'r> {
    root: &'r Node,
    source: usize,
    /// By their place: a schema may refer to itself.
    seen: HashMap<usize, OutlineId>,
    outlines: &'r mut Outlines,
}

impl Reading<'_> {
    fn outline(&mut self, node: &Node) -> OutlineId {
        if node.as_map().is_none() {
            return ANYTHING;
        }
        if let Some(known) = self.seen.get(&node.span.start) {
            return *known;
        }
        let id = self.outlines.reserve();
        self.seen.insert(node.span.start, id);
        let outline = self.read(node);
        self.outlines.fill(id, outline);
        id
    }

    fn read(&mut self, node: &Node) -> Outline {
        let mut outline = Outline { origin: Some((self.source, node.span)), ..Outline::default() };
        if let Some(node) = node.get("type") {
            outline.kinds =
                node.as_list().unwrap_or(std::slice::from_ref(node)).iter().map(kind).fold(Kinds::NONE, Kinds::or);
        }
        for (key, member) in node.get("properties").and_then(Node::as_map).unwrap_or_default() {
            let member = self.outline(member);
            outline.members.push((key.text.clone(), member, Some((self.source, key.span))));
        }
        let required = node.get("required").and_then(Node::as_list).unwrap_or_default();
        outline.required = required.iter().filter_map(|name| name.as_text().map(Into::into)).collect();
        match node.get("additionalProperties") {
            Some(rest) if rest.as_map().is_some() => outline.rest = Some(self.outline(rest)),
            Some(rest) => outline.sealed = rest.as_bool() == Some(false),
            None => {}
        }
        if node.get("patternProperties").is_some() {
            outline.rest = Some(ANYTHING);
            outline.sealed = false;
        }
        let mut items = self.list(node.get("prefixItems"));
        items.extend(node.get("items").map(|items| self.outline(items)));
        outline.items = (!items.is_empty()).then(|| self.outlines.one_of(items));
        self.values(node, &mut outline);
        if let Some(target) = node.get("$ref").and_then(Node::as_text) {
            let target = self.target(target).cloned();
            outline.every.extend(target.map(|target| self.outline(&target)));
        }
        outline.every.extend(self.list(node.get("allOf")));
        for name in ["anyOf", "oneOf"] {
            let group = self.list(node.get(name));
            outline.any.extend((!group.is_empty()).then_some(group));
        }
        let branches: Vec<OutlineId> =
            ["then", "else"].map(|name| node.get(name).map_or(ANYTHING, |node| self.outline(node))).into();
        if branches != [ANYTHING, ANYTHING] {
            outline.any.push(branches);
        }
        outline
    }

    fn list(&mut self, node: Option<&Node>) -> Vec<OutlineId> {
        node.and_then(Node::as_list).unwrap_or_default().iter().map(|node| self.outline(node)).collect()
    }

    /// `const` and `enum`: the words there are, and so the kinds.
    fn values(&self, node: &Node, outline: &mut Outline) {
        let values = node.get("const").map(std::slice::from_ref).or_else(|| node.get("enum")?.as_list());
        let Some(values) = values else { return };
        outline.kinds = outline.kinds.and(values.iter().map(value_kind).fold(Kinds::NONE, Kinds::or));
        let words = values.iter().map(|value| value.as_text().map(Into::into));
        outline.words = words.collect::<Option<Vec<Box<str>>>>().map(Into::into);
    }

    /// What a reference within the file leads to; others are not followed.
    fn target(&self, reference: &str) -> Option<&Node> {
        let pointer = reference.strip_prefix('#')?;
        let mut steps = pointer.split('/').skip(1);
        steps.try_fold(self.root, |node, step| {
            let step = step.replace("~1", "/").replace("~0", "~");
            match node.as_list() {
                Some(items) => items.get(step.parse::<usize>().ok()?),
                None => node.get(&step),
            }
        })
    }
}

fn kind(node: &Node) -> Kinds {
    match node.as_text() {
        Some("string") => Kinds::TEXT,
        Some("number") => Kinds::NUMBER,
        Some("integer") => Kinds::INTEGER,
        Some("boolean") => Kinds::BOOLEAN,
        Some("array") => Kinds::LIST,
        Some("object") => Kinds::MAP,
        // Null is nothing, here as everywhere.
        Some("null") => Kinds::NONE,
        _ if node.is_null() => Kinds::NONE,
        _ => Kinds::ANY,
    }
}

fn value_kind(node: &Node) -> Kinds {
    match node.scalar() {
        Some(Scalar::Text(_)) => Kinds::TEXT,
        Some(Scalar::Number(_)) => Kinds::NUMBER,
        Some(Scalar::Bool(_)) => Kinds::BOOLEAN,
        Some(Scalar::Null) => Kinds::NONE,
        None if node.as_list().is_some() => Kinds::LIST,
        None => Kinds::MAP,
    }
}

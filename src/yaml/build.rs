//! Builds the tree from events: places, duplicate keys, bounds, and what of YAML is not taken. Syntax is not judged here.

use std::collections::HashMap;

use super::node::{Key, Node, Scalar, Shape, Style};
use super::scalar::{self, Plain};
use super::traps;
use crate::diagnostic::{Diagnostic, Source, Span, line_col};

/// Deeper trees are refused: every reader of a tree is recursive.
const DEEPEST: usize = 64;
/// More nodes are refused: a mapping of some hundred lines has some thousand.
const MOST: usize = 100_000;

/// Whether to go on with the next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A bound was passed, or the document ended.
    Yes,
    /// Go on.
    No,
}

/// What a scalar is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A map's key.
    Key,
    /// Anything else.
    Value,
}

/// A list or map that is being filled.
struct Frame {
    start: usize,
    flow: bool,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, seen: HashMap<Box<str>, Span>, key: Pending },
}

/// Which half of an entry comes next.
enum Pending {
    Key,
    ValueOf(Key),
    /// The value of a key that was refused.
    Refused,
}

/// The tree so far.
pub(super) struct Builder<'p> {
    source: &'p Source,
    problems: &'p mut Vec<Diagnostic>,
    frames: Vec<Frame>,
    root: Option<Node>,
    nodes: usize,
    documents: usize,
}

impl<'p> Builder<'p> {
    pub(super) const fn new(source: &'p Source, problems: &'p mut Vec<Diagnostic>) -> Self {
        Self { source, problems, frames: Vec::new(), root: None, nodes: 0, documents: 0 }
    }

    /// How many problems there are by now.
    pub(super) const fn problems(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn finish(self) -> Option<Node> {
        self.root
    }

    /// Whether the innermost open collection is written with brackets.
    pub(super) fn in_flow(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.flow)
    }

    pub(super) fn document(&mut self, span: Span) -> Stop {
        self.documents += 1;
        if self.documents == 1 {
            return Stop::No;
        }
        self.report(
            Diagnostic::error("SB0106", "a second document begins here")
                .help("keep one document per file: remove the line `---`, or move what follows to a file of its own"),
            span,
        );
        Stop::Yes
    }

    pub(super) fn tag(&mut self, span: Span) {
        self.report(
            Diagnostic::error("SB0104", "tags are not taken")
                .help("if this is a text that begins with `!`, put it in quotes; else remove the tag"),
            span,
        );
    }

    pub(super) fn anchor(&mut self, span: Span) -> Stop {
        self.report(
            Diagnostic::error("SB0103", "anchors are not taken").help(
                "if this is a text that begins with `&`, put it in quotes; else write the value out where it is used",
            ),
            span,
        );
        Stop::No
    }

    pub(super) fn alias(&mut self, span: Span) -> Stop {
        self.report(
            Diagnostic::error("SB0103", "aliases are not taken")
                .help("if this is a text that begins with `*`, put it in quotes; else write the value out"),
            span,
        );
        if self.at_key() {
            self.expect(Pending::Refused);
            return Stop::No;
        }
        self.place(Node { shape: Shape::Scalar(Scalar::Null, Style::Plain), span })
    }

    pub(super) fn open_list(&mut self, span: Span, flow: bool) -> Stop {
        self.open(span, flow, Content::List(Vec::new()))
    }

    pub(super) fn open_map(&mut self, span: Span, flow: bool) -> Stop {
        self.open(span, flow, Content::Map { entries: Vec::new(), seen: HashMap::new(), key: Pending::Key })
    }

    fn open(&mut self, span: Span, flow: bool, content: Content) -> Stop {
        if self.frames.len() == DEEPEST {
            let problem = Diagnostic::error("SB0108", format!("lists and maps are nested more than {DEEPEST} deep"));
            self.report(problem.help("give an inner part a name and use it from there"), span);
            return Stop::Yes;
        }
        self.frames.push(Frame { start: span.start, flow, content });
        Stop::No
    }

    /// The end of the innermost list or map. A block's own end mark stands after blank lines and comments, so its
    /// place ends with its last child instead.
    pub(super) fn close(&mut self, end: Span) -> Stop {
        let Some(frame) = self.frames.pop() else { return Stop::Yes };
        let (mut shape, last) = match frame.content {
            Content::List(items) => {
                let last = items.last().map(|item| item.span.end);
                (Shape::List(items), last)
            }
            Content::Map { entries, .. } => {
                let last = entries.last().map(|(key, value)| key.span.end.max(value.span.end));
                (Shape::Map(entries), last)
            }
        };
        let span = Span { start: frame.start, end: if frame.flow { end.end } else { last.unwrap_or(frame.start) } };
        if frame.flow {
            shape = traps::rejoin(self.source, shape, self.problems);
            let text = self.source.slice(span);
            if text.starts_with("{{") {
                // Reported already, at its key: the reader of the tree should see the template that was meant.
                shape = Shape::Scalar(Scalar::Text(text.into()), Style::Plain);
            }
        }
        self.place(Node { shape, span })
    }

    pub(super) fn scalar(&mut self, text: &str, style: Style, span: Span) -> Stop {
        let span = if style == Style::Block { content(self.source, span) } else { span };
        // Of nothing the parser says `~` and gives an empty place.
        let text = if style == Style::Plain && span.start == span.end { "" } else { text };
        let role = if self.at_key() { Role::Key } else { Role::Value };
        let scalar = if style == Style::Plain { self.plain(text, span, role) } else { Scalar::Text(text.into()) };
        self.place(Node { shape: Shape::Scalar(scalar, style), span })
    }

    fn plain(&mut self, text: &str, span: Span, role: Role) -> Scalar {
        let read = scalar::plain(text);
        traps::plain(self.source, text, &read, span, role, self.problems);
        match read {
            // A key is its spelling: `1022`, `0123` and `1.10` are the texts one sees.
            _ if role == Role::Key && !text.is_empty() => Scalar::Text(text.into()),
            Plain::Clear(scalar) => scalar,
            Plain::Trimmed(number) => Scalar::Number(number),
            Plain::LossyNumber => Scalar::Text(text.into()),
        }
    }

    fn at_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { content: Content::Map { key: Pending::Key, .. }, .. }))
    }

    /// Puts a finished node where it belongs: into the list, as a key, as a value, or as the root.
    fn place(&mut self, node: Node) -> Stop {
        self.nodes += 1;
        if self.nodes > MOST {
            self.report(Diagnostic::error("SB0109", format!("more than {MOST} values in one file")), node.span);
            return Stop::Yes;
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Stop::No;
        };
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, key, .. } => match std::mem::replace(key, Pending::Key) {
                Pending::ValueOf(name) => entries.push((name, node)),
                Pending::Refused => {}
                Pending::Key => self.key(node),
            },
        }
        Stop::No
    }

    fn key(&mut self, node: Node) {
        let next = self.usable_key(node).map_or(Pending::Refused, Pending::ValueOf);
        self.expect(next);
    }

    fn expect(&mut self, next: Pending) {
        if let Some(Frame { content: Content::Map { key, .. }, .. }) = self.frames.last_mut() {
            *key = next;
        }
    }

    /// A node as a key; if it cannot be one that is reported.
    fn usable_key(&mut self, node: Node) -> Option<Key> {
        let span = node.span;
        let Shape::Scalar(Scalar::Text(text), style) = node.shape else {
            let (problem, span) = traps::odd_key(self.source, &node);
            self.report(problem, span);
            return None;
        };
        if &*text == "<<" && style == Style::Plain {
            let problem = Diagnostic::error("SB0105", "the merge key `<<` is not taken");
            self.report(problem.help("write the keys out here; if the key is meant as a text, put it in quotes"), span);
            return None;
        }
        let Some(Frame { content: Content::Map { seen, .. }, .. }) = self.frames.last_mut() else { return None };
        if let Some(first) = seen.get(&text) {
            let at = line_col(self.source, first.start);
            let problem = Diagnostic::error("SB0102", format!("the key `{text}` is given twice in one map"))
                .label("again here")
                .help(format!("it is given first in line {}, column {}; keep one of them", at.line, at.column));
            self.report(problem, span);
            return None;
        }
        seen.insert(text.clone(), span);
        Some(Key { text, span })
    }

    fn report(&mut self, problem: Diagnostic, span: Span) {
        self.problems.push(problem.at(self.source, span));
    }
}

/// The place of a block scalar without the line breaks that end it.
fn content(source: &Source, span: Span) -> Span {
    Span { start: span.start, end: span.start + source.slice(span).trim_end().len() }
}

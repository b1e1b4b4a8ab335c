//! A file as it is written: values with their places and styles, and comments. What they mean is not read.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, options};

/// A value, or a key.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) shape: Shape,
    pub(super) at: Range<usize>,
}

/// What it is.
#[derive(Debug)]
pub(super) enum Shape {
    /// Nothing is written.
    Empty,
    /// As it is quoted, and what it says.
    Scalar(ScalarStyle, String),
    List {
        flow: bool,
        items: Vec<Item>,
    },
    Map {
        flow: bool,
        entries: Vec<(Item, Item)>,
    },
}

/// A whole file.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) root: Item,
    /// In order.
    pub(super) comments: Vec<Range<usize>>,
}

impl Item {
    /// Whether it is written in brackets.
    pub(super) const fn in_flow(&self) -> bool {
        matches!(self.shape, Shape::List { flow: true, .. } | Shape::Map { flow: true, .. })
    }

    /// Whether it is a list or map with something in it.
    pub(super) const fn is_full(&self) -> bool {
        match &self.shape {
            Shape::List { items, .. } => !items.is_empty(),
            Shape::Map { entries, .. } => !entries.is_empty(),
            _ => false,
        }
    }
}

/// An open list or map.
struct Open {
    start: usize,
    flow: bool,
    map: bool,
    items: Vec<Item>,
}

/// Reads a file that was parsed before; `None` if it was not without errors.
pub(super) fn read(text: &str) -> Option<Read> {
    let rules = options! { emit_comments: true };
    let (mut open, mut comments): (Vec<Open>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    let mut root = None;
    for event in Parser::new_from_str_with_options(text, rules) {
        let (event, span) = event.ok()?;
        let at = span.byte_range().unwrap_or_default();
        let done = match event {
            Event::Comment(..) => {
                comments.push(at);
                continue;
            }
            Event::Scalar(_, ScalarStyle::Plain, ..) if at.is_empty() => Item { shape: Shape::Empty, at },
            Event::Scalar(said, style, ..) => Item { shape: Shape::Scalar(style, said.into_owned()), at },
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                let map = matches!(event, Event::MappingStart(..));
                open.push(Open { start: at.start, flow: style == StructureStyle::Flow, map, items: Vec::new() });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => close(open.pop()?, at.end),
            _ => continue,
        };
        match open.last_mut() {
            Some(open) => open.items.push(done),
            None => root = Some(done),
        }
    }
    comments.sort_by_key(|at| at.start);
    let root = root.unwrap_or(Item { shape: Shape::Empty, at: text.len()..text.len() });
    Some(Read { root, comments })
}

fn close(open: Open, end: usize) -> Item {
    let last = open.items.last().map_or(open.start, |item| item.at.end);
    let at = open.start..if open.flow { end } else { last };
    let shape = if open.map {
        let mut items = open.items.into_iter();
        let entries = std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect();
        Shape::Map { flow: open.flow, entries }
    } else {
        Shape::List { flow: open.flow, items: open.items }
    };
    Item { shape, at }
}

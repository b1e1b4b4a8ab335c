//! From what is written to lines: what stands where, which comment belongs to what, where a blank line was.

mod block;
mod comments;

use granit_parser::ScalarStyle;

use super::align::{Cell, Line};
use super::layout::{Item, Read, Shape};
use super::scalar::{self, Role};
use super::{STEP, WIDTH, flow};

/// The lines of a file.
pub(super) fn lines(text: &str, read: &Read) -> Vec<Line> {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let comments = read.comments.iter().map(|at| (at.start, text[at.clone()].trim_end().to_owned(), false)).collect();
    let mut writer = Writer {
        text,
        starts,
        comments,
        first: 0,
        lines: Vec::new(),
        groups: 0,
        cursor: 0,
        row: 0,
        parent: 0,
        kept: 0,
    };
    let end = Next { at: text.len(), column: 0 };
    match &read.root.shape {
        Shape::Empty => {}
        Shape::Map { flow: false, .. } | Shape::List { flow: false, .. } => {
            writer.members(&read.root, &Place::new(0, None), end);
        }
        _ => {
            writer.lead(read.root.at.start, 0);
            let head = Head { text: String::new(), start: 0, indent: 0, end: read.root.at.start, group: None };
            writer.value(&read.root, head, end);
        }
    }
    writer.lead(text.len(), 0);
    writer.lines
}

/// What comes after a list or map: comments that stand further left than it belong to it.
#[derive(Clone, Copy)]
struct Next {
    at: usize,
    column: usize,
}

/// Where the members of a list or map go.
struct Place {
    /// Where they begin.
    indent: usize,
    /// The first one: where its line begins, and dashes before it.
    first: (usize, String),
    /// Whose columns a member that is alone shares.
    group: Option<usize>,
    /// The bracket that closes them.
    bracket: Option<usize>,
}

impl Place {
    fn new(indent: usize, bracket: Option<usize>) -> Self {
        Self { indent, first: (indent, String::new()), group: None, bracket }
    }

    /// Where the line of a member begins, and with what.
    fn line(&self, number: usize) -> (usize, &str) {
        if number == 0 { (self.first.0, &self.first.1) } else { (self.indent, "") }
    }
}

/// What stands before a value.
struct Head {
    /// A key with its colon, or dashes.
    text: String,
    /// Where its line begins, and where the list or map it is in.
    start: usize,
    indent: usize,
    /// Where it ends in the source.
    end: usize,
    group: Option<usize>,
}

impl Head {
    /// What of its line is taken, with the blank before the value.
    fn width(&self) -> usize {
        self.start + self.text.chars().count() + usize::from(!self.text.is_empty())
    }
}

struct Writer<'t> {
    text: &'t str,
    /// Where each line of the text starts.
    starts: Vec<usize>,
    /// Start, text, and whether it is written by now; before the number given all are.
    comments: Vec<(usize, String, bool)>,
    first: usize,
    lines: Vec<Line>,
    groups: usize,
    /// Behind what was written last.
    cursor: usize,
    /// The line of the text that was written last.
    row: usize,
    /// The column of the key or dash whose value is written.
    parent: usize,
    /// So many lines there were behind a block whose blank lines belong to it.
    kept: usize,
}

impl Writer<'_> {
    fn map(&mut self, entries: &[(Item, Item)], place: &Place, next: Next) {
        self.groups += 1;
        let group = place.group.filter(|_| entries.len() == 1).unwrap_or(self.groups);
        let column = entries.first().map_or(0, |(key, _)| self.column_in(place, key));
        for (number, (key, value)) in entries.iter().enumerate() {
            let (start, prefix) = place.line(number);
            let after = entries.get(number + 1);
            let next = after.map_or(next, |(key, _)| Next { at: key.at.start, column: self.column_in(place, key) });
            self.lead(key.at.start, start);
            self.cursor = key.at.end;
            self.parent = self.column_in(place, key);
            let text = format!("{prefix}{}:", scalar::inline(self.text, key, Role::Key));
            self.value(value, Head { text, start, indent: place.indent, end: key.at.end, group: Some(group) }, next);
        }
        self.close(place.bracket, place.indent, column, next);
    }

    fn list(&mut self, items: &[Item], place: &Place, next: Next) {
        self.groups += 1;
        let group = self.groups;
        let mut column = 0;
        for (number, item) in items.iter().enumerate() {
            let (start, prefix) = place.line(number);
            // In brackets there is no dash yet.
            let (dash, end) = match place.bracket {
                Some(_) => (item.at.start, item.at.start),
                None => (self.skip(self.cursor), self.skip(self.cursor) + 1),
            };
            if place.bracket.is_none() {
                self.parent = self.column(dash);
            }
            if number == 0 {
                column = self.parent;
            }
            let next = items.get(number + 1).map_or(next, |item| Next { at: item.at.start, column });
            self.lead(dash, start);
            self.cursor = end;
            let head = Head { text: format!("{prefix}-"), start, indent: place.indent, end, group: Some(group) };
            self.item(item, head, next);
        }
        self.close(place.bracket, place.indent, column, next);
    }

    /// The column of a key; in brackets none counts.
    fn column_in(&self, place: &Place, key: &Item) -> usize {
        if place.bracket.is_none() { self.column(key.at.start) } else { 0 }
    }

    /// What stands behind a dash: a list or map begins on the dash's own line.
    fn item(&mut self, item: &Item, head: Head, next: Next) {
        let below = item.is_full() && !self.on_one_line(item, &head) && self.filled(item, head.indent).is_none();
        if !below {
            return self.value(item, head, next);
        }
        let bracket = item.in_flow().then_some(item.at.end);
        if let Some(comment) = bracket.and_then(|end| self.behind(end)) {
            self.lines.push(Line::of(head.start, comment.text));
        }
        let first = (head.start, format!("{} ", head.text));
        let place = Place { indent: head.indent + STEP, first, group: head.group, bracket };
        self.members(item, &place, next);
    }

    fn members(&mut self, item: &Item, place: &Place, next: Next) {
        match &item.shape {
            Shape::Map { entries, .. } => self.map(entries, place, next),
            Shape::List { items, .. } => self.list(items, place, next),
            Shape::Empty | Shape::Scalar(..) => {}
        }
    }

    /// Whether it is in brackets, or empty, and may be written behind its head.
    fn on_one_line(&self, item: &Item, head: &Head) -> bool {
        let fits = || head.width() + flow::inline(self.text, item).chars().count() <= WIDTH;
        !item.is_full() || item.in_flow() && !self.has_comments(item) && fits()
    }

    fn filled(&self, item: &Item, indent: usize) -> Option<Vec<String>> {
        if !item.in_flow() || self.has_comments(item) {
            return None;
        }
        flow::filled(self.text, item, indent + STEP)
    }

    /// What stands behind a key, or a dash that is alone on its line.
    fn value(&mut self, item: &Item, head: Head, next: Next) {
        match &item.shape {
            Shape::Empty => {
                let comment = self.behind(head.end);
                self.lines.push(Line { comment, group: head.group, ..Line::of(head.start, head.text) });
            }
            Shape::Scalar(ScalarStyle::Literal | ScalarStyle::Folded, said) => self.block(item, said, &head),
            Shape::Scalar(..) => self.scalar(item, head),
            _ if self.on_one_line(item, &head) => {
                let row = self.row_of(item.at.start);
                let from = |at: usize| (self.row_of(at) == row).then(|| self.from(at));
                let mut cells = flow::cells(self.text, item, &from);
                if cells.is_empty() {
                    cells.push(Cell::new(flow::inline(self.text, item)));
                }
                self.on_line(item, head, cells);
            }
            _ => self.below(item, head, next),
        }
    }

    /// A list or map on the lines below its head.
    fn below(&mut self, item: &Item, head: Head, next: Next) {
        let filled = self.filled(item, head.indent);
        let comment = self.header_comment(item, &head);
        let indent = if head.text.is_empty() { head.indent } else { head.indent + STEP };
        if !head.text.is_empty() {
            self.lines.push(Line { comment, group: head.group, ..Line::of(head.start, head.text) });
        }
        match filled {
            Some(filled) => {
                self.cursor = item.at.end;
                self.row = self.row_of(item.at.end);
                self.lines.extend(filled.into_iter().map(|line| Line::of(indent, line)));
            }
            None => self.members(item, &Place::new(indent, item.in_flow().then_some(item.at.end)), next),
        }
    }

    /// The comment behind a key whose value goes on below, or behind the bracket that closes it.
    fn header_comment(&mut self, item: &Item, head: &Head) -> Option<Cell> {
        let closing = if item.in_flow() { self.behind(item.at.end) } else { None };
        let closing = closing.map(|comment| Cell::new(comment.text));
        if head.text.is_empty() {
            self.lines.extend(closing.map(|comment| Line::of(head.start, comment.text)));
            return None;
        }
        let opening = self.behind(head.end);
        if opening.is_none() {
            return closing;
        }
        self.lines.extend(closing.map(|comment| Line::of(head.start, comment.text)));
        opening
    }

    /// A scalar on its lines; a comment goes behind the last one, for none may stand amid a text.
    fn scalar(&mut self, item: &Item, head: Head) {
        let mut lines = scalar::lines(self.text, item, WIDTH.saturating_sub(head.width())).into_iter();
        let from = Some(self.from(item.at.start)).filter(|_| self.row_of(head.end) == self.row_of(item.at.start));
        let indent = head.indent + STEP;
        self.on_line(item, head, vec![Cell { text: lines.next().unwrap_or_default(), from }]);
        let comment = self.lines.last_mut().and_then(|line| line.comment.take());
        self.lines.extend(lines.map(|line| if line.is_empty() { Line::default() } else { Line::of(indent, line) }));
        if let Some(line) = self.lines.last_mut() {
            line.comment = comment;
        }
    }

    /// A line of a head and cells, with the comment behind it; one between head and value goes above.
    fn on_line(&mut self, item: &Item, head: Head, cells: Vec<Cell>) {
        let mut comment = self.behind(head.end);
        self.above(item.at.start, head.start);
        if let Some(last) = self.behind(item.at.end.max(head.end)) {
            let first = comment.replace(last);
            self.lines.extend(first.map(|first| Line::of(head.start, first.text)));
        }
        self.cursor = item.at.end;
        self.row = self.row_of(item.at.end.max(head.end));
        let text = (!head.text.is_empty()).then(|| Cell::new(head.text));
        let cells = text.into_iter().chain(cells).collect();
        self.lines.push(Line { indent: head.start, cells, comment, group: head.group });
    }
}

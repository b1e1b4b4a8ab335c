//! From what is written to lines: what stands where, which comment belongs to what, where a blank line was.

use granit_parser::ScalarStyle;

use super::align::{Cell, Line};
use super::layout::{Item, Read, Shape};
use super::scalar::{self, Role};
use super::{STEP, WIDTH, flow};

/// The lines of a file.
pub(super) fn lines(text: &str, read: &Read) -> Vec<Line> {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let comments = read.comments.iter().map(|at| (at.start, text[at.clone()].trim_end().to_owned(), false)).collect();
    let mut writer =
        Writer { text, starts, comments, lines: Vec::new(), groups: 0, cursor: 0, row: 0, parent: 0, kept: 0 };
    let end = Next { at: text.len(), column: 0 };
    match &read.root.shape {
        Shape::Empty => {}
        Shape::Map { flow: false, entries } => writer.map(entries, None, Place::new(0), end),
        Shape::List { flow: false, items } => writer.list(items, None, Place::new(0), end),
        _ => {
            writer.lead(read.root.at.start, 0);
            writer.value(&read.root, Place::new(0), String::new(), 0, None, end);
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
#[derive(Clone)]
struct Place {
    /// Where they begin.
    indent: usize,
    /// The first one: where its line begins, and dashes before it.
    first: (usize, String),
    /// Whose columns a member that is alone shares.
    group: Option<usize>,
}

impl Place {
    const fn new(indent: usize) -> Self {
        Self { indent, first: (indent, String::new()), group: None }
    }
}

struct Writer<'t> {
    text: &'t str,
    /// Where each line of the text starts.
    starts: Vec<usize>,
    /// Start, text, and whether it is written by now.
    comments: Vec<(usize, String, bool)>,
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
    fn row_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    fn column(&self, at: usize) -> usize {
        self.text[self.starts[self.row_of(at)]..at].chars().count()
    }

    /// Whether nothing but blanks and dashes stands before it on its line.
    fn begins_line(&self, at: usize) -> bool {
        self.text[self.starts[self.row_of(at)]..at].trim().is_empty()
    }

    /// The column and the blanks before a place, for columns that are kept.
    fn from(&self, at: usize) -> (usize, usize) {
        let before = &self.text[self.starts[self.row_of(at)]..at];
        (self.column(at), before.len() - before.trim_end_matches(' ').len())
    }

    /// A blank line, if one stands above this place.
    fn blank(&mut self, at: usize) {
        let row = self.row_of(at);
        let moved = row > self.row;
        self.row = self.row.max(row);
        let above = moved && self.text[self.starts[row - 1]..self.starts[row]].trim().is_empty();
        if above && self.lines.last().is_some_and(|line| !line.is_blank()) && self.lines.len() != self.kept {
            self.lines.push(Line::default());
        }
    }

    /// The comments before a place on lines of their own, and the blank line above it.
    fn lead(&mut self, until: usize, indent: usize) {
        while let Some(number) = self.comments.iter().position(|(start, _, done)| !done && *start < until) {
            let start = self.comments[number].0;
            self.blank(start);
            self.own_line(number, indent);
        }
        if until < self.text.len() {
            self.blank(until);
        }
    }

    fn own_line(&mut self, number: usize, indent: usize) {
        self.comments[number].2 = true;
        let text = std::mem::take(&mut self.comments[number].1);
        self.lines.push(Line::of(indent, text));
    }

    /// The comment that stands behind a place on its line.
    fn behind(&mut self, at: usize) -> Option<Cell> {
        let row = self.row_of(at);
        let number = self.comments.iter().position(|(start, _, done)| !done && *start >= at)?;
        let start = self.comments[number].0;
        if self.row_of(start) != row {
            return None;
        }
        self.comments[number].2 = true;
        Some(Cell { text: std::mem::take(&mut self.comments[number].1), from: Some(self.from(start)) })
    }

    fn has_comments(&self, item: &Item) -> bool {
        self.comments.iter().any(|(start, _, done)| !done && item.at.contains(start))
    }

    /// Comments at the end of a list or map: those within its brackets, or as far right as its members.
    fn close(&mut self, flow: Option<usize>, indent: usize, column: usize, next: Next) {
        while let Some(number) = self.comments.iter().position(|(_, _, done)| !done) {
            let start = self.comments[number].0;
            let ours = match flow {
                Some(end) => start < end,
                None => {
                    let place = self.column(start);
                    start < next.at && self.begins_line(start) && place >= column && place > next.column
                }
            };
            if !ours {
                break;
            }
            self.blank(start);
            self.own_line(number, indent);
        }
        if let Some(end) = flow {
            self.cursor = end;
            self.row = self.row_of(end);
        }
    }

    /// `flow`: the bracket that closes it.
    fn map(&mut self, entries: &[(Item, Item)], flow: Option<usize>, place: Place, next: Next) {
        self.groups += 1;
        let group = place.group.filter(|_| entries.len() == 1).unwrap_or(self.groups);
        let column = entries.first().map_or(0, |(key, _)| self.column(key.at.start));
        for (number, (key, value)) in entries.iter().enumerate() {
            let (start, prefix) = if number == 0 { place.first.clone() } else { (place.indent, String::new()) };
            let after = entries.get(number + 1);
            let next = after.map_or(next, |(key, _)| Next { at: key.at.start, column: self.column(key.at.start) });
            self.lead(key.at.start, start);
            self.cursor = key.at.end;
            self.parent = self.column(key.at.start);
            let head = format!("{prefix}{}:", scalar::inline(self.text, key, Role::Key));
            let inner = Place::new(place.indent);
            self.value(value, Place { first: (start, String::new()), ..inner }, head, key.at.end, Some(group), next);
        }
        self.close(flow, place.indent, column, next);
    }

    fn list(&mut self, items: &[Item], flow: Option<usize>, place: Place, next: Next) {
        self.groups += 1;
        let group = self.groups;
        let mut column = 0;
        for (number, item) in items.iter().enumerate() {
            let (start, prefix) = if number == 0 { place.first.clone() } else { (place.indent, String::new()) };
            let dash = if flow.is_some() { item.at.start } else { self.dash() };
            if number == 0 {
                column = self.column(dash);
            }
            let next = items.get(number + 1).map_or(next, |item| Next { at: item.at.start, column });
            self.lead(dash, start);
            let head = format!("{prefix}-");
            let inner = Place::new(place.indent);
            self.cursor = if flow.is_some() { dash } else { dash + 1 };
            self.parent = self.column(dash);
            let behind = self.cursor;
            self.item(item, Place { first: (start, String::new()), ..inner }, head, behind, group, next);
        }
        self.close(flow, place.indent, column, next);
    }

    /// The next dash that begins an item.
    fn dash(&self) -> usize {
        self.skip(self.cursor)
    }

    /// The place behind blanks, comments and a key's colon.
    fn skip(&self, mut at: usize) -> usize {
        loop {
            let rest = &self.text[at..];
            let skipped = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ':');
            at += rest.len() - skipped.len();
            if !skipped.starts_with('#') {
                return at;
            }
            at += skipped.find('\n').unwrap_or(skipped.len());
        }
    }

    /// What stands behind a dash: a list or map begins on the dash's own line.
    fn item(&mut self, item: &Item, place: Place, head: String, behind: usize, group: usize, next: Next) {
        let fits = self.on_one_line(item, place.first.0 + head.len() + 1);
        let inner =
            Place { indent: place.indent + STEP, first: (place.first.0, format!("{head} ")), group: Some(group) };
        let bracket = item.in_flow().then_some(item.at.end);
        let below = !fits && item.is_full() && self.filled(item, place.indent).is_none();
        if let Some(comment) = bracket.filter(|_| below).and_then(|end| self.behind(end)) {
            self.lines.push(Line::of(place.first.0, comment.text));
        }
        match &item.shape {
            Shape::Map { entries, .. } if below => self.map(entries, bracket, inner, next),
            Shape::List { items, .. } if below => self.list(items, bracket, inner, next),
            _ => self.value(item, place, head, behind, Some(group), next),
        }
    }

    /// Whether it is in brackets, and may be written on one line of which so much is taken.
    fn on_one_line(&self, item: &Item, taken: usize) -> bool {
        let fits = || taken + flow::inline(self.text, item).chars().count() <= WIDTH;
        !item.is_full() || item.in_flow() && !self.has_comments(item) && fits()
    }

    fn filled(&self, item: &Item, indent: usize) -> Option<Vec<String>> {
        if !item.in_flow() || self.has_comments(item) {
            return None;
        }
        flow::filled(self.text, item, indent)
    }

    /// What stands behind a key, or a dash that is alone on its line. `head` begins the line.
    fn value(&mut self, item: &Item, place: Place, head: String, behind: usize, group: Option<usize>, next: Next) {
        let start = place.first.0;
        let space = usize::from(!head.is_empty());
        match &item.shape {
            Shape::Empty => {
                let comment = self.behind(behind);
                self.lines.push(Line { comment, group, ..Line::of(start, head) });
            }
            Shape::Scalar(ScalarStyle::Literal | ScalarStyle::Folded, said) => self.block(item, said, &place, &head),
            Shape::Scalar(..) => {
                let taken = start + head.chars().count() + space;
                let lines = scalar::lines(self.text, item, WIDTH.saturating_sub(taken));
                self.written(item, place, head, behind, group, lines);
            }
            _ if self.on_one_line(item, start + head.chars().count() + space) => {
                let row = self.row_of(item.at.start);
                let from = |at: usize| (self.row_of(at) == row).then(|| self.from(at));
                let mut cells = flow::cells(self.text, item, &from);
                if cells.is_empty() {
                    cells.push(Cell::new(flow::inline(self.text, item)));
                }
                self.on_line(item, start, head, behind, group, cells);
            }
            shape => {
                let filled = self.filled(item, place.indent + STEP);
                let comment = self.header_comment(item, behind, start);
                if !head.is_empty() {
                    self.lines.push(Line { comment, group, ..Line::of(start, head) });
                }
                let inner = Place::new(place.indent + STEP * space);
                let bracket = item.in_flow().then_some(item.at.end);
                match (filled, shape) {
                    (Some(filled), _) => {
                        self.cursor = item.at.end;
                        self.row = self.row_of(item.at.end);
                        self.lines.extend(filled.into_iter().map(|line| Line::of(inner.indent, line)));
                    }
                    (None, Shape::Map { entries, .. }) => self.map(entries, bracket, inner, next),
                    (None, Shape::List { items, .. }) => self.list(items, bracket, inner, next),
                    (None, Shape::Empty | Shape::Scalar(..)) => {}
                }
            }
        }
    }

    /// The comment behind a key whose value goes on below, or behind the bracket that closes it.
    fn header_comment(&mut self, item: &Item, behind: usize, indent: usize) -> Option<Cell> {
        let closing = if item.in_flow() { self.behind(item.at.end) } else { None };
        let closing = closing.map(|comment| Cell::new(comment.text));
        let opening = self.behind(behind);
        match (opening, closing) {
            (Some(opening), Some(closing)) => {
                self.lines.push(Line::of(indent, closing.text));
                Some(opening)
            }
            (opening, closing) => opening.or(closing),
        }
    }

    /// A scalar on its lines.
    fn written(
        &mut self,
        item: &Item,
        place: Place,
        head: String,
        behind: usize,
        group: Option<usize>,
        lines: Vec<String>,
    ) {
        let from = Some(self.from(item.at.start)).filter(|_| self.row_of(behind) == self.row_of(item.at.start));
        let mut lines = lines.into_iter();
        let cells = vec![Cell { text: lines.next().unwrap_or_default(), from }];
        self.on_line(item, place.first.0, head, behind, group, cells);
        let comment = self.lines.last_mut().and_then(|line| line.comment.take());
        let more: Vec<Line> = lines
            .map(|line| if line.is_empty() { Line::default() } else { Line::of(place.indent + STEP, line) })
            .collect();
        self.lines.extend(more);
        if let Some(line) = self.lines.last_mut() {
            line.comment = comment;
        }
    }

    /// A line of a head and cells, with the comment behind it; one between head and value goes above.
    fn on_line(
        &mut self,
        item: &Item,
        start: usize,
        head: String,
        behind: usize,
        group: Option<usize>,
        cells: Vec<Cell>,
    ) {
        let mut comment = self.behind(behind);
        while let Some(number) = self.comments.iter().position(|(at, _, done)| !done && *at < item.at.start) {
            self.own_line(number, start);
        }
        if let Some(last) = self.behind(item.at.end.max(behind)) {
            if let Some(first) = comment.replace(last) {
                self.lines.push(Line::of(start, first.text));
            }
        }
        self.cursor = item.at.end;
        self.row = self.row_of(item.at.end.max(behind));
        let head = (!head.is_empty()).then(|| Cell::new(head));
        let cells = head.into_iter().chain(cells).collect();
        self.lines.push(Line { indent: start, cells, comment, group });
    }

    /// A block scalar: its lines move with its indentation.
    fn block(&mut self, item: &Item, said: &str, place: &Place, head: &str) {
        let start = place.first.0;
        let at = self.skip(self.cursor);
        let mut header: String = self.text[at..].chars().take_while(|c| !c.is_whitespace() && *c != '#').collect();
        let begin = self.text[at..].find('\n').map_or(self.text.len(), |end| at + end + 1);
        let end = begin.max(self.text[..item.at.end].trim_end().len());
        let end = end + self.text[end..].chars().take_while(|c| matches!(c, ' ' | '\t')).count();
        let after = &self.text[end..];
        let blanks = after.len() - after.trim_start_matches(char::is_whitespace).len();
        let blanks = after[..blanks].rfind('\n').map_or(0, |last| last + 1);
        let keeps = header.contains('+');
        let body = &self.text[begin..if keeps { end + blanks } else { end }];
        let first = body.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let own = first.len() - first.trim_start_matches(' ').len();
        let deeper = header.chars().find_map(|c| c.to_digit(10)).and_then(|digit| usize::try_from(digit).ok());
        let own = deeper.map_or(own, |deeper| self.parent + deeper);
        if deeper.is_some() {
            header = header.replace(|c: char| c.is_ascii_digit(), &STEP.to_string());
        }
        if !said.is_empty() && !said.ends_with('\n') && !header.contains('-') {
            header.push('-');
        }
        let text = if head.is_empty() { header } else { format!("{head} {header}") };
        while let Some(number) = self.comments.iter().position(|(start, _, done)| !done && *start < at) {
            self.own_line(number, start);
        }
        let comment = self.behind(at + 1);
        self.lines.push(Line { comment, ..Line::of(start, text) });
        let indent = place.indent + STEP;
        let lines = body.lines().map(|line| {
            let line = line.get(own.min(line.len() - line.trim_start_matches(' ').len())..).unwrap_or_default();
            if line.is_empty() { Line::default() } else { Line::of(indent, line) }
        });
        let lines: Vec<Line> = lines.collect();
        self.lines.extend(lines);
        if keeps {
            self.kept = self.lines.len();
        }
        self.cursor = end;
        self.row = self.row_of(end);
    }
}

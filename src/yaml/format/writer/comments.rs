//! Where something stood, and which comments and blank lines are to be written with it.

use super::super::align::{Cell, Line};
use super::super::layout::Item;
use super::{Next, Writer};

impl Writer<'_> {
    pub(super) fn row_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    pub(super) fn column(&self, at: usize) -> usize {
        self.text[self.starts[self.row_of(at)]..at].chars().count()
    }

    /// Whether nothing but blanks and dashes stands before it on its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.text[self.starts[self.row_of(at)]..at].trim().is_empty()
    }

    /// The column and the blanks before a place, for columns that are kept.
    pub(super) fn from(&self, at: usize) -> (usize, usize) {
        let before = &self.text[self.starts[self.row_of(at)]..at];
        (self.column(at), before.len() - before.trim_end_matches(' ').len())
    }

    /// A blank line, if one stands above this place.
    pub(super) fn blank(&mut self, at: usize) {
        let row = self.row_of(at);
        let moved = row > self.row;
        self.row = self.row.max(row);
        let above = moved && self.text[self.starts[row - 1]..self.starts[row]].trim().is_empty();
        if above && self.lines.last().is_some_and(|line| !line.is_blank()) && self.lines.len() != self.kept {
            self.lines.push(Line::default());
        }
    }

    /// The comments before a place on lines of their own, and the blank line above it.
    pub(super) fn lead(&mut self, until: usize, indent: usize) {
        while let Some((number, start)) = self.open(0).filter(|(_, start)| *start < until) {
            self.blank(start);
            self.own_line(number, indent);
        }
        if until < self.text.len() {
            self.blank(until);
        }
    }

    /// The comments before a place as lines, without the blank lines between.
    pub(super) fn above(&mut self, until: usize, indent: usize) {
        while let Some((number, _)) = self.open(0).filter(|(_, start)| *start < until) {
            self.own_line(number, indent);
        }
    }

    /// The first comment at or behind a place that is not written yet: its number and start.
    fn open(&self, at: usize) -> Option<(usize, usize)> {
        let rest = self.comments.iter().enumerate().skip(self.first);
        let mut rest = rest.filter(|(_, (start, _, done))| !done && *start >= at);
        rest.next().map(|(number, (start, ..))| (number, *start))
    }

    fn own_line(&mut self, number: usize, indent: usize) {
        let text = self.take(number);
        self.lines.push(Line::of(indent, text));
    }

    fn take(&mut self, number: usize) -> String {
        self.comments[number].2 = true;
        let done = self.comments[self.first..].iter().take_while(|(_, _, done)| *done).count();
        self.first += done;
        std::mem::take(&mut self.comments[number].1)
    }

    /// The comment that stands behind a place on its line.
    pub(super) fn behind(&mut self, at: usize) -> Option<Cell> {
        let (number, start) = self.open(at)?;
        if self.row_of(start) != self.row_of(at) {
            return None;
        }
        Some(Cell { from: Some(self.from(start)), text: self.take(number) })
    }

    pub(super) fn has_comments(&self, item: &Item) -> bool {
        self.open(item.at.start).is_some_and(|(_, start)| start < item.at.end)
    }

    /// Comments at the end of a list or map: those within its brackets, or as far right as its members.
    pub(super) fn close(&mut self, flow: Option<usize>, indent: usize, column: usize, next: Next) {
        while let Some((number, start)) = self.open(0) {
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

    /// The place behind blanks, comments and a key's colon.
    pub(super) fn skip(&self, mut at: usize) -> usize {
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
}

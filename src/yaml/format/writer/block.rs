//! Block scalars: their lines move with their indentation.

use super::super::STEP;
use super::super::align::Line;
use super::super::layout::Item;
use super::{Head, Writer};

impl Writer<'_> {
    /// Writes one; what it says tells whether its last line break counts.
    pub(super) fn block(&mut self, item: &Item, said: &str, head: &Head) {
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
        // Nothing but spaces is nothing, and no line.
        let body = if body.trim_matches(' ').is_empty() { "" } else { body };
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
        let text = if head.text.is_empty() { header } else { format!("{} {header}", head.text) };
        self.above(at, head.start);
        let comment = self.behind(at + 1);
        self.lines.push(Line { comment, ..Line::of(head.start, text) });
        let indent = head.indent + STEP;
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

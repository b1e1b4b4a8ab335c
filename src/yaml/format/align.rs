//! Lines made of cells, and the columns of cells. A column that the writer made by padding is kept; other blanks are one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A part of a line that others may stand under.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    /// The column it stood in, and how many blanks were before it; `None` if it stood on another line.
    pub(super) from: Option<(usize, usize)>,
}

impl Cell {
    pub(super) const fn new(text: String) -> Self {
        Self { text, from: None }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// A line of the result.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) indent: usize,
    /// None: a blank line.
    pub(super) cells: Vec<Cell>,
    pub(super) comment: Option<Cell>,
    /// Whose columns it shares: the list or map that it is a member of.
    pub(super) group: Option<usize>,
}

impl Line {
    /// A line of one piece.
    pub(super) fn of(indent: usize, text: impl Into<String>) -> Self {
        Self { indent, cells: vec![Cell::new(text.into())], ..Self::default() }
    }

    pub(super) const fn is_blank(&self) -> bool {
        self.cells.is_empty()
    }
}

/// The text of all lines.
pub(super) fn render(lines: &[Line]) -> String {
    let mut places: Vec<Vec<usize>> = lines.iter().map(|line| vec![line.indent]).collect();
    for columns in groups(lines) {
        align(lines, &columns, &mut places);
    }
    let ends: Vec<usize> =
        lines.iter().enumerate().map(|(row, line)| place(line, &mut places[row], line.cells.len())).collect();
    let comments = comments(lines, &ends);
    let mut text = String::new();
    for ((line, places), comment) in lines.iter().zip(&places).zip(comments) {
        let mut column = 0;
        for (cell, place) in line.cells.iter().zip(places) {
            let _ = write!(text, "{:1$}{2}", "", place.saturating_sub(column), cell.text);
            column = place + cell.width();
        }
        if let (Some(cell), Some(place)) = (&line.comment, comment) {
            let _ = write!(text, "{:1$}{2}", "", place.saturating_sub(column), cell.text);
        }
        text.push('\n');
    }
    text
}

/// Rows and their cells beyond the first that stood in one column, by group and column from left to right; only
/// columns that two rows share and somebody padded.
fn groups(lines: &[Line]) -> Vec<Vec<(usize, usize)>> {
    let mut found = BTreeMap::<_, Vec<(usize, usize, usize)>>::new();
    for (row, line) in lines.iter().enumerate() {
        let Some(group) = line.group else { continue };
        for (place, cell) in line.cells.iter().enumerate().skip(1) {
            if let Some((column, gap)) = cell.from {
                found.entry((group, column)).or_default().push((row, place, gap));
            }
        }
    }
    let shared = found.into_values().filter(|cells| cells.len() > 1 && cells.iter().any(|(_, _, gap)| *gap > 1));
    shared.map(|cells| cells.into_iter().map(|(row, place, _)| (row, place)).collect()).collect()
}

/// Where the cell of that number begins, or after the last one where the line ends; cells before it are put in place.
fn place(line: &Line, places: &mut Vec<usize>, number: usize) -> usize {
    while places.len() < number {
        let before = places.len() - 1;
        places.push(places[before] + line.cells[before].width() + 1);
    }
    match number {
        0 => places[0],
        _ if number == line.cells.len() => places[number - 1] + line.cells[number - 1].width(),
        _ => places.get(number).copied().unwrap_or_else(|| places[number - 1] + line.cells[number - 1].width() + 1),
    }
}

fn align(lines: &[Line], cells: &[(usize, usize)], places: &mut [Vec<usize>]) {
    let wanted =
        cells.iter().map(|(row, number)| place(&lines[*row], &mut places[*row], *number)).max().unwrap_or_default();
    for (row, number) in cells {
        places[*row].truncate(*number);
        places[*row].push(wanted);
    }
}

/// Comments behind lines stay in their column as far as it goes; those of neighbours in one column move together.
fn comments(lines: &[Line], ends: &[usize]) -> Vec<Option<usize>> {
    let column = |row: usize| {
        lines.get(row).and_then(|line| line.comment.as_ref()).map(|cell| cell.from.map_or(0, |from| from.0))
    };
    let mut places = vec![None; lines.len()];
    let mut row = 0;
    while row < lines.len() {
        let Some(kept) = column(row) else {
            row += 1;
            continue;
        };
        let run = (row..lines.len()).take_while(|next| column(*next) == Some(kept)).count();
        let wanted = ends[row..row + run].iter().map(|end| end + 2).fold(kept, usize::max);
        places[row..row + run].fill(Some(wanted));
        row += run;
    }
    places
}

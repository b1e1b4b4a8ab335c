//! Lists and maps in brackets: on one line, or filled into lines of the right length.

use super::WIDTH;
use super::align::Cell;
use super::layout::{Item, Shape};
use super::scalar::{self, Role};

/// A member of more characters is not run together with others on a line.
const SHORT: usize = 32;
/// Fewer members stand on lines of their own.
const FEW: usize = 8;

/// A list or map in brackets, or a scalar in them, on one line.
pub(super) fn inline(text: &str, item: &Item) -> String {
    match &item.shape {
        Shape::Empty => String::new(),
        Shape::Scalar(..) => scalar::inline(text, item, Role::Flow),
        Shape::List { .. } | Shape::Map { .. } => {
            let (open, close) = brackets(item);
            match members(text, item) {
                members if members.is_empty() => format!("{open}{close}"),
                members => {
                    let members: Vec<String> = members.into_iter().map(|(_, member)| member).collect();
                    format!("{open} {} {close}", members.join(", "))
                }
            }
        }
    }
}

const fn brackets(item: &Item) -> (char, char) {
    if matches!(item.shape, Shape::List { .. }) { ('[', ']') } else { ('{', '}') }
}

/// The members with their places.
fn members(text: &str, item: &Item) -> Vec<(usize, String)> {
    match &item.shape {
        Shape::List { items, .. } => items.iter().map(|item| (item.at.start, inline(text, item))).collect(),
        Shape::Map { entries, .. } => {
            entries.iter().map(|(key, value)| (key.at.start, pair(text, key, value))).collect()
        }
        _ => Vec::new(),
    }
}

fn pair(text: &str, key: &Item, value: &Item) -> String {
    let key = scalar::inline(text, key, Role::Key);
    if matches!(value.shape, Shape::Empty) { key } else { format!("{key}: {}", inline(text, value)) }
}

/// The same as cells of a line, one for each member. `from`: where something stood.
pub(super) fn cells(text: &str, item: &Item, from: &dyn Fn(usize) -> Option<(usize, usize)>) -> Vec<Cell> {
    let (open, close) = brackets(item);
    let members = members(text, item);
    let last = members.len().saturating_sub(1);
    let cell = |(number, (at, member)): (usize, (usize, String))| {
        let (at, before) = if number == 0 { (item.at.start, format!("{open} ")) } else { (at, String::new()) };
        let after = if number == last { format!(" {close}") } else { ",".to_owned() };
        Cell { text: format!("{before}{member}{after}"), from: from(at) }
    };
    members.into_iter().enumerate().map(cell).collect()
}

/// Many short members as lines that are as long as they may be; `None` if that would not be easier to read.
pub(super) fn filled(text: &str, item: &Item, indent: usize) -> Option<Vec<String>> {
    let nested = match &item.shape {
        Shape::List { items, .. } => items.iter().any(Item::is_full),
        Shape::Map { entries, .. } => entries.iter().any(|(_, value)| value.is_full()),
        _ => true,
    };
    let members = members(text, item);
    let long = |(_, member): &(usize, String)| member.chars().count() > SHORT;
    if nested || members.len() < FEW || members.iter().any(long) {
        return None;
    }
    let (open, close) = brackets(item);
    let mut lines = Vec::new();
    let mut line = format!("{open}");
    let last = members.len() - 1;
    for (number, (_, member)) in members.into_iter().enumerate() {
        let after = if number == last { format!(" {close}") } else { ",".to_owned() };
        if indent + line.chars().count() + 1 + member.chars().count() + after.len() > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".to_owned()));
        }
        line = format!("{line} {member}{after}");
    }
    lines.push(line);
    Some(lines)
}

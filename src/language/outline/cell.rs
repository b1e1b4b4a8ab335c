//! What a table yields: an outline made of its rows, so that a row which does not fit where the table is looked up is
//! told of at the row. What was wanted there is kept, for the rows that tenants lay over.

use super::fit::{never, other_kind};
use super::{ANYTHING, Kinds, OWN, Outline, OutlineId, Outlines};
use crate::value::Tree;
use crate::yaml::{Node, to_tree};

/// A table's values, or those of one of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::language) struct Cell {
    /// The table's number.
    pub(in crate::language) table: usize,
    /// `None`: whole rows.
    pub(in crate::language) column: Option<Box<str>>,
}

/// What is wanted of a table's values somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::language) struct Demand {
    pub(in crate::language) cell: Cell,
    /// For messages: "`reason` of a failure".
    named: Box<str>,
    kinds: Kinds,
    /// `None`: any.
    words: Option<Box<[Box<str>]>>,
}

impl Demand {
    /// What is wrong with a value, and the fix.
    pub(in crate::language) fn misfit(&self, value: &Node) -> Option<(String, String)> {
        let tree = constant(value)?;
        let kinds = Kinds::of_tree(&tree);
        if !kinds.meets(self.kinds) {
            return Some(other_kind(&self.named, self.kinds, kinds));
        }
        let known = self.words.as_ref()?;
        let word = tree.as_text().filter(|word| known.iter().all(|known| **known != **word))?;
        Some(never(&self.named, word, known))
    }
}

impl Outlines {
    /// The outline of what a table yields. `key`: the names of its key columns.
    pub(in crate::language) fn table(&mut self, table: usize, key: &[Box<str>], node: &Node) -> OutlineId {
        let rows = node.get("rows");
        let listed = rows.and_then(Node::as_list).unwrap_or_default().iter();
        let named = rows.and_then(Node::as_map).unwrap_or_default().iter().map(|(_, row)| row);
        let rows: Vec<&Node> =
            listed.chain(named).chain(node.get("else")).filter(|row| constant(row).is_some()).collect();
        if rows.is_empty() || rows.iter().any(|row| row.as_map().is_none()) {
            return self.cell(Cell { table, column: None }, &rows);
        }
        let mut columns: Vec<(Box<str>, Vec<&Node>)> = Vec::new();
        for (name, value) in
            rows.iter().filter_map(|row| row.as_map()).flatten().filter(|(name, _)| !key.contains(&name.text))
        {
            match columns.iter_mut().find(|(known, _)| *known == name.text) {
                Some((_, values)) => values.push(value),
                None => columns.push((name.text.clone(), vec![value])),
            }
        }
        let whole = Cell { table, column: None };
        // That a column may be missing is not said here: a row may be known to have it.
        let mut outline = Outline { kinds: Kinds::MAP, rest: Some(ANYTHING), cell: Some(whole), ..Outline::default() };
        for (name, values) in columns {
            let cell = Cell { table, column: Some(name.clone()) };
            outline.members.push((name.clone(), self.cell(cell, &values), None));
            outline.required.push(name);
        }
        self.add(outline)
    }

    fn cell(&mut self, cell: Cell, values: &[&Node]) -> OutlineId {
        let values = values.iter().filter_map(|value| {
            let tree = constant(value)?;
            let sample = tree.as_text().map(Into::into);
            let kinds = Kinds::of_tree(&tree);
            Some(Outline { kinds, sample, origin: Some((OWN, value.span)), ..Outline::default() })
        });
        let values: Vec<_> = values.collect::<Vec<_>>().into_iter().map(|outline| self.add(outline)).collect();
        let any = if values.is_empty() { Vec::new() } else { vec![values] };
        self.add(Outline { any, cell: Some(cell), ..Outline::default() })
    }

    /// Notes what is wanted of a table's values.
    pub(super) fn demand(&mut self, cell: &Cell, wanted: OutlineId, named: &str) {
        let wanted = self.flat(wanted);
        let words = wanted.words.as_ref().map(|words| words.iter().cloned().collect());
        let demand = Demand { cell: cell.clone(), named: named.into(), kinds: wanted.kinds, words };
        if !self.demands.contains(&demand) {
            self.demands.push(demand);
        }
    }

    /// Whether it is what a table yields.
    pub(in crate::language) fn is_cell(&self, id: OutlineId) -> bool {
        self.outline(id).cell.is_some()
    }

    /// The kinds of the first of a table's values that is none of these. They are wanted of tenants' rows, too.
    pub(in crate::language) fn unlike(&mut self, id: OutlineId, kinds: Kinds) -> Option<Kinds> {
        let outline = self.outline(id);
        let wanted = self.of(kinds);
        self.demand(outline.cell.as_ref()?, wanted, "a condition");
        if !outline.kinds.meets(kinds) {
            return Some(outline.kinds);
        }
        let mut values = outline.any.iter().flatten().map(|value| self.outline(*value).kinds);
        values.find(|found| !found.meets(kinds))
    }
}

/// A value as it stands; `None`: nothing.
fn constant(node: &Node) -> Option<Tree> {
    let tree = if node.as_text() == Some("$omit") { Tree::Null } else { to_tree(node) };
    (tree != Tree::Null).then_some(tree)
}

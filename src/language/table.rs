//! Tables: total, constant, and merged once. A look-up is a hash for one key and a walk over rows for several.
//!
//! A row is complete when it is looked up: what it leaves out was taken from `else` at load, for the tenant's own rows
//! too (`overrides`).

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::compiler::Compiler;
use super::expression::is_expression;
use super::outline::{ANYTHING, Demand, OutlineId};
use super::places::{Kind, Place};
use crate::diagnostic::{Diagnostic, Span};
use crate::shape::TABLE;
use crate::value::Tree;
use crate::yaml::{Key, Node, Scalar, Shape, to_tree};

/// A compiled table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: Arc<str>,
    /// Names of the key columns; empty for one key without a name.
    pub(super) key: Box<[Box<str>]>,
    pub(super) rows: Rows,
    pub(super) otherwise: Row,
    /// The result columns of all rows, if rows are maps.
    pub(super) columns: Box<[Box<str>]>,
    /// Its number among the compiler's notes on use.
    pub(super) note: usize,
    /// Where its keys stand, with one key.
    pub(super) keys: Arc<[(Box<str>, Span)]>,
    /// Where it stands.
    pub(super) span: Span,
    /// What it yields.
    pub(super) outline: OutlineId,
    /// What is wanted of that.
    pub(super) demands: Vec<Demand>,
}

/// What a table is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookups {
    table: usize,
    /// `None`: anything.
    words: Option<Rc<[Box<str>]>>,
    shown: Box<str>,
}

impl Compiler<'_> {
    /// Notes a look-up.
    pub(super) fn looked_up(&mut self, table: usize, words: Option<Rc<[Box<str>]>>, shown: &str) {
        self.used(self.tables[table].note);
        self.lookups.push(Lookups { table, words, shown: shown.into() });
    }

    /// Warns of rows whose key never comes, and of keys that come to nothing, where all of them are known.
    pub(super) fn strange_rows(&mut self) {
        for (number, table) in std::mem::take(&mut self.tables).iter().enumerate() {
            let asked: Vec<Lookups> = self.lookups.iter().filter(|asked| asked.table == number).cloned().collect();
            let known: Option<Vec<_>> = asked.iter().map(|asked| asked.words.clone()).collect();
            if let (Some(known), Some(first)) = (known, asked.first()) {
                let mut words: Vec<Box<str>> = known.iter().flat_map(|words| words.iter().cloned()).collect();
                words.sort();
                words.dedup();
                self.rows_and_words(table, &first.shown, &words);
            }
            self.tables.push(table.clone());
        }
    }

    fn rows_and_words(&mut self, table: &Table, shown: &str, words: &[Box<str>]) {
        for (key, span) in table.keys.iter().filter(|(key, _)| !words.contains(key)) {
            self.never(*span, &format!("this row is never reached: `{shown}` is never `{key}`"), key, words);
        }
        let open = words.iter().filter(|word| table.keys.iter().all(|(key, _)| key != *word));
        let open: Vec<&str> = open.map(|word| &**word).collect();
        let complete = table.otherwise.yields.is_some() || open.is_empty() || table.keys.is_empty();
        // Silence for some of the words is what such a table is for; for a reason it is a hole.
        if !complete && shown.ends_with("reason") {
            let text = format!("`{}` of the table `{}` come to nothing", open.join("`, `"), table.name);
            let problem = Diagnostic::warning("SB0233", text).at(self.source(), table.span);
            self.report(problem.help("add rows, or an `else` that says something"));
        }
    }
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What a look-up yields; `None` is nothing.
    pub(super) yields: Option<Tree>,
    /// It was looked up.
    pub(super) place: Place,
}

/// A row's key columns in the table's order; `None` fits anything.
type Keys = Box<[Option<Box<str>>]>;

/// The rows of a table.
#[derive(Clone, Debug)]
pub(super) enum Rows {
    /// By one key.
    One(HashMap<Box<str>, Row>),
    /// By several: the first that fits; `None` fits anything.
    Several(Vec<(Keys, Row)>),
}

impl Table {
    /// Reads a table; what is wrong is reported and left out.
    pub(super) fn read(compiler: &mut Compiler<'_>, name: &str, node: &Node, note: usize) -> Self {
        let mut table = Self {
            name: name.into(),
            key: Box::default(),
            rows: Rows::One(HashMap::new()),
            otherwise: Row { yields: None, place: Place::NONE },
            columns: Box::default(),
            note,
            keys: Arc::default(),
            span: node.span,
            outline: ANYTHING,
            demands: Vec::new(),
        };
        let Some(entries) = node.as_map() else {
            compiler.error("SB0216", "a table is a map with `rows` and `else`", node.span);
            return table;
        };
        for (key, _) in entries.iter().filter(|(key, _)| TABLE.member(&key.text).is_none()) {
            compiler.problem("SB0216", format!("a table has no `{}`", key.text), key.span, |problem| {
                problem.did_you_mean(&key.text, TABLE.names())
            });
        }
        table.key = node.get("key").map(|node| key_names(compiler, node)).unwrap_or_default();
        match node.get("else") {
            Some(node) => table.otherwise = constant(compiler, Kind::Otherwise, node.span, node),
            None => compiler.problem("SB0216", format!("the table `{name}` has no `else`"), node.span, |problem| {
                problem.help("say what an unknown key comes to; `$omit` is nothing")
            }),
        }
        match node.get("rows") {
            Some(rows) => {
                table.rows = table.read_rows(compiler, rows);
                let keys = rows.as_map().unwrap_or_default().iter();
                table.keys = keys.map(|(key, _)| (key.text.clone(), key.span)).collect();
            }
            None => compiler.error("SB0216", format!("the table `{name}` has no `rows`"), node.span),
        }
        table.complete();
        table
    }

    /// Reads rows as this table has them; they are not complete yet.
    pub(super) fn read_rows(&self, compiler: &mut Compiler<'_>, node: &Node) -> Rows {
        match &node.shape {
            Shape::Map(entries) if self.key.len() < 2 => {
                let mut row =
                    |(key, row): &(Key, Node)| (key.text.clone(), constant(compiler, Kind::Row, key.span, row));
                Rows::One(entries.iter().map(&mut row).collect())
            }
            Shape::List(rows) if !self.key.is_empty() => {
                let mut read: Vec<(Keys, Row)> = Vec::new();
                for node in rows {
                    let Some((keys, values)) = self.read_row(compiler, node) else { continue };
                    if read.iter().any(|(earlier, _)| covers(earlier, &keys)) {
                        compiler.problem(
                            "SB0217",
                            "an earlier row fits whatever this one fits",
                            node.span,
                            |problem| {
                                problem.help("the first row that fits wins: put the narrower row before the wider one")
                            },
                        );
                    }
                    read.push((keys, values));
                }
                Rows::Several(read)
            }
            Shape::List(_) => {
                compiler.problem(
                    "SB0216",
                    "a list of rows needs `key`, the names of its key columns",
                    node.span,
                    |p| p.help("with one key, `rows` is a map from key to row"),
                );
                Rows::One(HashMap::new())
            }
            Shape::Map(_) => {
                compiler.error("SB0216", "with several keys, `rows` is a list of maps", node.span);
                Rows::Several(Vec::new())
            }
            Shape::Scalar(..) => {
                compiler.error("SB0216", "`rows` is a map, or with several keys a list of maps", node.span);
                Rows::One(HashMap::new())
            }
        }
    }

    fn read_row(&self, compiler: &mut Compiler<'_>, node: &Node) -> Option<(Keys, Row)> {
        let Some(entries) = node.as_map() else {
            compiler.error("SB0216", "a row is a map of key columns and result columns", node.span);
            return None;
        };
        let is_key = |key: &Key| self.key.contains(&key.text);
        let keys = self.key.iter().map(|name| key_text(compiler, node.get(name)?)).collect();
        let columns = entries.iter().filter(|(key, _)| !is_key(key));
        let columns = columns.map(|(key, node)| (key.text.clone(), column(compiler, node).unwrap_or_default()));
        let columns = Tree::Map(columns.collect());
        Some((keys, Row { yields: Some(columns), place: compiler.place(Kind::Row, node.span) }))
    }

    /// Fills in from `else` what rows leave out, and notes the columns.
    fn complete(&mut self) {
        let rest = self.otherwise.clone();
        let mut columns: Vec<Box<str>> = Vec::new();
        let mut note = |row: &Row| {
            if let Some(Tree::Map(own)) = &row.yields {
                columns.extend(own.iter().map(|(name, _)| name.clone()));
            }
        };
        let rows: Box<dyn Iterator<Item = &mut Row>> = match &mut self.rows {
            Rows::One(rows) => Box::new(rows.values_mut()),
            Rows::Several(rows) => Box::new(rows.iter_mut().map(|(_, row)| row)),
        };
        for row in rows.chain([&mut self.otherwise]) {
            note(row);
            fill(row, &rest);
        }
        columns.sort();
        columns.dedup();
        self.columns = columns.into();
    }

    /// Whether every look-up comes to something.
    pub(super) fn always_yields(&self) -> bool {
        let rows = match &self.rows {
            Rows::One(rows) => rows.values().all(|row| row.yields.is_some()),
            Rows::Several(rows) => rows.iter().all(|(_, row)| row.yields.is_some()),
        };
        rows && self.otherwise.yields.is_some()
    }

    /// Whether a row may have this column; a table of plain values has none.
    pub(super) fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|known| **known == *name)
    }
}

/// `key`: a name, or a list of names.
fn key_names(compiler: &mut Compiler<'_>, node: &Node) -> Box<[Box<str>]> {
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    let names = items.iter().filter_map(|item| {
        let name = item.as_text();
        if name.is_none() {
            compiler.error("SB0216", "`key` is a name, or a list of names", item.span);
        }
        name.map(Into::into)
    });
    names.collect()
}

/// A key as text: `1022` and `"1022"` are one.
fn key_text(compiler: &mut Compiler<'_>, node: &Node) -> Option<Box<str>> {
    match node.scalar() {
        Some(Scalar::Text(text)) => Some(text.clone()),
        Some(Scalar::Number(_) | Scalar::Bool(_)) => Some(node.raw(&compiler.source).into()),
        Some(Scalar::Null) | None => {
            compiler.problem("SB0216", "a key is a text", node.span, |problem| {
                problem.help("leave the column out to fit anything")
            });
            None
        }
    }
}

/// Whether an earlier row fits whatever a later one fits.
fn covers(earlier: &[Option<Box<str>>], later: &[Option<Box<str>>]) -> bool {
    earlier.iter().zip(later).all(|(wide, narrow)| wide.is_none() || wide == narrow)
}

/// Takes from `rest` the columns that a row leaves out. A column that is null, as an omitted one, is dropped at last:
/// a read of it is nothing either way.
pub(super) fn fill(row: &mut Row, rest: &Row) {
    let Some(Tree::Map(own)) = &mut row.yields else { return };
    let rest: &[_] = if let Some(Tree::Map(rest)) = &rest.yields { rest } else { &[] };
    let missing = rest.iter().filter(|(name, _)| own.iter().all(|(known, _)| known != name)).cloned();
    let missing: Vec<_> = missing.collect();
    *own = own.iter().cloned().chain(missing).filter(|(_, value)| *value != Tree::Null).collect();
}

/// A row as a constant: a value, or a map of columns, an omitted one null for the time being.
fn constant(compiler: &mut Compiler<'_>, kind: Kind, span: Span, node: &Node) -> Row {
    let yields = match &node.shape {
        Shape::Map(entries) => {
            let columns = entries.iter();
            let columns = columns.map(|(key, node)| (key.text.clone(), column(compiler, node).unwrap_or_default()));
            Some(Tree::Map(columns.collect()))
        }
        _ => column(compiler, node),
    };
    Row { yields, place: compiler.place(kind, span) }
}

/// A constant, or nothing.
fn column(compiler: &mut Compiler<'_>, node: &Node) -> Option<Tree> {
    if node.as_text() == Some("$omit") {
        return None;
    }
    if let Some(span) = computed(node) {
        compiler.problem("SB0218", "a table holds no expression: it is the same for every message", span, |problem| {
            problem.help("choose with `table(…)` and compute where the row is read")
        });
        return None;
    }
    Some(to_tree(node))
}

/// The place of the first expression or operator in a tree.
fn computed(node: &Node) -> Option<Span> {
    match &node.shape {
        Shape::Scalar(Scalar::Text(text), _) => is_expression(text).then_some(node.span),
        Shape::Scalar(..) => None,
        Shape::List(items) => items.iter().find_map(computed),
        Shape::Map(entries) => entries
            .iter()
            .find_map(|(key, node)| if key.text.starts_with('$') { Some(key.span) } else { computed(node) }),
    }
}

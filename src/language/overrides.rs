//! A tenant's changes to a mapping's tables: whole tables, merged when the tenant is loaded, so that a look-up costs
//! the same with and without them.

use super::compiler::{Compiler, Module};
use super::table::{Rows, Table, fill};
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::Node;

/// A tenant's rows and columns laid over a module's tables.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// By the tables' numbers; `None` where the tenant changes nothing.
    tables: Box<[Option<Table>]>,
}

impl Overrides {
    pub(super) fn table(&self, number: usize) -> Option<&Table> {
        self.tables.get(number)?.as_ref()
    }
}

impl Module {
    /// The credentials that this file reads; `*`: all of them.
    pub fn credentials(&self) -> impl Iterator<Item = &str> {
        self.credentials.iter().map(|name| &**name)
    }

    /// The names of this file's tables.
    pub fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|table| &*table.name)
    }

    /// Compiles a tenant's `tables:` block: rows and columns laid over this file's tables. With one key, rows go over
    /// the rows with their key; with several, they stand before the file's.
    pub fn overrides(&self, source: &Source, node: &Node, problems: &mut Vec<Diagnostic>) -> Overrides {
        let mut compiler = Compiler::new(source, &[], problems);
        compiler.unnumbered = true;
        let mut tables: Vec<Option<Table>> = self.tables.iter().map(|_| None).collect();
        let Some(entries) = node.as_map() else {
            compiler.error("SB0226", "`tables` is a map from a table's name to rows", node.span);
            return Overrides::default();
        };
        for (key, rows) in entries {
            let Some(number) = self.tables.iter().position(|table| *table.name == *key.text) else {
                compiler.problem("SB0226", format!("the mapping has no table `{}`", key.text), key.span, |problem| {
                    problem.did_you_mean(&key.text, self.table_names())
                });
                continue;
            };
            tables[number] = Some(merged(&mut compiler, &self.tables[number], rows));
        }
        Overrides { tables: tables.into() }
    }
}

fn merged(compiler: &mut Compiler<'_>, base: &Table, node: &Node) -> Table {
    let mut table = base.clone();
    strange_columns(compiler, base, node);
    unfit(compiler, base, node);
    match (table.read_rows(compiler, node), &mut table.rows) {
        (Rows::One(changed), Rows::One(rows)) => {
            for (key, mut row) in changed {
                fill(&mut row, rows.get(&key).unwrap_or(&base.otherwise));
                rows.insert(key, row);
            }
        }
        (Rows::Several(changed), Rows::Several(rows)) => {
            let changed = changed.into_iter().map(|(keys, mut row)| {
                let same = rows.iter().find(|(known, _)| *known == keys).map_or(&base.otherwise, |(_, row)| row);
                fill(&mut row, same);
                (keys, row)
            });
            let changed: Vec<_> = changed.collect();
            rows.splice(0..0, changed);
        }
        // Reported by `read_rows`, or an empty map where a list was wanted: nothing is changed.
        (Rows::One(_), Rows::Several(_)) | (Rows::Several(_), Rows::One(_)) => {}
    }
    table
}

fn rows(node: &Node) -> impl Iterator<Item = &Node> {
    let named = node.as_map().unwrap_or_default().iter().map(|(_, row)| row);
    named.chain(node.as_list().unwrap_or_default())
}

/// Values that are not what the file wants of the table where it looks it up.
fn unfit(compiler: &mut Compiler<'_>, base: &Table, node: &Node) {
    for row in rows(node) {
        let columns = row.as_map().unwrap_or_default().iter();
        let columns = columns.filter(|(name, _)| !base.key.contains(&name.text));
        let columns = columns.map(|(name, value)| (Some(&name.text), value));
        for (column, value) in columns.chain([(None, row)]) {
            let wanted = base.demands.iter().filter(|demand| demand.cell.column.as_ref() == column);
            for (message, help) in wanted.filter_map(|demand| demand.misfit(value)) {
                compiler.problem("SB0232", message, value.span, |problem| problem.help(help));
            }
        }
    }
}

/// Columns that no row of the file has: nothing would read them.
fn strange_columns(compiler: &mut Compiler<'_>, base: &Table, node: &Node) {
    for (key, _) in rows(node).filter_map(Node::as_map).flatten() {
        if !base.has_column(&key.text) && !base.key.contains(&key.text) {
            let text = format!("the table `{}` has no column `{}`", base.name, key.text);
            compiler.problem("SB0227", text, key.span, |problem| {
                problem
                    .help(format!("its columns: {}", base.columns.join(", ")))
                    .did_you_mean(&key.text, base.columns.iter().map(|known| &**known))
            });
        }
    }
}

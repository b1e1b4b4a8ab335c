//! Names: where a path's first name lives, and whether it may be read as it is read.

use std::ops::Range;

use super::Build;
use crate::diagnostic::{Diagnostic, Span};
use crate::functions::Type;
use crate::language::path::Resolved;
use crate::language::plan::{Base, Step};
use crate::language::program::{GATEWAY, Reading};
use crate::language::scope::Name;
use crate::yaml::Node;

/// A name that was found.
pub(super) struct FoundName {
    pub(super) resolved: Resolved,
    pub(super) secret: bool,
    pub(super) gives: Type,
    pub(super) table: Option<usize>,
    alias: Option<Box<str>>,
}

impl FoundName {
    /// The path for people: without `$.`, lets replaced by what they stand for, seen from the body.
    pub(super) fn shown(&self, text: &str) -> String {
        let rest = text.strip_prefix("$.").unwrap_or(text);
        let shown = match &self.alias {
            Some(alias) => format!("{alias}{}", rest.find(['.', '[']).map_or("", |at| &rest[at..])),
            None => rest.to_owned(),
        };
        shown.strip_prefix("body.").map(str::to_owned).unwrap_or(shown)
    }
}

impl Build<'_, '_> {
    /// Finds a name and checks the steps behind it as far as they are known at load.
    pub(super) fn resolve(
        &mut self,
        node: &Node,
        at: &Range<usize>,
        name: &str,
        steps: &[Step],
        handled: bool,
    ) -> Option<FoundName> {
        let Some(known) = self.scope.find(name).cloned() else {
            if name == "credentials" {
                let help = "credentials are read in `auth` and in calls only, never in answers, checks and values";
                self.at(node, at, "SB0222", "a secret is not read here", Some(help));
            } else {
                self.unknown_name(node, at, name);
            }
            return None;
        };
        let member = match steps.first() {
            Some(Step::Key(key)) => Some(&**key),
            _ => None,
        };
        self.remember(&known, member, node.part(&self.compiler.source, at.start, at.end));
        let mut found = FoundName {
            resolved: Resolved { base: known.base, taken: 0 },
            secret: known.secret,
            gives: if known.secret { Type::Secret } else { Type::Any },
            table: known.table.filter(|_| steps.is_empty()),
            alias: known.shown.clone(),
        };
        match known.base {
            Base::Settings => self.setting(node, at, member, handled)?,
            Base::Tenant => {
                if member != Some("name") {
                    self.at(node, at, "SB0203", "of the tenant only `tenant.name` is known", None);
                    return None;
                }
                found.resolved.taken = 1;
                found.gives = Type::Text;
            }
            Base::Now => found.gives = Type::Time,
            Base::Slot(_) | Base::Credentials | Base::This => {}
        }
        self.optional_name(node, at, &known, handled);
        if let (Some(table), Some(column)) = (known.table, member) {
            self.column(node, at, table, column)?;
        }
        Some(found)
    }

    fn remember(&mut self, name: &Name, member: Option<&str>, at: Span) {
        if let Some(note) = name.note {
            self.compiler.used(note);
        }
        if name.base == Base::Credentials {
            self.compiler.credentials.insert(member.unwrap_or("*").into());
        }
        if name.base == Base::Settings {
            self.compiler.setting_is_read(member);
        }
        self.found.secret |= name.secret;
        self.found.varies |= name.varies;
        self.reads(&name.reads, at);
        if name.note.is_none() && !name.local {
            self.found.reads.push((name.text.clone(), member.unwrap_or_default().into()));
        }
    }

    /// What a name or a named tree reads is read here too.
    pub(in crate::language) fn reads(&mut self, reads: &[Reading], at: Span) {
        if let Some((_, function)) = reads.iter().find(|(root, _)| &**root == GATEWAY) {
            self.answered(function, at);
        }
        self.found.reads.extend_from_slice(reads);
    }

    fn unknown_name(&mut self, node: &Node, at: &Range<usize>, name: &str) {
        let mut known: Vec<Box<str>> = self.scope.names.iter().map(|known| known.text.clone()).collect();
        known.sort();
        known.dedup();
        let place = node.part(&self.compiler.source, at.start, at.end);
        self.compiler.problem("SB0203", format!("there is no name `{name}` here"), place, |problem| {
            let problem = problem.did_you_mean(name, known.iter().map(|known| &**known));
            problem.help(format!("names in scope: {}", known.join(", ")))
        });
    }

    fn setting(&mut self, node: &Node, at: &Range<usize>, member: Option<&str>, handled: bool) -> Option<()> {
        let Some(member) = member else { return Some(()) };
        let declared = self.compiler.settings.iter().find(|declared| *declared.name == *member);
        let place = node.part(&self.compiler.source, at.start, at.end);
        let Some(declared) = declared else {
            let known = self.compiler.settings.clone();
            self.compiler.problem("SB0204", format!("the setting `{member}` is not declared"), place, |problem| {
                problem
                    .did_you_mean(member, known.iter().map(|known| &*known.name))
                    .help("declare it under `settings:` with its type")
            });
            return None;
        };
        if declared.optional && !handled && !self.is_there(Base::Settings, &[member.into()]) {
            let problem = Diagnostic::warning("SB0205", format!("the setting `{member}` may hold nothing"));
            let problem = problem.at(&self.compiler.source, place);
            self.compiler.report(problem.help("add `?` or `??`, or test it in a `when` above"));
        }
        Some(())
    }

    fn optional_name(&mut self, node: &Node, at: &Range<usize>, name: &Name, handled: bool) {
        if name.optional && !handled && !self.is_there(name.base, &[]) {
            let text = format!("`{}` may hold nothing here, and nothing says what to do then", name.text);
            self.at(node, at, "SB0205", text, Some("add `?` or `??`, or test it in a `$when` above"));
        }
    }

    /// Reports a column that a table does not have.
    fn column(&mut self, node: &Node, at: &Range<usize>, table: usize, column: &str) -> Option<()> {
        let table = &self.compiler.tables[table];
        if table.has_column(column) {
            return Some(());
        }
        let (name, columns) = (table.name.clone(), table.columns.clone());
        let place = node.part(&self.compiler.source, at.start, at.end);
        self.compiler.problem("SB0227", format!("the table `{name}` has no column `{column}`"), place, |problem| {
            let problem = problem.did_you_mean(column, columns.iter().map(|known| &**known));
            problem.help(format!("its columns: {}", columns.join(", ")))
        });
        None
    }
}

//! What failing cases would have to expect: edits of their `expect`, value by value, for somebody who has looked and
//! says that what was found is right. A case that cannot be run, or of which more is wrong than a value, is left alone.

mod print;

use super::compare::{compare, joined, member, same_name};
use super::suite::Case;
use super::wanted::Trees;
use super::{Material, Mismatch, Suite};
use crate::diagnostic::{Diagnostic, Source, Span, line_col};
use crate::value::{Tree, Value};
use crate::yaml::{Node, Shape, Style};
use print::Spot;

/// What one failing case would have to expect.
#[derive(Debug)]
pub struct Blessing {
    /// The case's name.
    pub case: String,
    /// Where the case stands.
    pub place: (Source, Span),
    /// Edits of that file in its order, or why nothing would make the case pass.
    pub edits: Result<Vec<Edit>, String>,
}

/// Something else instead of what stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The place.
    pub span: Span,
    /// What shall stand there.
    pub text: String,
}

/// A text with edits made in it; they are in its order and none reaches into another.
#[must_use]
pub fn edited(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.span.start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.span.end;
    }
    out + text.get(at..).unwrap_or_default()
}

impl Suite {
    /// Blesses every failing case whose name is wanted; cases that pass have no blessing.
    #[must_use]
    pub fn bless(&self, material: &Material<'_>, wanted: &dyn Fn(&str) -> bool) -> Vec<Blessing> {
        let cases = self.cases.iter().filter(|case| wanted(&case.name));
        cases.filter_map(|case| self.blessing(case, material)).collect()
    }

    fn blessing(&self, case: &Case, material: &Material<'_>) -> Option<Blessing> {
        let mapping = self.subject.mapping.as_ref()?;
        let trees = Trees::new(&case.source, material.sample);
        let came = self.play(&self.subject, mapping, case, &trees, material, |found, value| {
            let mut edits = Edits { trees: &trees, found: Vec::new() };
            edits.node(&case.expect, Some(value), "", false, Spot::Block { indent: 0, own_line: true })?;
            Ok((edits.found, found.notes))
        });
        let edits = match came {
            Err(broken) | Ok(Err(broken)) => Err(format!("it cannot be run: {}", broken.message)),
            Ok(Ok((edits, notes))) => match notes.first() {
                Some(Mismatch { path, expected, found, .. }) => {
                    Err(format!("no `expect` mends this: {path}: wanted {expected}, found {found}"))
                }
                None if edits.is_empty() => return None,
                None => Ok(edits),
            },
        };
        Some(Blessing { case: case.name.clone(), place: (case.source.clone(), case.span), edits })
    }
}

struct Edits<'t, 's> {
    trees: &'t Trees<'s>,
    found: Vec<Edit>,
}

impl Edits<'_, '_> {
    /// Changes as little as makes this node what was found.
    fn node(
        &mut self,
        node: &Node,
        found: Option<Value<'_>>,
        path: &str,
        exact: bool,
        spot: Spot,
    ) -> Result<(), Box<Diagnostic>> {
        let wanted = self.trees.expected(node)?;
        let mut differences = Vec::new();
        compare(&wanted, found, path, exact, &mut differences);
        if differences.is_empty() {
            return Ok(());
        }
        let source = self.trees.source;
        let flow = source.slice(node.span).starts_with(['{', '[']);
        if let Some((key, inner)) = node.entry("$exact").filter(|_| found.is_some()) {
            let spot = spot.within(flow, column(source, key.span.start));
            return self.node(inner, found, path, true, spot);
        }
        match (&node.shape, found) {
            (Shape::Map(members), Some(map @ Value::Map(there)))
                if members.iter().all(|(key, _)| !key.text.starts_with('$'))
                    && (!exact || there.iter().all(|(name, _)| named(members, name, path))) =>
            {
                for (key, value) in members {
                    let spot = spot.within(flow, column(source, key.span.start));
                    self.node(value, member(map, &key.text, path), &joined(path, &key.text), exact, spot)?;
                }
                Ok(())
            }
            (Shape::List(items), Some(Value::List(there))) if items.len() == there.len() => {
                for (index, (item, value)) in items.iter().zip(there).enumerate() {
                    let indent = column(source, item.span.start);
                    let spot = if flow { Spot::Flow } else { spot.item(indent) };
                    self.node(item, Some(*value), &format!("{path}[{index}]"), exact, spot)?;
                }
                Ok(())
            }
            _ => {
                self.replace(node, found, spot);
                Ok(())
            }
        }
    }

    fn replace(&mut self, node: &Node, found: Option<Value<'_>>, spot: Spot) {
        let text = &self.trees.source.text;
        let mut span = node.span;
        if node.style() == Some(Style::Block) {
            // Its place is the content; `|` or `>` stands before it.
            span.start = text[..span.start].rfind(['|', '>']).unwrap_or(span.start);
        }
        let column = column(self.trees.source, span.start);
        let mut new = print::value(found.map(Tree::from).as_ref(), column, spot);
        if new.starts_with('\n') {
            // No blank is left at the end of the key's line.
            span.start = text[..span.start].trim_end_matches(' ').len();
        } else if span.start == span.end && text[..span.start].ends_with(':') {
            new.insert(0, ' ');
        }
        self.found.push(Edit { span, text: new });
    }
}

fn named(members: &[(crate::yaml::Key, Node)], name: &str, path: &str) -> bool {
    members.iter().any(|(key, _)| same_name(&key.text, name, path))
}

/// From 0.
fn column(source: &Source, offset: usize) -> usize {
    line_col(source, offset).column - 1
}

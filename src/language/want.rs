//! What a section takes from a mapping and gives to it: schemas that are declared, and values that must fit.

use std::collections::BTreeMap;

use super::compiler::Compiler;
use super::outline::{ANYTHING, Kinds, Known, Outline, OutlineId};
use super::scope::ScopeBuilder;
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::Node;

/// JSON Schemas by the names under which mappings declare them.
pub type Schemas = BTreeMap<String, Source>;

/// What a tree must come to.
#[derive(Clone, Copy, Debug)]
pub struct Want {
    /// For messages: "a message".
    pub what: &'static str,
    /// Its outline.
    pub outline: Known,
    /// At least one of these members; empty: none is needed.
    pub one_of: &'static [&'static str],
}

impl Compiler<'_> {
    /// The outline of a schema that a section declares. Without any schemas at hand nothing is known, and nothing said.
    pub fn schema(&mut self, node: &Node) -> Option<OutlineId> {
        let schemas = self.schemas?;
        let name = node.as_text()?;
        let Some(source) = schemas.get(name) else {
            self.problem("SB0610", format!("there is no schema `{name}`"), node.span, |problem| {
                problem
                    .did_you_mean(name, schemas.keys().map(String::as_str))
                    .help("schemas are files in the folder `schemas` beside the mappings")
            });
            return None;
        };
        match self.outlines.schema(name, source) {
            Ok(outline) => Some(outline),
            Err(problems) => {
                let said = problems.iter().find(|problem| problem.is_error()).map(Diagnostic::headline);
                self.problem("SB0610", format!("the schema `{name}` cannot be read"), node.span, |problem| {
                    said.into_iter().fold(problem, Diagnostic::help)
                });
                None
            }
        }
    }

    /// The settings with the words they may be.
    pub(super) fn settings_outline(&mut self) -> OutlineId {
        if let Some(known) = self.settings_known {
            return known;
        }
        let mut outline = Outline { kinds: Kinds::MAP, ..Outline::default() };
        for setting in self.settings.clone() {
            let known = if setting.words.is_empty() {
                ANYTHING
            } else {
                self.outlines.words(setting.words.iter().map(String::as_str))
            };
            outline.required.push((*setting.name).into());
            outline.members.push(((*setting.name).into(), known, None));
        }
        let known = self.outlines.add(outline);
        self.settings_known = Some(known);
        known
    }

    /// Whether the file declares that setting.
    #[must_use]
    pub fn declares(&self, setting: &str) -> bool {
        self.settings.iter().any(|known| *known.name == *setting)
    }

    /// A map of these texts and no others; each with whether it is always there.
    pub fn texts(&mut self, members: &[(&str, bool)]) -> OutlineId {
        let text = self.outlines.of(Kinds::TEXT);
        let required = members.iter().filter(|(_, always)| *always).map(|(name, _)| (*name).into()).collect();
        let members = members.iter().map(|(name, _)| ((*name).into(), text, None)).collect();
        self.outlines.add(Outline { kinds: Kinds::MAP, members, required, sealed: true, ..Outline::default() })
    }

    /// An outline of ours of which one member is known better.
    pub fn with_member(&mut self, outline: Known, member: &str, known: OutlineId) -> OutlineId {
        let outline = self.outlines.known(&outline);
        let members = vec![(member.into(), known, None)];
        let more = self.outlines.add(Outline { kinds: Kinds::MAP, members, ..Outline::default() });
        self.outlines.both(outline, more)
    }

    /// The outline of a member of something that was built; `None` where it is not known.
    pub fn member_of(&mut self, built: OutlineId, member: &str) -> Option<OutlineId> {
        let found = self.outlines.flat(built).members.get(member).map(|(outline, _)| *outline);
        found.filter(|outline| *outline != ANYTHING)
    }

    /// Notes what a platform's message keeps, for those who read the message again.
    pub fn kept(&mut self, message: OutlineId) {
        let keep = self.member_of(message, "keep");
        let always = self.outlines.flat(message).required.contains("keep");
        self.kept = keep.map(|keep| {
            let members = vec![("keep".into(), keep, None)];
            let some = self.outlines.add(Outline { kinds: Kinds::MAP, members, ..Outline::default() });
            let required = if always { vec!["keep".into()] } else { Vec::new() };
            (some, self.outlines.add(Outline { required, every: vec![some], ..Outline::default() }))
        });
    }

    /// Tells a scope what its earlier messages keep.
    pub fn sent_before(&mut self, scope: &mut ScopeBuilder) {
        let Some((some, own)) = self.kept else { return };
        // What a person was last sent may be an automatic reply, which keeps nothing.
        for (name, kept) in [("message", own), ("quoted", some), ("last", some)] {
            if let Some(known) = scope.find(name).and_then(|name| name.known) {
                let outline = self.outlines.known(&known);
                let outline = self.outlines.both(outline, kept);
                scope.outline(name, outline);
            }
        }
    }

    /// Reports what of a built value is not wanted, or wanted and not built.
    pub(super) fn fits(&mut self, node: &Node, built: OutlineId, want: &Want) {
        let outline = self.outlines.known(&want.outline);
        let misfits = self.fits_outline(node, built, outline, want.what);
        if misfits == 0 && !want.one_of.is_empty() && self.outlines.lacks_all(built, want.one_of) {
            let text = format!("{} has none of `{}`, and needs one", want.what, want.one_of.join("`, `"));
            self.problem("SB0232", text, node.span, |problem| problem.help("add the one that it is about"));
        }
    }

    /// The same, for an outline that is known by its number.
    pub(super) fn fits_outline(&mut self, node: &Node, built: OutlineId, wanted: OutlineId, what: &str) -> usize {
        let misfits = self.outlines.misfits(built, wanted, what);
        let count = misfits.len();
        for misfit in misfits {
            let span = misfit.origin.map_or(node.span, |(_, span)| span);
            self.problem("SB0232", misfit.message, span, |problem| problem.help(misfit.help));
        }
        count
    }
}

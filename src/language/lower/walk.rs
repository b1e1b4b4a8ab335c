//! A path against the outline of what it reads: unknown members, and members that may be missing with nothing said
//! about it.

use std::ops::Range;

use super::Build;
use crate::diagnostic::{Diagnostic, Span};
use crate::language::outline::{ANYTHING, Flat, Next, OutlineId};
use crate::language::plan::{Base, Operand, Path, Step, Test};
use crate::language::scope::{Known, Name, Trail};
use crate::yaml::Node;

/// What may be missing, and who says so.
#[derive(Clone, Debug)]
pub(in crate::language) struct Missing {
    /// `mediaUrl`.
    pub(in crate::language) member: Box<str>,
    /// Where it is declared, if anywhere.
    pub(in crate::language) declared: Option<Box<str>>,
    /// Where it is read.
    pub(in crate::language) span: Span,
}

/// What became of a walk.
#[derive(Clone, Debug)]
pub(in crate::language) struct Walked {
    pub(in crate::language) outline: OutlineId,
    /// The members on the way that may be missing, by how much of the path leads to them.
    pub(in crate::language) trail: Trail,
    /// The path from a root, lets replaced by what they stand for.
    pub(in crate::language) from: (Base, Box<[Box<str>]>),
    /// Nothing but members were read.
    pub(in crate::language) plain: bool,
}

/// The expression that is walked: for places.
#[derive(Clone, Copy)]
struct Reading<'n> {
    node: &'n Node,
    at: &'n Range<usize>,
    text: &'n str,
    /// Up to where the text has been walked.
    offset: usize,
}

impl Build<'_, '_> {
    /// Follows the steps behind a name; reports members that are not known.
    pub(super) fn walk(&mut self, node: &Node, at: &Range<usize>, text: &str, name: &Name, steps: &[Step]) -> Walked {
        let (base, mut keys) =
            name.from.clone().map_or((name.base, Vec::new()), |(base, keys)| (base, keys.into_vec()));
        let start = node.part(&self.compiler.source, at.start, (at.start + 2 + name.text.len()).min(at.end));
        let here = |(length, missing): &(usize, Missing)| (*length, Missing { span: start, ..missing.clone() });
        let mut trail: Trail = name.trail.iter().map(here).collect();
        let mut outline = match name.known {
            _ if name.base == Base::Settings => self.compiler.settings_outline(),
            Some(known) => self.compiler.outlines.known(&known),
            None => name.outline,
        };
        let mut reading = Reading { node, at, text, offset: 2 + name.text.len() };
        let (mut plain, mut lists) = (true, 0);
        for step in steps {
            let next = match step {
                Step::Key(key) => self.compiler.outlines.member(outline, key),
                _ => self.compiler.outlines.item(outline),
            };
            if let Step::Key(key) = step {
                reading.offset = reading
                    .text
                    .get(reading.offset..)
                    .and_then(|rest| rest.find(&**key))
                    .map_or(reading.offset, |found| reading.offset + found);
                if plain {
                    keys.push(key.clone());
                }
            } else {
                plain = false;
                lists += usize::from(step.is_plural());
            }
            outline = match next {
                Next::Open => ANYTHING,
                Next::Found { outline, always, origin } => {
                    if let (Step::Key(key), false, true) = (step, always, plain) {
                        let declared = self.compiler.outlines.written(origin).map(Into::into);
                        let span = reading.place(self, key);
                        trail.push((keys.len(), Missing { member: key.clone(), declared, span }));
                    }
                    outline
                }
                Next::Strange(flat) => {
                    self.strange(&reading, step, &flat);
                    ANYTHING
                }
                Next::Wrong(flat) => {
                    self.no_members(&reading, step, &flat);
                    ANYTHING
                }
            };
            if let Step::Key(key) = step {
                reading.offset += key.len();
            }
            if let Step::Filter(test) = step {
                self.filter(&reading, test, outline);
            }
        }
        for _ in 0..lists.min(1) {
            outline = self.compiler.outlines.list(outline);
        }
        Walked { outline, trail, from: (base, keys.into()), plain }
    }

    /// The first member on the way that may be missing, and that nothing above asked for.
    pub(in crate::language) fn missing(&self, walked: &Walked) -> Option<Missing> {
        let (base, keys) = &walked.from;
        self.first_missing(*base, keys, &walked.trail)
    }

    pub(in crate::language) fn first_missing(&self, base: Base, keys: &[Box<str>], trail: &Trail) -> Option<Missing> {
        let missing = trail.iter().find(|(length, _)| {
            let keys = keys.get(..*length).unwrap_or(keys);
            !self.is_there(base, keys) && !self.is_of_a_case(base, keys)
        });
        missing.map(|(_, missing)| missing.clone())
    }

    /// Whether a condition above asked for it, or for something within it.
    pub(super) fn is_there(&self, base: Base, keys: &[Box<str>]) -> bool {
        let of = |known: &&Known| known.base == base && known.keys.starts_with(keys);
        let mut asked = self.scope.known.iter().filter(|known| !known.absent).filter(of);
        asked.any(|known| known.one_of.is_none_or(|(group, part)| self.others_are_absent(group, part)))
    }

    /// Whether a condition above chose by a neighbour of it: then the case says which members there are.
    fn is_of_a_case(&self, base: Base, keys: &[Box<str>]) -> bool {
        let of = |known: &Known| {
            let parent = &known.keys[..known.keys.len().saturating_sub(1)];
            known.chooses && !known.absent && known.one_of.is_none() && known.base == base && keys.starts_with(parent)
        };
        self.scope.known.iter().any(of)
    }

    /// Whether of the alternatives that were asked for all but this are known not to be there.
    fn others_are_absent(&self, group: usize, part: usize) -> bool {
        let absent = |other: &Known| {
            self.scope.known.iter().any(|known| known.absent && known.base == other.base && known.keys == other.keys)
        };
        let mut others: Vec<(usize, bool)> = Vec::new();
        for known in &self.scope.known {
            let Some((_, other)) = known.one_of.filter(|(of, other)| *of == group && *other != part) else { continue };
            match others.iter_mut().find(|(known, _)| *known == other) {
                Some((_, found)) => *found |= absent(known),
                None => others.push((other, absent(known))),
            }
        }
        !others.is_empty() && others.iter().all(|(_, absent)| *absent)
    }

    /// Whether a condition above asked for one of these paths: `$.a? || $.b?` answers for `$.a ?? $.b`.
    pub(super) fn one_is_there(&self, paths: &[Walked]) -> bool {
        let mut groups: Vec<usize> = self.scope.known.iter().filter_map(|known| Some(known.one_of?.0)).collect();
        groups.dedup();
        let read = |known: &Known| {
            paths.iter().any(|path| path.plain && path.from.0 == known.base && known.keys.starts_with(&path.from.1))
        };
        groups.iter().any(|group| {
            let mut parts: Vec<(usize, bool)> = Vec::new();
            for known in &self.scope.known {
                let Some((_, part)) = known.one_of.filter(|(of, _)| of == group) else { continue };
                match parts.iter_mut().find(|(known, _)| *known == part) {
                    Some((_, found)) => *found |= read(known),
                    None => parts.push((part, read(known))),
                }
            }
            parts.iter().all(|(_, found)| *found)
        })
    }

    fn strange(&mut self, reading: &Reading<'_>, step: &Step, flat: &Flat) {
        let Step::Key(key) = step else { return };
        let known: Vec<&str> = flat.members.keys().map(|name| &**name).collect();
        let declared = self.compiler.outlines.written(flat.origin);
        let message = format!("`{}` has no member `{key}`", reading.before(key));
        let span = reading.place(self, key);
        self.compiler.problem("SB0228", message, span, |problem| {
            let problem = problem.did_you_mean(key, known.iter().copied());
            let problem = problem.help(format!("its members: {}", listed(&known)));
            match declared {
                Some(declared) => {
                    problem.help(format!("declared in {declared}; a member that does come belongs there"))
                }
                None => problem,
            }
        });
    }

    fn no_members(&mut self, reading: &Reading<'_>, step: &Step, flat: &Flat) {
        let declared = self.compiler.outlines.written(flat.origin);
        let (span, what) = match step {
            Step::Key(key) => (reading.place(self, key), "members"),
            _ => (reading.node.part(&self.compiler.source, reading.at.start, reading.at.end), "items"),
        };
        let key = if let Step::Key(key) = step { &**key } else { "[" };
        let message = format!("`{}` is {}, which has no {what}", reading.before(key), flat.kinds.shown());
        self.compiler.problem("SB0228", message, span, |problem| match declared {
            Some(declared) => problem.help(format!("declared in {declared}")),
            None => problem.help("read it as a whole"),
        });
    }

    /// The paths of a filter that begin with `@`.
    fn filter(&mut self, reading: &Reading<'_>, test: &Test, item: OutlineId) {
        match test {
            Test::Or(parts) | Test::And(parts) => parts.iter().for_each(|part| self.filter(reading, part, item)),
            Test::Not(inner) => self.filter(reading, inner, item),
            Test::Exists(path) => self.filtered(reading, path, item),
            Test::Compare(_, left, right) => {
                for side in [left, right] {
                    if let Operand::Path(path) | Operand::Length(path) | Operand::Count(path) = side {
                        self.filtered(reading, path, item);
                    }
                }
            }
        }
    }

    fn filtered(&mut self, reading: &Reading<'_>, path: &Path, item: OutlineId) {
        if path.base != Base::This {
            return;
        }
        let mut outline = item;
        for step in &path.steps {
            let next = match step {
                Step::Key(key) => self.compiler.outlines.member(outline, key),
                _ => self.compiler.outlines.item(outline),
            };
            match next {
                Next::Found { outline: next, .. } => outline = next,
                Next::Open => return,
                Next::Strange(flat) => return self.strange(reading, step, &flat),
                Next::Wrong(flat) => return self.no_members(reading, step, &flat),
            }
        }
    }

    /// Reports a read of what may be missing where something is needed.
    pub(in crate::language) fn unanswered(&mut self, missing: &Missing) {
        let text = format!("`{}` may be missing, and nothing says what to do then", missing.member);
        let problem = Diagnostic::warning("SB0229", text).at(&self.compiler.source, missing.span);
        let problem = problem
            .help("add `?` to drop the key, `?? …` for another value, or ask for it in a `$when` or a check above");
        self.compiler.report(match &missing.declared {
            Some(declared) => problem
                .label(format!("optional in {declared}"))
                .help("if it always comes, list it under `required` there"),
            None => problem,
        });
    }
}

impl Reading<'_> {
    /// Where a member's name stands in the file.
    fn place(&self, build: &Build<'_, '_>, key: &str) -> Span {
        let rest = self.text.get(self.offset..).unwrap_or_default();
        let start = rest.find(key).map(|found| self.at.start + self.offset + found);
        let (start, end) = start.map_or((self.at.start, self.at.end), |start| (start, start + key.len()));
        self.node.part(&build.compiler.source, start, end)
    }

    /// The path up to a member, as written.
    fn before(&self, key: &str) -> &str {
        let rest = self.text.get(self.offset..).unwrap_or_default();
        let end = rest.find(key).map_or(self.text.len(), |found| self.offset + found);
        self.text.get(..end).unwrap_or(self.text).trim_end_matches(['.', '[', '\'', '?', '@', '(', '!', ' '])
    }
}

/// At most so many names, so that a message stays readable.
fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    const MOST: usize = 24;
    let more = if names.len() > MOST { ", …" } else { "" };
    format!("{}{more}", names.iter().take(MOST).copied().collect::<Vec<_>>().join(", "))
}

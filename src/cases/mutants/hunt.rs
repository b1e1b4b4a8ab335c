//! Who notices a mutant: `check` is asked first, then the cases, those first that reach what was changed.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use super::super::suite::Subject;
use super::super::{Material, Suite, Verdict};
use super::{Mutant, Noticed, write};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::language::{Event, Observer};
use crate::yaml;

/// Hunts the mutants of one suite's mapping. A copy is cheap: one for each thread.
#[derive(Clone)]
pub struct Hunt<'s> {
    suite: &'s Suite,
    /// Problems of the mapping itself, by code.
    known: Vec<&'static str>,
    /// What each case reaches of the mapping.
    reached: Arc<[Box<[Span]>]>,
    /// Of cases that reach as near, who noticed last is asked first: neighbours of a mutant are mostly noticed by the
    /// same case.
    order: Vec<usize>,
}

/// What one run reaches.
#[derive(Default)]
struct Tracks(Mutex<HashSet<Span>>);

impl Observer for Tracks {
    fn told(&self, event: Event<'_>) {
        if let (Event::Start(span) | Event::Came(span, _), Ok(mut reached)) = (event, self.0.lock()) {
            reached.insert(span);
        }
    }
}

impl<'s> Hunt<'s> {
    /// Begins: runs every case once to see what it reaches. The cases of the suite must pass.
    #[must_use]
    pub fn new(suite: &'s Suite, material: &Material<'_>) -> Self {
        let plain = Source::new(suite.source.name.clone(), plain(&suite.source));
        let known = codes(&Subject::compile(&plain, None).1);
        // Compiled for this alone: a mapping is watched by one observer.
        let (subject, _) = Subject::compile(&suite.source, None);
        let tracks = Arc::new(Tracks::default());
        let mut reached: Vec<Box<[Span]>> = Vec::new();
        if let Some(mapping) = &subject.mapping {
            mapping.module.watch(tracks.clone());
            for case in &suite.cases {
                suite.outcome(&subject, mapping, case, material);
                let spans = tracks.0.lock().map(|mut reached| std::mem::take(&mut *reached)).unwrap_or_default();
                reached.push(spans.into_iter().collect());
            }
        }
        let order = (0..reached.len()).collect();
        Self { suite, known, reached: reached.into(), order }
    }

    /// Who notices.
    pub fn notice(&mut self, mutant: &Mutant, material: &Material<'_>) -> Noticed {
        let source = Source::new(self.suite.source.name.clone(), mutant.text());
        let (subject, problems) = Subject::compile(&source, Some(&self.suite.subject));
        let mut left = self.known.clone();
        for code in codes(&problems) {
            match left.iter().position(|known| *known == code) {
                Some(place) => drop(left.swap_remove(place)),
                None => return Noticed::Check(code.to_owned()),
            }
        }
        let Some(mapping) = &subject.mapping else { return Noticed::Check("no mapping".to_owned()) };
        if !self.suite.schemas.has_all(mapping) {
            return Noticed::Check("SB0610".to_owned());
        }
        let mut order = self.order.clone();
        order.sort_by_cached_key(|case| distance(&self.reached[*case], mutant.span));
        let fails = |case: &usize| {
            let outcome = self.suite.outcome(&subject, mapping, &self.suite.cases[*case], material);
            !matches!(outcome.verdict, Verdict::Passed)
        };
        let Some(case) = order.into_iter().find(fails) else { return Noticed::Nobody };
        self.order.retain(|known| *known != case);
        self.order.insert(0, case);
        Noticed::Case(self.suite.cases[case].name.clone())
    }
}

/// How much smaller or larger than the change is what was reached nearest to it; far if all of that is elsewhere.
fn distance(reached: &[Span], changed: Span) -> usize {
    let within = |inner: Span, outer: Span| inner.start >= outer.start && inner.end <= outer.end;
    let near = reached.iter().filter(|span| within(**span, changed) || within(changed, **span));
    near.map(|span| (span.end - span.start).abs_diff(changed.end - changed.start)).min().unwrap_or(usize::MAX)
}

/// The mapping as mutants are written, with nothing changed.
fn plain(source: &Source) -> String {
    let mut text = String::new();
    if let Some(root) = yaml::parse(source, &mut Vec::new()) {
        write(&root, None, true, &mut text);
    }
    text
}

fn codes(problems: &[Diagnostic]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.code).collect()
}

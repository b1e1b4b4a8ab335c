//! What of a mapping its cases reach: counts by kind, and every place that none of them reached.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value as Json, json};

use super::{Material, Report, Suite};
use crate::diagnostic::{Source, Span, line_col};
use crate::language::{Event, Kind, Module, Observer};

/// What of one mapping was reached.
#[derive(Debug)]
pub struct Coverage {
    /// The mapping's file.
    pub source: Source,
    /// Counts by kind, in the order of [`GROUPS`]; a kind that the mapping does not have counts nothing.
    pub counts: [Count; GROUPS.len()],
    /// What was not reached, in the order of the file.
    pub missed: Vec<(Kind, Span)>,
}

/// How many places there are, and how many of them were reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Reached.
    pub hit: usize,
    /// All.
    pub all: usize,
}

/// What is counted together, by the name it is printed with.
pub const GROUPS: [(&str, &[Kind]); 5] = [
    ("expressions", &[Kind::Expression, Kind::Alternative]),
    ("branches", &[Kind::Then, Kind::Else, Kind::Case]),
    ("table rows", &[Kind::Row, Kind::Otherwise]),
    ("checks", &[Kind::Refuses, Kind::Passes]),
    ("keyword rules", &[Kind::Rule]),
];

/// Which places of a module were reached.
struct Tally(Box<[AtomicBool]>);

impl Observer for Tally {
    fn told(&self, event: Event<'_>) {
        if let Event::Reached(place) = event
            && let Some(reached) = place.index().and_then(|index| self.0.get(index))
        {
            reached.store(true, Ordering::Relaxed);
        }
    }
}

impl Suite {
    /// Runs every case and counts what they reach; `None` for a mapping that has errors. To be asked once: a suite is
    /// watched by one observer.
    #[must_use]
    pub fn cover(&self, material: &Material<'_>) -> (Report, Option<Coverage>) {
        let Some(mapping) = self.subject.mapping.clone() else { return (self.run(material), None) };
        let places = mapping.module.places();
        let tally = Arc::new(Tally(places.iter().map(|_| AtomicBool::new(false)).collect()));
        mapping.module.watch(tally.clone());
        let report = self.run(material);
        (report, Some(Coverage::of(&self.source, &mapping.module, &tally)))
    }
}

impl Coverage {
    fn of(source: &Source, module: &Module, tally: &Tally) -> Self {
        let mut coverage = Self { source: source.clone(), counts: Default::default(), missed: Vec::new() };
        for (place, reached) in module.places().iter().zip(&tally.0) {
            let hit = reached.load(Ordering::Relaxed);
            if let Some(group) = GROUPS.iter().position(|(_, kinds)| kinds.contains(&place.kind)) {
                coverage.counts[group].all += 1;
                coverage.counts[group].hit += usize::from(hit);
            }
            if !hit {
                coverage.missed.push((place.kind, place.span));
            }
        }
        coverage.missed.sort_by_key(|(_, span)| span.start);
        coverage
    }

    /// Everything together.
    #[must_use]
    pub fn total(&self) -> Count {
        self.counts.iter().fold(Count::default(), |sum, own| Count { hit: sum.hit + own.hit, all: sum.all + own.all })
    }

    /// The count of one of [`GROUPS`] by its name.
    #[must_use]
    pub fn count(&self, group: &str) -> Count {
        let place = GROUPS.iter().position(|(name, _)| *name == group);
        place.map_or_else(Count::default, |place| self.counts[place])
    }

    /// For other programs.
    #[must_use]
    pub fn json(&self) -> Json {
        let count = |count: Count| json!({"hit": count.hit, "all": count.all, "percent": count.percent()});
        let groups = GROUPS.iter().zip(self.counts).map(|((name, _), own)| ((*name).to_owned(), count(own)));
        let missed = self.missed.iter().map(|(kind, span)| {
            let at = line_col(&self.source, span.start);
            json!({"line": at.line, "column": at.column, "what": what(*kind), "text": self.excerpt(*span)})
        });
        json!({
            "file": &*self.source.name,
            "total": count(self.total()),
            "kinds": groups.collect::<serde_json::Map<_, _>>(),
            "not_reached": missed.collect::<Vec<_>>(),
        })
    }

    /// The first line of what stands there, short.
    fn excerpt(&self, span: Span) -> String {
        let line = self.source.slice(span).lines().next().unwrap_or_default().trim_end();
        match line.char_indices().nth(72) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line.to_owned(),
        }
    }
}

impl Count {
    /// In per cent, one digit behind the point, rounded down: 100 is all. Of nothing everything is reached.
    #[must_use]
    pub fn percent(self) -> f64 {
        let tenths = (self.hit * 1000).checked_div(self.all).unwrap_or(1000);
        f64::from(u32::try_from(tenths).unwrap_or(1000)) / 10.0
    }

    /// Whether so many per cent were reached.
    #[must_use]
    pub const fn is_at_least(self, percent: usize) -> bool {
        self.hit * 100 >= self.all * percent
    }
}

/// What is missing at a place that was not reached.
const fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Expression => "never came to a value",
        Kind::Alternative => "never was the first that is there",
        Kind::Then => "never held",
        Kind::Else => "always held",
        Kind::Case => "no value had this case",
        Kind::Row => "no look-up had this row",
        Kind::Otherwise => "no look-up fell to this `else`",
        Kind::Refuses => "never refused",
        Kind::Passes => "never let through",
        Kind::Rule => "never fired",
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: Count| format!("{}/{} {:.1} %", count.hit, count.all, count.percent());
        writeln!(f, "{}: {}", self.source.name, count(self.total()))?;
        for ((name, _), own) in GROUPS.iter().zip(self.counts).filter(|(_, own)| own.all > 0) {
            writeln!(f, "  {name:<14} {}", count(own))?;
        }
        for (kind, span) in &self.missed {
            let at = line_col(&self.source, span.start);
            let text = self.excerpt(*span);
            writeln!(f, "  {}:{}:{}: {}: {text}", self.source.name, at.line, at.column, what(*kind))?;
        }
        Ok(())
    }
}

//! Contract cases as traffic: what their stimuli come to under two versions of the mappings, whatever they expect.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::super::suite::Case;
use super::super::trial::Trace;
use super::super::wanted::Trees;
use super::super::{Material, Suite, Tried};
use super::{About, Came, Comparison};

impl Comparison {
    /// Runs the cases that both suites of a mapping have from the same file beside it; those within a mapping are its version's
    /// own.
    pub fn cases(&mut self, [old, new]: [&Suite; 2], material: &Material<'_>) {
        let traces = [old, new].map(Suite::watched);
        for case in new.cases.iter().filter(|case| case.source.name != new.source.name) {
            let same = |known: &&Case| known.source.name == case.source.name && known.name == case.name;
            let Some(before) = old.cases.iter().find(same) else { continue };
            let came = [old.came(before, material, &traces[0]), new.came(case, material, &traces[1])];
            let id = format!("{}: {}", case.source.name, case.name);
            self.legs(&About { tenant: "", id: &id }, came);
        }
    }
}

impl Suite {
    /// From now on its runs leave lines.
    pub(in super::super) fn watched(&self) -> Arc<Trace> {
        let trace = Arc::new(Trace::default());
        if let Some(mapping) = &self.subject.mapping {
            mapping.module.watch(trace.of_module(mapping));
        }
        trace
    }

    fn came(&self, case: &Case, material: &Material<'_>, trace: &Trace) -> Came {
        let Some(mapping) = &self.subject.mapping else { return Ok(Vec::new()) };
        let trees = Trees::new(&case.source, material.sample);
        let party = mapping.name.as_str().to_owned();
        let tried = self.play(&self.subject, mapping, case, &trees, material, |found, value| {
            let outcome = serde_json::to_value(value).unwrap_or_default();
            let outcome = if let Json::Object(members) = outcome { members } else { Map::new() };
            // What differs from a schema is noted with the values: the values are compared.
            let (notes, findings) = (Vec::new(), Vec::new());
            Tried { leg: found.leg, party, outcome, why: found.why, notes, findings, trace: Vec::new() }
        });
        let trace = trace.take();
        tried.map(|tried| vec![Tried { trace, ..tried }])
    }
}

//! Running a suite: every case on its own, what came of it compared with its `expect`.

use super::compare::compare;
use super::drive;
use super::facts::GivenFacts;
use super::found::Found;
use super::given::Given;
use super::suite::{Case, Subject, Suite};
use super::wanted::Trees;
use super::{Material, Mismatch, Outcome, Report, Verdict};
use crate::diagnostic::Diagnostic;
use crate::mapping::Mapping;
use crate::value::{Arena, Value};

impl Suite {
    /// Runs every case.
    #[must_use]
    pub fn run(&self, material: &Material<'_>) -> Report {
        let problems = self.problems.clone();
        Report { problems, ..self.run_some(material, &|_| true) }
    }

    /// Runs the cases whose name is wanted; problems of the files are left out.
    #[must_use]
    pub fn run_some(&self, material: &Material<'_>, wanted: &dyn Fn(&str) -> bool) -> Report {
        let mapping = self.source.name.to_string();
        let Some(compiled) = &self.subject.mapping else { return Report { mapping, ..Report::default() } };
        let cases = self.cases.iter().filter(|case| wanted(&case.name));
        let outcomes = cases.map(|case| self.outcome(&self.subject, compiled, case, material)).collect();
        Report { mapping, outcomes, problems: Vec::new() }
    }

    /// Runs one case on a mapping, this suite's or a mutant of it.
    pub(super) fn outcome(
        &self,
        subject: &Subject,
        mapping: &Mapping,
        case: &Case,
        material: &Material<'_>,
    ) -> Outcome {
        let trees = Trees::new(&case.source, material.sample);
        let came = self.differences(subject, mapping, case, &trees, material);
        let (leg, verdict) = match came {
            Ok((leg, differences)) if differences.is_empty() => (leg, Verdict::Passed),
            Ok((leg, differences)) => (leg, Verdict::Failed(differences)),
            Err(broken) => ("", Verdict::Broken(broken)),
        };
        let place = (case.source.clone(), case.span);
        Outcome { name: case.name.clone(), leg, place, verdict, samples: trees.used() }
    }

    /// What came of one case, and what in it differs from its `expect`.
    fn differences(
        &self,
        subject: &Subject,
        mapping: &Mapping,
        case: &Case,
        trees: &Trees<'_>,
        material: &Material<'_>,
    ) -> Result<(&'static str, Vec<Mismatch>), Box<Diagnostic>> {
        let expect = trees.expected(&case.expect)?;
        self.play(subject, mapping, case, trees, material, |found, value| {
            let mut differences = Vec::new();
            compare(&expect, Some(value), "", false, &mut differences);
            differences.extend(found.notes);
            let calls = value.get("calls").and_then(Value::as_list).unwrap_or_default().iter();
            let parked = calls
                .filter_map(|call| Some(format!("`{}` came to parked: {}", call.text("call")?, call.text("why")?)));
            if let (Some(first), false) = (differences.first_mut(), found.why.is_some()) {
                let parked: Vec<String> = parked.filter(|why| !first.found.contains(&**why)).collect();
                if !parked.is_empty() {
                    first.found.push_str(&format!(" ({})", parked.join("; ")));
                }
            }
            if let (Some(why), Some(first)) = (found.why, differences.first_mut()) {
                first.found.push_str(&format!(" ({why})"));
            }
            (found.leg, differences)
        })
    }

    /// Drives a case, and does something with what came of it.
    pub(super) fn play<T>(
        &self,
        subject: &Subject,
        mapping: &Mapping,
        case: &Case,
        trees: &Trees<'_>,
        material: &Material<'_>,
        body: impl FnOnce(Found<'_>, Value<'_>) -> T,
    ) -> Result<T, Box<Diagnostic>> {
        let given = Given::read(subject, mapping, case, trees, material)?;
        let nobody = || trees.problem("SB0606", case.span, "`given` makes no tenant");
        let tenant = given.snapshot.tenants.first().ok_or_else(nobody)?;
        let facts = GivenFacts::new(tenant, given.templates.clone(), given.suppressed.clone());
        let arena = Arena::new();
        let scene = drive::Scene {
            party: mapping.party,
            given: &given,
            tenant,
            facts: &facts,
            arena: &arena,
            trees,
            schemas: &self.schemas,
            case,
        };
        let found = drive::drive(&scene)?;
        let value = found.value(&arena);
        Ok(body(found, value))
    }
}

//! Contract cases' sends held against templates as a provider lists them now: which would be refused, and which line of
//! the mapping made what does not fit.
//!
//! A case is run twice: as it is, and with those templates instead of its own. What is refused only then is a finding.

use std::sync::Arc;

use super::given::Given;
use super::suite::{Case, Stimulus};
use super::wanted::Trees;
use super::{Finding, Material, Suite};
use crate::diagnostic::{Diagnostic, Source};
use crate::mapping::{Mapping, Party};
use crate::model::Reason;
use crate::value::Value;
use crate::yaml::{self, Node};

/// What came of a suite's sends.
#[derive(Debug, Default)]
pub struct Preflight {
    /// Cases that send template messages.
    pub sends: usize,
    /// Those of them whose template is not listed: it is the case's own.
    pub unlisted: usize,
    /// Those of them that no number of which has a `waba`, so that they are held against nothing.
    pub unheld: usize,
    /// The case's name, and what does not fit.
    pub findings: Vec<(String, Finding)>,
}

impl Suite {
    /// Runs the cases in which the platform sends. `templates`: a `given` with nothing but them.
    ///
    /// # Errors
    /// What is wrong with `templates`.
    pub fn preflight(&self, material: &Material<'_>, templates: &Source) -> Result<Preflight, Box<Diagnostic>> {
        let mut made = Preflight::default();
        let platform = |mapping: &&Arc<Mapping>| mapping.party == Party::Platform;
        let Some(mapping) = self.subject.mapping.as_ref().filter(platform) else { return Ok(made) };
        let trace = self.watched();
        let nothing = || Box::new(Diagnostic::error("SB0608", format!("{} is empty", templates.name)));
        let layer = Arc::new(yaml::parse(templates, &mut Vec::new()).ok_or_else(nothing)?);
        for case in &self.cases {
            let Stimulus::Request(request) = &case.stimulus else { continue };
            if !self.sends_template(mapping, case, material) {
                continue;
            }
            made.sends += 1;
            let with = with(case, request, (templates.clone(), Arc::clone(&layer)));
            let trees = Trees::new(&with.source, material.sample);
            let given = Given::read(&self.subject, mapping, &with, &trees, material)?;
            if !given.snapshot.tenants.iter().flat_map(|tenant| &tenant.numbers).any(|number| number.waba.is_some()) {
                made.unheld += 1;
                continue;
            }
            drop(trace.take());
            let refusals = self.play(&self.subject, mapping, &with, &trees, material, |found, _| found.refusals)?;
            let lines = trace.take();
            let (unlisted, others): (Vec<_>, Vec<_>) =
                refusals.into_iter().partition(|(refusal, _)| refusal.reason == Reason::TemplateMissing);
            made.unlisted += usize::from(!unlisted.is_empty());
            let found = others.iter().map(|(refusal, sent)| (case.name.clone(), Finding::of(refusal, *sent, &lines)));
            made.findings.extend(found);
        }
        Ok(made)
    }

    /// Whether the case as it is comes to a template message.
    fn sends_template(&self, mapping: &Mapping, case: &Case, material: &Material<'_>) -> bool {
        let trees = Trees::new(&case.source, material.sample);
        let sent = self.play(&self.subject, mapping, case, &trees, material, |_, value| {
            let one = value.get("message").into_iter();
            let all = value.get("messages").and_then(Value::as_list).unwrap_or_default().iter().copied();
            one.chain(all).any(|message| message.get("template").is_some())
        });
        // What cannot be run is told where the cases are run.
        sent.unwrap_or_default()
    }
}

/// The case with one more layer of `given`.
fn with(case: &Case, request: &Node, layer: (Source, Arc<Node>)) -> Case {
    Case {
        name: case.name.clone(),
        source: case.source.clone(),
        span: case.span,
        given: case.given.iter().cloned().chain([layer]).collect(),
        stimulus: Stimulus::Request(request.clone()),
        answers: None,
        expect: Node::empty_list(),
    }
}

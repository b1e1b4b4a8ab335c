//! Reading the cases of a mapping: its own `given` and `cases`, then those of its `*.cases.yaml`. Nothing runs here.

use std::collections::HashMap;
use std::sync::Arc;

use super::schema::Schemas;
use super::{counterpart, payload};
use crate::config::{self, Files, NoSecret, Reference, Snapshot};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::mapping::{Mapping, Party};
use crate::model::Secret;
use crate::shape::{self, MapShape};
use crate::yaml::{self, Node};

/// One mapping with its cases, compiled and read, ready to run.
pub struct Suite {
    pub(super) subject: Subject,
    pub(super) source: Source,
    pub(super) cases: Vec<Case>,
    pub(super) schemas: Schemas,
    pub(super) problems: Vec<Diagnostic>,
}

/// The mapping under test, compiled.
pub(super) struct Subject {
    /// The mapping and the counterparts, without a tenant.
    pub(super) base: Snapshot,
    pub(super) files: Files,
    /// `None` where the mapping itself has errors.
    pub(super) mapping: Option<Arc<Mapping>>,
}

impl Subject {
    /// Compiles a mapping. `like`: one whose counterparts need not be compiled again.
    pub(super) fn compile(source: &Source, like: Option<&Self>) -> (Self, Vec<Diagnostic>) {
        let mut all = vec![source.clone()];
        all.extend(counterpart::files());
        let files = Files { mappings: all, public_url: CASE_URL.parse().ok(), ..Files::default() };
        let no_secret = |reference: &Reference| -> Result<Secret, NoSecret> {
            let (Reference::Env(name) | Reference::File(name)) = reference;
            Err(NoSecret::Env(name.clone()))
        };
        let (base, problems) = config::build(&files, like.map(|like| &like.base), &no_secret, [0; 32]);
        let this = base.by_file.get(&source.name);
        let mapping = this.filter(|mapping| mapping.source.text == source.text).cloned();
        (Self { base, files, mapping }, problems)
    }
}

/// One case as it is written.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) span: Span,
    /// The mapping's, the file's, the case's own: each is laid over the one before.
    pub(super) given: Vec<(Source, Arc<Node>)>,
    pub(super) stimulus: Stimulus,
    pub(super) answers: Option<Node>,
    pub(super) expect: Node,
}

/// What sets a case off.
pub(super) enum Stimulus {
    /// A request to one of the mapping's routes.
    Request(Node),
    /// A message to be sent; that of `given`, with this laid over it.
    Message(Option<Node>),
    /// What became of a message, to be reported to the platform.
    Event(Node),
    /// What a person wrote.
    Inbound(Node),
    /// The listing of templates.
    Listing,
    /// The party is told no.
    Refused(Node),
}

/// What the parties of cases reach the gateway by, where they sign that.
const CASE_URL: &str = "https://gateway.example";

impl Suite {
    /// Puts case files to their mappings. `schema`: a schema's text by its file name. The problems are those of case
    /// files that belong to no mapping.
    pub fn pair(
        mappings: &[Source],
        cases: &[Source],
        schema: &dyn Fn(&str) -> Option<Arc<str>>,
    ) -> (Vec<Self>, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let mut suites: Vec<(Option<String>, Self)> =
            mappings.iter().map(|source| Self::of_mapping(source, schema)).collect();
        for source in cases {
            let Some(node) = yaml::parse(source, &mut problems) else { continue };
            keys(source, &node, &shape::CASES, &mut problems);
            let Some(name) = node.get("for").and_then(Node::as_text) else {
                let problem = Diagnostic::error("SB0602", "a file of cases says whose they are").at(source, node.span);
                problems.push(problem.help("add `for: NAME` with the mapping's name"));
                continue;
            };
            let names: Vec<String> = suites.iter().filter_map(|(name, _)| name.clone()).collect();
            match suites.iter_mut().find(|(known, _)| known.as_deref() == Some(name)) {
                Some((_, suite)) => suite.add(source, &node),
                None => {
                    let span = node.get("for").map_or(node.span, |node| node.span);
                    let problem = Diagnostic::error("SB0604", format!("there is no mapping `{name}`"));
                    problems.push(problem.at(source, span).did_you_mean(name, names.iter().map(String::as_str)));
                }
            }
        }
        (suites.into_iter().map(|(_, suite)| suite).collect(), problems)
    }

    /// The mapping's file.
    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// The mapping's name; empty for one that cannot be read.
    #[must_use]
    pub fn name(&self) -> &str {
        self.subject.mapping.as_ref().map_or("", |mapping| mapping.name.as_str())
    }

    fn of_mapping(source: &Source, schema: &dyn Fn(&str) -> Option<Arc<str>>) -> (Option<String>, Self) {
        let (subject, mut problems) = Subject::compile(source, None);
        let schemas = Schemas::load(subject.mapping.as_deref(), schema, &mut problems);
        let mut suite = Self { subject, source: source.clone(), cases: Vec::new(), schemas, problems };
        // Its problems as YAML were reported when it was compiled.
        let node = yaml::parse(source, &mut Vec::new());
        let name = node.as_ref().and_then(|node| node.get("platform").or_else(|| node.get("provider")));
        let name = name.and_then(Node::as_text).map(str::to_owned);
        if let Some(node) = &node {
            suite.add(source, node);
        }
        (name, suite)
    }

    /// Adds the cases of one file, with its `given` laid over the mapping's.
    fn add(&mut self, source: &Source, node: &Node) {
        let mut given: Vec<(Source, Arc<Node>)> = Vec::new();
        if *source.name != *self.source.name {
            given.extend(self.own_given());
        }
        if let Some(own) = node.get("given") {
            keys(source, own, &shape::GIVEN, &mut self.problems);
            given.push((source.clone(), Arc::new(own.clone())));
        }
        let mut seen: HashMap<String, Span> = HashMap::new();
        for node in node.get("cases").and_then(Node::as_list).unwrap_or_default() {
            let Some(case) = self.read(source, node, &given) else { continue };
            if seen.insert(case.name.clone(), case.span).is_some() {
                let text = format!("two cases have the name `{}`", case.name);
                let problem = Diagnostic::error("SB0603", text).at(source, case.span);
                self.problems.push(problem.help("a case is found by its name: give one of them another"));
            }
            self.cases.push(case);
        }
    }

    fn own_given(&self) -> Option<(Source, Arc<Node>)> {
        let node = yaml::parse(&self.source, &mut Vec::new())?;
        Some((self.source.clone(), Arc::new(node.get("given")?.clone())))
    }

    fn read(&mut self, source: &Source, node: &Node, given: &[(Source, Arc<Node>)]) -> Option<Case> {
        let problems = &mut self.problems;
        keys(source, node, &shape::CASE, problems);
        let mut incomplete = |message: &str, help: &str| {
            problems.push(Diagnostic::error("SB0602", message).at(source, node.span).help(help));
        };
        let Some(name) = node.get("case").filter(|name| name.as_text().is_some()) else {
            incomplete("a case needs a name", "add `case: …`, one sentence that says what is promised");
            return None;
        };
        let Some(expect) = node.get("expect").filter(|expect| expect.as_map().is_some_and(|all| !all.is_empty()))
        else {
            incomplete("a case without `expect` proves nothing", "add `expect:` with what must come of it");
            return None;
        };
        let set: Vec<&str> = ["request", "message", "event", "inbound", "error"]
            .into_iter()
            .filter(|name| node.get(name).is_some())
            .collect();
        let part = |name: &str| node.get(name).cloned();
        let stimulus = match set.as_slice() {
            ["request"] => Stimulus::Request(part("request")?),
            ["message"] => Stimulus::Message(part("message")),
            ["event"] => Stimulus::Event(part("event")?),
            ["inbound"] => Stimulus::Inbound(part("inbound")?),
            ["error"] => Stimulus::Refused(part("error")?),
            [] if node.get("answers").is_some() && expect.get("templates").is_some() => Stimulus::Listing,
            [] if node.get("answers").is_some() => Stimulus::Message(None),
            _ => {
                incomplete(
                    "a case has one stimulus",
                    "give one of `request`, `message`, `event`, `inbound`, `error`, or `answers` alone",
                );
                return None;
            }
        };
        keys(source, expect, &shape::EXPECT, problems);
        let mut layers = given.to_vec();
        if let Some(own) = node.get("given") {
            keys(source, own, &shape::GIVEN, problems);
            layers.push((source.clone(), Arc::new(own.clone())));
        }
        let case = Case {
            name: name.as_text()?.to_owned(),
            source: source.clone(),
            span: name.span,
            given: layers,
            stimulus,
            answers: part("answers"),
            expect: expect.clone(),
        };
        payload::check(&case, problems);
        if let Some(mapping) = &self.subject.mapping {
            possible(&case, mapping.party, problems);
        }
        Some(case)
    }
}

/// Reports keys that are not known.
pub(super) fn keys(source: &Source, node: &Node, shape: &MapShape, problems: &mut Vec<Diagnostic>) {
    let what = shape.what;
    let Some(members) = node.as_map() else {
        let text = format!("{what} is a map, not {}", node.describe());
        problems.push(Diagnostic::error("SB0608", text).at(source, node.span));
        return;
    };
    for (key, _) in members.iter().filter(|(key, _)| shape.member(&key.text).is_none()) {
        let problem = Diagnostic::error("SB0601", format!("{what} has no key `{}`", key.text)).at(source, key.span);
        let near = crate::diagnostic::suggest(&key.text, shape.names());
        problems.push(problem.help(near.map_or_else(
            || format!("it has: {}", shape.names().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        )));
    }
}

/// Reports stimuli that the mapping's side does not have, and expectations that nothing can meet.
fn possible(case: &Case, party: Party, problems: &mut Vec<Diagnostic>) {
    let (what, may): (&str, &[&str]) = match (&case.stimulus, party) {
        (Stimulus::Request(_), Party::Platform) => {
            ("a platform's request", &["answer", "message", "messages", "errors"])
        }
        (Stimulus::Request(_), Party::Provider) => {
            ("a provider's webhook", &["answer", "event", "inbound", "events", "errors"])
        }
        (Stimulus::Message(_), Party::Provider) => ("a message", &["calls", "send"]),
        (Stimulus::Listing, Party::Provider) => ("a listing", &["calls", "templates"]),
        (Stimulus::Event(_), Party::Platform) => ("an event", &["calls"]),
        (Stimulus::Refused(_), _) => ("a refusal", &["answer"]),
        (Stimulus::Inbound(_), Party::Platform) => {
            ("an inbound message", &["rule", "reply", "messages", "errors", "suppressed", "calls"])
        }
        // Told when it runs: it sets off nothing on this side.
        _ => return,
    };
    for (key, _) in case.expect.as_map().unwrap_or_default() {
        if !may.contains(&&*key.text) && shape::EXPECT.member(&key.text).is_some() {
            let problem = Diagnostic::error("SB0607", format!("`{}` can never come of {what}", key.text));
            problems.push(problem.at(&case.source, key.span).help(format!("there can be: {}", may.join(", "))));
        }
    }
    if let (Some(answers), Stimulus::Request(_) | Stimulus::Refused(_)) = (&case.answers, &case.stimulus) {
        let problem = Diagnostic::error("SB0607", format!("nothing of {what} waits for an answer"));
        problems.push(problem.at(&case.source, answers.span).help("remove `answers`"));
    }
}

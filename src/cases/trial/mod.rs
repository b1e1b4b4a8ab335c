//! A leg run once for a real tenant: what a sample would come to, and which line of which file said so.
//!
//! The same drive as for cases; a tenant's file stands in for `given`. What comes in goes on: a request's message becomes
//! the provider's call, a webhook's event the platform's report. Start at [`Trial::run`].

mod finding;
pub mod stand;
mod trace;

use std::sync::Arc;

use serde_json::{Map, Value as Json};

pub use finding::Finding;
pub(super) use finding::nearest;
pub use trace::Line;
pub(super) use trace::Trace;

use super::drive;
use super::facts::GivenFacts;
use super::given::{Given, key_names};
use super::schema::Schemas;
use super::suite::{Case, Stimulus};
use super::wanted::Trees;
use crate::config::{Snapshot, Tenant};
use crate::diagnostic::{Diagnostic, Source};
use crate::mapping::Mapping;
use crate::value::{Arena, Timestamp};
use crate::yaml::{self, Node};

/// What is tried: texts of YAML or JSON, as a case has them.
#[derive(Clone, Debug)]
pub enum Trying {
    /// `request`: to a route of either party.
    Request(String),
    /// `message`: to the provider.
    Message(String),
    /// `event`: to the platform.
    Event(String),
    /// `inbound`: through the keyword rules.
    Inbound(String),
    /// The provider's listing of templates.
    Listing,
}

/// What is given beside it.
pub struct Trial<'t> {
    /// The configuration, its secrets placeholders.
    pub snapshot: &'t Arc<Snapshot>,
    /// Bytes by the names that the texts give with `$file`.
    pub sample: &'t dyn Fn(&str) -> Option<Arc<[u8]>>,
    /// A text of `given` without numbers, settings and credentials: `templates message quoted last said suppressed now`.
    pub given: &'t str,
    /// `answers`: what the other party says to our calls.
    pub answers: &'t str,
    /// A private RSA key made for the run, for requests that are signed with one.
    pub rsa_key_pem: &'t str,
    /// When, unless `given` says so.
    pub now: Timestamp,
}

/// What came of one leg.
#[derive(Debug)]
pub struct Tried {
    /// `send`, `status`, `inbound`, `templates`; empty where no leg was reached.
    pub leg: &'static str,
    /// Whose mapping.
    pub party: String,
    /// `answer`, `message`, `event`, `inbound`, `calls`, `send`, `templates`, `rule`, `suppressed`.
    pub outcome: Map<String, Json>,
    /// Why there is not more.
    pub why: Option<String>,
    /// What a case would be failed for: a schema, a call that cannot be made.
    pub notes: Vec<String>,
    /// What preflight says of its messages.
    pub findings: Vec<Finding>,
    /// What said so.
    pub trace: Vec<Line>,
}

/// The names of credentials that calls are signed with; to try them, each needs a private key.
fn private_keys(snapshot: &Snapshot) -> Vec<String> {
    snapshot.loaded.iter().flat_map(|mapping| key_names(mapping)).map(str::to_owned).collect()
}

impl Trial<'_> {
    /// Runs a leg and those behind it.
    ///
    /// # Errors
    /// What is wrong with the texts.
    pub fn run(&self, tenant: &Tenant, trying: &Trying) -> Result<Vec<Tried>, Box<Diagnostic>> {
        let trace = Arc::new(Trace::default());
        for mapping in [&tenant.platform, &tenant.provider] {
            mapping.module.watch(trace.of_module(mapping));
        }
        self.legs(tenant, trying, &trace)
    }

    /// The same where the mappings are watched already, by this trace.
    pub(super) fn legs(
        &self,
        tenant: &Tenant,
        trying: &Trying,
        trace: &Arc<Trace>,
    ) -> Result<Vec<Tried>, Box<Diagnostic>> {
        let mut all = vec![self.leg(tenant, trying, trace)?];
        while let Some(next) = all.last().and_then(following) {
            all.push(self.leg(tenant, &next, trace)?);
        }
        Ok(all)
    }

    fn leg(&self, tenant: &Tenant, trying: &Trying, trace: &Arc<Trace>) -> Result<Tried, Box<Diagnostic>> {
        let (name, text) = match trying {
            Trying::Request(text) => ("the request", text.as_str()),
            Trying::Message(text) => ("the message", text.as_str()),
            Trying::Event(text) => ("the event", text.as_str()),
            Trying::Inbound(text) => ("the inbound message", text.as_str()),
            Trying::Listing => ("the listing", "{}"),
        };
        let source = Source::new(name, text);
        let node = read(&source)?;
        let stimulus = match trying {
            Trying::Request(_) => Stimulus::Request(node.clone()),
            Trying::Message(_) => Stimulus::Message(Some(node.clone())),
            Trying::Event(_) => Stimulus::Event(node.clone()),
            Trying::Inbound(_) => Stimulus::Inbound(node.clone()),
            Trying::Listing => Stimulus::Listing,
        };
        let party = match trying {
            Trying::Request(_) => self.called(tenant, &node),
            Trying::Message(_) | Trying::Listing => &tenant.provider,
            Trying::Event(_) | Trying::Inbound(_) => &tenant.platform,
        };
        let outward = matches!(trying, Trying::Message(_) | Trying::Listing);
        let answers = Source::new("the answers", if outward { self.answers } else { "[]" });
        let answers = read(&answers)?;
        let given = Source::new("`given`", self.given);
        let given_trees = Trees::new(&given, self.sample);
        let base = default_message(tenant, &given)?;
        let wanted = given_trees.read(&base)?.under(given_trees.read(&read(&given)?)?);
        let given = Given::of(self.snapshot.clone(), &given_trees, &wanted, (self.rsa_key_pem, self.now))?;
        let case = Case {
            name: name.to_owned(),
            source: source.clone(),
            span: node.span,
            given: Vec::new(),
            stimulus,
            answers: answers.as_list().is_some_and(|all| !all.is_empty()).then_some(answers),
            expect: Node::empty_list(),
        };
        self.driven(tenant, party, &given, &case, trace)
    }

    fn driven(
        &self,
        tenant: &Tenant,
        mapping: &Mapping,
        given: &Given,
        case: &Case,
        trace: &Trace,
    ) -> Result<Tried, Box<Diagnostic>> {
        let facts = GivenFacts::new(tenant, given.templates.clone(), given.suppressed.clone());
        let arena = Arena::new();
        let trees = Trees::new(&case.source, self.sample);
        let scene = drive::Scene {
            party: mapping.party,
            given,
            tenant,
            facts: &facts,
            arena: &arena,
            trees: &trees,
            schemas: &Schemas::default(),
            case,
        };
        let found = drive::drive(&scene)?;
        let outcome = serde_json::to_value(found.value(&arena)).unwrap_or_default();
        let notes = found.notes.iter().map(|note| format!("{}: {}", note.path, note.found)).collect();
        let outcome = if let Json::Object(members) = outcome { members } else { Map::new() };
        let party = mapping.name.as_str().to_owned();
        let trace = trace.take();
        let misfits = found.refusals.iter().filter(|(refusal, _)| refusal.misfit.is_some());
        let findings = misfits.map(|(refusal, sent)| Finding::of(refusal, *sent, &trace)).collect();
        Ok(Tried { leg: found.leg, party, outcome, why: found.why, notes, findings, trace })
    }

    /// Whose route a request goes to.
    fn called<'m>(&self, tenant: &'m Tenant, node: &Node) -> &'m Arc<Mapping> {
        let path = node.get("path").and_then(Node::as_text).unwrap_or_default();
        let of_provider = tenant.provider.sections().flat_map(|section| &section.routes);
        let reached = of_provider.flat_map(|route| &route.paths).any(|known| known == path);
        if reached { &tenant.provider } else { &tenant.platform }
    }
}

/// What a leg's result sets off: a message its sending, an event its report, an inbound message its rules, and a rule
/// the sending of the first message that it makes.
fn following(tried: &Tried) -> Option<Trying> {
    let text = |name: &str| tried.outcome.get(name).map(Json::to_string);
    match tried.leg {
        "send" => text("message").map(Trying::Message),
        "status" => tried.outcome.get("event").cloned().map(written).map(Trying::Event),
        "inbound" => text("inbound").map(Trying::Inbound).or_else(|| {
            let first = tried.outcome.get("messages")?.get(0)?;
            Some(Trying::Message(first.to_string()))
        }),
        _ => None,
    }
}

/// An event as a mapping writes it: without what is added where it is read.
fn written(mut event: Json) -> String {
    if let Some(members) = event.as_object_mut() {
        members.remove("provider");
    }
    if let Some(failure) = event.get_mut("failure").and_then(Json::as_object_mut) {
        failure.remove("text");
    }
    event.to_string()
}

/// A message that reports and calls may be about, where nothing else is given: from the tenant's first number.
fn default_message(tenant: &Tenant, at: &Source) -> Result<Node, Box<Diagnostic>> {
    let from = tenant.numbers.first().map_or("14155550100", |number| number.number.as_str());
    let message = serde_json::json!({"message": {"id": "try", "to": "14155550123", "from": from}});
    read(&Source::new(at.name.clone(), message.to_string()))
}

fn read(source: &Source) -> Result<Node, Box<Diagnostic>> {
    let mut problems = Vec::new();
    let node = yaml::parse(source, &mut problems);
    let nothing = || Diagnostic::error("SB0608", format!("{} is empty", source.name));
    match problems.into_iter().find(Diagnostic::is_error) {
        Some(problem) => Err(Box::new(problem)),
        None => node.ok_or_else(|| Box::new(nothing())),
    }
}

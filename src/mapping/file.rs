//! A whole mapping file: its top-level keys. What the four legs hold is read beside it, by side.

use super::answer::{self, Refusals};
use super::auth::{self, SchemePlan, Way};
use super::call::Call;
use super::fields::{Fields, Reader};
use super::onboard::{self, Onboard};
use super::platform::{self, PlatformLegs};
use super::provider::{self, ProviderLegs};
use super::section::{self, Leg, Section};
use super::settings::{self, Setting};
use crate::diagnostic::{Diagnostic, Source};
use crate::language::{Compiler, Layout, Module, Schemas};
use crate::model::Name;
use crate::shape;
use crate::yaml::{self, Node};

/// Which side a mapping describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// Sends campaigns to us.
    Platform,
    /// Delivers messages for us.
    Provider,
}

/// One compiled mapping file.
#[derive(Debug)]
pub struct Mapping {
    /// The party's name.
    pub name: Name,
    /// Its side.
    pub party: Party,
    /// A hash of the file's text, short; stamped on every message.
    pub version: String,
    /// The file.
    pub source: Source,
    /// What a tenant may say.
    pub settings: Vec<Setting>,
    /// How long the platform repeats what it was told "later" about.
    pub retry_budget: Option<std::time::Duration>,
    /// Hosts that calls may go to besides those of url settings.
    pub hosts: Vec<String>,
    /// How the party proves itself.
    pub auth_in: (Vec<SchemePlan>, Layout),
    /// How we prove ourselves.
    pub auth_out: (Vec<SchemePlan>, Layout),
    /// How the party is told no.
    pub refused: Option<Refusals>,
    /// Requests that are answered here.
    pub local: Vec<Section>,
    /// What a new tenant is asked for, and what is entered where.
    pub onboard: Onboard,
    /// The four legs.
    pub legs: Legs,
    /// Tables and named trees.
    pub module: Module,
}

/// The legs of either side.
#[derive(Debug)]
pub enum Legs {
    /// A platform's.
    Platform(Box<PlatformLegs>),
    /// A provider's.
    Provider(Box<ProviderLegs>),
}

/// Compiles a mapping file. `None` if there is nothing to speak of; else the problems say whether it may be used.
/// `schemas`: what sections declare by `schema:`; `None`: not at hand, so that no path is checked against one.
pub fn compile(
    source: &Source,
    version: String,
    schemas: Option<&Schemas>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Mapping> {
    let node = yaml::parse(source, problems)?;
    let mut reader = Reader::new(source.clone());
    let mut language = Vec::new();
    let mapping = read(&mut reader, &mut language, version, schemas, &node);
    problems.append(&mut reader.problems);
    problems.append(&mut language);
    mapping
}

fn read(
    reader: &mut Reader,
    language: &mut Vec<Diagnostic>,
    version: String,
    schemas: Option<&Schemas>,
    node: &Node,
) -> Option<Mapping> {
    let shape = if node.get("provider").is_some() { &shape::PROVIDER } else { &shape::PLATFORM };
    let fields = Fields::read(reader, node, shape);
    if let Some(dsl) = fields.get("dsl").filter(|dsl| dsl.scalar_text().as_deref() != Some("1")) {
        reader.error("SB0313", dsl.span, "this language version is not known", "write `dsl: 1`");
    }
    let (party, name) = party(reader, fields, node)?;
    let settings = fields.get("settings").map_or_else(Vec::new, |node| settings::read(reader, node));
    let mut compiler = Compiler::new(&reader.source, &settings::declared(&settings), language);
    compiler.schemas(schemas);
    if let Some(tables) = fields.get("tables") {
        compiler.tables(tables);
    }
    if let Some(uses) = fields.get("use") {
        compiler.uses(uses);
    }
    let auth = fields.get("auth").map(|node| Fields::read(reader, node, &shape::AUTH));
    let empty = Node::empty_list();
    let auth_in = auth.and_then(|auth| auth.get("in")).unwrap_or(&empty);
    let auth_in = auth::read(reader, &mut compiler, Way::In, auth_in);
    let auth_out = auth.and_then(|auth| auth.get("out")).unwrap_or(&empty);
    let auth_out = auth::read(reader, &mut compiler, Way::Out, auth_out);
    let refused = fields.get("refused").map(|node| answer::refusals(reader, &mut compiler, node));
    let local = fields.get("local").map_or(&[][..], |node| reader.map(node, "local"));
    let local = local.iter().filter_map(|(_, node)| section::read(reader, &mut compiler, Leg::Local, node)).collect();
    let legs = match party {
        Party::Platform => Legs::Platform(Box::new(platform::read(reader, &mut compiler, fields))),
        Party::Provider => Legs::Provider(Box::new(provider::read(reader, &mut compiler, fields))),
    };
    let mut texts = |name: &str| -> Vec<String> {
        let nodes = fields.get(name).map_or(&[][..], Reader::one_or_many);
        nodes.iter().filter_map(|node| reader.text(node, name).map(str::to_owned)).collect()
    };
    let hosts = texts("hosts");
    let retry_budget = fields.get("retry_budget").and_then(|node| reader.duration(node, "retry_budget"));
    let mut mapping = Mapping {
        name: name.into(),
        party,
        version,
        source: reader.source.clone(),
        settings,
        retry_budget,
        hosts,
        auth_in,
        auth_out,
        refused,
        local,
        legs,
        onboard: Onboard::default(),
        module: compiler.finish(),
    };
    if let Some(node) = fields.get("onboard") {
        mapping.onboard = onboard::read(reader, node, &known(&mapping));
    }
    require(reader, fields, node, &mapping);
    Some(mapping)
}

/// What `onboard` may name.
fn known(mapping: &Mapping) -> onboard::Known<'_> {
    let rules = mapping.platform().and_then(|legs| legs.inbound.as_ref()).map(|leg| leg.rules.as_slice());
    onboard::Known {
        settings: mapping.settings.iter().map(|setting| &*setting.name).collect(),
        credentials: mapping.module.credentials().collect(),
        rules: rules.unwrap_or_default().iter().map(|rule| rule.name.as_str()).collect(),
    }
}

fn party<'n>(reader: &mut Reader, fields: Fields<'n>, node: &Node) -> Option<(Party, &'n str)> {
    match (fields.get("platform"), fields.get("provider")) {
        (Some(name), None) => Some((Party::Platform, reader.text(name, "platform")?)),
        (None, Some(name)) => Some((Party::Provider, reader.text(name, "provider")?)),
        _ => {
            reader.error(
                "SB0314",
                node.span,
                "a mapping is of one party",
                "write either `platform: NAME` or `provider: NAME`",
            );
            None
        }
    }
}

/// A file with routes must say how callers prove themselves and how they are told no.
fn require(reader: &mut Reader, fields: Fields<'_>, node: &Node, mapping: &Mapping) {
    let mut sections = mapping.sections().peekable();
    let has_routes = sections.peek().is_some();
    if has_routes && mapping.refused.is_none() {
        reader.error(
            "SB0302",
            node.span,
            "a mapping with routes needs `refused`",
            "add `refused:` with the answer for those who are told no",
        );
    }
    let written = fields.get("auth").and_then(|auth| auth.get("in"));
    let written = written.is_some_and(|schemes| !Reader::one_or_many(schemes).is_empty());
    if !written && sections.any(|section| section.auth.is_none()) {
        reader.error(
            "SB0302",
            node.span,
            "a mapping with routes needs `auth.in`",
            "add `auth: { in: [ … ] }`; `none` lets anybody in",
        );
    }
    segments(reader, mapping);
    if ["send", "status", "inbound", "templates"].iter().all(|leg| fields.get(leg).is_none()) {
        reader.error(
            "SB0302",
            node.span,
            "a mapping needs at least one of send, status, inbound, templates",
            "add a leg",
        );
    }
}

/// A scheme that reads a segment of the path needs a route that has it.
fn segments(reader: &mut Reader, mapping: &Mapping) {
    let shared = mapping.sections().filter(|section| section.auth.is_none()).collect();
    let own = mapping.sections().filter_map(|section| Some((&section.auth.as_ref()?.0, vec![section])));
    let all: Vec<(&Vec<SchemePlan>, Vec<&Section>)> =
        std::iter::once((&mapping.auth_in.0, shared)).chain(own).collect();
    for (schemes, sections) in all {
        let mut paths = sections.iter().flat_map(|section| &section.routes).flat_map(|route| &route.paths);
        for (name, span) in schemes.iter().flat_map(SchemePlan::segments) {
            let segment = format!("{{{name}}}");
            if !paths.clone().any(|path| path.split('/').any(|known| known == segment)) {
                let example = paths.next().map_or("/webhooks", String::as_str).to_owned();
                let text = format!("no route has `{segment}` in its path");
                reader.error("SB0332", *span, text, format!("for example path: {example}/{segment}"));
            }
        }
    }
}

impl Mapping {
    /// The sections that are reached by a route; those that answer here go before others of the same route.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        let sections = match &self.legs {
            Legs::Platform(legs) => [legs.send.as_ref(), legs.templates.as_ref()],
            Legs::Provider(legs) => [legs.status.as_ref(), legs.inbound.as_ref()],
        };
        self.local.iter().chain(sections.into_iter().flatten())
    }

    /// The JSON Schemas that it declares, by file name; one that is declared twice comes twice.
    pub fn schemas(&self) -> impl Iterator<Item = &String> {
        let sections = self.sections().filter_map(|section| section.schema.as_ref());
        sections.chain(self.calls().filter_map(|call| call.schema.as_ref()))
    }

    /// A platform's legs.
    #[must_use]
    pub fn platform(&self) -> Option<&PlatformLegs> {
        if let Legs::Platform(legs) = &self.legs { Some(legs) } else { None }
    }

    /// A provider's legs.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderLegs> {
        if let Legs::Provider(legs) = &self.legs { Some(legs) } else { None }
    }

    /// Every call it makes.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        let (own, more) = match &self.legs {
            Legs::Platform(legs) => ([None, None, None], [legs.status_calls.as_slice(), legs.inbound_calls.as_slice()]),
            Legs::Provider(legs) => (
                [
                    legs.send.as_ref().map(|leg| &leg.call),
                    legs.templates.as_ref().map(|leg| &leg.call),
                    legs.webhooks.as_ref().map(|leg| &leg.call),
                ],
                [&[][..], &[][..]],
            ),
        };
        own.into_iter().flatten().chain(more.into_iter().flatten())
    }
}

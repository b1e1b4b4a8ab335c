//! A whole mapping file: its top-level keys and the four legs of its party.

use super::auth::{self, SchemeIn, SchemeOut};
use super::call::{self, Call};
use super::fields::{Fields, Reader};
use super::scopes;
use super::section::{self, Leg, Refusals, Section};
use super::settings::{self, Setting};
use crate::diagnostic::{Diagnostic, Source};
use crate::keywords::{Fold, Match};
use crate::language::{Compiler, Layout, Module, Program};
use crate::model::{Name, Status};
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
    pub auth_in: (Vec<SchemeIn>, Layout),
    /// How we prove ourselves.
    pub auth_out: (Vec<SchemeOut>, Layout),
    /// How the party is told no.
    pub refused: Option<Refusals>,
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

/// A platform's side of the four legs.
#[derive(Debug, Default)]
pub struct PlatformLegs {
    /// Their request.
    pub send: Option<Section>,
    /// Their report.
    pub status: Option<StatusLeg>,
    /// Their posts about inbound messages.
    pub inbound: Option<InboundLeg>,
    /// Their listing.
    pub templates: Option<Section>,
    /// Calls that `status.do` names.
    pub status_calls: Vec<Call>,
    /// Calls that rules name.
    pub inbound_calls: Vec<Call>,
}

/// A provider's side of the four legs.
#[derive(Debug, Default)]
pub struct ProviderLegs {
    /// Its request.
    pub send: Option<SendLeg>,
    /// Its status webhook.
    pub status: Option<Section>,
    /// Its inbound webhook.
    pub inbound: Option<Section>,
    /// Its template API.
    pub templates: Option<TemplatesLeg>,
}

/// A platform's `status:`.
#[derive(Debug)]
pub struct StatusLeg {
    /// The scope of the words and `do`.
    pub layout: Layout,
    /// The platform's word for a status.
    pub words: Vec<(Status, Program)>,
    /// Words that are said first if they never were.
    pub fill: Vec<String>,
    /// A list of calls.
    pub actions: Program,
}

/// A platform's `inbound:`.
#[derive(Debug)]
pub struct InboundLeg {
    /// The scope of the rules.
    pub layout: Layout,
    /// What is ignored when words are compared.
    pub fold: Fold,
    /// How much of a text must be the word.
    pub how: Match,
    /// In order.
    pub rules: Vec<Rule>,
}

/// One keyword rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name; tenants change its words and reply by it.
    pub name: String,
    /// Words; empty: none needed.
    pub words: Vec<String>,
    /// Must hold too.
    pub when: Option<Program>,
    /// A list of actions: `suppress`, `release`, `reply`, or calls.
    pub actions: Program,
    /// The mapping's own reply, where it has one.
    pub reply: Option<String>,
}

/// A provider's `send:`.
#[derive(Debug)]
pub struct SendLeg {
    /// The call.
    pub call: Call,
}

/// A provider's `templates:`.
#[derive(Debug)]
pub struct TemplatesLeg {
    /// The call for one page.
    pub call: Call,
    /// The items of a page, in the call's scope.
    pub each: Program,
    /// The scope of `template`.
    pub layout: Layout,
    /// One item as a model Template.
    pub template: Program,
}

const KEYS: &[&str] = &[
    "dsl",
    "platform",
    "provider",
    "settings",
    "retry_budget",
    "hosts",
    "auth",
    "refused",
    "send",
    "status",
    "inbound",
    "templates",
    "calls",
    "tables",
    "use",
    "given",
    "cases",
];

/// Compiles a mapping file. `None` if there is nothing to speak of; else the problems say whether it may be used.
pub fn compile(source: &Source, version: String, problems: &mut Vec<Diagnostic>) -> Option<Mapping> {
    let node = yaml::parse(source, problems)?;
    let mut reader = Reader::new(source.clone());
    let mut language = Vec::new();
    let mapping = read(&mut reader, &mut language, version, &node);
    problems.append(&mut reader.problems);
    problems.append(&mut language);
    mapping
}

fn read(reader: &mut Reader, language: &mut Vec<Diagnostic>, version: String, node: &Node) -> Option<Mapping> {
    let fields = Fields::read(reader, node, "a mapping", KEYS, &["dsl"]);
    if let Some(dsl) = fields.get("dsl").filter(|dsl| dsl.scalar_text().as_deref() != Some("1")) {
        reader.error("SB0313", dsl.span, "this language version is not known", "write `dsl: 1`");
    }
    let (party, name) = party(reader, fields, node)?;
    let settings = fields.get("settings").map_or_else(Vec::new, |node| settings::read(reader, node));
    let mut compiler = Compiler::new(&reader.source, &settings::declared(&settings), language);
    if let Some(tables) = fields.get("tables") {
        compiler.tables(tables);
    }
    if let Some(uses) = fields.get("use") {
        compiler.uses(uses);
    }
    let auth = fields.get("auth").map(|node| Fields::read(reader, node, "auth", &["in", "out"], &[]));
    let empty = Node::empty_list();
    let auth_in = auth.and_then(|auth| auth.get("in")).unwrap_or(&empty);
    let auth_in = auth::read_in(reader, &mut compiler, auth_in);
    let auth_out = auth.and_then(|auth| auth.get("out")).unwrap_or(&empty);
    let auth_out = auth::read_out(reader, &mut compiler, auth_out);
    let refused = fields.get("refused").map(|node| section::refusals(reader, &mut compiler, node));
    let legs = match party {
        Party::Platform => Legs::Platform(Box::new(platform(reader, &mut compiler, fields))),
        Party::Provider => Legs::Provider(Box::new(provider(reader, &mut compiler, fields))),
    };
    let mut texts = |name: &str| -> Vec<String> {
        let nodes = fields.get(name).map_or(&[][..], Reader::one_or_many);
        nodes.iter().filter_map(|node| reader.text(node, name).map(str::to_owned)).collect()
    };
    let hosts = texts("hosts");
    let retry_budget = fields.get("retry_budget").and_then(|node| reader.duration(node, "retry_budget"));
    let mapping = Mapping {
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
        legs,
        module: compiler.finish(),
    };
    require(reader, fields, node, &mapping);
    Some(mapping)
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
    if mapping.auth_in.0.is_empty() && sections.any(|section| section.auth.is_none()) {
        reader.error(
            "SB0302",
            node.span,
            "a mapping with routes needs `auth.in`",
            "add `auth: { in: [ … ] }`; `none` lets anybody in",
        );
    }
    if ["send", "status", "inbound", "templates"].iter().all(|leg| fields.get(leg).is_none()) {
        reader.error(
            "SB0302",
            node.span,
            "a mapping needs at least one of send, status, inbound, templates",
            "add a leg",
        );
    }
}

impl Mapping {
    /// The sections that are reached by a route.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        let sections = match &self.legs {
            Legs::Platform(legs) => [legs.send.as_ref(), legs.templates.as_ref()],
            Legs::Provider(legs) => [legs.status.as_ref(), legs.inbound.as_ref()],
        };
        sections.into_iter().flatten()
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
            Legs::Platform(legs) => ([None, None], [legs.status_calls.as_slice(), legs.inbound_calls.as_slice()]),
            Legs::Provider(legs) => (
                [legs.send.as_ref().map(|leg| &leg.call), legs.templates.as_ref().map(|leg| &leg.call)],
                [&[][..], &[][..]],
            ),
        };
        own.into_iter().flatten().chain(more.into_iter().flatten())
    }
}

fn platform(reader: &mut Reader, compiler: &mut Compiler<'_>, fields: Fields<'_>) -> PlatformLegs {
    let calls = fields.get("calls").map_or(&[][..], |node| reader.map(node, "calls"));
    let names: Vec<&str> = calls.iter().map(|(key, _)| &*key.text).collect();
    let mut named = (Vec::new(), Vec::new());
    let send = fields.get("send").and_then(|node| section::read(reader, compiler, Leg::Send, node));
    let status = fields.get("status").and_then(|node| status(reader, compiler, &names, &mut named.0, node));
    let inbound = fields.get("inbound").map(|node| inbound(reader, compiler, &names, &mut named.1, node));
    let templates = fields.get("templates").and_then(|node| section::read(reader, compiler, Leg::Templates, node));
    let mut read = |named: &[String], roots| {
        let used = calls.iter().filter(|(key, _)| named.iter().any(|name| **name == *key.text));
        used.filter_map(|(key, node)| call::read(reader, compiler, &key.text, roots, node)).collect()
    };
    let status_calls = read(&named.0, scopes::STATUS_CALL);
    let inbound_calls = read(&named.1, scopes::INBOUND_CALL);
    for (key, _) in calls {
        if !named.0.iter().chain(&named.1).any(|name| **name == *key.text) {
            reader.warning(
                "SB0315",
                key.span,
                format!("nothing makes the call `{}`", key.text),
                "name it in a `do:`, or remove it",
            );
        }
    }
    PlatformLegs { send, status, inbound, templates, status_calls, inbound_calls }
}

fn status(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    calls: &[&str],
    named: &mut Vec<String>,
    node: &Node,
) -> Option<StatusLeg> {
    let fields = Fields::read(reader, node, "status", &["words", "fill", "do"], &["words", "do"]);
    let mut scope = compiler.scope(scopes::WORDS);
    let statuses = [Status::Submitted, Status::Delivered, Status::Read, Status::Failed];
    let mut words = Vec::new();
    for (key, word) in fields.get("words").map_or(&[][..], |node| reader.map(node, "words")) {
        let Some(status) = statuses.iter().find(|status| *status.as_str() == *key.text) else {
            reader.error(
                "SB0305",
                key.span,
                format!("`{}` is no status", key.text),
                "one of: submitted, delivered, read, failed",
            );
            continue;
        };
        words.push((*status, scope.tree(compiler, word)));
    }
    let fill = fields.get("fill").map_or(&[][..], Reader::one_or_many);
    let fill = fill.iter().filter_map(|node| reader.text(node, "fill").map(str::to_owned)).collect();
    let actions = fields.get("do")?;
    note_actions(reader, calls, &[], named, actions);
    let actions = scope.tree(compiler, actions);
    Some(StatusLeg { layout: scope.finish(), words, fill, actions })
}

fn inbound(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    calls: &[&str],
    named: &mut Vec<String>,
    node: &Node,
) -> InboundLeg {
    let fields = Fields::read(reader, node, "inbound", &["fold", "match", "rules"], &["rules"]);
    let how = fields
        .get("match")
        .and_then(|node| reader.word(node, "match", &[("whole", Match::Whole), ("first_word", Match::FirstWord)]));
    let fold = fields.get("fold").map_or(Fold::ALL, |node| fold(reader, node));
    let mut scope = compiler.scope(scopes::RULES);
    let mut rules = Vec::new();
    for (key, node) in fields.get("rules").map_or(&[][..], |node| reader.map(node, "rules")) {
        let fields = Fields::read(reader, node, "a rule", &["words", "when", "reply", "do"], &["do"]);
        let words = fields.get("words").map_or(&[][..], Reader::one_or_many);
        let words = words.iter().filter_map(|word| reader.text(word, "words").map(str::to_owned)).collect();
        let Some(actions) = fields.get("do") else { continue };
        note_actions(reader, calls, &["suppress", "release", "reply"], named, actions);
        rules.push(Rule {
            name: key.text.to_string(),
            words,
            when: fields.get("when").map(|node| scope.condition(compiler, node)),
            actions: scope.tree(compiler, actions),
            reply: fields.get("reply").and_then(|node| reader.text(node, "reply")).map(str::to_owned),
        });
    }
    InboundLeg { layout: scope.finish(), fold, how: how.unwrap_or(Match::Whole), rules }
}

fn fold(reader: &mut Reader, node: &Node) -> Fold {
    if node.as_text() == Some("all") {
        return Fold::ALL;
    }
    let mut fold = Fold { case: false, width: false, diacritics: false, punctuation: false, space: false };
    let words = [("case", 0), ("width", 1), ("diacritics", 2), ("punctuation", 3), ("space", 4)];
    for item in Reader::one_or_many(node) {
        match reader.word(item, "fold", &words) {
            Some(0) => fold.case = true,
            Some(1) => fold.width = true,
            Some(2) => fold.diacritics = true,
            Some(3) => fold.punctuation = true,
            Some(_) => fold.space = true,
            None => {}
        }
    }
    fold
}

/// `do` is a tree whose plain words are actions: each must be one that exists.
fn note_actions(reader: &mut Reader, calls: &[&str], own: &[&str], named: &mut Vec<String>, node: &Node) {
    if let Some(word) = node.as_text() {
        if calls.contains(&word) {
            named.push(word.to_owned());
        } else if !own.contains(&word) && !word.starts_with('$') {
            let known: Vec<&str> = own.iter().chain(calls).copied().collect();
            let help = crate::diagnostic::suggest(word, known.iter().copied())
                .map_or_else(|| format!("one of: {}", known.join(", ")), |word| format!("did you mean `{word}`?"));
            reader.error("SB0316", node.span, format!("there is no action `{word}`"), help);
        }
    } else if let Some(items) = node.as_list() {
        items.iter().for_each(|item| note_actions(reader, calls, own, named, item));
    } else if let Some(members) = node.as_map() {
        let branches = members.iter().filter(|(key, _)| !key.text.starts_with('$'));
        branches.for_each(|(_, branch)| note_actions(reader, calls, own, named, branch));
    }
}

fn provider(reader: &mut Reader, compiler: &mut Compiler<'_>, fields: Fields<'_>) -> ProviderLegs {
    let send = fields.get("send").and_then(|node| {
        let fields = Fields::read(reader, node, "send", &["call"], &["call"]);
        Some(SendLeg { call: call::read(reader, compiler, "send", scopes::SEND, fields.get("call")?)? })
    });
    let status = fields.get("status").and_then(|node| section::read(reader, compiler, Leg::Status, node));
    let inbound = fields.get("inbound").and_then(|node| section::read(reader, compiler, Leg::Inbound, node));
    let templates = fields.get("templates").and_then(|node| listing(reader, compiler, node));
    if let Some(node) = fields.get("calls") {
        reader.error(
            "SB0301",
            node.span,
            "a provider has no `calls`",
            "a provider's calls are `send.call` and `templates.call`",
        );
    }
    ProviderLegs { send, status, inbound, templates }
}

fn listing(reader: &mut Reader, compiler: &mut Compiler<'_>, node: &Node) -> Option<TemplatesLeg> {
    let fields = Fields::read(reader, node, "templates", &["call", "each", "template"], &["call", "each", "template"]);
    let call = call::read(reader, compiler, "templates", scopes::LISTING, fields.get("call")?)?;
    let mut scope = compiler.scope(scopes::LISTING);
    scope.add(scopes::ANSWER);
    let each = scope.list(compiler, fields.get("each")?);
    scope.add(scopes::ITEM);
    let template = scope.tree(compiler, fields.get("template")?);
    Some(TemplatesLeg { call, each, layout: scope.finish(), template })
}

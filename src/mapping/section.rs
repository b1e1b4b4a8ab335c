//! A route section: a request that a party makes of us, from route to answer. And `refused`, the way it is told no.

use super::auth::{self, SchemePlan, Way};
use super::fields::{Fields, Reader};
use super::{known, scopes};
use crate::codec::Format;
use crate::language::{Compiler, Layout, Program, Root, ScopeBuilder};
use crate::model::Reason;
use crate::shape::{self, MapShape};
use crate::yaml::Node;

/// Which leg a section belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leg {
    /// A platform's send request.
    Send,
    /// A provider's status webhook.
    Status,
    /// A provider's inbound webhook.
    Inbound,
    /// A platform's question for templates.
    Templates,
}

impl Leg {
    /// The section's key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Status => "status",
            Self::Inbound => "inbound",
            Self::Templates => "templates",
        }
    }
}

/// One way to reach a section.
#[derive(Clone, Debug)]
pub struct Route {
    /// In upper case.
    pub methods: Vec<String>,
    /// With `{name}` for a segment that is read as `$.path.name`.
    pub paths: Vec<String>,
    /// How the body is read.
    pub decode: Format,
    /// Only requests of this content type.
    pub content_type: Option<String>,
    /// In bytes.
    pub max_body: usize,
}

/// Which tenant an event or request names.
#[derive(Debug)]
pub enum TenantRule {
    /// Its name.
    Named(Program),
    /// The one whose number (`None`) or number's member has this value.
    Number(Option<String>, Program),
    /// The one whose setting has this value.
    Setting(String, Program),
}

/// One of `checks:`.
#[derive(Debug)]
pub struct Check {
    /// The reason it refuses with.
    pub refuse: Reason,
    /// Holds: refused (unless `unless`). Absent: always.
    pub when: Option<Program>,
    /// Holds: not refused.
    pub unless: Option<Program>,
    /// For people.
    pub text: Option<Program>,
    /// Extra members of `$.error`.
    pub with: Option<Program>,
}

/// An answer of ours.
#[derive(Debug)]
pub struct AnswerPlan {
    /// HTTP status; 200 if absent.
    pub http: Option<Program>,
    /// A map of headers.
    pub headers: Option<Program>,
    /// The body.
    pub body: Option<Program>,
    /// How the body is written.
    pub encode: Format,
}

/// `refused:` with its scope.
#[derive(Debug)]
pub struct Refusals {
    /// The scope of the plan.
    pub layout: Layout,
    /// The answer.
    pub plan: AnswerPlan,
}

/// `page:`: what is listed.
#[derive(Debug)]
pub struct PagePlan {
    /// The list.
    pub of: Program,
    /// How many on a page.
    pub size: Option<Program>,
    /// The cursor after which the page begins.
    pub after: Option<Program>,
}

/// What a section makes of a request.
#[derive(Debug)]
pub enum Makes {
    /// A model message or event.
    Value(Program),
    /// A page of templates.
    Page(Box<PagePlan>),
}

/// A route section.
#[derive(Debug)]
pub struct Section {
    /// Which leg.
    pub leg: Leg,
    /// Where it is reached.
    pub routes: Vec<Route>,
    /// Instead of the file's schemes.
    pub auth: Option<(Vec<SchemePlan>, Layout)>,
    /// The scope of all programs below.
    pub layout: Layout,
    /// Leaves the section out.
    pub when: Option<Program>,
    /// Names the tenant.
    pub tenant: Option<TenantRule>,
    /// In order.
    pub checks: Vec<Check>,
    /// The model value.
    pub makes: Makes,
    /// `dedupe` was written, so nothing there means "never a repeat".
    pub dedupe_given: bool,
    /// Accepted.
    pub answer: Option<AnswerPlan>,
    /// A repeat, where it is answered differently.
    pub duplicate: Option<AnswerPlan>,
    /// JSON Schema of the body, relative to `schemas/`.
    pub schema: Option<String>,
}

const FORMATS: &[(&str, Format)] = &[
    ("json", Format::Json),
    ("form", Format::Form),
    ("query", Format::Query),
    ("xml", Format::Xml),
    ("text", Format::Text),
];

/// Reads `encode:` or `decode:`.
pub(super) fn format(reader: &mut Reader, node: Option<&Node>, what: &str) -> Format {
    node.and_then(|node| reader.word(node, what, FORMATS)).unwrap_or(Format::Json)
}

/// Reads an answer of that shape; keys that are not an answer's belong to the caller.
pub(super) fn answer(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
    shape: &MapShape,
) -> AnswerPlan {
    let fields = Fields::read(reader, node, shape);
    let mut part = |name: &str| fields.get(name).map(|node| scope.tree(compiler, node));
    let (http, headers, body) = (part("http"), part("headers"), part("body"));
    AnswerPlan { http, headers, body, encode: format(reader, fields.get("encode"), "encode") }
}

/// Reads `refused:`.
pub(super) fn refusals(reader: &mut Reader, compiler: &mut Compiler<'_>, node: &Node) -> Refusals {
    let mut scope = compiler.scope(scopes::REFUSED);
    if let Some(lets) = node.get("let") {
        scope.lets(compiler, lets);
    }
    let plan = answer(reader, compiler, &mut scope, node, &shape::REFUSED);
    Refusals { layout: scope.finish(), plan }
}

/// Reads one route section.
pub(super) fn read(reader: &mut Reader, compiler: &mut Compiler<'_>, leg: Leg, node: &Node) -> Option<Section> {
    let (makes, shape) = match leg {
        Leg::Send => ("message", &shape::PLATFORM_SEND),
        Leg::Status => ("event", &shape::PROVIDER_STATUS),
        Leg::Inbound => ("event", &shape::PROVIDER_INBOUND),
        Leg::Templates => ("page", &shape::PLATFORM_TEMPLATES),
    };
    let fields = Fields::read(reader, node, shape);
    let auth = fields.get("auth").map(|node| auth::read(reader, compiler, Way::In, node));
    let mut scope = compiler.scope(scopes::REQUEST);
    if let Some(outline) = fields.get("schema").and_then(|node| compiler.schema(node)) {
        scope.outline("body", outline);
    }
    if leg == Leg::Templates {
        scope.add(scopes::TEMPLATES);
    }
    if let Some(lets) = fields.get("let") {
        scope.lets(compiler, lets);
    }
    let when = fields.get("when").map(|node| scope.when(compiler, node));
    let tenant = fields.get("tenant").and_then(|node| tenant_rule(reader, compiler, &mut scope, node));
    let checks = fields.get("checks").map_or(&[][..], |node| list(reader, node, "checks"));
    let checks = checks.iter().filter_map(|node| check(reader, compiler, &mut scope, node)).collect();
    let made = fields.get(makes)?;
    let dedupe_given = leg == Leg::Send && made.get("dedupe").is_some();
    let (made, result): (Makes, Root) = if leg == Leg::Templates {
        (Makes::Page(Box::new(page(reader, compiler, &mut scope, made)?)), scopes::PAGE)
    } else {
        let (program, built) = scope.built(compiler, made, known::made_by(leg));
        if leg == Leg::Send {
            compiler.kept(built);
        }
        (Makes::Value(program), scopes::MESSAGE)
    };
    scope.add(result);
    let mut plan = |name: &str| fields.get(name).map(|node| answer(reader, compiler, &mut scope, node, &shape::ANSWER));
    let (accepted, duplicate) = (plan("answer"), plan("duplicate"));
    let routes = fields.get("route").map_or(&[][..], Reader::one_or_many);
    let routes = routes.iter().filter_map(|node| route(reader, node)).collect();
    let schema = fields.get("schema").and_then(|node| reader.text(node, "schema")).map(str::to_owned);
    Some(Section {
        leg,
        routes,
        auth,
        layout: scope.finish(),
        when,
        tenant,
        checks,
        makes: made,
        dedupe_given,
        answer: accepted,
        duplicate,
        schema,
    })
}

fn list<'n>(reader: &mut Reader, node: &'n Node, what: &str) -> &'n [Node] {
    node.as_list().unwrap_or_else(|| {
        reader.error(
            "SB0303",
            node.span,
            format!("{what} must be a list, not {}", node.describe()),
            "begin each item with `- `",
        );
        &[]
    })
}

fn page(reader: &mut Reader, compiler: &mut Compiler<'_>, scope: &mut ScopeBuilder, node: &Node) -> Option<PagePlan> {
    let fields = Fields::read(reader, node, &shape::PAGE);
    let of = scope.list(compiler, fields.get("of")?);
    let mut part = |name: &str| fields.get(name).map(|node| scope.tree(compiler, node));
    Some(PagePlan { of, size: part("size"), after: part("after") })
}

fn check(reader: &mut Reader, compiler: &mut Compiler<'_>, scope: &mut ScopeBuilder, node: &Node) -> Option<Check> {
    let fields = Fields::read(reader, node, &shape::CHECK);
    if fields.get("when").or_else(|| fields.get("unless")).is_none() {
        reader.error("SB0310", node.span, "this check would refuse everything", "add `when:` or `unless:`");
    }
    let refuse = reason(reader, fields.get("refuse")?)?;
    let mut condition = |name: &str| fields.get(name).map(|node| scope.check(compiler, node, name == "unless"));
    let (when, unless) = (condition("when"), condition("unless"));
    let decided = |name: &str, value: bool| fields.get(name).filter(|node| node.as_bool() == Some(value));
    if let Some(node) = decided("when", false).or_else(|| decided("unless", true)) {
        reader.warning("SB0231", node.span, "this check never refuses", "remove it, or write its condition");
    }
    if let (None, Some(unless)) = (&when, fields.get("unless")) {
        // Whoever passes has it.
        scope.learn(compiler, unless);
    }
    let mut tree = |name: &str| fields.get(name).map(|node| scope.tree(compiler, node));
    Some(Check { refuse, when, unless, text: tree("text"), with: tree("with") })
}

/// Reads a word of the closed list of reasons.
pub(super) fn reason(reader: &mut Reader, node: &Node) -> Option<Reason> {
    let words: Vec<(&str, Reason)> = Reason::ALL.iter().map(|reason| (reason.as_str(), *reason)).collect();
    reader.word(node, "a reason", &words)
}

fn tenant_rule(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
) -> Option<TenantRule> {
    let Some(members) = node.as_map() else { return Some(TenantRule::Named(scope.tree(compiler, node))) };
    if let [(key, value)] = members {
        let value = scope.tree(compiler, value);
        match key.text.split_once('.') {
            None if &*key.text == "number" => return Some(TenantRule::Number(None, value)),
            Some(("number", name)) => return Some(TenantRule::Number(Some(name.to_owned()), value)),
            Some(("settings", name)) if compiler.declares(name) => {
                compiler.setting_is_read(Some(name));
                return Some(TenantRule::Setting(name.to_owned(), value));
            }
            Some(("settings", name)) => {
                let message = format!("the setting `{name}` is not declared");
                reader.error("SB0204", key.span, message, "declare it under `settings:` with its type");
                return None;
            }
            _ => {}
        }
    }
    reader.error(
        "SB0311",
        node.span,
        "this does not say whose it is",
        "an expression that yields the tenant's name, or { number: … }, { number.NAME: … }, { settings.NAME: … }",
    );
    None
}

fn route(reader: &mut Reader, node: &Node) -> Option<Route> {
    let fields = Fields::read(reader, node, &shape::ROUTE);
    let mut texts = |name: &str| -> Vec<String> {
        let nodes = fields.get(name).map_or(&[][..], Reader::one_or_many);
        nodes.iter().filter_map(|node| reader.text(node, name).map(str::to_owned)).collect()
    };
    let methods: Vec<String> = texts("method").into_iter().map(|method| method.to_ascii_uppercase()).collect();
    let paths = texts("path");
    if let Some(node) = fields.get("path") {
        for wrong in paths.iter().filter(|path| !path.starts_with('/') || path.contains(['?', '#', ' '])) {
            reader.error(
                "SB0312",
                node.span,
                format!("`{wrong}` is no path"),
                "begin with `/`; no query; {name} stands for one segment",
            );
        }
    }
    let max_body = fields.get("max_body").map_or(Some(256 * 1024), |node| size(reader, node))?;
    let content_type = fields.get("type").and_then(|node| reader.text(node, "type")).map(str::to_owned);
    Some(Route { methods, paths, decode: format(reader, fields.get("decode"), "decode"), content_type, max_body })
}

fn size(reader: &mut Reader, node: &Node) -> Option<usize> {
    let text = node.scalar_text()?;
    let (number, unit) = text
        .strip_suffix("KiB")
        .map(|n| (n, 1024))
        .or_else(|| text.strip_suffix("MiB").map(|n| (n, 1024 * 1024)))
        .unwrap_or((&text, 1));
    let size = number
        .trim()
        .parse::<usize>()
        .ok()
        .and_then(|n| n.checked_mul(unit))
        .filter(|size| (1..=16 * 1024 * 1024).contains(size));
    if size.is_none() {
        reader.error(
            "SB0304",
            node.span,
            format!("`{text}` is no size"),
            "bytes, KiB or MiB, at most 16MiB: for example 256KiB",
        );
    }
    size
}

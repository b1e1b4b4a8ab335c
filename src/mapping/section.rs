//! A route section: a request that a party makes of us, from route to answer.

use super::answer::{self, AnswerPlan};
use super::auth::{self, SchemePlan, Way};
use super::checks::{Check, check};
use super::fields::{Fields, Reader};
use super::route::{Route, route, segments};
use super::{known, scopes};
use crate::language::{Compiler, Layout, Program, ScopeBuilder};
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
    /// A request that is answered here.
    Local,
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
            Self::Local => "local",
        }
    }
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

impl TenantRule {
    /// What it reads.
    #[must_use]
    pub fn program(&self) -> &Program {
        match self {
            Self::Named(program) | Self::Number(_, program) | Self::Setting(_, program) => program,
        }
    }
}

/// What becomes of a batch with a bad item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Batch {
    /// The good ones are accepted.
    #[default]
    Items,
    /// Nothing is.
    Whole,
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
    /// Nothing: it is answered, and that is all.
    Nothing,
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
    /// Something in it reads the tenant's name or settings.
    pub reads_tenant: bool,
    /// The headers that something in it reads; an empty one stands for all of them.
    pub headers: Vec<Box<str>>,
    /// Where its items are, a list a level; empty: one request is one message or event.
    pub each: Vec<Program>,
    /// What becomes of a batch with a bad item.
    pub batch: Batch,
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

/// A section's keys, and the one that holds what it makes.
const fn keys(leg: Leg) -> (&'static MapShape, &'static str) {
    match leg {
        Leg::Send => (&shape::PLATFORM_SEND, "message"),
        Leg::Status => (&shape::PROVIDER_STATUS, "event"),
        Leg::Inbound => (&shape::PROVIDER_INBOUND, "event"),
        Leg::Templates => (&shape::PLATFORM_TEMPLATES, "page"),
        Leg::Local => (&shape::LOCAL, "answer"),
    }
}

/// Why `when`, `each` and `tenant` cannot ask the gateway.
const NOBODY: &str = "this is read before it is known whose request it is";

/// Reads one route section.
pub(super) fn read(reader: &mut Reader, compiler: &mut Compiler<'_>, leg: Leg, node: &Node) -> Option<Section> {
    let (shape, makes) = keys(leg);
    let fields = Fields::read(reader, node, shape);
    let auth = fields.get("auth").map(|node| auth::read(reader, compiler, Way::In, node));
    let levels = fields.get("each").map_or(&[][..], Reader::one_or_many);
    let mut scope = compiler.scope(scopes::REQUEST);
    let routes = fields.get("route").map_or(&[][..], Reader::one_or_many);
    let routes: Vec<Route> = routes.iter().filter_map(|node| route(reader, node)).collect();
    let path = compiler.texts(&segments(&routes));
    scope.outline("path", path);
    if let Some(outline) = fields.get("schema").and_then(|node| compiler.schema(node)) {
        scope.outline("body", outline);
    }
    if leg == Leg::Templates {
        scope.add(scopes::TEMPLATES);
    }
    let named: &[_] = match levels.len() {
        0 => &[],
        1 => scopes::EACH,
        _ => scopes::EACH_OF_EACH,
    };
    named.iter().for_each(|root| scope.add(*root));
    let found = items_of_body(compiler, &mut scope, levels);
    if let Some(lets) = fields.get("let") {
        scope.lets(compiler, lets);
    }
    scope.silent(Some(NOBODY));
    let when = fields.get("when").map(|node| scope.when(compiler, node));
    whole(reader, fields.get("when"), when.iter(), "`when` leaves the whole request out");
    let each = found.unwrap_or_else(|| levels.iter().map(|node| scope.list(compiler, node)).collect());
    whole(reader, levels.first(), each.first(), "`each` is what finds the items");
    let batch = fields.get("batch").and_then(|node| batch(reader, node, &each)).unwrap_or_default();
    let tenant = fields.get("tenant").and_then(|node| tenant_rule(reader, compiler, &mut scope, node));
    scope.silent(None);
    if leg == Leg::Send {
        let rule = tenant.as_ref().map(TenantRule::program);
        whole(reader, fields.get("tenant"), rule, "all messages of one request are one tenant's");
    }
    let checks = fields.get("checks").map_or(&[][..], |node| list(reader, node, "checks"));
    let checks: Vec<Check> = checks.iter().filter_map(|node| check(reader, compiler, &mut scope, node)).collect();
    let made = fields.get(makes)?;
    let dedupe_given = leg == Leg::Send && made.get("dedupe").is_some();
    let makes = match leg {
        Leg::Local => Makes::Nothing,
        Leg::Templates => {
            let page = page(reader, compiler, &mut scope, made)?;
            scope.add(scopes::PAGE);
            Makes::Page(Box::new(page))
        }
        Leg::Send | Leg::Status | Leg::Inbound => {
            let (program, built) = scope.built(compiler, made, known::made_by(leg));
            if leg == Leg::Send {
                compiler.kept(built);
            }
            Makes::Value(program)
        }
    };
    match (leg, each.is_empty()) {
        (Leg::Send, true) => scope.add(scopes::MESSAGE),
        (Leg::Send, false) => scopes::RESULTS.iter().for_each(|root| scope.add(*root)),
        _ => {}
    }
    let mut plan = |name: &str| {
        let node = fields.get(name)?;
        let plan = answer::answer(reader, compiler, &mut scope, node, &shape::ANSWER);
        whole(reader, Some(node), plan.parts().into_iter().flatten(), "one answer is given for all items");
        Some(plan)
    };
    let (answer, duplicate) = (plan("answer"), plan("duplicate"));
    let schema = fields.get("schema").and_then(|node| reader.text(node, "schema")).map(str::to_owned);
    let of_tenant = |program: &Program| {
        program.asks() || program.reads().iter().any(|(root, _)| matches!(&**root, "settings" | "tenant"))
    };
    let plans = [&answer, &duplicate].into_iter().flatten().flat_map(AnswerPlan::parts).flatten();
    let said: Vec<&Program> = checks.iter().flat_map(Check::programs).chain(plans).collect();
    let reads_tenant = said.iter().any(|program| of_tenant(program));
    let made = if let Makes::Value(program) = &makes { Some(program) } else { None };
    let first = when.iter().chain(&each).chain(tenant.as_ref().map(TenantRule::program)).chain(made);
    let reads = first.chain(said).flat_map(Program::reads);
    let headers = reads.filter(|(root, _)| &**root == "headers").map(|(_, name)| name.clone()).collect();
    Some(Section {
        leg,
        routes,
        auth,
        layout: scope.finish(),
        when,
        tenant,
        reads_tenant,
        headers,
        each,
        batch,
        checks,
        makes,
        dedupe_given,
        answer,
        duplicate,
        schema,
    })
}

/// The lists of items, compiled before anything reads one, so that what is known of an item is known there: where all of
/// them are found in the body itself, and not by way of a `let`, which may read an item.
fn items_of_body(compiler: &mut Compiler<'_>, scope: &mut ScopeBuilder, levels: &[Node]) -> Option<Vec<Program>> {
    let begins = |node: &Node, root: &str| {
        let rest = node.as_text().and_then(|text| text.strip_prefix(root));
        rest.is_some_and(|rest| rest.starts_with(['.', '[']) && !rest.contains("$."))
    };
    let mut roots = std::iter::once("$.body").chain(std::iter::repeat("$.item"));
    if !levels.iter().all(|node| roots.next().is_some_and(|root| begins(node, root))) {
        return None;
    }
    let mut around = None;
    let found = levels.iter().map(|node| {
        let (program, item) = scope.items(compiler, node);
        if let Some(around) = around.replace(item) {
            scope.outline("outer", around);
        }
        scope.outline("item", item);
        program
    });
    Some(found.collect())
}

/// Reports what is asked once a request, and reads what differs from item to item.
fn whole<'p>(reader: &mut Reader, node: Option<&Node>, programs: impl IntoIterator<Item = &'p Program>, why: &str) {
    if let Some(node) = node.filter(|_| programs.into_iter().any(Program::varies)) {
        reader.error(
            "SB0320",
            node.span,
            format!("this reads what differs from item to item, but {why}"),
            "it cannot read `$.item`, `$.index`, `$.outer`, nor a `let` that reads them",
        );
    }
}

fn batch(reader: &mut Reader, node: &Node, each: &[Program]) -> Option<Batch> {
    if each.is_empty() {
        reader.error("SB0323", node.span, "`batch` is of sections with `each`", "add `each:`, or remove `batch:`");
    }
    reader.word(node, "batch", &[("items", Batch::Items), ("whole", Batch::Whole)])
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

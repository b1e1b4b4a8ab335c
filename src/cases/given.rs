//! What a case starts from: a tenant made of its `given`, and what would be known around it.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::Material;
use super::counterpart;
use super::suite::{Case, Subject};
use super::wanted::{Shape, Trees, Wanted};
use crate::config::{self, Files, NoSecret, Reference, Snapshot};
use crate::diagnostic::{Diagnostic, Source};
use crate::language::Program;
use crate::mapping::{Mapping, Party, SchemePlan};
use crate::model::{Secret, Template};
use crate::value::{Arena, Timestamp, Tree};

/// The name of the tenant that every case has.
const TENANT: &str = "case";

/// What a case starts from.
pub(super) struct Given {
    /// With exactly one tenant.
    pub(super) snapshot: Arc<Snapshot>,
    /// `None`: never synced.
    pub(super) templates: Option<Vec<Arc<Template>>>,
    pub(super) suppressed: Vec<String>,
    /// Words that the platform was told before.
    pub(super) said: Vec<String>,
    pub(super) message: Wanted,
    pub(super) quoted: Option<Tree>,
    pub(super) last: Option<Tree>,
    pub(super) now: Timestamp,
    /// The private RSA key (PEM) of whoever signs requests with one.
    pub(super) key: String,
}

type Broken = Box<Diagnostic>;

impl Given {
    /// Reads a case's `given`, each layer laid over the one before, and makes its tenant.
    pub(super) fn read(
        subject: &Subject,
        mapping: &Mapping,
        case: &Case,
        trees: &Trees<'_>,
        material: &Material<'_>,
    ) -> Result<Self, Broken> {
        let mut given = Wanted::empty();
        for (_, node) in &case.given {
            given = given.under(trees.read(node)?);
        }
        let snapshot = Arc::new(snapshot(subject, mapping, case, &given, material)?);
        Self::of(snapshot, trees, &given, (material.rsa_key_pem, material.now))
    }

    /// What is given beside a snapshot that is there already.
    pub(super) fn of(
        snapshot: Arc<Snapshot>,
        trees: &Trees<'_>,
        given: &Wanted,
        (key, at): (&str, Timestamp),
    ) -> Result<Self, Broken> {
        let tree = |name: &str| given.get(name).and_then(Wanted::tree);
        Ok(Self {
            snapshot,
            templates: templates(trees, given.get("templates"))?,
            suppressed: list(trees, given, "suppressed")?,
            said: list(trees, given, "said")?,
            message: given.get("message").cloned().unwrap_or_else(Wanted::empty),
            quoted: tree("quoted"),
            last: tree("last"),
            now: now(trees, given.get("now"), at)?,
            key: key.to_owned(),
        })
    }
}

fn templates(trees: &Trees<'_>, given: Option<&Wanted>) -> Result<Option<Vec<Arc<Template>>>, Broken> {
    let Some(given) = given.filter(|given| !matches!(given.shape, Shape::Omit)) else { return Ok(None) };
    let Shape::List(items) = &given.shape else {
        return Err(trees.problem("SB0608", given.span, "`templates` is a list of templates as the model has them"));
    };
    let read = |item: &Wanted| {
        let arena = Arena::new();
        let tree = item.tree().unwrap_or_default();
        let template = Template::read(tree.view(&arena));
        template.map(Arc::new).map_err(|refusal| {
            let text = refusal.said();
            trees.problem("SB0608", item.span, format!("this is no template of the model: {text}"))
        })
    };
    items.iter().map(read).collect::<Result<_, _>>().map(Some)
}

/// A list of texts.
fn list(trees: &Trees<'_>, given: &Wanted, name: &str) -> Result<Vec<String>, Broken> {
    let given = given.get(name);
    match given.and_then(Wanted::tree) {
        None => Ok(Vec::new()),
        Some(Tree::List(items)) if items.iter().all(|item| item.as_text().is_some()) => {
            Ok(items.iter().filter_map(Tree::as_text).map(str::to_owned).collect())
        }
        Some(_) => {
            let span = given.map(|given| given.span).unwrap_or_default();
            Err(trees.problem("SB0608", span, format!("`{name}` is a list of texts; put numbers in quotes")))
        }
    }
}

fn now(trees: &Trees<'_>, given: Option<&Wanted>, now: Timestamp) -> Result<Timestamp, Broken> {
    let Some(given) = given.filter(|given| !matches!(given.shape, Shape::Omit)) else { return Ok(now) };
    let read = given.tree().and_then(|tree| tree.as_text().and_then(|text| text.parse::<jiff::Timestamp>().ok()));
    let wrong = || trees.problem("SB0608", given.span, "`now` is a time such as \"2026-11-04T09:14:06Z\"");
    read.map(|time| Timestamp::from_millis(time.as_millisecond())).ok_or_else(wrong)
}

/// A snapshot with one tenant, made the way a tenant's file is.
fn snapshot(
    subject: &Subject,
    mapping: &Mapping,
    case: &Case,
    given: &Wanted,
    material: &Material<'_>,
) -> Result<Snapshot, Broken> {
    let mut secrets = Vec::new();
    let text = tenant(mapping, given, material, &mut secrets);
    let tenants = vec![Source::new("the tenant of a case", text)];
    let files = Files {
        mappings: subject.files.mappings.clone(),
        tenants,
        public_url: subject.files.public_url.clone(),
        ..Files::default()
    };
    let resolve = |reference: &Reference| {
        let (Reference::Env(place) | Reference::File(place)) = reference;
        let secret = place.parse().ok().and_then(|place: usize| secrets.get(place).cloned());
        secret.map(Secret::new).ok_or_else(|| NoSecret::Env(place.clone()))
    };
    let (snapshot, problems) = config::build(&files, Some(&subject.base), &resolve, [0; 32]);
    let ours = |problem: &&Diagnostic| {
        let place = problem.place.as_ref().map(|(source, _)| &*source.name);
        place == Some("the tenant of a case") && problem.is_error()
    };
    if let Some(problem) = problems.iter().find(ours) {
        let mut broken = Diagnostic::error("SB0606", format!("`given` makes no tenant: {}", problem.message));
        broken.help.clone_from(&problem.help);
        // Which layer of `given` it stands in is not known here; the case is.
        return Err(Box::new(broken.at(&case.source, case.span)));
    }
    Ok(snapshot)
}

/// The tenant's file as JSON, which is YAML. Credentials are by reference, as they should be.
fn tenant(mapping: &Mapping, given: &Wanted, material: &Material<'_>, secrets: &mut Vec<String>) -> String {
    let own = mapping.name.as_str();
    let (platform, provider) = match mapping.party {
        Party::Platform => (own, counterpart::NAME),
        Party::Provider => (counterpart::NAME, own),
    };
    let part = |name: &str| given.get(name).and_then(Wanted::tree).map(|tree| json!(tree));
    let mut file = json!({"tenant": TENANT, "platform": platform, "provider": provider});
    let keys = key_names(mapping);
    let mut credentials = Map::new();
    for (name, value) in given.get("credentials").and_then(Wanted::tree).iter().flat_map(members) {
        let values = value.as_list().unwrap_or(std::slice::from_ref(value)).iter();
        let references = values.map(|value| {
            let text = value.as_text().map_or_else(|| json!(value).to_string(), str::to_owned);
            secrets.push(if keys.contains(&name) { material.rsa_key_pem.to_owned() } else { text });
            Json::from(format!("${{env:{}}}", secrets.len() - 1))
        });
        credentials.insert(name.to_owned(), references.collect());
    }
    let parts = [
        ("numbers", part("numbers")),
        ("keywords", part("keywords")),
        ("settings", part("settings").map(|settings| json!({own: settings}))),
        ("credentials", Some(json!({own: credentials}))),
    ];
    for (name, value) in parts {
        if let (Some(value), Some(file)) = (value, file.as_object_mut()) {
            file.insert(name.to_owned(), value);
        }
    }
    file.to_string()
}

fn members(tree: &Tree) -> impl Iterator<Item = (&str, &Tree)> {
    let members = if let Tree::Map(members) = tree { &**members } else { &[] };
    members.iter().map(|(name, value)| (&**name, value))
}

/// Credentials that calls are signed with: whatever stands there, keys are made for the run.
pub(super) fn key_names(mapping: &Mapping) -> Vec<&str> {
    let calls = mapping.calls().filter_map(|call| call.auth.as_ref());
    let keys = mapping
        .auth_out
        .0
        .iter()
        .chain(calls)
        .filter_map(|scheme| if let SchemePlan::JwtRs256 { key, .. } = scheme { Some(key) } else { None });
    keys.flat_map(Program::reads).filter(|(root, _)| &**root == "credentials").map(|(_, name)| &**name).collect()
}

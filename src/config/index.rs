//! Whose numbers, whose credentials: what a request is resolved by, and the clashes it forbids.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::schemes;
use super::tenant::Tenant;
use super::{Found, RouteTable, Snapshot};
use crate::auth::{self, Scheme};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::mapping::{Mapping, Party, Route};
use crate::model::{Name, Secret};

/// A tenant with the file it came from.
pub(super) type Placed = (Arc<Tenant>, Source);

/// Leaves out tenants whose name, numbers or credentials are another's; both files are named.
pub(super) fn without_clashes(tenants: Vec<Placed>, problems: &mut Vec<Diagnostic>) -> Vec<Placed> {
    let mut names: HashMap<Name, Source> = HashMap::new();
    let mut numbers: HashMap<(Name, String), Source> = HashMap::new();
    let mut credentials: HashMap<String, Source> = HashMap::new();
    let mut kept = Vec::new();
    for (tenant, source) in tenants {
        let before = problems.len();
        if let Some(other) = names.get(&tenant.name) {
            clash(&source, other, format!("the tenant `{}` is declared twice", tenant.name), problems);
        }
        for number in tenant.numbers.iter().filter(|number| number.inbound) {
            if let Some(other) = numbers.get(&number_key(&tenant, number.number.as_str())) {
                let what = format!("the number {} belongs to two tenants", number.number.as_str());
                clash(&source, other, what, problems);
            }
        }
        let own = identities(&tenant);
        if let Some(other) = own.iter().find_map(|identity| credentials.get(identity)) {
            clash(
                &source,
                other,
                format!("two tenants have the same credentials at `{}`", tenant.platform.name),
                problems,
            );
        }
        if problems.len() == before {
            names.insert(tenant.name.clone(), source.clone());
            let inbound = tenant.numbers.iter().filter(|number| number.inbound);
            numbers.extend(inbound.map(|number| (number_key(&tenant, number.number.as_str()), source.clone())));
            credentials.extend(own.into_iter().map(|identity| (identity, source.clone())));
            kept.push((tenant, source));
        }
    }
    kept
}

fn clash(source: &Source, other: &Source, what: String, problems: &mut Vec<Diagnostic>) {
    problems.push(
        Diagnostic::error("SB0503", what)
            .at(source, Span::default())
            .help(format!("the other file is {}", other.name))
            .help("the tenant that was there before is taken, else the file that comes first by name; this one is not"),
    );
}

fn number_key(tenant: &Tenant, number: &str) -> (Name, String) {
    (tenant.provider.name.clone(), number.to_owned())
}

/// The platform-side credentials that tell this tenant from others, each alternative of a rotated one by itself, in no
/// form that leaves this file.
fn identities(tenant: &Tenant) -> Vec<String> {
    let schemes = schemes::incoming(&tenant.platform, &tenant.platform.auth_in, &tenant.platform_side);
    let texts = schemes.iter().flat_map(|scheme| match scheme {
        Scheme::Basic { username, password } => each("basic", &[username, password]),
        Scheme::Bearer { token, .. } => each("bearer", &[token]),
        Scheme::Header(rules) => {
            let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
            each(&names.join(" "), &rules.iter().map(|rule| &rule.value).collect::<Vec<_>>())
        }
        Scheme::Query { value, .. } => each("query", &[value]),
        Scheme::None | Scheme::JwtHs256 { .. } => Vec::new(),
    });
    texts.map(|text| format!("{} {text}", tenant.platform.name)).collect()
}

/// Every choice of one alternative a part.
fn each(kind: &str, parts: &[&Vec<Secret>]) -> Vec<String> {
    parts.iter().fold(vec![kind.to_owned()], |known, part| {
        let longer =
            |text: &String| part.iter().map(|secret| format!("{text}\u{1f}{}", secret.expose())).collect::<Vec<_>>();
        known.iter().flat_map(longer).collect()
    })
}

/// Builds the snapshot of mappings and tenants that have no problem. `key`: random, new at each start.
pub(super) fn snapshot(
    mappings: BTreeMap<(Party, Name), Arc<Mapping>>,
    tenants: Vec<Placed>,
    before: Option<&Snapshot>,
    key: [u8; 32],
    problems: &mut Vec<Diagnostic>,
) -> Snapshot {
    let tenants: Vec<Arc<Tenant>> = tenants.into_iter().map(|(tenant, _)| tenant).collect();
    let mut routes = RouteTable::default();
    let mut credentials = Vec::new();
    for mapping in mappings.values() {
        let shared = credentials.len();
        credentials.push(auth::Index::build(key, entries(mapping, None, &tenants)));
        for (place, section) in mapping.sections().enumerate() {
            let own = section.auth.is_some();
            let index = if own { credentials.len() } else { shared };
            if own {
                credentials.push(auth::Index::build(key, entries(mapping, Some(place), &tenants)));
            }
            let owner = |method: &str, path: &str| owner(before, &mappings, method, path);
            routes.add(mapping, place, index, &owner, problems);
        }
    }
    let by_name = tenants.iter().enumerate().map(|(place, tenant)| (tenant.name.clone(), place)).collect();
    let by_number = tenants
        .iter()
        .enumerate()
        .flat_map(|(place, tenant)| {
            let inbound = tenant.numbers.iter().filter(|number| number.inbound);
            inbound.map(move |number| (number_key(tenant, number.number.as_str()), place))
        })
        .collect();
    Snapshot { mappings, tenants, routes, credentials, by_name, by_number }
}

/// The mapping that has that route already, if it still declares it: a newcomer does not take it away.
fn owner<'m>(
    before: Option<&Snapshot>,
    mappings: &'m BTreeMap<(Party, Name), Arc<Mapping>>,
    method: &str,
    path: &str,
) -> Option<&'m Arc<Mapping>> {
    let Found::Sections(hits, _) = before?.routes.find(method, path) else { return None };
    let known = &hits.first()?.mapping;
    let now = mappings.get(&(known.party, known.name.clone()))?;
    let mut routes = now.sections().flat_map(|section| &section.routes);
    let declares = |route: &Route| route.methods.iter().any(|m| m == method) && route.paths.iter().any(|p| p == path);
    routes.any(declares).then_some(now)
}

fn entries(mapping: &Arc<Mapping>, section: Option<usize>, tenants: &[Arc<Tenant>]) -> Vec<(usize, Scheme)> {
    let schemes = section.and_then(|place| mapping.sections().nth(place)?.auth.as_ref()).unwrap_or(&mapping.auth_in);
    // By name: one kept on its last good version may still hold an older mapping of that name.
    let users = tenants.iter().enumerate().filter(|(_, tenant)| tenant.mapping(mapping.party).name == mapping.name);
    users
        .flat_map(|(place, tenant)| {
            let values = schemes::incoming(mapping, schemes, tenant.side(mapping.party));
            values.into_iter().map(move |scheme| (place, scheme))
        })
        .collect()
}

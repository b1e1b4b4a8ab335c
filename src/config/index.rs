//! Whose numbers, whose credentials: what a request is resolved by, and the clashes it forbids.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::schemes;
use super::tenant::Tenant;
use super::{RouteTable, Snapshot};
use crate::auth::{self, Scheme};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::mapping::{Mapping, Party};
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
            .help("the file that comes first by name is taken, this one is not"),
    );
}

fn number_key(tenant: &Tenant, number: &str) -> (Name, String) {
    (tenant.provider.name.clone(), number.to_owned())
}

/// The platform-side credentials that tell this tenant from others, in no form that leaves this file.
fn identities(tenant: &Tenant) -> Vec<String> {
    let joined = |secrets: &[Secret]| secrets.iter().map(Secret::expose).collect::<Vec<_>>().join("\u{1f}");
    let schemes = schemes::incoming(&tenant.platform, &tenant.platform.auth_in, &tenant.platform_side);
    let texts = schemes.iter().filter_map(|scheme| match scheme {
        Scheme::Basic { username, password } => Some(format!("basic {} {}", joined(username), joined(password))),
        Scheme::Bearer { token, .. } => Some(format!("bearer {}", joined(token))),
        Scheme::Header(rules) => {
            Some(rules.iter().map(|rule| format!("{} {}", rule.name, joined(&rule.value))).collect())
        }
        Scheme::Query { value, .. } => Some(format!("query {}", joined(value))),
        Scheme::None | Scheme::JwtHs256 { .. } => None,
    });
    texts.map(|text| format!("{} {text}", tenant.platform.name)).collect()
}

/// Builds the snapshot of mappings and tenants that have no problem. `key`: random, new at each start.
pub(super) fn snapshot(
    mappings: BTreeMap<(Party, Name), Arc<Mapping>>,
    tenants: Vec<Placed>,
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
            routes.add(mapping, place, index, problems);
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

fn entries(mapping: &Arc<Mapping>, section: Option<usize>, tenants: &[Arc<Tenant>]) -> Vec<(usize, Scheme)> {
    let schemes = section.and_then(|place| mapping.sections().nth(place)?.auth.as_ref()).unwrap_or(&mapping.auth_in);
    let users = tenants.iter().enumerate().filter(|(_, tenant)| Arc::ptr_eq(tenant.mapping(mapping.party), mapping));
    users
        .flat_map(|(place, tenant)| {
            let values = schemes::incoming(mapping, schemes, tenant.side(mapping.party));
            values.into_iter().map(move |scheme| (place, scheme))
        })
        .collect()
}

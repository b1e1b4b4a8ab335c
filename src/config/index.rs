//! Whose numbers, whose credentials: what a request is resolved by, and the clashes it forbids.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::schemes;
use super::tenant::Tenant;
use super::versions::{Notes, Versions};
use super::{Defaults, Found, RouteTable, Snapshot};
use crate::auth::{self, Entry};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::mapping::{Mapping, Party, Route, SchemePlan};
use crate::model::Name;

/// A tenant with the file it came from.
pub(super) type Placed = (Arc<Tenant>, Source);

/// Leaves out tenants whose name, numbers or credentials are another's; both files are named.
pub(super) fn without_clashes(tenants: Vec<Placed>, key: &[u8; 32], problems: &mut Vec<Diagnostic>) -> Vec<Placed> {
    let mut names: HashMap<Name, Source> = HashMap::new();
    let mut numbers: HashMap<(Name, String), Source> = HashMap::new();
    let mut credentials: HashMap<(Name, [u8; 32]), Source> = HashMap::new();
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
        let own = identities(&tenant, key);
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

/// The platform-side credentials that tell this tenant from others, each alternative of a rotated one by itself.
fn identities(tenant: &Tenant, key: &[u8; 32]) -> Vec<(Name, [u8; 32])> {
    let own = tenant.entries.get(&(Party::Platform, None)).into_iter().flatten();
    own.flat_map(|entry| entry.hashes(key)).map(|hash| (tenant.platform.name.clone(), *hash)).collect()
}

/// A tenant's schemes with its values, by party and section; those of the party as a whole stand under `None`.
pub(super) type Entries = BTreeMap<(Party, Option<usize>), Vec<Arc<Entry>>>;

/// Made once for a tenant, for all indexes of all snapshots that it will be in.
pub(super) fn entries_of(tenant: &Tenant) -> Entries {
    let mut entries = Entries::new();
    for party in [Party::Platform, Party::Provider] {
        let (mapping, side) = (tenant.mapping(party), tenant.side(party));
        let own =
            mapping.sections().enumerate().filter_map(|(place, section)| Some((Some(place), section.auth.as_ref()?)));
        for (place, auth) in std::iter::once((None, &mapping.auth_in)).chain(own) {
            let schemes = schemes::incoming(mapping, auth, tenant.name.as_str(), side);
            entries.insert((party, place), schemes.into_iter().map(Into::into).collect());
        }
    }
    entries
}

/// Builds the snapshot of mappings and tenants that have no problem. `key`: random, new at each start.
pub(super) fn snapshot(
    versions: Versions,
    tenants: Vec<Placed>,
    notes: Notes,
    (before, key): (Option<&Snapshot>, [u8; 32]),
    problems: &mut Vec<Diagnostic>,
) -> Snapshot {
    let tenants: Vec<Arc<Tenant>> = tenants.into_iter().map(|(tenant, _)| tenant).collect();
    let Versions { by_file, defaults: mut mappings, all: mut loaded, .. } = versions;
    for mapping in used(&tenants) {
        // A mapping whose file is gone stays for as long as somebody uses it.
        mappings.entry((mapping.party, mapping.name.clone())).or_insert_with(|| mapping.clone());
        if loaded.iter().all(|known| !same(known, &mapping)) {
            loaded.push(mapping);
        }
    }
    let served: Vec<Arc<Mapping>> = mappings.values().cloned().collect();
    let pinned = used(&tenants).into_iter().filter(|mapping| served.iter().all(|known| !same(known, mapping)));
    let mut routes = RouteTable::default();
    let mut credentials = Vec::new();
    for mapping in served.iter().cloned().chain(pinned) {
        let shared = credentials.len();
        let indexed = |section| auth::Index::build(key, entries(&mapping, section, &tenants));
        credentials.push(indexed(None));
        for (place, section) in mapping.sections().enumerate() {
            let own = section.auth.is_some();
            let index = if own { credentials.len() } else { shared };
            if own {
                credentials.push(indexed(Some(place)));
            }
            let owner = |method: &str, path: &str| owner(before, &mappings, method, path);
            routes.add(&mapping, place, index, &owner, problems);
        }
        let places = credentials[shared..].iter().flat_map(auth::Index::crowded).collect::<BTreeSet<_>>();
        problems.extend(places.into_iter().filter_map(|place| Some(crowded(&mapping, tenants.get(*place)?))));
    }
    let by_name = tenants.iter().enumerate().map(|(place, tenant)| (tenant.name.clone(), place)).collect();
    let of_file = tenants.iter().enumerate().map(|(place, tenant)| (tenant.source.name.clone(), place)).collect();
    let by_number = tenants
        .iter()
        .enumerate()
        .flat_map(|(place, tenant)| {
            let inbound = tenant.numbers.iter().filter(|number| number.inbound);
            inbound.map(move |number| (number_key(tenant, number.number.as_str()), place))
        })
        .collect();
    Snapshot {
        mappings,
        by_file,
        loaded,
        tenants,
        routes,
        credentials,
        public_url: None,
        keys: Arc::default(),
        schemas: None,
        defaults: Defaults::default(),
        notes,
        by_name,
        of_file,
        by_number,
    }
}

/// The mappings that tenants mean, each once.
fn used(tenants: &[Arc<Tenant>]) -> Vec<Arc<Mapping>> {
    let all = tenants.iter().flat_map(|tenant| [&tenant.platform, &tenant.provider]);
    let mut seen = HashSet::new();
    all.filter(|mapping| seen.insert(Arc::as_ptr(mapping))).cloned().collect()
}

/// The same text of the same party.
pub(super) fn same(one: &Mapping, other: &Mapping) -> bool {
    (one.party, &one.name, &one.version) == (other.party, &other.name, &other.version)
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

/// Where the mapping's own schemes count, the tenants of all its versions are found, each by those of its version: one
/// account may send for several. Where a section has its own, only the tenants of that very version.
fn entries(mapping: &Mapping, section: Option<usize>, tenants: &[Arc<Tenant>]) -> Vec<(usize, Arc<Entry>)> {
    let of_party = |tenant: &Tenant| tenant.mapping(mapping.party).name == mapping.name;
    let users = tenants.iter().enumerate();
    let users = users.filter(|(_, tenant)| tenant.means(mapping) || section.is_none() && of_party(tenant));
    let own = users.flat_map(|(place, tenant)| {
        let entries = tenant.entries.get(&(mapping.party, section)).into_iter().flatten();
        entries.map(move |entry| (place, entry.clone()))
    });
    own.collect()
}

/// Reports signatures over a URL that is not known, where a tenant relies on them.
pub(super) fn report_signed_urls(snapshot: &Snapshot, problems: &mut Vec<Diagnostic>) {
    if snapshot.public_url.is_some() {
        return;
    }
    for mapping in used(&snapshot.tenants) {
        let own = mapping.sections().filter_map(|section| section.auth.as_ref());
        let schemes = std::iter::once(&mapping.auth_in).chain(own).flat_map(|(schemes, _)| schemes);
        problems.extend(schemes.filter_map(|scheme| without_url(&mapping, scheme)));
    }
}

/// A signature over the URL as the caller wrote it: only the operator knows what that is.
fn without_url(mapping: &Mapping, scheme: &SchemePlan) -> Option<Diagnostic> {
    let SchemePlan::Hmac(plan) = scheme else { return None };
    let what = "`$.url` is signed, and what callers reach this gateway by is not known";
    let problem = Diagnostic::error("SB0510", what).at(&mapping.source, plan.url?);
    Some(problem.help("start with --public-url https://HOST, or set `public_url` in switchboard.yaml"))
}

/// A tenant whom a signature alone does not find.
fn crowded(mapping: &Mapping, tenant: &Tenant) -> Diagnostic {
    let most = auth::MOST_KEYS;
    let what = format!("`{}` has more than {most} tenants whom its signatures cannot tell apart", mapping.name);
    Diagnostic::error("SB0511", format!("{what}: signatures of `{}` are not accepted", tenant.name))
        .at(&tenant.source, Span::default())
        .help("a signature alone does not say whose it is, and trying every secret would let strangers keep us busy")
        .help("give `hmac` an `identity`, for example { read: $.path.account, value: $.tenant.name }, and `jwt_rs256` a claim that differs from tenant to tenant")
}

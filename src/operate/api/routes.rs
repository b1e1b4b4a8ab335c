//! Every question of the API: where it is asked, how, and which role it takes. Data only. The document that describes them,
//! [openapi.yaml](../../../docs/openapi.yaml), is served as it stands; a test holds the two against each other.

use crate::store::Role;

/// What the API is, for programs.
pub(super) const DOCUMENT: &str = include_str!("../../../docs/openapi.yaml");

pub(super) const LEDGER: &str = "/api/ledger";
pub(super) const LETTERS: &str = "/api/dead-letters";
pub(super) const LETTER: &str = "/api/dead-letters/{id}";
pub(super) const REDRIVE: &str = "/api/redrive";
pub(super) const RELEASE: &str = "/api/release";
pub(super) const HELD: &str = "/api/held";
pub(super) const FORGET: &str = "/api/forget";
pub(super) const AUDIT: &str = "/api/audit";
pub(super) const TRACE: &str = "/api/trace";
pub(super) const CAMPAIGN: &str = "/api/campaign";
pub(super) const USAGE: &str = "/api/usage";
pub(super) const SEND: &str = "/api/send";
pub(super) const DOCTOR: &str = "/api/doctor";
pub(super) const OVERVIEW: &str = "/api/overview";
pub(super) const CONFIGURATION: &str = "/api/configuration";
pub(super) const TEMPLATES: &str = "/api/templates";
pub(super) const TRY: &str = "/api/try";
pub(super) const TOKENS: &str = "/api/tokens";
pub(super) const MAKE: &str = "/api/tokens/make";
pub(super) const REVOKE: &str = "/api/tokens/revoke";
pub(super) const PAUSE: &str = "/api/pause";
pub(super) const RESUME: &str = "/api/resume";
pub(super) const CANCEL: &str = "/api/cancel";
pub(super) const SUPPRESSIONS: &str = "/api/suppressions";
pub(super) const SHOW: &str = "/api/suppressions/show";
pub(super) const ADD: &str = "/api/suppressions/add";
pub(super) const LIFT: &str = "/api/suppressions/lift";
pub(super) const IMPORT: &str = "/api/suppressions/import";
pub(super) const EXPORT: &str = "/api/suppressions/export";
pub(super) const OPENAPI: &str = "/api/openapi.yaml";

/// The longest body of a question.
const LONGEST: usize = 16 * 1024;
/// The longest sample that is tried, with what is said about it.
const SAMPLE: usize = 256 * 1024;
/// The longest list that is imported at once.
const LIST: usize = 1024 * 1024;

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Its path; `{id}` stands for one segment.
    pub path: &'static str,
    /// Its method.
    pub method: &'static str,
    /// The longest body.
    pub(super) longest: usize,
    /// The role that it takes, whatever is asked; else it depends on that, or it takes every role.
    pub role: Option<Role>,
}

const fn get(path: &'static str) -> Route {
    Route { path, method: "GET", longest: 0, role: Some(Role::Read) }
}

const fn post(path: &'static str, role: Role) -> Route {
    Route { path, method: "POST", longest: LONGEST, role: Some(role) }
}

/// All of them.
pub const ROUTES: &[Route] = &[
    get(LEDGER),
    get(LETTERS),
    get(LETTER),
    // A dry run only reads.
    Route { role: None, ..post(REDRIVE, Role::Operate) },
    post(RELEASE, Role::Operate),
    get(HELD),
    post(PAUSE, Role::Operate),
    post(RESUME, Role::Operate),
    post(CANCEL, Role::Operate),
    post(FORGET, Role::Operate),
    get(AUDIT),
    post(TRACE, Role::Read),
    get(CAMPAIGN),
    get(USAGE),
    post(SEND, Role::Operate),
    post(DOCTOR, Role::Operate),
    get(OVERVIEW),
    get(CONFIGURATION),
    get(TEMPLATES),
    Route { longest: SAMPLE, ..post(TRY, Role::Read) },
    Route { role: None, ..get(TOKENS) },
    Route { role: None, ..post(MAKE, Role::Read) },
    Route { role: None, ..post(REVOKE, Role::Read) },
    get(SUPPRESSIONS),
    post(SHOW, Role::Read),
    post(ADD, Role::Operate),
    post(LIFT, Role::Operate),
    Route { longest: LIST, ..post(IMPORT, Role::Operate) },
    post(EXPORT, Role::Reveal),
    get(OPENAPI),
];

/// The question that is asked at a path.
pub(super) fn route(path: &str) -> Option<&'static Route> {
    let is = |route: &&Route| route.path == path || route.path == LETTER && letter(path).is_some();
    ROUTES.iter().find(is)
}

/// The number in the path of one letter.
pub(super) fn letter(path: &str) -> Option<&str> {
    path.strip_prefix(LETTERS)?.strip_prefix('/').filter(|id| !id.is_empty() && !id.contains(['/', '{']))
}

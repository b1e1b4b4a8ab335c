//! The texts of all files to one immutable [`Snapshot`]: mappings, tenants, route and credential index.
//!
//! Reads no file and swaps nothing: `app` hands in [`Files`] and keeps the snapshot. A broken file keeps its tenant or
//! mapping on the last good version, taken from the snapshot before. Start at [`build`].

mod accounts;
mod alarms;
mod budget;
mod build;
mod draft;
mod encryption;
mod gateway;
#[cfg(test)]
mod golden;
mod index;
mod keywords;
mod limits;
mod listener;
mod retention;
mod routes;
mod sampling;
mod schemes;
mod secret;
mod side;
mod sources;
mod tenant;
mod under;
mod versions;

pub use accounts::Accounts;
pub use alarms::Alarms;
pub use build::build;
pub use draft::{Draft, Question, settings_asked};
pub use encryption::Encryption;
pub use gateway::{Defaults, GatewayFile, Own, PublicUrl};
pub use keywords::KeywordRule;
pub use limits::{Delivery, Limits, Preflight, StaticButton, SuppressionScope};
pub use listener::Listener;
pub use retention::Retention;
pub use routes::{Found, Hit, RouteTable};
pub use sampling::Sampling;
pub use schemes::{incoming, outgoing, resolve as resolve_scheme, scheme_value};
pub use secret::{NoSecret, Reference, Resolve};
pub use side::Side;
pub use tenant::{Number, Tenant};
pub use versions::version;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::auth;
use crate::diagnostic::{Diagnostic, Source};
use crate::language::Schemas;
use crate::mapping::{Mapping, Party};
use crate::model::Name;
use crate::model::wire::Incoming;

/// The texts that make a configuration. A tenant whose text is the very one of the snapshot before is not read again.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// `mappings/*.yaml`.
    pub mappings: Vec<Source>,
    /// `tenants/*.yaml`.
    pub tenants: Vec<Source>,
    /// Mappings as they were: for messages that were accepted under them, and to be pinned.
    pub earlier: Vec<Source>,
    /// Tenant files that are gone and that no message needs any more.
    pub settled: HashSet<Arc<str>>,
    /// `mappings/schemas/*`, by name; `None`: not at hand, so that no path is checked against one.
    pub schemas: Option<Schemas>,
    /// What callers reach the gateway by, where the operator says it.
    pub public_url: Option<PublicUrl>,
    /// Files that are there and cannot be read.
    pub unread: Vec<Unread>,
    /// What the gateway's file says for all tenants.
    pub defaults: Defaults,
}

/// Which folder a file is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOf {
    /// That of mappings.
    Mapping,
    /// That of tenants.
    Tenant,
}

/// A file that is there and cannot be read: its last good text goes on.
#[derive(Clone, Debug)]
pub struct Unread {
    /// Its folder.
    pub of: FileOf,
    /// Its name, as a [`Source`] has it.
    pub file: Arc<str>,
    /// The operating system's words.
    pub why: String,
}

impl Unread {
    fn problem(&self) -> Diagnostic {
        let source = Source::new(self.file.clone(), "");
        Diagnostic::error("SB0507", format!("the file cannot be read: {}", self.why))
            .at(&source, crate::diagnostic::Span::default())
            .help("it must be readable by the gateway's user, and UTF-8")
    }
}

/// Everything a request needs to know of the configuration; never changes.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// What tenants without a pin take, by side and name.
    pub mappings: BTreeMap<(Party, Name), Arc<Mapping>>,
    /// What each mapping file comes to: its text, or its last good one.
    pub by_file: BTreeMap<Arc<str>, Arc<Mapping>>,
    /// Every version of every mapping.
    pub loaded: Vec<Arc<Mapping>>,
    /// All tenants; a tenant's place here is its number in the credential indexes.
    pub tenants: Vec<Arc<Tenant>>,
    /// Where requests go.
    pub routes: RouteTable,
    /// Who is calling, by mapping and section.
    pub credentials: Vec<auth::Index>,
    /// What the mappings' paths were checked against.
    schemas: Option<Schemas>,
    /// What the gateway's file says for all tenants.
    defaults: Defaults,
    /// The problems of single files, by file.
    notes: BTreeMap<Arc<str>, Vec<Diagnostic>>,
    by_name: HashMap<Name, usize>,
    of_file: HashMap<Arc<str>, usize>,
    by_number: HashMap<(Name, String), usize>,
    /// What callers reach the gateway by.
    pub public_url: Option<PublicUrl>,
    /// The key sets that tokens are verified with. Who runs this snapshot puts in the ring that it fills.
    pub keys: Arc<auth::KeyRing>,
}

impl Snapshot {
    /// A request as its credentials are looked for.
    #[must_use]
    pub fn asked<'r>(&'r self, incoming: &'r Incoming, path: &'r [(&'r str, String)]) -> auth::Request<'r> {
        let public_url = self.public_url.as_ref().map(PublicUrl::as_str);
        auth::Request { incoming, path, public_url, keys: &self.keys }
    }

    /// The URLs of all key sets that tokens are verified with.
    #[must_use]
    pub fn key_sets(&self) -> BTreeSet<&str> {
        self.credentials.iter().flat_map(auth::Index::key_sets).collect()
    }

    /// All JSON Schemas that are at hand.
    pub fn schemas(&self) -> impl Iterator<Item = &Source> {
        self.schemas.iter().flat_map(|schemas| schemas.values())
    }

    /// A JSON Schema by its name, where schemas are at hand.
    #[must_use]
    pub fn schema(&self, name: &str) -> Option<&Source> {
        self.schemas.as_ref()?.get(name)
    }

    /// The texts that a tenant is served by: its own, those of its mappings, and what holds for all.
    #[must_use]
    pub fn files_of(&self, tenant: &Tenant) -> Files {
        Files {
            mappings: vec![tenant.platform.source.clone(), tenant.provider.source.clone()],
            tenants: vec![tenant.source.clone()],
            schemas: self.schemas.clone(),
            public_url: self.public_url.clone(),
            defaults: self.defaults.clone(),
            ..Files::default()
        }
    }

    /// A tenant by name.
    #[must_use]
    pub fn tenant(&self, name: &str) -> Option<&Arc<Tenant>> {
        self.by_name.get(name).and_then(|index| self.tenants.get(*index))
    }

    /// A tenant's place by name.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Of all that is served, in one short hash: what tells two gateways, or two times, apart.
    #[must_use]
    pub fn version(&self) -> String {
        let tenants = self.tenants.iter().map(|tenant| (&tenant.source.name, tenant.version.as_str(), tenant.enabled));
        let mappings = self.by_file.iter().map(|(file, mapping)| (file, mapping.version.as_str(), true));
        let mut all: Vec<_> = tenants.chain(mappings).collect();
        all.sort();
        version(&format!("{all:?}{:?}{:?}", self.defaults, self.public_url))
    }

    /// The tenant of a file.
    #[must_use]
    pub fn of_file(&self, file: &str) -> Option<&Arc<Tenant>> {
        self.of_file.get(file).and_then(|index| self.tenants.get(*index))
    }

    /// A mapping by its version.
    #[must_use]
    pub fn loaded(&self, version: &str) -> Option<&Arc<Mapping>> {
        self.loaded.iter().find(|mapping| mapping.version == version)
    }

    /// The tenant to whom the inbound messages of a provider's number belong.
    #[must_use]
    pub fn by_number(&self, provider: &Name, number: &str) -> Option<usize> {
        self.by_number.get(&(provider.clone(), number.to_owned())).copied()
    }
}

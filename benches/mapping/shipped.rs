//! The shipped mappings with the benches' tenants, loaded as the gateway loads them.

use std::collections::BTreeMap;
use std::sync::Arc;

use switchboard::app::Secrets;
use switchboard::config::{self, Files, Snapshot, Tenant};
use switchboard::diagnostic::{self, Source};
use switchboard::functions::Facts;
use switchboard::mapping::{PlatformLegs, ProviderLegs};
use switchboard::model::Secret;
use switchboard::sim::{keys, stage};
use switchboard::value::{Arena, Timestamp, Value};

use super::Trouble;

/// What the platform proves itself with.
pub(crate) const KEY: &str = "bench-key-of-the-platform";
/// The application, and the account, that the provider knows.
pub(crate) const APPLICATION: &str = "d5e9334f-baf8-42cf-901b-da412ca2a21d";
/// What the provider signs its webhooks with.
pub(crate) const SIGNATURE: &str = "bench-signature-secret-of-32-byte";

/// Any time will do.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_793_783_646_981);

/// The tenant that the servers are measured with; where its provider listens is left open.
pub(crate) const SHOP: &str = include_str!("../tenants/shop.yaml");
const TENANTS: [(&str, &str); 2] = [("shop.yaml", SHOP), ("travel.yaml", include_str!("../tenants/travel.yaml"))];

/// The tenants' files for a provider that listens at `provider`.
fn tenants(provider: &str) -> impl Iterator<Item = (&'static str, String)> {
    TENANTS.into_iter().map(move |(name, text)| (name, text.replace("{provider}", provider)))
}

/// What the files refer to.
pub(crate) fn secrets() -> Result<BTreeMap<&'static str, String>, Trouble> {
    Ok(BTreeMap::from([
        ("BENCH_KEY", KEY.to_owned()),
        ("BENCH_APPLICATION", APPLICATION.to_owned()),
        ("BENCH_SIGNATURE", SIGNATURE.to_owned()),
        ("BENCH_PRIVATE_KEY", keys::generate()?.private_pem),
    ]))
}

/// The whole configuration in memory.
pub(crate) fn snapshot(provider: &str) -> Result<Snapshot, Trouble> {
    let files = Files {
        mappings: stage::MAPPINGS.iter().map(|(name, text)| Source::new(*name, *text)).collect(),
        tenants: tenants(provider).map(|(name, text)| Source::new(name, text)).collect(),
        ..Files::default()
    };
    let given = secrets()?.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value)));
    let secrets = Secrets(given.collect());
    let (snapshot, problems) = config::build(&files, None, &|reference| secrets.resolve(reference), [7; 32]);
    if problems.iter().any(diagnostic::Diagnostic::is_error) {
        return Err(diagnostic::render(&problems).into());
    }
    Ok(snapshot)
}

/// A loaded configuration.
pub(crate) struct Shipped(Snapshot);

impl Shipped {
    pub(super) fn load() -> Result<Self, Trouble> {
        Ok(Self(snapshot("http://127.0.0.1:9")?))
    }

    pub(super) fn tenant(&self, name: &str) -> Result<&Arc<Tenant>, Trouble> {
        self.0.tenant(name).ok_or_else(|| format!("the tenant {name} is not there").into())
    }
}

/// The platform's legs of a tenant.
pub(super) fn platform(tenant: &Tenant) -> Result<&PlatformLegs, Trouble> {
    tenant.platform.platform().ok_or_else(|| "no platform's mapping".into())
}

/// The provider's legs of a tenant.
pub(super) fn provider(tenant: &Tenant) -> Result<&ProviderLegs, Trouble> {
    tenant.provider.provider().ok_or_else(|| "no provider's mapping".into())
}

/// Every sender is the tenant's, nobody opted out, no template was synced.
pub(super) struct Sender;

impl Facts for Sender {
    fn template<'v>(&'v self, _: &str, _: &str, _: &str, _: &'v Arena) -> Option<Value<'v>> {
        None
    }

    fn is_sender(&self, _: &str) -> bool {
        true
    }

    fn sender_with(&self, _: &str, _: &str) -> Option<&str> {
        None
    }

    fn is_suppressed(&self, _: &str, _: &str) -> bool {
        false
    }

    fn is_allowed_url(&self, _: &str) -> bool {
        false
    }
}

/// What a mapping refuses, as an error of the bench.
pub(super) fn refused(refusal: impl std::fmt::Debug) -> Trouble {
    format!("refused: {refusal:?}").into()
}

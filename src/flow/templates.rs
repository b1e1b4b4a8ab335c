//! Synced templates per WABA: fetched page by page, once at a time, kept in memory for the language to ask.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use moka::future::Cache;
use tracing::{info, warn};
use url::Url;

use super::Flow;
use super::tokens::Proof;
use crate::config::{Number, Tenant};
use crate::faults::{self, Point};
use crate::legs::{self, NoCall};
use crate::mapping::{TemplatesLeg, Turn};
use crate::model::wire::Answer;
use crate::model::{Reason, Refusal, Template};
use crate::value::{Arena, Timestamp};

/// How long a list answers without asking again.
const KEEP: Duration = Duration::from_secs(60);
/// A listing that never ends is cut here.
const PAGES: usize = 200;

/// Lists fetched at a time when all are.
const ABREAST: usize = 8;

/// A WABA's templates at one moment.
#[derive(Debug)]
pub struct Synced {
    /// When they were listed.
    pub at: Timestamp,
    /// In the provider's order.
    pub templates: Vec<Arc<Template>>,
    /// By name, then by language.
    by_name: HashMap<String, HashMap<String, usize>>,
}

impl Synced {
    fn new(at: Timestamp, templates: Vec<Template>) -> Self {
        let templates: Vec<Arc<Template>> = templates.into_iter().map(Arc::new).collect();
        let mut by_name: HashMap<String, HashMap<String, usize>> = HashMap::new();
        for (place, template) in templates.iter().enumerate() {
            by_name.entry(template.name.clone()).or_default().insert(template.language.clone(), place);
        }
        Self { at, templates, by_name }
    }

    /// The template of that name in that language.
    #[must_use]
    pub fn find(&self, name: &str, language: &str) -> Option<&Template> {
        let place = self.by_name.get(name)?.get(language)?;
        self.templates.get(*place).map(|template| &**template)
    }
}

/// All lists in memory; the cache lets one request fetch while others wait for it.
pub(super) struct Templates {
    recent: Cache<String, Arc<Synced>>,
    last: RwLock<HashMap<String, Arc<Synced>>>,
}

impl Templates {
    pub(super) fn new() -> Self {
        Self { recent: Cache::builder().max_capacity(10_000).time_to_live(KEEP).build(), last: RwLock::default() }
    }

    /// The newest list of a number's WABA, however old.
    pub(super) fn view(&self, tenant: &Tenant, number: &Number) -> Option<Arc<Synced>> {
        let key = key(tenant, number)?;
        self.last.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }
}

fn key(tenant: &Tenant, number: &Number) -> Option<String> {
    Some(format!("{}/{}", tenant.account(), number.waba.as_ref()?))
}

impl Flow {
    /// The templates of a number's WABA, not older than a minute; `fresh`: asked for again in any case.
    ///
    /// # Errors
    /// `provider_unavailable` where they cannot be had now; the newest list stays in memory.
    pub async fn sync(&self, tenant: &Tenant, number: &Number, fresh: bool) -> Result<Arc<Synced>, Refusal> {
        let leg = tenant.provider.provider().and_then(|legs| legs.templates.as_ref());
        let (Some(key), Some(leg)) = (key(tenant, number), leg) else {
            return Ok(Arc::new(Synced::new(self.ambient.now(), Vec::new())));
        };
        if fresh {
            self.templates.recent.invalidate(&key).await;
        }
        let fetched = self.templates.recent.try_get_with(key.clone(), self.fetch(leg, tenant, number)).await;
        match fetched {
            Ok(synced) => {
                self.templates.last.write().unwrap_or_else(PoisonError::into_inner).insert(key, synced.clone());
                Ok(synced)
            }
            Err(refusal) => {
                warn!(tenant = %tenant.name, waba = number.waba.as_deref(), why = refusal.text.as_deref(), "templates could not be synced");
                Err((*refusal).clone())
            }
        }
    }

    /// The templates of a number's WABA as they were listed last, without asking.
    #[must_use]
    pub fn listed(&self, tenant: &Tenant, number: &Number) -> Option<Arc<Synced>> {
        self.templates.view(tenant, number)
    }

    /// Syncs every WABA of the configuration, some at a time; trouble with one does not keep the others.
    pub async fn sync_all(&self) {
        let snapshot = self.snapshot.load_full();
        let mut all: Vec<(Arc<Tenant>, Number)> = Vec::new();
        for tenant in &snapshot.tenants {
            let numbers = tenant.numbers.iter().filter(|number| number.waba.is_some());
            all.extend(numbers.map(|number| (tenant.clone(), number.clone())));
        }
        let syncs = all.into_iter().map(|(tenant, number)| async move {
            let _ = self.sync(&tenant, &number, false).await;
        });
        stream::iter(syncs).buffer_unordered(ABREAST).for_each(|()| std::future::ready(())).await;
    }

    async fn fetch(&self, leg: &TemplatesLeg, tenant: &Tenant, number: &Number) -> Result<Arc<Synced>, Refusal> {
        let (mut all, mut unreadable, mut next) = (Vec::new(), 0, None);
        for _ in 0..PAGES {
            let (templates, missed, following) = self.fetch_page(leg, tenant, number, next.as_ref()).await?;
            all.extend(templates);
            unreadable += missed;
            next = following;
            if next.is_none() {
                break;
            }
        }
        info!(tenant = %tenant.name, waba = number.waba.as_deref(), templates = all.len(), unreadable, "templates synced");
        Ok(Arc::new(Synced::new(self.ambient.now(), all)))
    }

    async fn fetch_page(
        &self,
        leg: &TemplatesLeg,
        tenant: &Tenant,
        number: &Number,
        next: Option<&Url>,
    ) -> Result<(Vec<Template>, usize, Option<Url>), Refusal> {
        let mut refused = None;
        loop {
            let (answer, proof, renews) = self.ask_page(leg, tenant, number, next, refused).await?;
            if renews {
                refused = Some(proof);
                continue;
            }
            let renewed = refused.is_some();
            let listed = {
                let arena = Arena::new();
                legs::templates::page(leg, tenant, number, &answer, renewed, &arena, self.ambient.now())?
            };
            match listed {
                legs::templates::Listed::Page { templates, unreadable, next } => {
                    return Ok((templates, unreadable, next));
                }
                legs::templates::Listed::Failed(Turn::Renew) if !renewed => refused = Some(proof),
                legs::templates::Listed::Failed(_) => return Err(unavailable(&answer)),
            }
        }
    }

    async fn ask_page(
        &self,
        leg: &TemplatesLeg,
        tenant: &Tenant,
        number: &Number,
        next: Option<&Url>,
        refused: Option<Proof>,
    ) -> Result<(Answer, Proof, bool), Refusal> {
        let outcall = {
            let arena = Arena::new();
            legs::templates::request(leg, tenant, number, next, &arena, self.ambient.now())
        };
        let mut outcall = outcall.map_err(|problem| match problem {
            NoCall::Refused(refusal) => refusal,
            NoCall::NotWanted | NoCall::NoCredential => {
                Refusal::new(Reason::ProviderUnavailable, "the tenant has no credentials to ask with")
            }
        })?;
        let proved = self.prove(&outcall.auth, &mut outcall.prepared, refused).await;
        let proof = proved.map_err(|problem| Refusal::new(Reason::ProviderUnavailable, problem.to_string()))?;
        faults::reached(Point::ListingOut);
        let answer = self.outbound.send(outcall.prepared).await;
        faults::reached(Point::ListingIn);
        let renews = outcall.auth.renews(&answer, refused.is_some());
        Ok((answer, proof, renews))
    }
}

fn unavailable(answer: &Answer) -> Refusal {
    let what = answer.told();
    Refusal::new(Reason::ProviderUnavailable, format!("the provider's template list could not be read: {what}"))
}

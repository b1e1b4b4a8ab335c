//! Simulated platforms, MoEngage and WebEngage: they fire campaigns, and judge every report they get against the contract.
//!
//! Start from [`Platform::start`]. Beside the platform's own addresses it answers `GET /journal` and
//! `GET /journal/summary`.

mod campaign;
mod form;
mod journal;
mod moengage;
mod options;
mod order;
mod server;
#[cfg(test)]
mod tests;
mod webengage;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use serde_json::Value;

pub use self::campaign::CampaignResult;
pub use self::journal::{Breach, Journal, Message, Report, Summary, Violation};
pub use self::options::{Campaign, Credentials, Kind, PlatformOptions, Repeats, Reports, Shape};
use super::SimError;
use super::dice::Dice;
use super::http::{Server, client};

/// A running simulated platform. Dropping it leaves it running; [`Platform::stop`] ends it.
pub struct Platform {
    inner: Arc<Inner>,
    server: Server,
}

/// What the platform's requests and campaigns share.
struct Inner {
    options: PlatformOptions,
    reports: ArcSwap<Reports>,
    client: reqwest::Client,
    dice: Dice,
    journal: Journal,
}

impl Platform {
    /// Starts one.
    ///
    /// # Errors
    /// When the port is taken or the HTTP client cannot be built.
    pub async fn start(options: PlatformOptions) -> Result<Self, SimError> {
        let inner = Arc::new(Inner {
            reports: ArcSwap::from_pointee(options.reports.clone()),
            client: client(Duration::from_secs(3), options.answer_within)?,
            dice: Dice::new(options.seed),
            journal: Journal::default(),
            options,
        });
        let shared = Arc::clone(&inner);
        let server =
            Server::start(inner.options.port, move |request| server::answer(Arc::clone(&shared), request)).await?;
        Ok(Self { inner, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Where it listens, as a tenant's host for the platform's other APIs.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Where reports go: what the platform's dashboard would show.
    #[must_use]
    pub fn report_url(&self) -> String {
        let path = match self.inner.options.kind {
            Kind::MoEngage => "/whatsapp/vonage-v2/dlr",
            Kind::WebEngage => "/tracking/events",
        };
        format!("{}{path}", self.url())
    }

    /// What it sent and was told.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.inner.journal
    }

    /// Changes how reports are answered from now on.
    pub fn set_reports(&self, reports: Reports) {
        self.inner.reports.store(Arc::new(reports));
    }

    /// Sends a campaign and waits until every message is accepted, refused or given up.
    pub async fn campaign(&self, campaign: Campaign) -> CampaignResult {
        campaign::fire(Arc::clone(&self.inner), campaign).await
    }

    /// Asks the gateway for its templates, as the dashboard's button does: those it lists.
    ///
    /// # Errors
    /// When there is no answer, or not one with a list of approved templates, § 8 of MoEngage's contract.
    pub async fn sync_templates(&self, url: &str, credentials: &Credentials) -> Result<Vec<Value>, SimError> {
        let request = campaign::authenticated(self.inner.client.get(url), credentials);
        let answer = request.send().await?;
        let status = answer.status();
        let mut body: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
        match body["data"].take() {
            Value::Array(templates) if status.is_success() && templates.iter().all(complete) => Ok(templates),
            _ => Err(SimError::Answer(format!("{status}, without a list of complete templates"))),
        }
    }

    /// Stops listening.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

fn complete(template: &Value) -> bool {
    let texts = ["id", "name", "language", "status", "category"];
    texts.iter().all(|name| template[name].is_string()) && template["components"].is_array()
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").field("address", &self.address()).finish_non_exhaustive()
    }
}

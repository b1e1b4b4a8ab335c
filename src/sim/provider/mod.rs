//! A simulated provider: Vonage's Messages API, webhooks and template list, on loopback.
//!
//! It validates every send against the published schema, answers, and then behaves like the network behind it: statuses,
//! failures, answers of people, with whatever disorder the options ask for. Start from [`Provider::start`].
//!
//! Beside the provider's own addresses it answers `GET /journal`, `GET /journal/summary` and `POST /inbound`
//! (`{"from","to","text"}` or `{"from","to","payload","label"}`, with `quotes` for the message answered).

mod auth;
mod journal;
mod lanes;
mod life;
mod options;
mod problems;
mod sends;
mod server;
mod templates;
#[cfg(test)]
mod tests;
mod webhooks;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use jsonschema::Validator;
use serde::Deserialize;
use serde_json::{Value, json};

pub use self::journal::{Journal, Posted, Sent, Summary, Told, Violation};
pub use self::options::{Account, Answers, Delivery, Failure, Life, ProviderOptions};
pub use self::templates::demo as demo_templates;
use self::webhooks::Webhooks;
use super::SimError;
use super::dice::Dice;
use super::http::Server;

const MESSAGES_SCHEMA: &str = include_str!("../../../mappings/schemas/vonage-messages.schema.json");

/// A running simulated provider. Dropping it leaves it running; [`Provider::stop`] ends it.
pub struct Provider {
    inner: Arc<Inner>,
    server: Server,
}

/// What the provider's requests share.
struct Inner {
    options: ProviderOptions,
    answers: ArcSwap<Answers>,
    accounts: auth::Accounts,
    schema: Validator,
    dice: Dice,
    lanes: lanes::Lanes,
    journal: Arc<Journal>,
    webhooks: Arc<Webhooks>,
}

/// Something a person writes to a sender.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inbound {
    /// The person's number.
    pub from: String,
    /// The sender's number.
    pub to: String,
    /// What they wrote.
    pub text: Option<String>,
    /// The payload of the quick reply they tapped.
    pub payload: Option<String>,
    /// The label of that quick reply; the payload when absent.
    pub label: Option<String>,
    /// The `message_uuid` of the message they answer.
    pub quotes: Option<String>,
}

impl Inbound {
    fn body(&self, now: Timestamp) -> (String, Value) {
        let mut content = match &self.payload {
            Some(payload) => {
                let label = self.label.as_ref().unwrap_or(payload);
                json!({"message_type": "button", "button": {"payload": payload, "text": label}})
            }
            None => json!({"message_type": "text", "text": self.text.as_deref().unwrap_or_default()}),
        };
        content["context_status"] = if self.quotes.is_some() { "available" } else { "none" }.into();
        if let Some(quoted) = &self.quotes {
            content["context"] = json!({"message_uuid": quoted, "message_from": self.to});
        }
        life::inbound(&self.from, &self.to, now, Duration::ZERO, content)
    }
}

impl Provider {
    /// Starts one.
    ///
    /// # Errors
    /// When the port is taken, a public key cannot be read or the HTTP client cannot be built.
    pub async fn start(options: ProviderOptions) -> Result<Self, SimError> {
        let journal = Arc::new(Journal::default());
        let inner = Arc::new(Inner {
            answers: ArcSwap::from_pointee(options.answers.clone()),
            accounts: auth::Accounts::new(&options.accounts)?,
            schema: messages_schema()?,
            dice: Dice::new(options.seed),
            lanes: lanes::Lanes::default(),
            webhooks: Webhooks::new(options.webhooks.clone(), Arc::clone(&journal))?,
            journal,
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

    /// Where it listens, as a tenant's `base_url`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What it saw.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.inner.journal
    }

    /// Changes how sends are answered from now on: an outage begins or ends.
    pub fn set_answers(&self, answers: Answers) {
        self.inner.answers.store(Arc::new(answers));
    }

    /// A person writes a text. The id of the incoming message; nothing when there is no `inbound_url` or no such sender.
    pub fn say(&self, from: &str, to: &str, text: &str) -> Option<String> {
        self.receive(&Inbound { from: from.into(), to: to.into(), text: Some(text.into()), ..Inbound::default() })
    }

    /// A person taps a quick reply under the message `quotes`.
    pub fn tap(&self, from: &str, to: &str, payload: &str, label: &str, quotes: &str) -> Option<String> {
        self.receive(&Inbound {
            from: from.into(),
            to: to.into(),
            text: None,
            payload: Some(payload.into()),
            label: Some(label.into()),
            quotes: Some(quotes.into()),
        })
    }

    /// A person writes or taps anything.
    pub fn receive(&self, inbound: &Inbound) -> Option<String> {
        self.inner.receive(inbound)
    }

    /// Waits until every webhook is acknowledged or given up; false when that takes longer than `most`.
    pub async fn settled(&self, most: Duration) -> bool {
        self.inner.webhooks.settled(most).await
    }

    /// Stops listening and posting.
    pub async fn stop(self) {
        self.inner.webhooks.stop();
        self.server.stop().await;
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("address", &self.address()).finish_non_exhaustive()
    }
}

fn messages_schema() -> Result<Validator, SimError> {
    let name = "vonage-messages.schema.json";
    let schema = serde_json::from_str(MESSAGES_SCHEMA).map_err(|_| SimError::Schema(name))?;
    jsonschema::validator_for(&schema).map_err(|_| SimError::Schema(name))
}

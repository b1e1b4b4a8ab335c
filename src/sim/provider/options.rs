//! Everything about the simulated provider that can be chosen, with defaults for a demonstration. No behaviour.
//!
//! Shares are between 0 and 1. Defaults: everything is accepted, most is delivered, much is read, all within a second
//! or two, nothing is odd.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::templates;
use crate::sim::dice::Delay;

/// The simulated provider, as a whole.
#[derive(Clone, Debug)]
pub struct ProviderOptions {
    /// The loopback port; 0 takes any free one.
    pub port: u16,
    /// The seed of all chance but identifiers.
    pub seed: u64,
    /// Who may send, and whose secrets sign webhooks.
    pub accounts: Vec<Account>,
    /// Where statuses go; a message's own `webhook_url` is preferred. Without any, none are sent.
    pub status_url: Option<String>,
    /// Where incoming messages go; without it, none are sent.
    pub inbound_url: Option<String>,
    /// Templates by `WhatsApp` business account; `*` stands for every account not named.
    pub templates: BTreeMap<String, Vec<Value>>,
    /// Whether a template that is unknown, or filled wrongly, is accepted and then rejected with 1022, as in life.
    pub check_templates: bool,
    /// How sends are answered.
    pub answers: Answers,
    /// What becomes of an accepted message.
    pub life: Life,
    /// How webhooks are delivered.
    pub webhooks: Delivery,
    /// Whether the journal keeps the bodies of accepted messages; without them it grows by some 200 bytes a message.
    pub keep_bodies: bool,
}

impl Default for ProviderOptions {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 1,
            accounts: vec![Account::default()],
            status_url: None,
            inbound_url: None,
            templates: BTreeMap::from([("*".to_owned(), templates::demo())]),
            check_templates: false,
            answers: Answers::default(),
            life: Life::default(),
            webhooks: Delivery::default(),
            keep_bodies: true,
        }
    }
}

/// One account of the provider: an application with its numbers.
#[derive(Clone)]
pub struct Account {
    /// The senders linked to the application, digits only. An account without any owns every number no other one names.
    pub numbers: Vec<String>,
    /// The `WhatsApp` business account of its numbers, for the templates they may use.
    pub waba: String,
    /// The account's key, in Basic credentials and in webhook tokens.
    pub api_key: String,
    /// The secret of Basic credentials; without it any secret passes.
    pub api_secret: Option<String>,
    /// The application's id; without it any application's token passes, and webhook tokens name none.
    pub application_id: Option<String>,
    /// The public half of the application's key, PEM; without it the signature of a token is not verified.
    pub public_key_pem: Option<String>,
    /// Signs webhooks, § 5. Not the API secret.
    pub signature_secret: String,
}

impl Default for Account {
    /// An account that lets anybody in: for a first try, not for a test of authentication.
    fn default() -> Self {
        Self {
            numbers: Vec::new(),
            waba: "104996122399160".to_owned(),
            api_key: "9c41ab7e".to_owned(),
            api_secret: None,
            application_id: None,
            public_key_pem: None,
            signature_secret: "simulated-signature-secret-of-32-bytes".to_owned(),
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("numbers", &self.numbers)
            .field("api_key", &self.api_key)
            .finish_non_exhaustive()
    }
}

/// How sends are answered, § 2. The shares exclude each other and are taken in this order.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Before any answer.
    pub delay: Delay,
    /// 429, besides those of `per_sender`.
    pub throttled: f64,
    /// 500; the message is not sent.
    pub failing: f64,
    /// 401 for good credentials.
    pub unauthorized: f64,
    /// 402.
    pub no_credit: f64,
    /// The connection is closed without an answer; the message is not sent.
    pub dropped: f64,
    /// The connection is closed without an answer, but the message is sent: what makes repeating unsafe.
    pub lost: f64,
    /// Sends a second per sender, with a burst of as many; more are answered 429.
    pub per_sender: Option<u32>,
    /// Seconds in a `Retry-After` beside 429; not published by the provider, so absent by default.
    pub retry_after: Option<u32>,
    /// Answers every listing of templates with this status, e.g. 500.
    pub listing: Option<u16>,
}

/// What becomes of accepted messages, § 3 and 4. Delays count from the acceptance.
#[derive(Clone, Debug)]
pub struct Life {
    /// Of the messages that do not fail, those that reach a device.
    pub delivered: f64,
    /// Of the delivered, those that are read.
    pub read: f64,
    /// What fails, by the provider's code.
    pub failures: Vec<Failure>,
    /// When `submitted` comes.
    pub submitted_after: Delay,
    /// When `delivered`, `rejected` and `undeliverable` come.
    pub delivered_after: Delay,
    /// When `read` and answers of the recipient come.
    pub read_after: Delay,
    /// Statuses posted twice.
    pub duplicates: f64,
    /// Messages whose statuses arrive last first.
    pub reordered: f64,
    /// Messages whose `submitted` is posted before the send is answered.
    pub early: f64,
    /// Failures whose `title` is a number.
    pub numeric_titles: f64,
    /// Messages whose statuses do not carry their `client_ref`.
    pub without_client_ref: f64,
    /// Delivered messages for which another device of the recipient yields `rejected` 1310, § 3.
    pub contradicted: f64,
    /// Recipients of a delivered message who answer `STOP`.
    pub stop: f64,
    /// Recipients of a delivered message with quick replies who tap the first.
    pub taps: f64,
    /// What a message costs, in euros: `0` under per-message pricing, § 3.
    pub price: String,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            delivered: 0.95,
            read: 0.6,
            failures: Vec::new(),
            submitted_after: Delay::millis(20, 100),
            delivered_after: Delay::millis(150, 600),
            read_after: Delay::millis(700, 2000),
            duplicates: 0.0,
            reordered: 0.0,
            early: 0.0,
            numeric_titles: 0.0,
            without_client_ref: 0.0,
            contradicted: 0.0,
            stop: 0.0,
            taps: 0.0,
            price: "0".to_owned(),
        }
    }
}

/// A way to fail: 1022, 1300, 1340, 1360, 1461 and other codes of § 6.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// The code, in `error.title`.
    pub code: u16,
    /// How much of all accepted messages fails so.
    pub share: f64,
}

/// How webhooks are delivered, § 3 and 5.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Webhooks under way at one time.
    pub concurrency: usize,
    /// The time to wait for an answer.
    pub timeout: Duration,
    /// Multiplies all waits between attempts (5 s, doubling to 15 min, for 24 h): 0.001 makes them milliseconds.
    pub scale: f64,
    /// Webhooks first posted without a signature; a repeat carries one.
    pub unsigned: f64,
    /// Webhooks first posted with a body other than the signed one; a repeat is right.
    pub altered: f64,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { concurrency: 64, timeout: Duration::from_secs(15), scale: 1.0, unsigned: 0.0, altered: 0.0 }
    }
}

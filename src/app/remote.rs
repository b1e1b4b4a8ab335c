//! A gateway that runs elsewhere, asked over its admin API.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use url::Url;

use crate::client::{ClientError, Operator};
use crate::model::Secret;
use crate::model::wire::{Answer, Prepared};

/// A count of all messages may take so long.
const PATIENCE: Duration = Duration::from_secs(600);

/// A gateway's admin listener.
#[derive(Debug)]
pub struct Remote {
    base: Url,
    token: Secret,
    client: Operator,
}

/// Why there is no answer to be used.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The client for calls cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Nobody answered.
    #[error("{base}: {problem}; is the gateway running, and is this its admin listener?")]
    Unreached {
        /// Where it was asked.
        base: Url,
        /// What went wrong.
        problem: String,
    },
    /// The token is not taken.
    #[error("{base}: {text}; SWITCHBOARD_ADMIN_TOKEN must be the gateway's own")]
    Unauthenticated {
        /// Where it was asked.
        base: Url,
        /// The gateway's words.
        text: String,
    },
    /// The gateway does not understand what was asked.
    #[error("{0}")]
    Misasked(String),
    /// The gateway says no.
    #[error("{0}")]
    Refused(String),
    /// Something else answered.
    #[error("{base}: HTTP {http}, and not in a gateway's words: this is no admin listener, or one of another version")]
    Foreign {
        /// Where it was asked.
        base: Url,
        /// The status.
        http: u16,
    },
}

impl Remote {
    /// At that address; connects nowhere yet.
    ///
    /// # Errors
    /// [`RemoteError::Client`].
    pub fn new(base: Url, token: Secret) -> Result<Self, RemoteError> {
        Ok(Self { base, token, client: Operator::new()? })
    }

    /// Asks for what is at a path.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, RemoteError> {
        let mut url = self.at(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.ask("GET", url, Bytes::new()).await
    }

    /// Tells it to do something.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, RemoteError> {
        self.ask("POST", self.at(path), body.to_string().into()).await
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        url
    }

    async fn ask(&self, method: &str, url: Url, body: Bytes) -> Result<Value, RemoteError> {
        let headers = [
            ("authorization", format!("Bearer {}", self.token.expose())),
            ("accept", "application/json".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let call = Prepared { method: method.to_owned(), url, headers, body, timeout: PATIENCE };
        self.read(&self.client.ask(call).await)
    }

    fn read(&self, answer: &Answer) -> Result<Value, RemoteError> {
        let base = || self.base.clone();
        let (Some(http), None) = (answer.http, &answer.trouble) else {
            return Err(RemoteError::Unreached { base: base(), problem: answer.trouble.clone().unwrap_or_default() });
        };
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = || said["error"]["text"].as_str().map(str::to_owned);
        match (http, text()) {
            (200, _) if said.is_object() => Ok(said),
            (401, Some(text)) => Err(RemoteError::Unauthenticated { base: base(), text }),
            (400, Some(text)) => Err(RemoteError::Misasked(text)),
            (_, Some(text)) => Err(RemoteError::Refused(text)),
            (http, None) => Err(RemoteError::Foreign { base: base(), http }),
        }
    }
}

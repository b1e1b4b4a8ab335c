//! Questions to the API for whoever is signed in, their answers read into what a page shows.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{Console, Visit};
use crate::operate::Fault;

impl Console {
    /// Asks; an answer that a page cannot read is our own mistake, and told as such.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        visit: &Visit<'_>,
        path: &str,
        members: Map<String, Value>,
    ) -> Result<T, Fault> {
        let said = self.desk.ask(&visit.bearer, path, Value::Object(members)).await?;
        serde_json::from_value(said).map_err(|problem| Fault::Unavailable(format!("{path} cannot be shown: {problem}")))
    }

    /// Everything about one message, by any of its ids.
    pub(super) async fn trace<T: DeserializeOwned>(
        &self,
        visit: &Visit<'_>,
        id: &str,
        tenant: &str,
    ) -> Result<T, Fault> {
        let mut members = Map::from_iter([("id".to_owned(), json!(id))]);
        if !tenant.is_empty() {
            members.insert("tenant".to_owned(), json!(tenant));
        }
        self.ask(visit, "/api/trace", members).await
    }
}

//! `POST /api/doctor`: everything that is known to go wrong with a tenant, looked at now. No `GET`: calls go out for it.

use serde::Deserialize;
use serde_json::Value;

use super::super::Desk;
use super::fault::Fault;
use super::token::Bearer;
use crate::model::Name;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: String,
}

impl Desk {
    pub(super) async fn doctor(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let name = bearer.of(Some(asked.tenant))?.unwrap_or_default();
        self.note(bearer, "doctor", Some(&Name::from(name.as_str())), "all checks".to_owned()).await?;
        let none = || Fault::NotFound(format!("there is no tenant `{name}`, and no file of one"));
        self.examined(&name).await.ok_or_else(none)
    }
}

//! `POST /api/send`: one message to one number, by hand, the way that a platform's goes.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::forget::person;
use super::token::Bearer;
use crate::config::{Number, Tenant};
use crate::legs::ByHand;
use crate::model::{Reason, Refusal, Template, Values, filled};
use crate::value::Tree;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: String,
    to: String,
    /// The tenant's first number where it is not said.
    from: Option<String>,
    template: Option<String>,
    language: Option<String>,
    /// By the names of the template's placeholders.
    #[serde(default)]
    values: Values,
    text: Option<String>,
}

impl Desk {
    pub(super) async fn send(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let name = bearer.of(Some(asked.tenant.clone()))?.unwrap_or_default();
        let tenant = self.flow.snapshot.load().tenant(&name).cloned();
        let tenant = tenant.ok_or_else(|| Fault::NotFound(format!("there is no tenant `{name}`")))?;
        let number = sender(&tenant, asked.from.as_deref())?;
        let to =
            person(&asked.to).map_err(|_| Fault::BadRequest("`to`: 7 to 15 digits with the country code".into()))?;
        let (what, about) = match (&asked.template, &asked.text) {
            (Some(template), None) => (self.template(&tenant, number, template, &asked).await?, template.as_str()),
            (None, Some(_)) if !asked.values.is_empty() || asked.language.is_some() => {
                return Err(Fault::BadRequest("`language` and `values` are a template's".to_owned()));
            }
            (None, Some(text)) => (ByHand { kind: "text", content: Tree::from_text(text) }, "a text"),
            _ => return Err(Fault::BadRequest("one of `template` and `text` is sent".to_owned())),
        };
        self.note(bearer, "send", Some(&tenant.name), format!("{about} from {}", number.number.as_str())).await?;
        let sent = self.flow.send_by_hand(&tenant, number, (to.as_str(), &what)).await.map_err(refused)?;
        Ok(json!({ "id": sent.to_string(), "tenant": tenant.name.as_str(), "sender": number.number.as_str() }))
    }

    /// The template as the provider lists it, filled.
    async fn template(
        &self,
        tenant: &Arc<Tenant>,
        number: &Number,
        name: &str,
        asked: &Asked,
    ) -> Result<ByHand, Fault> {
        if number.waba.is_none() {
            let text = "the number has no `waba` in the tenant's file, so its templates are not known: say `waba`";
            return Err(Fault::BadRequest(text.to_owned()));
        }
        let synced = self.flow.sync(tenant, number, false).await.map_err(refused)?;
        let named: Vec<&Arc<Template>> = synced.templates.iter().filter(|template| template.name == name).collect();
        let languages = named.iter().map(|template| template.language.as_str()).collect::<Vec<_>>().join(", ");
        let template = match (&named[..], &asked.language) {
            ([], _) => {
                let text = format!("the account of {} has no template `{name}`", number.number.as_str());
                return Err(Fault::NotFound(text));
            }
            ([only], None) => only,
            (all, None) => {
                let text = format!("`{name}` is there in {} languages, say which: {languages}", all.len());
                return Err(Fault::BadRequest(text));
            }
            (all, Some(language)) => {
                let text = || format!("`{name}` is not there in `{language}`, but in: {languages}");
                all.iter().find(|one| one.language == *language).ok_or_else(|| Fault::NotFound(text()))?
            }
        };
        let content = filled(template, &asked.values);
        let content = content.map_err(|problems| Fault::BadRequest(format!("`{name}`: {}", problems.join("; "))))?;
        Ok(ByHand { kind: "template", content })
    }
}

/// The number that is meant, however it is written.
fn sender<'t>(tenant: &'t Tenant, from: Option<&str>) -> Result<&'t Number, Fault> {
    let number = from.map_or_else(|| tenant.numbers.first(), |from| tenant.sender(from));
    let text = || {
        let all = tenant.numbers.iter().map(|number| number.number.as_str()).collect::<Vec<_>>().join(", ");
        format!("`from`: the tenant sends from {all}")
    };
    number.ok_or_else(|| Fault::NotFound(text()))
}

/// A no, in its own words.
fn refused(refusal: Refusal) -> Fault {
    let Refusal { reason, text, .. } = refusal;
    let words = text.map_or_else(|| reason.to_string(), |text| format!("{reason}: {text}"));
    match reason {
        Reason::Throttled | Reason::Overloaded | Reason::ProviderUnavailable => Fault::Unavailable(words),
        Reason::Forbidden => Fault::Forbidden(words),
        _ => Fault::BadRequest(words),
    }
}

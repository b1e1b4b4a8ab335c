//! What each place does: which question it asks, and which page shows the answer.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::pages::{
    Page, audit, bundle, campaign, configuration, held, letter, letters, messages, overview, playground, redrive,
    suppressions, templates, tokens, trace, usage,
};
use super::place::{self, Place};
use super::{Came, Console, Visit};
use crate::operate::Fault;

/// What dead letters are asked for by.
const FILTER: [&str; 5] = ["tenant", "kind", "name", "reason", "since"];
const AUDIT: [&str; 4] = ["tenant", "who", "what", "since"];
const CAMPAIGN: [&str; 3] = ["tenant", "campaign", "before"];
const USAGE: [&str; 4] = ["tenant", "month", "from", "to"];
const RELEASE: [&str; 3] = ["tenant", "sender", "call"];

impl Console {
    /// The page of a place.
    pub(super) async fn page(&self, visit: &Visit<'_>) -> Result<Page, Fault> {
        let query = Form::query(visit.request);
        match visit.place {
            Place::Messages => Ok(messages::page(&self.desk.tenants(&visit.bearer), &visit.session.csrf)),
            Place::Message(id) => Ok(trace::page(&self.trace(visit, id, "").await?)),
            Place::Bundle(id) => {
                let members = Map::from_iter([("id".to_owned(), json!(id)), ("bundle".to_owned(), json!({}))]);
                Ok(bundle::page(&self.ask(visit, "/api/trace", members).await?))
            }
            Place::Campaign => {
                let found = self.ask(visit, "/api/campaign", query.members(&CAMPAIGN)).await?;
                Ok(campaign::page(&found, &visit.frame()))
            }
            Place::Usage => {
                let found = self.ask(visit, "/api/usage", query.members(&USAGE)).await?;
                Ok(usage::page(&found, query.get("tenant"), &self.desk.tenants(&visit.bearer)))
            }
            Place::Letters => self.letters(visit, &query).await,
            Place::Letter(id) => {
                let found = self.ask(visit, &format!("/api/dead-letters/{id}"), Map::new()).await?;
                Ok(letter::page(&found, &visit.frame()))
            }
            Place::Held => {
                let found = self.ask(visit, "/api/held", Map::new()).await?;
                Ok(held::page(&found, &self.desk.tenants(&visit.bearer), &visit.frame()))
            }
            Place::Configuration => Ok(configuration::page(&self.ask(visit, "/api/configuration", Map::new()).await?)),
            Place::Templates => {
                let found = self.ask(visit, "/api/templates", query.members(&["tenant"])).await?;
                Ok(templates::page(&found, query.get("tenant"), &self.desk.tenants(&visit.bearer)))
            }
            Place::Playground => {
                Ok(playground::page(&sample(&query), &self.desk.tenants(&visit.bearer), &visit.session.csrf))
            }
            Place::Tokens => {
                let found = self.ask(visit, "/api/tokens", Map::new()).await?;
                Ok(tokens::page(&found, &self.desk.tenants(&visit.bearer), &visit.frame()))
            }
            Place::Audit => self.audit(visit, &query).await,
            Place::OptOuts => self.opt_outs(visit, &query).await,
            _ => Ok(overview::page(&self.ask(visit, "/api/overview", Map::new()).await?)),
        }
    }

    /// What a form comes to.
    pub(super) async fn done(&self, visit: &Visit<'_>, form: &Form) -> Result<Came, Fault> {
        match visit.place {
            Place::Messages => self.search(visit, form).await,
            Place::Redrive => self.redrive(visit, form).await.map(Came::Page),
            Place::Release => {
                let released = self.ask(visit, "/api/release", form.members(&RELEASE)).await?;
                Ok(Came::Page(held::released(&released)))
            }
            Place::Reveal => {
                let shown = Map::from_iter([("personal".to_owned(), json!("shown"))]);
                let found = self.ask(visit, &format!("/api/dead-letters/{}", number(form, "id")?), shown).await?;
                Ok(Came::Page(letter::page(&found, &visit.frame())))
            }
            Place::OptOuts => {
                let found = self.ask(visit, "/api/suppressions/show", form.members(&["number"])).await?;
                let tenants = self.desk.tenants(&visit.bearer);
                Ok(Came::Page(suppressions::shown(&found, typed(form), &tenants, &visit.frame())))
            }
            Place::Steer => self.steer(visit, form).await.map(Came::Page),
            Place::OptOut => {
                let what = if form.get("do") == "lift" { "lift" } else { "add" };
                let members = form.members(&["number", "tenant", "sender", "reason"]);
                let came = self.ask(visit, &format!("/api/suppressions/{what}"), members).await?;
                Ok(Came::Page(suppressions::changed(&came)))
            }
            Place::Import => self.import(visit, form).await.map(Came::Page),
            Place::Playground => self.try_out(visit, form).await.map(Came::Page),
            Place::Make => {
                let mut members = form.members(&["name", "tenant", "expires"]);
                members.insert("roles".to_owned(), json!(form.all("roles")));
                Ok(Came::Page(tokens::made(&self.ask(visit, "/api/tokens/make", members).await?)))
            }
            Place::Revoke => {
                self.ask::<Value>(visit, "/api/tokens/revoke", form.members(&["name"])).await?;
                Ok(Came::Elsewhere(place::TOKENS.to_owned()))
            }
            _ => Err(Fault::NotFound("there is no such form".to_owned())),
        }
    }

    /// One message that is found has a page of its own; its id is ours, so that nobody's number is in a link.
    async fn search(&self, visit: &Visit<'_>, form: &Form) -> Result<Came, Fault> {
        let id = form.get("id");
        let tenants = self.desk.tenants(&visit.bearer);
        let traced: trace::Traced = match self.trace(visit, id, form.get("tenant")).await {
            Ok(traced) => traced,
            Err(Fault::NotFound(text)) => {
                return Ok(Came::Page(messages::none(&tenants, &visit.session.csrf, &text)));
            }
            Err(fault) => return Err(fault),
        };
        match traced.messages.as_slice() {
            [first, ..] if first.found_by == "campaign" => Ok(Came::Elsewhere(campaign::link(&first.tenant, id, None))),
            [one] => Ok(Came::Elsewhere(format!("{}/{}", place::MESSAGES, one.id))),
            _ => Ok(Came::Page(messages::found(&tenants, &visit.session.csrf, &traced))),
        }
    }

    async fn letters(&self, visit: &Visit<'_>, query: &Form) -> Result<Page, Fault> {
        let mut members = query.members(&FILTER);
        members.extend(query.members(&["before"]));
        let found: letters::Found = self.ask(visit, "/api/dead-letters", members).await?;
        let next = found.next.map(|next| query.link(place::LETTERS, &FILTER, ("before", &next.to_string())));
        let asked = letters::Filter {
            tenant: query.get("tenant"),
            kind: query.get("kind"),
            name: query.get("name"),
            reason: query.get("reason"),
            since: query.get("since"),
        };
        Ok(letters::page(&found, &asked, &self.desk.tenants(&visit.bearer), next.as_deref(), &visit.frame()))
    }

    /// Dead letters done again: first what would come of it, then it, a page at a time.
    async fn redrive(&self, visit: &Visit<'_>, form: &Form) -> Result<Page, Fault> {
        let mut members = form.members(&[FILTER.as_slice(), &["rate", "mapping"]].concat());
        for name in ["id", "after", "upto"] {
            if !form.get(name).is_empty() {
                members.insert(name.to_owned(), json!(number(form, name)?));
            }
        }
        let is_dry = form.get("do") != "redrive";
        members.insert("dry_run".to_owned(), json!(is_dry));
        let came: redrive::Redriven = self.ask(visit, "/api/redrive", members.clone()).await?;
        members.remove("dry_run");
        Ok(redrive::page(&came, &carried(&members), &visit.frame()))
    }

    /// What is wrong with a sample is said beside it, so that it can be mended.
    async fn try_out(&self, visit: &Visit<'_>, form: &Form) -> Result<Page, Fault> {
        let (sample, tenants, csrf) = (sample(form), self.desk.tenants(&visit.bearer), &visit.session.csrf);
        let mut members = form.members(&["tenant", "what", "path"]);
        members.insert("text".to_owned(), json!(sample.text));
        let headers = sample.headers.lines().filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.trim().to_owned(), Value::from(value.trim())));
        members.insert("headers".to_owned(), headers.collect::<Map<_, _>>().into());
        match self.ask(visit, "/api/try", members).await {
            Ok(tried) => Ok(playground::tried(&tried, &sample, &tenants, csrf)),
            Err(Fault::BadRequest(why)) => Ok(playground::wrong(&why, &sample, &tenants, csrf)),
            Err(fault) => Err(fault),
        }
    }

    /// Pause, resume, or cancel after a look.
    async fn steer(&self, visit: &Visit<'_>, form: &Form) -> Result<Page, Fault> {
        let whom = ["tenant", "sender", "campaign"];
        match form.get("do") {
            "pause" => {
                let members = form.members(&["tenant", "sender", "campaign", "reason"]);
                Ok(held::steered(&self.ask(visit, "/api/pause", members).await?, "pause"))
            }
            "resume" => Ok(held::steered(&self.ask(visit, "/api/resume", form.members(&whom)).await?, "resume")),
            what => {
                let mut members = form.members(&["tenant", "sender", "campaign", "upto"]);
                members.insert("dry_run".to_owned(), json!(what != "cancel"));
                let ended = self.ask(visit, "/api/cancel", members).await?;
                Ok(held::ended(&ended, &carried(&form.members(&whom)), &visit.frame()))
            }
        }
    }

    async fn opt_outs(&self, visit: &Visit<'_>, query: &Form) -> Result<Page, Fault> {
        let found: suppressions::Found =
            self.ask(visit, "/api/suppressions", query.members(&["tenant", "before"])).await?;
        let next = found.next.map(|next| query.link(place::OPT_OUTS, &["tenant"], ("before", &next.to_string())));
        let tenants = self.desk.tenants(&visit.bearer);
        Ok(suppressions::page(&found, typed(query), &tenants, next.as_deref(), &visit.frame()))
    }

    /// What is wrong with a list is said beside it, so that it can be mended.
    async fn import(&self, visit: &Visit<'_>, form: &Form) -> Result<Page, Fault> {
        let mut members = form.members(&["tenant", "csv", "reason"]);
        members.insert("dry_run".to_owned(), json!(form.get("do") != "import"));
        match self.ask(visit, "/api/suppressions/import", members).await {
            Ok(came) => Ok(suppressions::imported(&came)),
            Err(Fault::BadRequest(why)) => {
                Ok(suppressions::wrong(&why, typed(form), &self.desk.tenants(&visit.bearer), &visit.frame()))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn audit(&self, visit: &Visit<'_>, query: &Form) -> Result<Page, Fault> {
        let mut members = query.members(&AUDIT);
        members.extend(query.members(&["before"]));
        let found: audit::Found = self.ask(visit, "/api/audit", members).await?;
        let next = found.next.map(|next| query.link(place::AUDIT, &AUDIT, ("before", &next.to_string())));
        let asked = audit::Filter { who: query.get("who"), what: query.get("what"), since: query.get("since") };
        Ok(audit::page(&found, &asked, next.as_deref()))
    }
}

fn typed(form: &Form) -> suppressions::Typed<'_> {
    suppressions::Typed {
        tenant: form.get("tenant"),
        number: form.get("number"),
        csv: form.get("csv"),
        reason: form.get("reason"),
    }
}

fn sample(form: &Form) -> playground::Sample<'_> {
    playground::Sample {
        tenant: form.get("tenant"),
        what: form.get("what"),
        path: form.get("path"),
        headers: form.get("headers"),
        text: form.get("text"),
    }
}

/// What a form asked, to be asked again by the next one.
fn carried(members: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    members.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn number(form: &Form, name: &str) -> Result<i64, Fault> {
    form.get(name).parse().map_err(|_| Fault::BadRequest(format!("`{name}` is no whole number")))
}

//! The provider's account: is it there with these credentials, and which templates does it have.

use std::sync::Arc;

use super::{Check, Patient};
use crate::config::Number;
use crate::flow::{Fact, Synced};

const PROVIDER: &str = "provider";
const TEMPLATES: &str = "templates";
const USED: &str = "templates_used";
/// What `WhatsApp` calls a template that may be sent.
const APPROVED: &str = "APPROVED";
/// Names in one sentence.
const NAMED: usize = 10;

impl Patient<'_> {
    /// Asked now, each business account once.
    pub(super) async fn account(&self) -> Vec<Check> {
        let (mut checks, mut lists, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for number in self.tenant.numbers.iter().filter(|number| number.waba.is_some()) {
            if seen.contains(&&number.waba) {
                continue;
            }
            seen.push(&number.waba);
            match self.desk.flow.sync(&self.tenant, number, true).await {
                Ok(synced) => lists.push((number, synced)),
                Err(refusal) => checks.push(unreached(refusal.text.unwrap_or_default())),
            }
        }
        if checks.is_empty() {
            let name = &self.tenant.provider.name;
            checks.push(match lists.is_empty() {
                false => Check::fine(PROVIDER, format!("{name} answers with these credentials")),
                true => Check::unseen(
                    PROVIDER,
                    format!("{name} was not asked: no number has a `waba`, or the mapping lists no templates"),
                    "`switchboard send` shows whether it takes a message",
                ),
            });
        }
        checks.extend(lists.iter().map(|(number, synced)| listed(number, synced)));
        checks.extend(self.used(&lists.iter().map(|(_, synced)| synced.clone()).collect::<Vec<_>>()));
        checks
    }

    /// Whether what was sent lately is there and approved.
    fn used(&self, lists: &[Arc<Synced>]) -> Option<Check> {
        let used = self.facts.keys().filter_map(|fact| match fact {
            Fact::Template(name) => Some(name.as_str()),
            _ => None,
        });
        let used: Vec<&str> = used.collect();
        if lists.is_empty() || used.is_empty() {
            return None;
        }
        let all = || lists.iter().flat_map(|synced| &synced.templates);
        let bad: Vec<String> = used
            .iter()
            .filter(|name| !all().any(|template| template.name == **name && template.status == APPROVED))
            .map(|name| {
                let status = all().find(|template| template.name == *name).map(|template| template.status.as_str());
                format!("{name} ({})", status.unwrap_or("gone"))
            })
            .collect();
        Some(if bad.is_empty() {
            Check::fine(USED, format!("all {} that were used within a day are approved", used.len()))
        } else {
            let says = format!("campaigns use templates that are not approved: {}", named(&bad));
            Check::finding(USED, says, "have them approved, or choose others in the campaigns")
        })
    }
}

fn unreached(why: String) -> Check {
    let fix = "HTTP 401 or 403: the provider's credentials in the tenant's file; 404: the `waba` of the number, or the \
               address in `settings`; no HTTP at all: the network, or the address";
    Check::finding(PROVIDER, why, fix)
}

fn listed(number: &Number, synced: &Synced) -> Check {
    let (waba, all) = (number.waba.as_deref().unwrap_or_default(), synced.templates.len());
    let others: Vec<String> = synced
        .templates
        .iter()
        .filter(|template| template.status != APPROVED)
        .map(|template| format!("{} ({})", template.name, template.status))
        .collect();
    let approved = all - others.len();
    let rest = if others.is_empty() { String::new() } else { format!("; not yet: {}", named(&others)) };
    if approved == 0 {
        let says = format!("no template of the account {waba} is approved, so the platform's sync lists none{rest}");
        return Check::finding(
            TEMPLATES,
            says,
            "wait for the approval, or compare the `waba` with the provider's dashboard",
        );
    }
    Check::fine(TEMPLATES, format!("{approved} of {all} in the account {waba} are approved, listed just now{rest}"))
}

fn named(all: &[String]) -> String {
    let some = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > NAMED { format!("{some} and {} more", all.len() - NAMED) } else { some }
}

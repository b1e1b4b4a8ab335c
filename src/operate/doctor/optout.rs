//! Opt-outs, all the way round: which words opt a person out and in, and whether the store keeps it.

use super::{Check, Patient};
use crate::config::SuppressionScope;
use crate::functions::NoFacts;
use crate::legs::inbound::{Action, Around, rule};
use crate::mapping::Rule;
use crate::model::{Address, Inbound};
use crate::store::{Cause, StoreError, Suppression};
use crate::value::{Arena, Value};

const OPT_OUT: &str = "opt_out";
/// Nobody's address.
const NOBODY: &str = "switchboard-doctor";

impl Patient<'_> {
    pub(super) async fn opt_out(&self) -> Vec<Check> {
        let mut checks = vec![self.words()];
        checks.push(match self.round().await {
            Ok(true) => Check::fine(OPT_OUT, "the store keeps an opt-out and takes it back"),
            Ok(false) => Check::finding(
                OPT_OUT,
                "an opt-out that was stored is not known",
                "restart the gateway; its store is at fault",
            ),
            Err(problem) => Check::finding(
                OPT_OUT,
                format!("an opt-out cannot be stored: {problem}"),
                "look at the store's disk or database: `/readyz`",
            ),
        });
        checks
    }

    /// Whether what a person would write is understood: the tenant's words, and those that the mapping has of its own.
    fn words(&self) -> Check {
        let none: &[Rule] = &[];
        let rules =
            self.tenant.platform.platform().and_then(|legs| legs.inbound.as_ref()).map_or(none, |leg| &leg.rules);
        let (mut outs, mut ins, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        for (rule, own) in rules.iter().zip(&self.tenant.keywords) {
            let words: Vec<&str> = own.words.all().collect();
            let acts = |action: &Action| words.iter().any(|word| self.does(word, action));
            if acts(&Action::Suppress) {
                lost.extend(rule.words.iter().filter(|word| !self.does(word, &Action::Suppress)).map(String::as_str));
                outs.extend(words);
            } else if acts(&Action::Release) {
                ins.extend(words);
            }
        }
        let (said, back) = (outs.join(", "), ins.join(", "));
        if outs.is_empty() {
            let fix = "give a rule of the mapping that does `suppress` its words: `keywords: { opt_out: { words: [ STOP ] } }`";
            return Check::finding(
                OPT_OUT,
                "no word opts a person out: whoever writes STOP goes on being sent to",
                fix,
            );
        }
        if !lost.is_empty() {
            let lost = lost.join(", ");
            let says = format!("whoever writes {lost} goes on being sent to: the tenant's own words are {said} alone");
            return Check::finding(
                OPT_OUT,
                says,
                format!("add {lost} to `words` of the tenant's `keywords`, or tell people the other word"),
            );
        }
        let off = match self.tenant.delivery.suppression {
            SuppressionScope::Off => "; but `suppression: off` sends to them all the same",
            SuppressionScope::Tenant | SuppressionScope::Number => "",
        };
        Check::fine(OPT_OUT, format!("{said} opts out, {back} opts in{off}"))
    }

    /// Whether that text makes a rule do that.
    fn does(&self, text: &str, action: &Action) -> bool {
        let arena = Arena::new();
        let content = [("kind", Value::Text("text")), ("text", Value::Text(text))];
        let to = self.tenant.numbers.first().map(|number| number.number.as_str()).unwrap_or_default();
        let members = [
            ("id", Value::Text(NOBODY)),
            ("from", Value::Text(NOBODY)),
            ("to", Value::Text(to)),
            ("at", Value::Time(self.now)),
            ("content", Value::Map(&content)),
        ];
        let Ok(inbound) = Inbound::read(Value::Map(&members)) else { return false };
        let ruled = rule(&self.tenant, &inbound, Around::default(), &arena, &NoFacts, self.now);
        ruled.is_ok_and(|ruled| ruled.actions.contains(action))
    }

    /// On the list, and off again.
    async fn round(&self) -> Result<bool, StoreError> {
        let (store, tenant) = (&self.desk.flow.store, &self.tenant.name);
        let (address, sender) = (Address::from(NOBODY), Address::from(NOBODY));
        let change = |on| {
            let (tenant, address) = (tenant.clone(), address.clone());
            Suppression { tenant, sender: None, address, on, at: self.now, cause: Cause::Trial }
        };
        store.suppress(vec![change(true)]).await?;
        let kept = store.is_suppressed(tenant, &sender, &address);
        store.suppress(vec![change(false)]).await?;
        Ok(kept && !store.is_suppressed(tenant, &sender, &address))
    }
}

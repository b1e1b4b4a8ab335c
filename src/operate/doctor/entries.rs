//! What stands in other people's dashboards and no gateway sees: printed, so that somebody compares it.

use super::{Check, Patient};
use crate::config::PublicUrl;
use crate::mapping::{Leg, Mapping, Party};
use crate::value::Tree;

const ENTRIES: &str = "entries";
const ADVICE: &str = "advice";

impl Patient<'_> {
    /// What both parties must have been told, in the words of their dashboards where the mapping has them.
    pub(super) fn entries(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for party in [Party::Platform, Party::Provider] {
            let mapping = self.tenant.mapping(party);
            for entry in &mapping.onboard.enter {
                let fields = entry.filled(|name| self.value(party, name));
                let fields: Vec<String> = fields.map(|(label, value)| format!("{label}: {value}")).collect();
                checks.push(Check::unseen(ENTRIES, format!("what stands there: {}", entry.at), fields.join("; ")));
            }
            if mapping.onboard.enter.is_empty() {
                checks.extend(self.addresses(mapping));
            }
            let notes = mapping.onboard.notes.iter();
            checks.extend(notes.map(|note| Check::unseen(ADVICE, format!("{}, for a person", mapping.name), note)));
        }
        checks
    }

    fn addresses(&self, mapping: &Mapping) -> Vec<Check> {
        let legs =
            [(Leg::Send, "sends to"), (Leg::Status, "posts statuses to"), (Leg::Inbound, "posts what people write to")];
        let told = legs.into_iter().filter_map(|(leg, does)| {
            let urls = self.urls(mapping, leg);
            let says = format!("whether {} {does} this gateway stands in its dashboard", mapping.name);
            (!urls.is_empty()).then(|| Check::unseen(ENTRIES, says, format!("it must be {}", urls.join(" or "))))
        });
        told.collect()
    }

    fn value(&self, party: Party, name: &str) -> String {
        let (number, mapping) = (self.tenant.numbers.first(), self.tenant.mapping(party));
        let side = self.tenant.side(party);
        let said = match name {
            "gateway" => Some(self.base().to_owned()),
            "tenant" => Some(self.tenant.name.to_string()),
            "number" => number.map(|number| number.number.as_str().to_owned()),
            "waba" => number.and_then(|number| number.waba.clone()),
            _ if mapping.onboard.credentials.iter().any(|(known, _)| known == name) => {
                Some(format!("`credentials: {}: {name}` of the tenant's file", mapping.name))
            }
            _ => side.setting(name).map(|value| match value {
                Tree::Text(text) => text.to_string(),
                other => serde_json::to_string(other).unwrap_or_default(),
            }),
        };
        said.unwrap_or_else(|| "(none)".to_owned())
    }

    /// Where the section of a leg is reached by its party.
    pub(super) fn urls(&self, mapping: &Mapping, leg: Leg) -> Vec<String> {
        let routes = mapping.sections().filter(|section| section.leg == leg).flat_map(|section| &section.routes);
        let tenant = self.tenant.name.as_str();
        let paths = routes.flat_map(|route| &route.paths).map(|path| path.replace("{tenant}", tenant));
        paths.map(|path| format!("{}{path}", self.base())).collect()
    }

    fn base(&self) -> &str {
        self.snapshot.public_url.as_ref().map_or("https://HOST", PublicUrl::as_str)
    }
}

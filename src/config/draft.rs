//! A new tenant's file, from what its operator answered; and what is then to be entered in whose dashboard.
//!
//! Secrets are referred to, never written: what is known of one here is its reference.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Snapshot;
use crate::mapping::{Mapping, Party, Setting};
use crate::model::Name;

/// What is said of a new tenant.
#[derive(Clone, Debug)]
pub struct Draft<'m> {
    /// Its name.
    pub tenant: String,
    /// Its platform's mapping.
    pub platform: &'m Mapping,
    /// Its provider's mapping.
    pub provider: &'m Mapping,
    /// Its sender, digits.
    pub number: String,
    /// The business account of the sender.
    pub waba: Option<String>,
    /// Settings by name.
    pub settings: BTreeMap<String, String>,
    /// References by `PARTY.NAME`; a credential that is not named here is looked for in the environment.
    pub secrets: BTreeMap<String, String>,
    /// Words by rule.
    pub words: BTreeMap<String, Vec<String>>,
    /// Replies by rule.
    pub replies: BTreeMap<String, String>,
}

/// What is asked for, and in which words.
#[derive(Clone, Debug)]
pub struct Question<'m> {
    /// The setting, or the rule.
    pub name: &'m str,
    /// Where it is found, or who hears it.
    pub about: &'m str,
    /// The tenant's file is nothing without it.
    pub needed: bool,
}

/// The settings that a new tenant of these parties is asked for: what `onboard` names, and what has no default.
#[must_use]
pub fn settings_asked<'m>(platform: &'m Mapping, provider: &'m Mapping) -> Vec<Question<'m>> {
    let of = |mapping: &'m Mapping| {
        let named = &mapping.onboard.settings;
        let needed = |setting: &Setting| setting.default.is_none() && !setting.optional;
        let asked = move |setting: &'m Setting| {
            let about = named.iter().find(|(name, _)| **name == *setting.name).map(|(_, about)| about.as_str());
            let wanted = about.is_some() || needed(setting);
            wanted.then(|| Question {
                name: &setting.name,
                about: about.unwrap_or("a setting"),
                needed: needed(setting),
            })
        };
        mapping.settings.iter().filter_map(asked)
    };
    of(platform).chain(of(provider)).collect()
}

impl Snapshot {
    /// The mapping of that party and name; else the names that there are.
    ///
    /// # Errors
    /// Those names.
    pub fn of_party(&self, party: Party, name: &str) -> Result<&Mapping, Vec<&str>> {
        let found = self.mappings.get(&(party, Name::from(name)));
        let names = || self.mappings.keys().filter(|(known, _)| *known == party).map(|(_, name)| name.as_str());
        found.map(|mapping| &**mapping).ok_or_else(|| names().collect())
    }
}

impl Draft<'_> {
    /// The file, with a word on each line that a person must look after.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { tenant, platform, provider, number, waba, .. } = self;
        let mut text = format!(
            "# {tenant}: {} campaigns, delivered by {}. Written by `switchboard onboard`; what else may stand here is in\n\
             # docs/tenants.md.\ntenant: {tenant}\nplatform: {}\nprovider: {}\n\nnumbers:\n",
            platform.name, provider.name, platform.name, provider.name
        );
        let waba = waba.as_ref().map(|waba| format!(", waba: {}", quoted(waba))).unwrap_or_default();
        let _ = writeln!(text, "  - {{ number: {}{waba} }}", quoted(number));
        text.push_str("\ncredentials:                # by reference: the values are never written here\n");
        for mapping in [platform, provider] {
            if mapping.onboard.credentials.is_empty() {
                continue;
            }
            let _ = writeln!(text, "  {}:", mapping.name);
            for (name, about) in &mapping.onboard.credentials {
                let _ = writeln!(text, "    {name}: {}    # {}", quoted(&self.reference(mapping, name)), line(about));
            }
        }
        self.write_settings(&mut text);
        self.write_keywords(&mut text);
        text
    }

    fn write_settings(&self, text: &mut String) {
        if self.settings.is_empty() {
            return;
        }
        text.push_str("\nsettings:\n");
        for (name, value) in &self.settings {
            let abouts = [self.platform, self.provider].into_iter().flat_map(|mapping| &mapping.onboard.settings);
            let about =
                abouts.clone().find(|(known, _)| known == name).map(|(_, about)| format!("    # {}", line(about)));
            let _ = writeln!(text, "  {name}: {}{}", scalar(value), about.unwrap_or_default());
        }
    }

    fn write_keywords(&self, text: &mut String) {
        let rules: Vec<&String> = self.words.keys().chain(self.replies.keys()).collect();
        let rules: std::collections::BTreeSet<&String> = rules.into_iter().collect();
        if rules.is_empty() {
            return;
        }
        text.push_str("\nkeywords:\n");
        for rule in rules {
            let words = self.words.get(rule).map(|words| {
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                format!("words: [ {} ]", words.join(", "))
            });
            let reply = self.replies.get(rule).map(|reply| format!("reply: {}", quoted(reply)));
            let members: Vec<String> = words.into_iter().chain(reply).collect();
            let _ = writeln!(text, "  {rule}: {{ {} }}", members.join(", "));
        }
    }

    /// Where a credential's value is.
    #[must_use]
    pub fn reference(&self, mapping: &Mapping, name: &str) -> String {
        let given = self.secrets.get(&format!("{}.{name}", mapping.name));
        given.cloned().unwrap_or_else(|| format!("${{env:{}}}", self.variable(mapping, name)))
    }

    fn variable(&self, mapping: &Mapping, name: &str) -> String {
        let all = format!("{}_{}_{name}", self.tenant, mapping.name).to_ascii_uppercase();
        all.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
    }

    /// What is entered where: pages with their fields, in the words of the dashboards.
    #[must_use]
    pub fn entries<'d>(&'d self, gateway: &'d str) -> Vec<(&'d str, Vec<(&'d str, String)>)> {
        let mut pages = Vec::new();
        for mapping in [self.platform, self.provider] {
            for entry in &mapping.onboard.enter {
                let fields = entry.filled(move |name| self.value(mapping, name, gateway));
                pages.push((entry.at.as_str(), fields.collect()));
            }
        }
        pages
    }

    fn value(&self, mapping: &Mapping, name: &str, gateway: &str) -> String {
        let none = || "(none)".to_owned();
        match name {
            "gateway" => gateway.to_owned(),
            "tenant" => self.tenant.clone(),
            "number" => self.number.clone(),
            "waba" => self.waba.clone().unwrap_or_else(none),
            _ if mapping.onboard.credentials.iter().any(|(known, _)| known == name) => {
                format!("the value of {}", self.reference(mapping, name))
            }
            _ => self.settings.get(name).cloned().unwrap_or_else(none),
        }
    }

    /// What no gateway sees.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        [self.platform, self.provider].into_iter().flat_map(|mapping| &mapping.onboard.notes).map(String::as_str)
    }
}

/// In double quotes, as YAML and JSON write it alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A setting that is `true`, `false` or digits is that; anything else is a text.
fn scalar(text: &str) -> String {
    let plain = matches!(text, "true" | "false") || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.to_owned() } else { quoted(text) }
}

/// A comment is one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! `onboard:`: what a new tenant is asked for, and what is entered in whose dashboard. No message has to do with it.

use super::fields::{Fields, Reader};
use crate::language::Prose;
use crate::shape::{self, MapShape};
use crate::yaml::Node;

/// A name, and words about it.
pub type Asked = (String, String);

/// A mapping's `onboard:`.
#[derive(Clone, Debug, Default)]
pub struct Onboard {
    /// Settings that are asked for, and where they are found.
    pub settings: Vec<Asked>,
    /// Credentials that the tenant's file refers to, and what they are.
    pub credentials: Vec<Asked>,
    /// Rules whose reply is asked for, and who hears it.
    pub replies: Vec<Asked>,
    /// What is entered where.
    pub enter: Vec<Entry>,
    /// What no gateway sees.
    pub notes: Vec<String>,
    /// What the party's form for help asks of a message.
    pub support: Option<Entry>,
}

/// What is entered on one page.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The way to the page.
    pub at: String,
    /// What is entered, by the fields' labels.
    pub fields: Vec<(String, Prose)>,
}

impl Entry {
    /// What is entered, by label, with the value of each name in its place.
    pub fn filled<'e>(&'e self, value: impl Fn(&str) -> String + 'e) -> impl Iterator<Item = (&'e str, String)> {
        self.fields.iter().map(move |(label, prose)| {
            let values: Vec<(&str, String)> = prose.names().map(|name| (name, value(name))).collect();
            let of = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
            (label.as_str(), prose.fill(of).unwrap_or_default())
        })
    }
}

/// What a value may speak of besides settings and credentials.
const NAMES: [&str; 4] = ["gateway", "tenant", "number", "waba"];

/// What a field of a form for help may speak of, too: what is known of one message, and what a person adds.
const OF_A_MESSAGE: [&str; 9] =
    ["id", "platform_id", "provider_id", "accepted", "contact", "subject", "description", "campaign", "attachments"];

/// What the rest of the file has of those names.
pub(super) struct Known<'m> {
    pub(super) settings: Vec<&'m str>,
    pub(super) credentials: Vec<&'m str>,
    pub(super) rules: Vec<&'m str>,
}

pub(super) fn read(reader: &mut Reader, node: &Node, known: &Known<'_>) -> Onboard {
    let fields = Fields::read(reader, node, &shape::ONBOARD);
    let mut asked = |name: &str, known: &[&str]| -> Vec<Asked> {
        let Some(node) = fields.get(name) else { return Vec::new() };
        let mut all = Vec::new();
        for (key, words) in reader.map(node, name).to_vec() {
            if !known.contains(&&*key.text) && !known.contains(&"*") {
                let near = crate::diagnostic::suggest(&key.text, known.iter().copied());
                let help = match near {
                    Some(word) => format!("did you mean `{word}`?"),
                    None if known.is_empty() => "the mapping has none".to_owned(),
                    None => format!("there are: {}", known.join(", ")),
                };
                reader.error("SB0317", key.span, format!("`{}` is none of the mapping's {name}", key.text), help);
            }
            let words = reader.text(&words, name).map(str::to_owned).unwrap_or_default();
            all.push((key.text.to_string(), words));
        }
        all
    };
    let settings = asked("settings", &known.settings);
    let credentials = asked("credentials", &known.credentials);
    let replies = asked("replies", &known.rules);
    let names: Vec<&str> = NAMES.iter().chain(&known.settings).copied().collect();
    let names: Vec<&str> = names.into_iter().chain(credentials.iter().map(|(name, _)| name.as_str())).collect();
    let list = fields.get("enter").and_then(Node::as_list).unwrap_or_default();
    let enter = list.iter().filter_map(|node| entry(reader, node, &shape::ENTRY, &names)).collect();
    let notes = fields.get("notes").map_or(&[][..], Reader::one_or_many);
    let notes = notes.iter().filter_map(|node| reader.text(node, "notes").map(str::to_owned)).collect();
    let names: Vec<&str> = names.iter().chain(&OF_A_MESSAGE).filter(|name| **name != "gateway").copied().collect();
    let support = fields.get("support").and_then(|node| entry(reader, node, &shape::SUPPORT, &names));
    Onboard { settings, credentials, replies, enter, notes, support }
}

fn entry(reader: &mut Reader, node: &Node, shape: &'static MapShape, names: &[&str]) -> Option<Entry> {
    let fields = Fields::read(reader, node, shape);
    let at = reader.text(fields.get("at")?, "at")?.to_owned();
    let labelled = reader.map(fields.get("fields")?, "fields");
    let fields =
        labelled.iter().filter_map(|(label, node)| Some((label.text.to_string(), value(reader, node, names)?)));
    Some(Entry { at, fields: fields.collect() })
}

fn value(reader: &mut Reader, node: &Node, names: &[&str]) -> Option<Prose> {
    let value = match Prose::parse(reader.text(node, "a field")?) {
        Ok(value) => value,
        Err(problem) => {
            reader.error("SB0317", node.span, problem.to_string(), "a text in which {{names}} stand");
            return None;
        }
    };
    if let Some(unknown) = value.names().find(|name| !names.contains(name)) {
        let help = format!("it may hold: {}", names.join(", "));
        reader.error("SB0317", node.span, format!("nobody knows `{{{{{unknown}}}}}` when this is printed"), help);
    }
    Some(value)
}

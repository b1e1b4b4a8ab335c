//! The settings a mapping declares: what a tenant may say, of which type, with which default.

use std::sync::Arc;

use super::fields::{Fields, Reader};
use crate::language::Declared;
use crate::shape;
use crate::value::{Number, Tree};
use crate::yaml::{Node, to_tree};

/// What a setting may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingType {
    /// Any text.
    Text,
    /// One word; with `one_of`, one of these.
    Word,
    /// An absolute http or https URL.
    Url,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// `15m`.
    Duration,
    /// A map of header names to texts.
    Headers,
}

/// One declared setting.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name in the tenant's `settings`.
    pub name: Arc<str>,
    /// What it may hold.
    pub kind: SettingType,
    /// Used where the tenant says nothing.
    pub default: Option<Tree>,
    /// May be left out without a default.
    pub optional: bool,
    /// The only words it may hold; empty for any.
    pub one_of: Vec<String>,
    /// Where it is declared.
    pub span: crate::diagnostic::Span,
}

const TYPES: &[(&str, SettingType)] = &[
    ("text", SettingType::Text),
    ("word", SettingType::Word),
    ("url", SettingType::Url),
    ("boolean", SettingType::Boolean),
    ("integer", SettingType::Integer),
    ("duration", SettingType::Duration),
    ("headers", SettingType::Headers),
];

impl Setting {
    /// What is wrong with a value for this setting, in words after "must be"; `None` if nothing is.
    #[must_use]
    pub fn refuses(&self, value: &Tree) -> Option<String> {
        let fits = match (self.kind, value) {
            (SettingType::Text | SettingType::Word, Tree::Text(text)) => {
                if !self.one_of.is_empty() && !self.one_of.iter().any(|word| **word == **text) {
                    return Some(format!("one of {}", self.one_of.join(", ")));
                }
                self.kind == SettingType::Text || !text.is_empty() && !text.contains(char::is_whitespace)
            }
            (SettingType::Url, Tree::Text(text)) => url::Url::parse(text).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty()
            }),
            (SettingType::Boolean, Tree::Bool(_))
            | (SettingType::Integer, Tree::Number(Number::Int(_) | Number::Large(_))) => true,
            (SettingType::Duration, Tree::Text(text)) => crate::model::parse_duration(text).is_ok(),
            (SettingType::Headers, Tree::Map(members)) => {
                members.iter().all(|(_, value)| matches!(value, Tree::Text(_)))
            }
            _ => false,
        };
        (!fits).then(|| self.expectation().to_owned())
    }

    const fn expectation(&self) -> &'static str {
        match self.kind {
            SettingType::Text => "a text; put numbers in quotes",
            SettingType::Word => "one word; put numbers in quotes",
            SettingType::Url => "an absolute http or https URL without a user name",
            SettingType::Boolean => "true or false",
            SettingType::Integer => "a whole number",
            SettingType::Duration => "a duration such as 15m",
            SettingType::Headers => "a map of header names to texts",
        }
    }
}

/// Reads `settings:`.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Vec<Setting> {
    let mut settings = Vec::new();
    for (key, value) in reader.map(node, "settings") {
        let fields = Fields::read(reader, value, &shape::SETTING);
        let Some(kind) = fields.get("type").and_then(|node| reader.word(node, "a setting's type", TYPES)) else {
            continue;
        };
        let one_of = fields.get("one_of").map_or_else(Vec::new, |node| {
            Reader::one_or_many(node).iter().filter_map(|word| reader.text(word, "one_of").map(str::to_owned)).collect()
        });
        let optional = fields.get("optional").is_some_and(|node| to_tree(node) == Tree::Bool(true));
        let setting = Setting {
            name: (*key.text).into(),
            kind,
            default: fields.get("default").map(to_tree),
            optional,
            one_of,
            span: key.span,
        };
        if let (Some(expected), Some(node)) =
            (setting.default.as_ref().and_then(|value| setting.refuses(value)), fields.get("default"))
        {
            reader.error(
                "SB0306",
                node.span,
                format!("the default of `{}` must be {expected}", key.text),
                "change the default or the type",
            );
        }
        settings.push(setting);
    }
    settings
}

/// What the language needs to know of them.
pub(super) fn declared(settings: &[Setting]) -> Vec<Declared> {
    settings
        .iter()
        .map(|setting| Declared {
            name: setting.name.clone(),
            optional: setting.optional && setting.default.is_none(),
            words: setting.one_of.clone(),
            span: Some(setting.span),
        })
        .collect()
}

//! The tables as JSON Schemas, for editors. Draft 7, because the language server behind most YAML editors takes that and
//! below, and has taken newer drafts only lately.
//!
//! Stricter than YAML and laxer than `check`: a schema knows keys, words and spellings, not names, types or scopes.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::map::{Kind, MapShape, Member};
use super::tree::{OPERATORS, Operator};
use super::{CASES, GATEWAY, PLATFORM, PROVIDER, TENANT, values};
use crate::diagnostic::Source;
use crate::yaml;

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// A platform's or a provider's contract.
    Mapping,
    /// A brand.
    Tenant,
    /// `switchboard.yaml`.
    Gateway,
    /// Contract cases beside a mapping.
    Cases,
}

impl Document {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Mapping, Self::Tenant, Self::Gateway, Self::Cases];

    /// Its name on the command line and as a file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mapping => "mapping",
            Self::Tenant => "tenant",
            Self::Gateway => "gateway",
            Self::Cases => "cases",
        }
    }
}

/// The JSON Schema of a kind of files.
#[must_use]
pub fn schema(document: Document) -> Json {
    let mut schemas = Schemas::default();
    let (title, root) = match document {
        Document::Mapping => {
            let (platform, provider) = (schemas.map(&PLATFORM), schemas.map(&PROVIDER));
            let either = json!({"if": {"required": ["provider"]}, "then": provider, "else": platform});
            ("Switchboard mapping", either)
        }
        Document::Tenant => ("Switchboard tenant", schemas.map(&TENANT)),
        Document::Gateway => ("Switchboard gateway", schemas.map(&GATEWAY)),
        Document::Cases => ("Switchboard contract cases", schemas.map(&CASES)),
    };
    let mut whole = json!({"$schema": "http://json-schema.org/draft-07/schema#", "title": title, "allOf": [root]});
    whole["definitions"] = schemas.definitions.into_iter().collect::<Map<_, _>>().into();
    whole
}

/// The definitions that are needed so far, by name.
#[derive(Default)]
struct Schemas {
    definitions: BTreeMap<String, Json>,
}

impl Schemas {
    /// Makes a definition once, however often it is referred to, also by itself.
    fn define(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Json) -> Json {
        if !self.definitions.contains_key(name) {
            self.definitions.insert(name.to_owned(), Json::Null);
            let made = make(self);
            self.definitions.insert(name.to_owned(), made);
        }
        json!({"$ref": format!("#/definitions/{name}")})
    }

    fn map(&mut self, shape: &'static MapShape) -> Json {
        self.define(shape.name, |schemas| {
            let mut map = schemas.object(shape.members());
            map["description"] = shape.says.into();
            if let Some(others) = shape.others {
                let member = schemas.member(&others.member);
                map["patternProperties"] = json!({ others.pattern: member });
            }
            if shape.choice {
                map["minProperties"] = 1.into();
                map["maxProperties"] = 1.into();
            }
            one_of_these(&mut map, shape.needs_one);
            map
        })
    }

    /// A map with these members and no others.
    fn object(&mut self, members: impl Iterator<Item = &'static Member>) -> Json {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for member in members {
            properties.insert(member.name.to_owned(), self.member(member));
            if member.required {
                required.push(member.name);
            }
        }
        let mut map = json!({"type": "object", "properties": properties, "additionalProperties": false});
        if !required.is_empty() {
            map["required"] = required.into();
        }
        map
    }

    /// What stands beside a `$ref` is only a note, and is shown all the same.
    fn member(&mut self, member: &Member) -> Json {
        let mut schema = self.kind(member.kind);
        let mut says = member.says.to_owned();
        if let Some(default) = member.default {
            says = format!("{says}. Without it: {default}");
        }
        schema["description"] = says.into();
        if let Some(example) = example(member.example) {
            schema["examples"] = json!([example]);
        }
        schema
    }

    fn kind(&mut self, kind: Kind) -> Json {
        match kind {
            Kind::Expression => self.define("expression", |_| values::expression()),
            Kind::Condition => {
                let expression = self.kind(Kind::Expression);
                json!({"anyOf": [{"type": "boolean"}, expression]})
            }
            Kind::Tree => self.tree(),
            Kind::Computed => self.define("computed", |schemas| {
                let operators = OPERATORS.iter().map(|operator| schemas.operator(operator));
                json!({"anyOf": std::iter::once(values::leaf()).chain(operators).collect::<Vec<_>>()})
            }),
            Kind::Map(shape) => self.map(shape),
            Kind::Named(kind) => json!({"type": "object", "additionalProperties": self.kind(*kind)}),
            Kind::List(kind) => json!({"type": "array", "items": self.kind(*kind)}),
            Kind::Many(kind) => {
                let one = self.kind(*kind);
                json!({"anyOf": [one.clone(), {"type": "array", "items": one}]})
            }
            Kind::Either(kinds) => json!({"anyOf": kinds.iter().map(|kind| self.kind(*kind)).collect::<Vec<_>>()}),
            scalar => values::scalar(scalar),
        }
    }

    fn tree(&mut self) -> Json {
        self.define("tree", |schemas| {
            let tree = json!({"$ref": "#/definitions/tree"});
            let plain = json!({
                "type": "object",
                "propertyNames": {"pattern": "^([^$]|$)"},
                "additionalProperties": tree,
            });
            let mut any = vec![values::leaf(), json!({"type": "array", "items": tree}), plain];
            any.extend(OPERATORS.iter().map(|operator| schemas.operator(operator)));
            json!({"anyOf": any})
        })
    }

    fn operator(&mut self, operator: &'static Operator) -> Json {
        self.define(operator.head.name.trim_start_matches('$'), |schemas| {
            let mut map = schemas.object(std::iter::once(&operator.head).chain(operator.parts));
            map["description"] = format!("`{}` yields {}", operator.head.name, operator.yields).into();
            one_of_these(&mut map, operator.needs_one);
            map
        })
    }
}

fn one_of_these(map: &mut Json, names: &[&str]) {
    if !names.is_empty() {
        map["anyOf"] = names.iter().map(|name| json!({"required": [name]})).collect();
    }
}

/// An example as the value it stands for.
fn example(text: &str) -> Option<Json> {
    let node = yaml::parse(&Source::new("example", text), &mut Vec::new())?;
    serde_json::to_value(yaml::to_tree(&node)).ok()
}

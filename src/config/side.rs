//! What a tenant says to one party's mapping: settings, credentials and changes of tables.
//!
//! A block named after the party is laid over the flat one, so that both parties may have an `api_key`.

use super::secret::{Reference, Resolve};
use crate::language::Overrides;
use crate::mapping::{Mapping, Reader};
use crate::model::Secret;
use crate::value::{Arena, Tree, Value};
use crate::yaml::{Key, Node, to_tree};

/// One party's half of a tenant.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Declared settings, defaults filled in.
    pub settings: Tree,
    /// Name and values; several while one is rotated, the first is used to sign.
    pub credentials: Vec<(String, Vec<Secret>)>,
    /// Rows and columns laid over the mapping's tables.
    pub overrides: Overrides,
}

impl Side {
    /// The credentials as a map of secrets, the `turn`th of each list (its last where it is shorter).
    pub fn secrets<'v>(&'v self, turn: usize, arena: &'v Arena) -> Value<'v> {
        let members = self.credentials.iter().filter_map(|(name, values)| {
            let value = values.get(turn).or(values.last())?;
            Some((name.as_str(), Value::Secret(value.expose())))
        });
        let members: Vec<_> = members.collect();
        Value::Map(arena.alloc_slice_copy(&members))
    }

    /// Whether the tenant has that credential.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.credentials.iter().any(|(known, values)| known == name && !values.is_empty())
    }

    /// A setting.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Tree> {
        self.settings.get(name).filter(|value| **value != Tree::Null)
    }
}

/// A member of the party's block, or else of the flat one. Blocks of `others` are not flat members.
fn members<'n>(node: Option<&'n Node>, party: &str, others: &[&str]) -> Vec<&'n (Key, Node)> {
    let Some(all) = node.and_then(Node::as_map) else { return Vec::new() };
    let block = all.iter().find(|(key, value)| *key.text == *party && value.as_map().is_some());
    let own = block.and_then(|(_, value)| value.as_map()).unwrap_or_default();
    let flat = all.iter().filter(|(key, value)| !(value.as_map().is_some() && others.contains(&&*key.text)));
    let flat = flat.filter(|(key, _)| !own.iter().any(|(name, _)| name.text == key.text));
    own.iter().chain(flat).collect()
}

/// Reads one party's half. `parties`: the names of both of the tenant's parties.
pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    mapping: &Mapping,
    parties: &[&str],
    resolve: Resolve<'_>,
) -> Side {
    let party = mapping.name.as_str();
    let settings = settings(reader, node, mapping, parties);
    let mut credentials = Vec::new();
    for (key, value) in members(node.get("credentials"), party, parties) {
        let values = Reader::one_or_many(value).iter().filter_map(|value| secret(reader, value, resolve)).collect();
        credentials.push((key.text.to_string(), values));
    }
    let tables = node.get("tables").and_then(|tables| tables.get(party));
    let overrides = tables.map_or_else(Overrides::default, |tables| {
        mapping.module.overrides(&reader.source.clone(), tables, &mut reader.problems)
    });
    Side { settings, credentials, overrides }
}

fn settings(reader: &mut Reader, node: &Node, mapping: &Mapping, parties: &[&str]) -> Tree {
    let given = members(node.get("settings"), mapping.name.as_str(), parties);
    let mut filled = Vec::new();
    for setting in &mapping.settings {
        let said = given.iter().find(|(key, _)| *key.text == *setting.name);
        if let Some((_, value)) = said {
            let tree = to_tree(value);
            if let Some(expected) = setting.refuses(&tree) {
                reader.error(
                    "SB0404",
                    value.span,
                    format!("the setting `{}` must be {expected}", setting.name),
                    format!("see `settings` in {}", mapping.source.name),
                );
            }
            filled.push((setting.name.as_ref().into(), tree));
        } else if let Some(default) = &setting.default {
            filled.push((setting.name.as_ref().into(), default.clone()));
        } else if !setting.optional {
            let span = node.get("settings").map_or(node.span, |node| node.span);
            reader.error(
                "SB0405",
                span,
                format!("`{}` needs the setting `{}`", mapping.name, setting.name),
                format!("add `{}:` under `settings:`", setting.name),
            );
        }
    }
    Tree::Map(filled.into())
}

fn secret(reader: &mut Reader, node: &Node, resolve: Resolve<'_>) -> Option<Secret> {
    let text = reader.text(node, "a credential")?;
    let Some(reference) = Reference::parse(text) else {
        reader.warning(
            "SB0406",
            node.span,
            "a credential is written in the file itself",
            "write ${env:NAME} or ${file:/path} and keep the value there",
        );
        return Some(Secret::new(text.to_owned()));
    };
    match resolve(&reference) {
        Ok(secret) => Some(secret),
        Err(problem) => {
            reader.error(
                "SB0407",
                node.span,
                problem.to_string(),
                "set it before the gateway starts, or correct the name",
            );
            None
        }
    }
}

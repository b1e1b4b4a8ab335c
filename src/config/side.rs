//! What a tenant says to one party's mapping: settings, credentials and changes of tables.
//!
//! A block named after the party is laid over the flat one, so that both parties may have an `api_key`. Between the two
//! lies the account that the tenant sends by.

use super::accounts::Account;
use super::secret::{Reference, Resolve};
use crate::language::Overrides;
use crate::mapping::{Mapping, Reader, Setting};
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

/// What a tenant says to one party: in the party's block, and flat for both. Blocks of `others` are not flat members.
struct Said<'n> {
    block: &'n [(Key, Node)],
    flat: Vec<&'n (Key, Node)>,
}

impl<'n> Said<'n> {
    fn of(node: Option<&'n Node>, party: &str, others: &[&str]) -> Self {
        let all = node.and_then(Node::as_map).unwrap_or_default();
        let block = all.iter().find(|(key, value)| *key.text == *party && value.as_map().is_some());
        let block = block.and_then(|(_, value)| value.as_map()).unwrap_or_default();
        let flat = all.iter().filter(|(key, value)| !(value.as_map().is_some() && others.contains(&&*key.text)));
        let flat = flat.filter(|(key, _)| !block.iter().any(|(name, _)| name.text == key.text));
        Self { block, flat: flat.collect() }
    }

    /// A flat member speaks to both parties, and the account to one of them: which of the two is meant, nobody can tell.
    fn twice<'a>(
        &self,
        reader: &mut Reader,
        what: &str,
        account: &Account,
        names: &(impl Iterator<Item = &'a str> + Clone),
    ) {
        for (key, _) in &self.flat {
            if names.clone().any(|name| *name == *key.text) {
                let message = format!("the account `{}` has a {what} `{}` too", account.name, key.text);
                let help = "put this one into the block of the party that it is for";
                reader.error("SB0418", key.span, message, help);
            }
        }
    }
}

/// Reads one party's half. `parties`: the names of both of the tenant's parties; `account`: what the tenant sends by, if
/// this is its party.
pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    mapping: &Mapping,
    parties: &[&str],
    resolve: Resolve<'_>,
    account: Option<&Account>,
) -> Side {
    let party = mapping.name.as_str();
    let settings = settings(reader, node, mapping, parties, account);
    let said = Said::of(node.get("credentials"), party, parties);
    let mut credentials: Vec<(String, Vec<Secret>)> = Vec::new();
    for (key, value) in said.block {
        credentials.push((key.text.to_string(), secrets(reader, value, resolve)));
    }
    if let Some(account) = account {
        said.twice(reader, "credential", account, &account.credentials.iter().map(|(name, _)| name.as_str()));
        let more =
            account.credentials.iter().filter(|(name, _)| !said.block.iter().any(|(key, _)| *key.text == **name));
        credentials.extend(more.cloned());
    }
    for (key, value) in said.flat {
        credentials.push((key.text.to_string(), secrets(reader, value, resolve)));
    }
    let tables = node.get("tables").and_then(|tables| tables.get(party));
    let overrides = tables.map_or_else(Overrides::default, |tables| {
        mapping.module.overrides(&reader.source.clone(), tables, &mut reader.problems)
    });
    Side { settings, credentials, overrides }
}

fn settings(reader: &mut Reader, node: &Node, mapping: &Mapping, parties: &[&str], account: Option<&Account>) -> Tree {
    let said = Said::of(node.get("settings"), mapping.name.as_str(), parties);
    let shared = account.map_or(&[][..], |account| &account.settings);
    if let Some(account) = account {
        said.twice(reader, "setting", account, &shared.iter().map(|(name, _)| &**name));
    }
    let mut filled = Vec::new();
    for setting in &mapping.settings {
        let named = |(key, _): &&(Key, Node)| *key.text == *setting.name;
        let own = said.block.iter().find(named);
        let of_account = shared.iter().find(|(name, _)| **name == *setting.name).filter(|_| own.is_none());
        let own = own.or_else(|| said.flat.iter().copied().find(|entry| named(entry)));
        if let Some((_, tree)) = of_account {
            filled.push((setting.name.as_ref().into(), tree.clone()));
        } else if let Some((_, value)) = own {
            let tree = to_tree(value);
            fits(reader, setting, mapping, value, &tree);
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

/// Reports a value that is none of the setting's type.
pub(super) fn fits(reader: &mut Reader, setting: &Setting, mapping: &Mapping, node: &Node, value: &Tree) {
    if let Some(expected) = setting.refuses(value) {
        reader.error(
            "SB0404",
            node.span,
            format!("the setting `{}` must be {expected}", setting.name),
            format!("see `settings` in {}", mapping.source.name),
        );
    }
}

/// A credential's value, or several while one is rotated.
pub(super) fn secrets(reader: &mut Reader, node: &Node, resolve: Resolve<'_>) -> Vec<Secret> {
    Reader::one_or_many(node).iter().filter_map(|value| secret(reader, value, resolve)).collect()
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

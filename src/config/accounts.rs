//! `accounts:` of the gateway's file: provider accounts that several tenants send by.
//!
//! Read twice: [`Accounts`] is what is written, known as soon as the file is; a [`Book`] has what it comes to with the
//! mappings and secrets of today. A tenant's own block for the provider goes before its account's (`side`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::limits::{self, Limits};
use super::secret::Resolve;
use super::side;
use super::tenant::Find;
use super::versions::NoMapping;
use crate::diagnostic::{Diagnostic, Source, suggest};
use crate::mapping::{Fields, Mapping, Party, Reader};
use crate::model::Secret;
use crate::shape;
use crate::value::Tree;
use crate::yaml::{Key, Node, to_tree};

/// The accounts as they are written.
#[derive(Clone, Debug, Default)]
pub struct Accounts(Option<(Source, Vec<(Key, Node)>)>);

impl PartialEq for Accounts {
    /// The same text, or none on both sides.
    fn eq(&self, other: &Self) -> bool {
        let text = |accounts: &Self| accounts.0.as_ref().map(|(source, _)| source.text.clone());
        text(self) == text(other)
    }
}

impl Eq for Accounts {}

impl Accounts {
    /// Reads their keys; what they come to is for [`Book::open`].
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Self {
        let named = reader.map(node, "accounts");
        for (key, node) in named {
            let fields = Fields::read(reader, node, &shape::ACCOUNT);
            for name in ["credentials", "settings"] {
                if let Some(node) = fields.get(name) {
                    reader.map(node, name);
                }
            }
            if let Some(node) = fields.get("limits") {
                limits::limits(reader, node, &Limits::default());
            }
            if key.text.is_empty() {
                reader.error("SB0401", key.span, "an account needs a name", "letters, digits, `-`, `_` and `.`");
            }
        }
        Self((!named.is_empty()).then(|| (reader.source.clone(), named.to_vec())))
    }
}

impl Accounts {
    /// The credentials of each, as they are written.
    pub fn credentials(&self) -> impl Iterator<Item = &Node> {
        let all = self.0.iter().flat_map(|(_, named)| named);
        all.filter_map(|(_, node)| node.get("credentials"))
    }
}

/// One account.
pub(super) struct Account {
    pub(super) name: Box<str>,
    pub(super) provider: Arc<Mapping>,
    /// The provider as the account names it, perhaps with a version.
    pub(super) written: Box<str>,
    pub(super) settings: Vec<(Box<str>, Tree)>,
    pub(super) credentials: Vec<(String, Vec<Secret>)>,
    pub(super) limits: Limits,
}

/// All accounts by name; `None`: it has an error.
#[derive(Default)]
pub(super) struct Book(BTreeMap<Box<str>, Option<Account>>);

impl Book {
    /// Every account with the mappings and secrets of today. `all`: the limits of every tenant.
    pub(super) fn open(
        accounts: &Accounts,
        all: &Limits,
        find: Find<'_>,
        resolve: Resolve<'_>,
    ) -> (Self, Vec<Diagnostic>) {
        let Some((source, named)) = &accounts.0 else { return (Self::default(), Vec::new()) };
        let mut reader = Reader::new(source.clone());
        let mut book = BTreeMap::new();
        for (key, node) in named {
            let known = reader.problems.len();
            let account = account(&mut reader, &key.text, node, all, find, resolve);
            let bad = reader.problems[known..].iter().any(Diagnostic::is_error);
            book.insert(key.text.clone(), account.filter(|_| !bad));
        }
        (Self(book), reader.problems)
    }

    /// The account that a tenant names.
    pub(super) fn find(&self, reader: &mut Reader, node: &Node) -> Option<&Account> {
        let name = reader.text(node, "account")?;
        let names: Vec<&str> = self.0.keys().map(|name| &**name).collect();
        match self.0.get(name) {
            Some(Some(account)) => return Some(account),
            Some(None) => {
                let help = "its own error is told where it stands, in `accounts:` of the gateway's file";
                reader.error("SB0417", node.span, format!("the account `{name}` cannot be used"), help);
            }
            None => {
                let near = suggest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                let help = match near {
                    Some(near) => near,
                    None if names.is_empty() => "accounts stand in `accounts:` of switchboard.yaml".to_owned(),
                    None => format!("there are: {}", names.join(", ")),
                };
                reader.error("SB0417", node.span, format!("there is no account `{name}`"), help);
            }
        }
        None
    }
}

fn account(
    reader: &mut Reader,
    name: &str,
    node: &Node,
    all: &Limits,
    find: Find<'_>,
    resolve: Resolve<'_>,
) -> Option<Account> {
    let said = node.get("provider")?;
    let written = said.as_text()?;
    let provider = match find(Party::Provider, written) {
        Ok(provider) => provider,
        Err(NoMapping { code, message, help }) => {
            reader.error(code, said.span, message, help);
            return None;
        }
    };
    let members = |name: &str| node.get(name).and_then(Node::as_map).unwrap_or_default();
    let settings = members("settings").iter().map(|(key, value)| {
        let tree = to_tree(value);
        match provider.settings.iter().find(|setting| *setting.name == *key.text) {
            Some(setting) => side::fits(reader, setting, &provider, value, &tree),
            None => {
                let known = provider.settings.iter().map(|setting| &*setting.name);
                let listed = || format!("declared are: {}", known.clone().collect::<Vec<_>>().join(", "));
                let near = suggest(&key.text, known.clone()).map(|word| format!("did you mean `{word}`?"));
                let message = format!("`{}` has no setting `{}`", provider.name, key.text);
                reader.error("SB0402", key.span, message, near.unwrap_or_else(listed));
            }
        }
        (key.text.clone(), tree)
    });
    let settings = settings.collect();
    let read: Vec<&str> = provider.module.credentials().collect();
    let credentials = members("credentials").iter().map(|(key, value)| {
        if !read.contains(&"*") && !read.contains(&&*key.text) {
            let near = suggest(&key.text, read.iter().copied()).map(|word| format!("did you mean `{word}`?"));
            let help = near.unwrap_or_else(|| format!("it reads: {}", read.join(", ")));
            let message = format!("`{}` reads no credential `{}`", provider.name, key.text);
            reader.warning("SB0414", key.span, message, help);
        }
        (key.text.to_string(), side::secrets(reader, value, resolve))
    });
    let credentials = credentials.collect();
    let limits = node.get("limits").map_or_else(|| all.clone(), |node| limits::limits(reader, node, all));
    Some(Account { name: name.into(), written: written.into(), provider, settings, credentials, limits })
}

#[cfg(test)]
mod tests;

//! Whom a forgetting is about, and where that may stand. How rows are found and erased is each engine's.

use std::collections::HashMap;

use regex::bytes::Regex;

use super::{Forget, mention};
use crate::model::{Address, Name};

/// Whom it is about: every address by tenant.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) all: HashMap<Name, Vec<Address>>,
    /// Not one tenant's affair.
    everywhere: bool,
}

/// A table that is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Messages,
    Calls,
    Letters,
}

impl Person {
    /// Nobody's address yet.
    pub(super) fn new(whom: &Forget) -> Self {
        Self { all: HashMap::new(), everywhere: whom.tenant.is_none() }
    }

    /// The addresses that a tenant knows of the person: those that are joined with the one by which it was asked for, and that.
    pub(super) fn add(&mut self, whom: &Forget, tenant: Name, mut known: Vec<Address>) {
        if !known.contains(&whom.address) {
            known.push(whom.address.clone());
        }
        self.all.insert(tenant, known);
    }

    pub(super) fn has(&self, tenant: &Name, address: &str) -> bool {
        self.all.get(tenant).is_some_and(|all| all.iter().any(|known| known.as_str() == address))
    }

    /// Finds any address of the person in what is of that tenant; in what is of nobody where everybody forgets.
    pub(super) fn finder(&self, tenant: Option<&Name>) -> Option<Regex> {
        match tenant {
            Some(tenant) => mention::finder(self.all.get(tenant).into_iter().flatten()),
            None if self.everywhere => mention::finder(self.all.values().flatten()),
            None => None,
        }
    }
}

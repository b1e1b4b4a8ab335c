//! Do the keys that are given open what is sealed? Nothing is written: a key that the store does not know yet opens nothing.

use std::collections::BTreeMap;

use super::super::StoreError;
use super::super::seal::{Ready, SealKey, Seals};
use super::found::{number, text};
use super::tables::{TABLES, Table, table};
use super::{Raw, Value};

/// What was opened, and what was not: the words for it, and rows.
#[derive(Default)]
pub(super) struct Opening {
    pub(super) opened: u64,
    pub(super) findings: Vec<(String, Vec<i64>)>,
}

/// What is known of the keys that a store is sealed with.
#[derive(Default)]
struct Known {
    right: Seals,
    /// Not given, or another one under its name: what it is called, and what it sealed.
    without: BTreeMap<i64, (String, Vec<i64>)>,
}

/// Columns that hold what is sealed.
const SEALED: [&str; 3] = ["content", "context", "key"];

pub(super) async fn open_all(raw: &mut dyn Raw, keys: &[SealKey], page: usize) -> Result<Opening, StoreError> {
    let mut opening = Opening::default();
    let mut known = learn(raw, keys, &mut opening).await?;
    for table in TABLES {
        let content = SEALED.iter().find_map(|column| table.place(column));
        if let (Some(seal), Some(content)) = (table.place("seal"), content) {
            open_table(raw, (table, content, seal), &mut known, &mut opening, page).await?;
        }
    }
    for (_, (name, rows)) in known.without.into_iter().filter(|(_, (_, rows))| !rows.is_empty()) {
        opening.findings.push((format!("contents sealed with the key `{name}`, which is not given"), rows));
    }
    Ok(opening)
}

async fn open_table(
    raw: &mut dyn Raw,
    (table, content, seal): (&'static Table, usize, usize),
    known: &mut Known,
    opening: &mut Opening,
    page: usize,
) -> Result<(), StoreError> {
    let (mut upto, mut closed) = (None, Vec::new());
    loop {
        let rows = raw.page(table, upto, page).await?;
        for row in &rows {
            let (Value::Int(key), Value::Bytes(kept)) = (&row[seal], &row[content]) else { continue };
            if let Some((_, rows)) = known.without.get_mut(key) {
                rows.push(number(row, 0));
            } else if known.right.open(kept, Some(*key)).is_ok() {
                opening.opened += 1;
            } else {
                closed.push(number(row, 0));
            }
        }
        upto = rows.last().map(|row| row[..table.key].to_vec());
        if rows.len() < page {
            break;
        }
    }
    if !closed.is_empty() {
        opening.findings.push((format!("contents of `{}` that their key does not open", table.name), closed));
    }
    Ok(())
}

/// Those of the keys that a store is sealed with.
pub(super) async fn known(raw: &mut dyn Raw, keys: &[SealKey]) -> Result<Seals, StoreError> {
    Ok(learn(raw, keys, &mut Opening::default()).await?.right)
}

async fn learn(raw: &mut dyn Raw, keys: &[SealKey], opening: &mut Opening) -> Result<Known, StoreError> {
    let (mut right, mut without) = (Vec::new(), BTreeMap::new());
    for row in raw.page(table("seal"), None, usize::MAX >> 1).await? {
        let (id, name) = (number(&row, 0), text(&row, 1).to_owned());
        let Value::Bytes(proof) = &row[2] else { continue };
        match keys.iter().find(|key| key.name == name).map(Ready::new) {
            Some(Some(ready)) if ready.proves(proof) => right.push((id, ready)),
            Some(_) => {
                let what = format!("the key `{name}` is not the one that the store is sealed with");
                opening.findings.push((what, vec![id]));
            }
            None => drop(without.insert(id, (name, Vec::new()))),
        }
    }
    Ok(Known { right: Seals::of(right), without })
}

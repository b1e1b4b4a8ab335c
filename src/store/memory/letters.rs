//! Dead letters, and those that are still tried again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;

use super::super::{DeadLetter, Lettered, Letters, Page};
use crate::model::{Name, Ref};
use crate::value::Timestamp;

/// What makes two letters the same.
type Same = (Option<Name>, String, String, Option<Ref>, Bytes);

/// Letters by number, by time, and by what they are.
#[derive(Debug, Default)]
pub(super) struct LetterBox {
    all: BTreeMap<i64, DeadLetter>,
    due: BTreeSet<(Timestamp, i64)>,
    known: HashMap<Same, i64>,
    last: i64,
}

fn same(letter: &DeadLetter) -> Same {
    let DeadLetter { tenant, kind, name, message, content, .. } = letter;
    (tenant.clone(), kind.clone(), name.clone(), *message, content.clone())
}

impl LetterBox {
    /// Unless it is there already.
    pub(super) fn park(&mut self, letter: DeadLetter) {
        if !self.known.contains_key(&same(&letter)) {
            let id = self.add(letter);
            if let Some(letter) = self.all.get(&id) {
                self.known.insert(same(letter), id);
            }
        }
    }

    /// Whatever else is there: of two equal calls both are kept.
    pub(super) fn add(&mut self, letter: DeadLetter) -> i64 {
        self.last += 1;
        self.due.extend(letter.due.map(|due| (due, self.last)));
        self.all.insert(self.last, DeadLetter { id: self.last, ..letter });
        self.last
    }

    pub(super) fn get(&self, id: i64) -> Option<&DeadLetter> {
        self.all.get(&id)
    }

    pub(super) fn remove(&mut self, id: i64) -> Option<DeadLetter> {
        let letter = self.all.remove(&id)?;
        letter.due.map(|due| self.due.remove(&(due, id)));
        if self.known.get(&same(&letter)) == Some(&id) {
            self.known.remove(&same(&letter));
        }
        Some(letter)
    }

    /// Those that are meant go; how many.
    pub(super) fn remove_if(&mut self, meant: impl Fn(&DeadLetter) -> bool) -> u64 {
        let gone: Vec<i64> = self.all.values().filter(|letter| meant(letter)).map(|letter| letter.id).collect();
        gone.into_iter().filter_map(|id| self.remove(id)).map(|_| 1).sum()
    }

    /// Those on the list from before that time go; how many.
    pub(super) fn expire(&mut self, before: Timestamp, most: usize) -> usize {
        let old = self.all.values().filter(|letter| letter.due.is_none() && letter.at < before);
        let old = oldest(old.map(|letter| (letter.at, letter.id)), most);
        old.into_iter().filter_map(|id| self.remove(id)).count()
    }

    pub(super) fn due(&self, now: Timestamp, most: usize) -> (Vec<DeadLetter>, Option<Timestamp>) {
        let due = self.due.iter().take_while(|(due, _)| *due <= now).take(most);
        let next = self.due.iter().map(|(due, _)| *due).find(|due| *due > now);
        (due.filter_map(|(_, id)| self.all.get(id)).cloned().collect(), next)
    }

    pub(super) fn put_off(&mut self, letters: &[(i64, Option<Timestamp>)], keep: usize) -> usize {
        let mut lists = BTreeSet::new();
        for (id, due) in letters {
            let Some(letter) = self.all.get_mut(id) else { continue };
            letter.due.map(|before| self.due.remove(&(before, *id)));
            self.due.extend(due.map(|due| (due, *id)));
            letter.due = *due;
            letter.attempts = letter.attempts.saturating_add(1);
            lists.extend((letter.kind == "unmatched").then(|| letter.tenant.clone()));
        }
        let mut gone = 0;
        for tenant in lists {
            let theirs = |letter: &&DeadLetter| letter.tenant == tenant && letter.kind == "unmatched";
            let old: Vec<i64> = self.all.values().rev().filter(theirs).skip(keep).map(|letter| letter.id).collect();
            gone += old.into_iter().filter_map(|id| self.remove(id)).count();
        }
        gone
    }

    pub(super) fn listed(&self, fit: &Letters, page: Page, most: usize) -> Vec<DeadLetter> {
        let meant = |letter: &&DeadLetter| letter.due.is_none() && page.has(letter.id) && fit.fit(letter);
        let found = self.all.values().filter(meant);
        match page {
            Page::Newest { .. } => found.rev().take(most).cloned().collect(),
            Page::Oldest { .. } => found.take(most).cloned().collect(),
        }
    }

    /// How many there are, by tenant and kind, on the list and not.
    pub(super) fn count(&self) -> Vec<Lettered> {
        let mut count: BTreeMap<(Option<Name>, String, bool), u64> = BTreeMap::new();
        for letter in self.all.values() {
            *count.entry((letter.tenant.clone(), letter.kind.clone(), letter.due.is_none())).or_default() += 1;
        }
        let lettered = |((tenant, kind, listed), count)| Lettered { tenant, kind, listed, count };
        count.into_iter().map(lettered).collect()
    }

    /// Unmatched statuses from before that time go; how many.
    pub(super) fn purge(&mut self, before: Timestamp, most: usize) -> usize {
        let old = self.all.values().filter(|letter| letter.kind == "unmatched" && letter.at < before);
        let old = oldest(old.map(|letter| (letter.at, letter.id)), most);
        old.into_iter().filter_map(|id| self.remove(id)).count()
    }
}

/// The first of them by time, and then by what tells them apart.
pub(super) fn oldest<K: Ord>(all: impl Iterator<Item = (Timestamp, K)>, most: usize) -> Vec<K> {
    let mut all: Vec<(Timestamp, K)> = all.collect();
    all.sort();
    all.into_iter().take(most).map(|(_, key)| key).collect()
}

//! Whether what a tree builds fits what is wanted: a value of the model. A misfit would be a refusal of every message.

use super::{ANYTHING, Flat, Kinds, OWN, Origin, Outline, OutlineId, Outlines};
use crate::diagnostic::suggest;

/// One way in which a built value does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::language) struct Misfit {
    pub(in crate::language) message: String,
    pub(in crate::language) help: String,
    /// In the mapping.
    pub(in crate::language) origin: Option<Origin>,
}

impl Outlines {
    /// How a built value does not fit; `what` names it: "a message".
    pub(in crate::language) fn misfits(&mut self, made: OutlineId, wanted: OutlineId, what: &str) -> Vec<Misfit> {
        let mut found = Vec::new();
        self.fit(made, wanted, &Spot { what, path: String::new(), origin: None }, &mut found);
        found.dedup();
        found
    }

    /// Whether a built map has none of these members, by one choice of its tree at least.
    pub(in crate::language) fn lacks_all(&self, made: OutlineId, names: &[&str]) -> bool {
        let outline = self.outline(made);
        let own = outline.sealed && !outline.members.iter().any(|(name, ..)| names.contains(&&**name));
        own || outline.any.iter().flatten().any(|made| self.lacks_all(*made, names))
    }

    fn fit(&mut self, made: OutlineId, wanted: OutlineId, spot: &Spot<'_>, found: &mut Vec<Misfit>) {
        if made == ANYTHING || wanted == ANYTHING {
            return;
        }
        let outline = self.outline(made);
        if let Some(cell) = &outline.cell {
            self.demand(cell, wanted, &spot.named());
        }
        if !outline.any.is_empty() {
            // Each choice of the tree must fit by itself.
            outline.any.iter().flatten().for_each(|made| self.fit(*made, wanted, spot, found));
            return;
        }
        let wanted = self.chosen(&outline, wanted);
        let wanted = self.flat(wanted);
        // What a schema declares is not where the mistake is.
        let origin = outline.origin.filter(|(source, _)| *source == OWN);
        let spot = Spot { origin: origin.or(spot.origin), ..spot.clone() };
        let flat = self.flat(made);
        if flat.kinds != Kinds::NONE && !flat.kinds.meets(wanted.kinds) {
            let (message, help) = other_kind(&spot.named(), wanted.kinds, flat.kinds);
            found.push(spot.misfit(message, &help));
            return;
        }
        let strange = strange_word(&flat, outline.sample.as_deref(), &wanted);
        if let (Some(word), Some(known)) = (strange, &wanted.words) {
            let (message, help) = never(&spot.named(), word, known);
            found.push(spot.misfit(message, &help));
        }
        self.members(&outline, &wanted, &spot, found);
        if let (Some(made), Some(wanted)) = (flat.items, wanted.items) {
            self.fit(made, wanted, &spot.item(), found);
        }
    }

    fn members(&mut self, made: &Outline, wanted: &Flat, spot: &Spot<'_>, found: &mut Vec<Misfit>) {
        for (name, outline, origin) in &made.members {
            let below = spot.member(name, *origin);
            if let Some((wanted, _)) = wanted.members.get(name) {
                self.fit(*outline, *wanted, &below, found);
            } else if wanted.sealed {
                let known: Vec<&str> = wanted.members.keys().map(|name| &**name).collect();
                let help = suggest(name, known.iter().copied()).map_or_else(
                    || format!("there can be: {}", known.join(", ")),
                    |name| format!("did you mean `{name}`?"),
                );
                found.push(below.misfit(format!("{} has no member `{name}`", spot.named()), &help));
            }
        }
        if !made.sealed {
            return;
        }
        for name in wanted.required.iter().filter(|name| made.members.iter().all(|(known, ..)| known != *name)) {
            let message = format!("{} needs `{name}`, which is not built here", spot.named());
            found.push(spot.misfit(message, &format!("add `{name}:`")));
        }
    }

    /// Of what is wanted the alternative that the built value's words choose: a content by its `kind`.
    fn chosen(&mut self, made: &Outline, wanted: OutlineId) -> OutlineId {
        let outline = self.outline(wanted);
        let [group] = outline.any.as_slice() else { return wanted };
        let words: Vec<_> =
            made.members.iter().map(|(name, id, _)| (name.clone(), self.flat(*id).words.clone())).collect();
        let fits = |outlines: &mut Self, wanted: OutlineId| {
            let wanted = outlines.flat(wanted);
            words.iter().all(|(name, said)| {
                let known = wanted.members.get(name).and_then(|(id, _)| outlines.flat(*id).words.clone());
                said.iter().zip(&known).all(|(said, known)| said.iter().any(|word| known.contains(word)))
            })
        };
        let left: Vec<OutlineId> = group.iter().copied().filter(|wanted| fits(self, *wanted)).collect();
        if left.is_empty() { wanted } else { self.one_of(left) }
    }
}

fn strange_word<'f>(made: &'f Flat, sample: Option<&'f str>, wanted: &Flat) -> Option<&'f str> {
    let known = wanted.words.as_ref()?;
    let mut words = made.words.iter().flat_map(|words| words.iter()).map(|word| &**word).chain(sample);
    words.find(|word| known.iter().all(|known| **known != **word))
}

/// What is said of a value of another kind, and the fix.
pub(super) fn other_kind(named: &str, wanted: Kinds, found: Kinds) -> (String, String) {
    let message = format!("{named} must be {}, and this is {}", wanted.shown(), found.shown());
    (message, "convert it with a function, or read another member".to_owned())
}

/// What is said of a word that is not among those there can be, and the fix.
pub(super) fn never(named: &str, word: &str, known: &[Box<str>]) -> (String, String) {
    let known: Vec<&str> = known.iter().map(|word| &**word).collect();
    let all = format!("one of: {}", known.join(", "));
    // A few are shown rather than guessed at: the nearest by its letters may be the opposite.
    let near = if known.len() <= FEW { None } else { suggest(word, known.iter().copied()) };
    (format!("{named} is never `{word}`"), near.map_or(all, |word| format!("did you mean `{word}`?")))
}

/// So many words are listed rather than guessed among.
const FEW: usize = 6;
/// Where in the built value we are.
#[derive(Clone)]
struct Spot<'s> {
    what: &'s str,
    path: String,
    origin: Option<Origin>,
}

impl Spot<'_> {
    fn member(&self, name: &str, origin: Option<Origin>) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, origin: origin.or(self.origin), ..self.clone() }
    }

    fn item(&self) -> Self {
        Self { path: format!("{}[]", self.path), ..self.clone() }
    }

    fn named(&self) -> String {
        if self.path.is_empty() { self.what.to_owned() } else { format!("`{}` of {}", self.path, self.what) }
    }

    fn misfit(&self, message: String, help: &str) -> Misfit {
        Misfit { message, help: help.to_owned(), origin: self.origin }
    }
}

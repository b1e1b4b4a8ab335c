//! Mutants that nobody can notice, as `mappings/mutants.yaml` lists them, each with why; and the figure.

use super::Mutant;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::yaml::{self, Node};

/// The list of equivalent mutants.
#[derive(Debug, Default)]
pub struct Equivalents(Vec<Equivalent>);

/// Mutants of one place that change nothing anybody could see.
#[derive(Debug)]
struct Equivalent {
    /// The mapping's name.
    of: String,
    at: String,
    what: String,
    place: (Source, Span),
}

impl Equivalents {
    /// Reads the list: for each mapping's name, entries of `at`, `what` (one, or a list) and `why`.
    pub fn read(source: &Source, problems: &mut Vec<Diagnostic>) -> Self {
        let mut list = Self::default();
        let Some(root) = yaml::parse(source, problems) else { return list };
        for (name, entries) in root.as_map().unwrap_or_default() {
            for node in entries.as_list().unwrap_or_default() {
                let text = |key: &str| node.get(key).and_then(Node::as_text).unwrap_or_default().to_owned();
                let what =
                    node.get("what").map_or(&[][..], |what| what.as_list().unwrap_or(std::slice::from_ref(what)));
                if what.is_empty() || text("why").is_empty() || node.get("at").is_none() {
                    let problem = Diagnostic::error("SB0611", "an equivalent mutant has `at`, `what` and `why`");
                    problems.push(
                        problem.at(source, node.span).help("copy `at` and `what` as `test --mutate` prints them"),
                    );
                    continue;
                }
                list.0.extend(what.iter().filter_map(|what| {
                    let place = (source.clone(), what.span);
                    Some(Equivalent {
                        of: name.text.to_string(),
                        at: text("at"),
                        what: what.as_text()?.to_owned(),
                        place,
                    })
                }));
            }
        }
        list
    }

    /// Whether a mutant of that mapping is listed.
    #[must_use]
    pub fn lists(&self, mapping: &str, mutant: &Mutant) -> bool {
        self.0.iter().any(|known| known.of == mapping && known.at == mutant.at && known.what == mutant.what)
    }

    /// Entries of a mapping that are none of its mutants.
    pub fn stale<'e>(&'e self, mapping: &'e str, mutants: &'e [Mutant]) -> impl Iterator<Item = Diagnostic> + 'e {
        let is_one = |known: &Equivalent| mutants.iter().any(|one| one.at == known.at && one.what == known.what);
        self.0
            .iter()
            .filter(move |known| known.of == mapping && !is_one(known))
            .map(|known| known.problem("there is no such mutant any more"))
    }

    /// An entry that is noticed after all.
    #[must_use]
    pub fn noticed(&self, mapping: &str, mutant: &Mutant, by: &str) -> Option<Diagnostic> {
        let is_it = |known: &&Equivalent| known.of == mapping && known.at == mutant.at && known.what == mutant.what;
        self.0.iter().find(is_it).map(|known| known.problem(&format!("this mutant is noticed, by {by}")))
    }
}

impl Equivalent {
    fn problem(&self, text: &str) -> Diagnostic {
        let (source, span) = &self.place;
        Diagnostic::error("SB0611", format!("`{}`: {text}", self.at)).at(source, *span).help("take the entry out")
    }
}

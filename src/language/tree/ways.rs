//! Ways that no message takes: a condition that was decided above, a case that its value never has.

use crate::diagnostic::suggest;
use crate::language::lower::{Build, Way};
use crate::language::outline::OutlineId;
use crate::language::scope::Known;
use crate::yaml::{Key, Node};

impl Build<'_, '_> {
    /// Warns of a `$when` whose condition is the same for every message, or was asked above.
    pub(super) fn decided(&mut self, test: &Node, then: Option<&Node>, otherwise: Option<&Node>) {
        let text = test.as_text().unwrap_or_default();
        let above = self.ways.iter().rev().find_map(|way| match way {
            Way::When(asked, holds) if !asked.is_empty() && **asked == *text => Some(*holds),
            _ => None,
        });
        let (holds, why) = match (test.as_bool(), above) {
            (Some(holds), _) => (holds, "the condition is the same for every message"),
            (None, Some(holds)) => (holds, "the same condition was asked above"),
            (None, None) => return,
        };
        let (never, name) = if holds { (otherwise, "else") } else { (then, "then") };
        match never {
            Some(node) => {
                let message = format!("`{name}` is never taken: {why}");
                self.compiler.unreachable(node.span, &message, "write the side that is taken in place of the `$when`");
            }
            None => {
                let message = format!("this condition always {}: {why}", if holds { "holds" } else { "fails" });
                self.compiler.unreachable(test.span, &message, "write the side that is taken in place of the `$when`");
            }
        }
    }

    /// What the cases of a `$match` know of the value they were chosen by.
    pub(super) fn chosen_by(&mut self, on: &Node) -> Vec<Known> {
        let Some(text) = on.as_text() else { return Vec::new() };
        let path = text.split(" ?? ").next().unwrap_or_default().split(" | ").next().unwrap_or_default();
        self.known(path.trim_end_matches('?'), true)
    }

    /// Warns of cases that the value never has, where its values are known.
    pub(super) fn strange_cases(&mut self, cases: &[(Key, Node)], shown: &str, outline: OutlineId) {
        let flat = self.compiler.outlines.flat(outline);
        let Some(words) = &flat.words else { return };
        for (case, _) in cases.iter().filter(|(case, _)| !words.contains(&case.text)) {
            let message = format!("this case is never taken: `{shown}` is never `{}`", case.text);
            self.compiler.never(case.span, &message, &case.text, words);
        }
    }

    /// Warns of a case that a `$match` on the same value above has ruled out.
    pub(super) fn passed_by(&mut self, on: &str, case: &Key) {
        let above = self.ways.iter().rev().find_map(|way| match way {
            Way::Match(asked, taken) if **asked == *on => Some(taken.clone()),
            _ => None,
        });
        if let Some(taken) = above.filter(|taken| *taken != case.text) {
            let message = format!("this case is never taken: above it the value is `{taken}`");
            self.compiler.unreachable(case.span, &message, "remove it");
        }
    }
}

impl crate::language::compiler::Compiler<'_> {
    /// Warns of a word that a value never has.
    pub(in crate::language) fn never(
        &mut self,
        span: crate::diagnostic::Span,
        message: &str,
        word: &str,
        words: &[Box<str>],
    ) {
        let known: Vec<&str> = words.iter().map(|word| &**word).collect();
        let help = suggest(word, known.iter().copied())
            .map_or_else(|| format!("there are: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
        let problem = crate::diagnostic::Diagnostic::warning("SB0230", message).at(self.source(), span);
        self.report(problem.help(help));
    }
}

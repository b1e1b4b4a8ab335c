//! A message that does not fit its template, as people are told: what of it, and which line of the mapping made that.

use std::fmt;

use serde_json::{Value as Json, json};

use super::Line;
use crate::model::{Misfit, Reason, Refusal};

/// What preflight says of one message.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Why it is refused.
    pub reason: Reason,
    /// The same in words.
    pub text: String,
    /// What of the message it is about; nothing where a check of the mapping refuses it.
    pub misfit: Option<Misfit>,
    /// What made that, or refused it.
    pub made_by: Option<Line>,
    /// The tenant has such messages sent all the same.
    pub sent: bool,
}

impl Finding {
    /// Of a refusal, and the run's lines.
    pub(in super::super) fn of(refusal: &Refusal, sent: bool, lines: &[Line]) -> Self {
        let misfit = refusal.misfit.as_deref().cloned();
        let made_by = match &misfit {
            Some(misfit) => made(lines, &misfit.part),
            None => lines.iter().rev().find(|line| line.is_refusal()),
        };
        let text = refusal.text.clone().unwrap_or_default();
        Self { reason: refusal.reason, text, misfit, made_by: made_by.cloned(), sent }
    }

    /// For other programs.
    #[must_use]
    pub fn json(&self) -> Json {
        let Self { reason, text, misfit, made_by, sent } = self;
        json!({
            "reason": reason.to_string(), "text": text, "sent": sent,
            "part": misfit.as_ref().map(|misfit| &misfit.part),
            "placeholder": misfit.as_ref().and_then(|misfit| misfit.placeholder.as_ref()),
            "made_by": made_by.as_ref().map(|line| &line.place),
        })
    }
}

/// The line that made a part of the message; of what is not there, the first of what holds it.
fn made<'l>(lines: &'l [Line], part: &str) -> Option<&'l Line> {
    let of = |line: &Line, within: &dyn Fn(&str) -> bool| line.what.strip_prefix("send.message.").is_some_and(within);
    nearest(|within| lines.iter().find(|line| of(line, within)), part)
}

/// What is found of a part of a message, or else of what holds it. `find`: the first one whose part the question fits.
pub(in super::super) fn nearest<T>(find: impl Fn(&dyn Fn(&str) -> bool) -> Option<T>, part: &str) -> Option<T> {
    let mut part = part;
    loop {
        let within = |known: &str| {
            let rest = known.strip_prefix(part);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if let Some(found) = find(&within) {
            return Some(found);
        }
        part = part.get(..part.rfind(['.', '['])?)?;
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, text, misfit, made_by, sent } = self;
        let (text, misfit) = (Some(text.clone()), misfit.clone().map(Box::new));
        f.write_str(&Refusal { text, misfit, ..(*reason).into() }.whole())?;
        if let Some(line) = made_by {
            write!(f, ", made by {}", line.place)?;
        }
        f.write_str(if *sent { "; sent all the same" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    fn line(what: &str, place: &str) -> Line {
        let (what, place, span) = (what.to_owned(), place.to_owned(), Span::default());
        Line { place, span, what, came: "\"x\"".to_owned(), by: Vec::new() }
    }

    #[test]
    fn the_line_is_that_of_the_part_or_of_what_holds_it() {
        let lines = [
            line("send.message.template.name", "m.yaml:1:1"),
            line("send.message.template.components[0].type", "m.yaml:2:1"),
            line("send.message.template.components[0].parameters[0].text", "m.yaml:3:1"),
            line("send.message.template.components[10].type", "m.yaml:4:1"),
            line("send.message.text", "m.yaml:5:1"),
        ];
        let of = |part: &str| made(&lines, part).map(|line| line.place.as_str());
        assert_eq!(of("template.name"), Some("m.yaml:1:1"));
        assert_eq!(of("template.components[0].parameters[0]"), Some("m.yaml:3:1"));
        assert_eq!(of("template.components[0].parameters[7]"), Some("m.yaml:3:1"));
        assert_eq!(of("template.components[10].parameters[0]"), Some("m.yaml:4:1"));
        assert_eq!(of("template.components[1]"), Some("m.yaml:2:1"), "not that of the tenth");
        assert_eq!(of("image.url"), None, "nothing of it was made");
    }

    #[test]
    fn it_names_placeholder_and_line() {
        let misfit =
            Misfit { part: "template.components[0].parameters[0]".to_owned(), placeholder: Some("2".to_owned()) };
        let text = Some("Template needs 2 variables, 1 was given".to_owned());
        let refusal = Refusal { text, misfit: Some(Box::new(misfit)), ..Reason::TemplateParams.into() };
        let lines = [line("send.message.template.components[0].parameters[0].text", "m.yaml:3:1")];
        let told = "template_params: Template needs 2 variables, 1 was given \
                    (`template.components[0].parameters[0]`, for {{2}}), made by m.yaml:3:1";
        assert_eq!(Finding::of(&refusal, false, &lines).to_string(), told);
        assert_eq!(
            Finding::of(&refusal, true, &[]).to_string(),
            told.replace(", made by m.yaml:3:1", "; sent all the same")
        );
        assert_eq!(Finding::of(&refusal, true, &lines).json()["made_by"], "m.yaml:3:1");
    }
}

//! Diagnostics as JSON, for editors and pipelines. These members are a promise: only add to them.

use serde::Serialize;

use super::{Diagnostic, Severity, line_col};

#[derive(Serialize)]
struct Wire<'d> {
    code: &'d str,
    severity: Severity,
    message: &'d str,
    #[serde(flatten)]
    place: Option<WirePlace<'d>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'d str>,
    help: &'d [String],
}

#[derive(Serialize)]
struct WirePlace<'d> {
    file: &'d str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = self.place.as_ref().map(|(source, span)| {
            let (start, end) = (line_col(source, span.start), line_col(source, span.end));
            let (end_line, end_column) = (end.line, end.column);
            WirePlace { file: &source.name, line: start.line, column: start.column, end_line, end_column }
        });
        let (label, help) = (self.label.as_deref(), self.help.as_slice());
        Wire { code: self.code, severity: self.severity, message: &self.message, place, label, help }
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::{Diagnostic, Source, Span};

    fn check(problem: &Diagnostic, expected: &str) {
        assert_eq!(serde_json::to_string(problem).unwrap(), expected);
    }

    #[test]
    fn with_and_without_a_place() {
        let source = Source::new("a.yaml", "x: 1\ny: é2\n");
        let problem = Diagnostic::error("SB0101", "bad \"thing\"").at(&source, Span { start: 8, end: 11 });
        check(
            &problem.label("here").help("mend it"),
            concat!(
                r#"{"code":"SB0101","severity":"error","message":"bad \"thing\"","file":"a.yaml","line":2,"column":4,"#,
                r#""end_line":2,"end_column":6,"label":"here","help":["mend it"]}"#
            ),
        );
        check(
            &Diagnostic::warning("SB0401", "none"),
            r#"{"code":"SB0401","severity":"warning","message":"none","help":[]}"#,
        );
    }
}

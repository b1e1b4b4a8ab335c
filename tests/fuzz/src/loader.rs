//! The texts of mapping and tenant files. Whatever they say: a snapshot and a list of problems, each with a place that
//! can be shown; and what is without errors is taken.

use std::sync::OnceLock;

use switchboard::config::{self, Files, NoSecret, Reference, Snapshot};
use switchboard::diagnostic::{Diagnostic, Source, render};
use switchboard::model::Secret;

use crate::shipped;

/// The line between the files of one input.
pub const BETWEEN: &str = "\n%%%\n";

/// Every `${env:…}` is there, no file is.
fn resolve(reference: &Reference) -> Result<Secret, NoSecret> {
    match reference {
        Reference::Env(name) => Ok(Secret::new(format!("value of {name}"))),
        Reference::File(name) => Err(NoSecret::Env(name.clone())),
    }
}

fn shipped_snapshot() -> &'static (Vec<Source>, Snapshot) {
    static SHIPPED: OnceLock<(Vec<Source>, Snapshot)> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let mappings = shipped::sources("mappings", false);
        let files = Files { mappings: mappings.clone(), ..Files::default() };
        let (snapshot, problems) = config::build(&files, None, &resolve, [0; 32]);
        assert!(!problems.iter().any(Diagnostic::is_error), "{}", render(&problems));
        (mappings, snapshot)
    })
}

/// Loads the files of an input: those with a line `tenant:` are tenants, all others mappings.
pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (mappings, before) = shipped_snapshot();
    let mut files = Files { mappings: mappings.clone(), ..Files::default() };
    for (place, text) in text.split(BETWEEN).take(4).enumerate() {
        let source = Source::new(format!("input {place}"), text);
        let tenant = text.lines().any(|line| line.starts_with("tenant:"));
        if tenant { files.tenants.push(source) } else { files.mappings.push(source) }
    }
    let (snapshot, problems) = config::build(&files, Some(before), &resolve, [0; 32]);
    for problem in &problems {
        if let Some((source, span)) = &problem.place {
            assert!(span.start <= span.end && span.end <= source.text.len(), "{problem:?}");
            assert!(source.text.get(span.start..span.end).is_some(), "{problem:?}");
        }
    }
    let _ = render(&problems);
    let _ = serde_json::to_string(&problems.iter().map(Diagnostic::headline).collect::<Vec<_>>());
    let wrong = |source: &Source| {
        let of = |problem: &&Diagnostic| problem.place.as_ref().is_some_and(|(at, _)| at.name == source.name);
        problems.iter().filter(of).any(Diagnostic::is_error)
    };
    for source in files.mappings.iter().filter(|source| source.name.starts_with("input")) {
        let taken = snapshot.mappings.values().any(|mapping| mapping.source.name == source.name);
        // One that is as a shipped one need not be taken again.
        assert!(!taken || !wrong(source), "{}", render(&problems));
    }
    for source in &files.tenants {
        let taken = snapshot.tenants.iter().any(|tenant| tenant.source.name == source.name);
        assert_eq!(taken, !wrong(source), "{}", render(&problems));
    }
}

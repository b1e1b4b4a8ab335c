//! The tables of docs/delivery.md are the state machine's own. `SWITCHBOARD_BLESS=1` writes them into the page.
//!
//! A cell is made by the machine itself, from a message as it usually stands and an input as it usually comes: the rows
//! that depend on more (time, policy) are in src/delivery/table_tests.rs.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use switchboard::delivery::{AfterDoubt, Input, Life, Outcome, Phase, Policy, Step, Told, step};
use switchboard::model::{Failure, Reason, Status};
use switchboard::value::Timestamp;

const PAGE: &str = "docs/delivery.md";

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn because(reason: Reason) -> Failure {
    Failure::ours(reason, None)
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Queued => "queued",
        Phase::Sending => "sending",
        Phase::InDoubt => "in doubt",
        Phase::Submitted => "submitted",
        Phase::Rejected => "rejected",
        Phase::Failed => "failed",
        Phase::Expired => "expired",
        Phase::Suppressed => "suppressed",
    }
}

/// A message as it usually stands in a phase.
fn usual(phase: Phase) -> Life {
    let life = Life { phase, attempts: u32::from(phase != Phase::Queued), ..Life::new(at(3_600_000)) };
    match phase {
        Phase::Queued | Phase::Sending | Phase::Submitted => life,
        Phase::InDoubt => held(&life, Reason::RetriesExhausted),
        Phase::Rejected | Phase::Failed | Phase::Expired | Phase::Suppressed => Life { told: Told::Failed, ..life },
    }
}

/// With a failure held whose time is over.
fn held(life: &Life, reason: Reason) -> Life {
    let told = Told::Held { until: at(900), failure: because(reason), at: at(10) };
    Life { wake: Some(at(900)), told, ..life.clone() }
}

/// What a submitted message's platform may have been told, and one that waits to be sent anew.
fn told() -> Vec<(&'static str, Life)> {
    let submitted = || usual(Phase::Submitted);
    let best = |best| Life { best: Some(best), ..submitted() };
    let anew = Life { phase: Phase::Queued, resends: 1, wake: Some(at(60_000)), ..submitted() };
    vec![
        ("nothing", submitted()),
        ("submitted", best(Status::Submitted)),
        ("delivered", best(Status::Delivered)),
        ("read", best(Status::Read)),
        ("a failure is held", held(&submitted(), Reason::Undeliverable)),
        ("failed", Life { told: Told::Failed, ..submitted() }),
        ("failed, then delivered", Life { told: Told::Failed, ..best(Status::Delivered) }),
        ("queued, to be sent anew", anew),
    ]
}

fn news() -> Vec<(&'static str, Input)> {
    let news = |status, failure| Input::News { status, failure, at: at(500) };
    let failed = |failure| news(Some(Status::Failed), Some(failure));
    let blocked = || because(Reason::Blocked);
    let minute = Some(Duration::from_secs(60));
    vec![
        ("status that the mapping does not know", news(None, None)),
        ("submitted", news(Some(Status::Submitted), None)),
        ("delivered", news(Some(Status::Delivered), None)),
        ("read", news(Some(Status::Read), None)),
        ("failed", failed(blocked())),
        ("failed, with `settle`", failed(Failure { settle: minute, ..blocked() })),
        ("failed, with `resend`, where the tenant wants it", failed(Failure { resend: minute, ..blocked() })),
    ]
}

fn inputs() -> Vec<(&'static str, Input)> {
    let failure = || because(Reason::Blocked);
    let answered = |outcome| Input::Answered(outcome);
    let mut inputs = vec![
        ("an attempt begins", Input::Begin),
        ("answer: taken", answered(Outcome::Taken)),
        ("answer: `again`", answered(Outcome::Again { after: None, failure: failure() })),
        ("answer: `in_doubt`, or none", answered(Outcome::Doubt { failure: failure() })),
        ("answer: `hold`", answered(Outcome::Hold { failure: failure() })),
        ("answer: any other", answered(Outcome::Refused { failure: failure() })),
        ("the gateway stopped during an attempt", Input::Interrupted),
    ];
    inputs.extend(news());
    inputs.extend([
        ("its time has come", Input::Due),
        ("found before sending: opted out", Input::OptedOut),
        ("found before sending: cannot be sent", Input::Unsendable(failure())),
        ("cancelled by the operator", Input::Cancelled),
    ]);
    inputs
}

/// What one input does, in words: where the message stands then, what is reported, what is held.
fn cell(life: &Life, input: &Input) -> String {
    let policy = Policy {
        first: Duration::from_secs(1),
        max: Duration::from_secs(900),
        doubt: Duration::from_secs(120),
        then: AfterDoubt::Resend,
        resend: true,
    };
    let Step { life: next, report, hold, .. } = step(life, input, &policy, at(1000), 500);
    let mut words = Vec::new();
    if next.phase != life.phase {
        words.push(word(next.phase).to_owned());
    }
    if let Some(report) = report {
        words.push(format!("**reports {}**", report.status.as_str()));
    }
    if hold {
        words.push("holds the lane".to_owned());
    }
    let waits = matches!(next.told, Told::Held { .. });
    if waits && next.told != life.told && next.phase != Phase::InDoubt {
        words.push("holds the failure".to_owned());
    }
    if words.is_empty() { "·".to_owned() } else { words.join(", ") }
}

fn table(first: &str, columns: &[(&str, Life)], rows: &[(&str, Input)]) -> String {
    let mut table = format!("| {first} |");
    for (name, _) in columns {
        let _ = write!(table, " {name} |");
    }
    let _ = writeln!(table, "\n|---|{}", "---|".repeat(columns.len()));
    for (name, input) in rows {
        let _ = write!(table, "| {name} |");
        for (_, life) in columns {
            let _ = write!(table, " {} |", cell(life, input));
        }
        table.push('\n');
    }
    table
}

/// The page with what stands between a mark and its end made anew.
fn renewed(page: &str, mark: &str, table: &str) -> String {
    let mark = format!("<!-- delivery {mark} -->\n");
    let (before, rest) = page.split_once(&mark).unwrap_or_else(|| panic!("{PAGE} has no {mark}"));
    let (_, after) = rest.split_once("<!-- end -->").expect("the table ends with `end`");
    format!("{before}{mark}{table}<!-- end -->{after}")
}

#[test]
fn the_tables_of_a_messages_life_are_the_machines() {
    let phases: Vec<_> = Phase::ALL.into_iter().map(|phase| (word(phase), usual(phase))).collect();
    let of_news: Vec<_> = news().into_iter().chain([("its time has come", Input::Due)]).collect();
    let path = super::root().join(PAGE);
    let text = fs::read_to_string(&path).unwrap();
    let now = renewed(&text, "phases", &table("input ↓ · stands →", &phases, &inputs()));
    let now = renewed(&now, "told", &table("input ↓ · was told →", &told(), &of_news));
    if std::env::var_os("SWITCHBOARD_BLESS").is_some() {
        fs::write(&path, &now).unwrap();
    } else {
        assert!(text == now, "{PAGE} is not the code's: SWITCHBOARD_BLESS=1 cargo test --test it docs::");
    }
    // Looked at: good news and failures are reported somewhere, lanes and failures held.
    for said in ["**reports read**", "**reports failed**", "holds the lane", "holds the failure", "expired"] {
        assert!(now.contains(said), "{said} is nowhere in {PAGE}");
    }
}

//! The machine's table: every phase with every kind of input, then the rows that depend on more.

use std::time::Duration;

use super::*;
use crate::model::Reason;

const HOUR: i64 = 3_600_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn policy() -> Policy {
    Policy {
        first: Duration::from_secs(1),
        max: Duration::from_secs(900),
        doubt: Duration::from_secs(120),
        then: AfterDoubt::Resend,
        resend: false,
    }
}

fn because(reason: Reason) -> Failure {
    Failure::ours(reason, None)
}

/// A message as it usually stands in a phase at time 1000.
fn standing(phase: Phase) -> Life {
    let life = Life { phase, ..Life::new(at(HOUR)) };
    match phase {
        Phase::Queued => life,
        Phase::Sending | Phase::Submitted => Life { attempts: 1, ..life },
        Phase::InDoubt => {
            let failure = Failure::ours(Reason::RetriesExhausted, Some("504".to_owned()));
            let told = Told::Held { until: at(900), failure, at: at(10) };
            Life { attempts: 1, wake: Some(at(900)), told, ..life }
        }
        Phase::Rejected | Phase::Failed | Phase::Expired | Phase::Suppressed => {
            Life { attempts: 1, told: Told::Failed, ..life }
        }
    }
}

fn input(word: &str) -> Input {
    let failure = because(Reason::Blocked);
    let news = |status, failure| Input::News { status, failure, at: at(500) };
    match word {
        "begin" => Input::Begin,
        "taken" => Input::Answered(Outcome::Taken),
        "again" => Input::Answered(Outcome::Again { after: None, failure }),
        "doubt" => Input::Answered(Outcome::Doubt { failure }),
        "hold" => Input::Answered(Outcome::Hold { failure }),
        "refused" => Input::Answered(Outcome::Refused { failure }),
        "interrupted" => Input::Interrupted,
        "noted" => news(None, None),
        "failed" => news(Some(Status::Failed), Some(failure)),
        "submitted" => news(Some(Status::Submitted), None),
        "delivered" => news(Some(Status::Delivered), None),
        "read" => news(Some(Status::Read), None),
        "due" => Input::Due,
        "opted_out" => Input::OptedOut,
        "unsendable" => Input::Unsendable(failure),
        "cancelled" => Input::Cancelled,
        other => panic!("no input {other}"),
    }
}

/// Phases by letter: Queued seNding inDoubt Submitted Rejected Failed Expired supPressed.
fn letter(phase: Phase) -> char {
    match phase {
        Phase::Queued => 'Q',
        Phase::Sending => 'N',
        Phase::InDoubt => 'D',
        Phase::Submitted => 'S',
        Phase::Rejected => 'R',
        Phase::Failed => 'F',
        Phase::Expired => 'E',
        Phase::Suppressed => 'P',
    }
}

/// The next phase of each phase above; with `!` a failure is reported, with `+` good news, with `#` the lane is held.
const TABLE: &str = "
             Q   N   D   S   R   F   E   P
begin        N   N   D   S   R   F   E   P
taken        S   S   S   S   S   S   S   S
again        Q   Q   Q   S   R   F   E   P
doubt        D   D   D   S   R   F   E   P
hold         Q#  Q#  Q#  S   R   F   E   P
refused      R!  R!  R!  S!  R   F   E   P
interrupted  D   D   D   S   R   F   E   P
noted        S   S   S   S   R   F   E   P
failed       S!  S!  S!  S!  R   F   E   P
submitted    S+  S+  S+  S+  S   S   S   S
delivered    S+  S+  S+  S+  S+  S+  S+  S+
read         S+  S+  S+  S+  S+  S+  S+  S+
due          Q   N   Q   S   R   F   E   P
opted_out    P!  P!  D   S   R   F   E   P
unsendable   F!  F!  D   S   R   F   E   P
cancelled    F!  N   F!  S   R   F   E   P
";

#[test]
fn every_phase_has_a_row_for_every_input() {
    let rows: Vec<&str> = TABLE.trim().lines().skip(1).collect();
    assert_eq!(rows.len(), 16);
    for row in rows {
        let mut cells = row.split_whitespace();
        let word = cells.next().unwrap();
        for phase in Phase::ALL {
            let step = step(&standing(phase), &input(word), &policy(), at(1000), 500);
            let mut cell = letter(step.life.phase).to_string();
            if let Some(report) = &step.report {
                cell.push(if report.status == Status::Failed { '!' } else { '+' });
                assert_eq!(report.failure.is_some(), report.status == Status::Failed, "{word} {phase:?}");
            }
            if step.hold {
                cell.push('#');
            }
            assert_eq!(Some(&*cell), cells.next(), "{word} in {phase:?}");
            assert!(!step.note.is_empty(), "{word} in {phase:?} says nothing");
        }
    }
}

/// Applies inputs one after another, each at its time; gives the last step and all that was reported.
fn walk(policy: &Policy, from: Life, inputs: &[(i64, Input)]) -> (Step, Vec<Report>) {
    let mut last = Step::to(from, "");
    let mut reports = Vec::new();
    for (time, input) in inputs {
        last = step(&last.life, input, policy, at(*time), 500);
        reports.extend(last.report.clone());
    }
    (last, reports)
}

fn words(reports: &[Report]) -> Vec<String> {
    let word = |report: &Report| match &report.failure {
        Some(failure) => format!("failed:{}", failure.reason),
        None => report.status.as_str().to_owned(),
    };
    reports.iter().map(word).collect()
}

#[track_caller]
fn check(policy: &Policy, inputs: &[(i64, Input)], phase: Phase, wake: Option<i64>, told: &[&str]) -> Step {
    let (last, reports) = walk(policy, Life::new(at(HOUR)), inputs);
    assert_eq!((last.life.phase, last.life.wake), (phase, wake.map(at)), "{}", last.note);
    assert_eq!(words(&reports), told);
    last
}

fn failed(settle: Option<u64>, resend: Option<u64>) -> Input {
    let failure = Failure {
        settle: settle.map(Duration::from_secs),
        resend: resend.map(Duration::from_secs),
        ..because(Reason::Undeliverable)
    };
    Input::News { status: Some(Status::Failed), failure: Some(failure), at: at(77) }
}

fn again(after: Option<u64>) -> Input {
    let failure = Failure { code: Some("429".to_owned()), ..Failure::ours(Reason::Throttled, Some("slow".to_owned())) };
    Input::Answered(Outcome::Again { after: after.map(Duration::from_secs), failure })
}

#[test]
fn attempts_are_spaced_until_time_runs_out() {
    let b = || Input::Begin;
    check(&policy(), &[(0, b()), (0, again(None))], Phase::Queued, Some(1000), &[]);
    check(&policy(), &[(0, b()), (0, again(None)), (1000, b()), (1000, again(None))], Phase::Queued, Some(3000), &[]);
    check(&policy(), &[(0, b()), (0, again(Some(60)))], Phase::Queued, Some(60_000), &[]);
    let gone = check(&policy(), &[(0, b()), (0, again(Some(3600)))], Phase::Expired, None, &["failed:expired"]);
    let failure = gone.report.and_then(|report| report.failure).unwrap();
    assert_eq!(failure.detail.as_deref(), Some("429 slow"));
    check(&policy(), &[(HOUR, b())], Phase::Expired, None, &["failed:expired"]);
    check(&policy(), &[(HOUR, Input::Due)], Phase::Expired, None, &["failed:expired"]);
    // Due makes it ready for claiming, and only when it is due.
    check(&policy(), &[(0, b()), (0, again(None)), (999, Input::Due)], Phase::Queued, Some(1000), &[]);
    check(&policy(), &[(0, b()), (0, again(None)), (1000, Input::Due)], Phase::Queued, None, &[]);
}

#[test]
fn doubt_waits_for_a_status_and_then_follows_the_policy() {
    let give_up = Policy { then: AfterDoubt::Fail, ..policy() };
    let doubt = || (0, input("doubt"));
    let b = || (0, Input::Begin);
    check(&policy(), &[b(), doubt()], Phase::InDoubt, Some(120_000), &[]);
    check(&policy(), &[b(), doubt(), (119_999, Input::Due)], Phase::InDoubt, Some(120_000), &[]);
    check(&policy(), &[b(), doubt(), (60_000, input("doubt"))], Phase::InDoubt, Some(120_000), &[]);
    let again = check(&policy(), &[b(), doubt(), (120_000, Input::Due)], Phase::Queued, None, &[]);
    assert_eq!((again.life.attempts, again.life.told), (1, Told::Nothing));
    check(&give_up, &[b(), doubt(), (120_000, Input::Due)], Phase::Failed, None, &["failed:retries_exhausted"]);
    check(&policy(), &[b(), doubt(), (HOUR, Input::Due)], Phase::Expired, None, &["failed:expired"]);
    check(&give_up, &[b(), doubt(), (5, input("noted")), (120_000, Input::Due)], Phase::Submitted, None, &[]);
    // The provider's own failure takes the place of our doubt.
    check(&policy(), &[b(), doubt(), (5, failed(None, None))], Phase::Submitted, None, &["failed:undeliverable"]);
    let late = [b(), doubt(), (120_000, Input::Due), (130_000, input("delivered"))];
    check(&give_up, &late, Phase::Submitted, None, &["failed:retries_exhausted", "delivered"]);
    // A crash after an attempt whose start alone was recorded.
    let crashed = check(&policy(), &[(0, Input::Interrupted)], Phase::InDoubt, Some(120_000), &[]);
    assert_eq!(crashed.life.attempts, 1);
}

#[test]
fn news_is_reported_once_and_only_upwards() {
    let p = policy();
    let sent = || vec![(0, Input::Begin), (0, input("taken"))];
    let after = |inputs: &[Input]| {
        let mut all = sent();
        all.extend(inputs.iter().map(|input| (5, input.clone())));
        all
    };
    let (s, d, r) = (|| input("submitted"), || input("delivered"), || input("read"));
    let f = || failed(None, None);
    for (news, told) in [
        (vec![s(), d(), r()], vec!["submitted", "delivered", "read"]),
        (vec![r(), d(), s(), r()], vec!["read"]),
        (vec![d(), d(), f()], vec!["delivered"]),
        (vec![f(), f(), d(), f(), r()], vec!["failed:undeliverable", "delivered", "read"]),
        (vec![s(), f(), s()], vec!["submitted", "failed:undeliverable"]),
        (vec![f(), s()], vec!["failed:undeliverable"]),
        (vec![input("noted"), input("refused")], vec!["failed:blocked"]),
        (vec![s(), input("again")], vec!["submitted"]),
        (vec![s(), input("refused")], vec!["submitted"]),
    ] {
        check(&p, &after(&news), Phase::Submitted, None, &told);
    }
    let early = [(0, Input::Begin), (0, again(None)), (5, s()), (1000, Input::Due), (1000, Input::Begin)];
    check(&p, &early, Phase::Submitted, None, &["submitted"]);
}

#[test]
fn a_failure_that_may_be_contradicted_is_held() {
    let p = policy();
    let sent = [(0, Input::Begin), (0, input("taken")), (0, failed(Some(60), None))];
    let with = |more: &[(i64, Input)]| sent.iter().chain(more).cloned().collect::<Vec<_>>();
    check(&p, &with(&[]), Phase::Submitted, Some(60_000), &[]);
    check(&p, &with(&[(9, failed(Some(600), None))]), Phase::Submitted, Some(60_000), &[]);
    check(&p, &with(&[(9, input("submitted"))]), Phase::Submitted, Some(60_000), &["submitted"]);
    check(&p, &with(&[(59_999, Input::Due)]), Phase::Submitted, Some(60_000), &[]);
    let told = check(&p, &with(&[(60_000, Input::Due)]), Phase::Submitted, None, &["failed:undeliverable"]);
    assert_eq!(told.report.map(|report| report.at), Some(at(77)));
    check(&p, &with(&[(9, failed(None, None))]), Phase::Submitted, None, &["failed:undeliverable"]);
    check(&p, &with(&[(9, input("read")), (60_000, Input::Due)]), Phase::Submitted, None, &["read"]);
}

#[test]
fn a_failure_worth_it_is_sent_anew_at_most_three_times() {
    let on = Policy { resend: true, ..policy() };
    let sent =
        |n: i64| [(n * 60_000, Input::Begin), (n * 60_000, input("taken")), (n * 60_000, failed(None, Some(60)))];
    let times = |n: i64| (0..n).flat_map(sent).collect::<Vec<_>>();
    check(&policy(), &times(1), Phase::Submitted, None, &["failed:undeliverable"]);
    let once = check(&on, &times(1), Phase::Queued, Some(60_000), &[]);
    assert_eq!(once.life.resends, 1);
    check(&on, &times(3), Phase::Queued, Some(180_000), &[]);
    check(&on, &times(4), Phase::Submitted, None, &["failed:undeliverable"]);
    let too_late = [(0, Input::Begin), (0, input("taken")), (0, failed(None, Some(3600)))];
    check(&on, &too_late, Phase::Submitted, None, &["failed:undeliverable"]);
    // While it waits, what is said is of the attempt before: only success makes the next one needless.
    let with = |input: Input| times(1).into_iter().chain([(5, input)]).collect::<Vec<_>>();
    check(&on, &with(failed(None, None)), Phase::Queued, Some(60_000), &[]);
    check(&on, &with(input("taken")), Phase::Queued, Some(60_000), &[]);
    check(&on, &with(input("submitted")), Phase::Queued, Some(60_000), &["submitted"]);
    check(&on, &with(input("delivered")), Phase::Submitted, None, &["delivered"]);
    let refused =
        Outcome::Refused { failure: Failure { resend: Some(Duration::from_secs(9)), ..because(Reason::FrequencyCap) } };
    check(&on, &[(0, Input::Begin), (0, Input::Answered(refused))], Phase::Queued, Some(9000), &[]);
}

#[test]
fn a_held_lane_costs_no_attempt_and_stops_are_passed_on() {
    let held = check(&policy(), &[(0, Input::Begin), (0, input("hold"))], Phase::Queued, None, &[]);
    assert_eq!((held.hold, held.life.attempts), (true, 0));
    let stop = || Failure { stop: Some(StopScope::Account), ..because(Reason::NoCredit) };
    for input in [
        Input::Answered(Outcome::Again { after: None, failure: stop() }),
        Input::Answered(Outcome::Doubt { failure: stop() }),
        Input::Answered(Outcome::Hold { failure: stop() }),
        Input::Answered(Outcome::Refused { failure: stop() }),
        Input::News { status: Some(Status::Failed), failure: Some(stop()), at: at(0) },
        Input::Unsendable(stop()),
    ] {
        let (last, _) = walk(&policy(), Life::new(at(HOUR)), &[(0, input.clone())]);
        assert_eq!(last.stop, Some(StopScope::Account), "{input:?}");
        let (repeat, _) = walk(&policy(), standing(Phase::Suppressed), &[(0, input.clone())]);
        assert!(matches!(input, Input::Answered(_)) || repeat.stop.is_none(), "{input:?}");
    }
}

/// Whatever comes to an end after better news was told: nobody is told of a failure, and nothing is sent anew.
#[test]
fn better_news_stays_the_last_word() {
    let policy = Policy { resend: true, ..policy() };
    let failure = Failure { resend: Some(Duration::from_secs(20)), ..because(Reason::Undeliverable) };
    let failed = Input::News { status: Some(Status::Failed), failure: Some(failure), at: at(500) };
    for (phase, input, then) in [
        (Phase::Submitted, failed, Phase::Submitted),
        (Phase::InDoubt, Input::Cancelled, Phase::Failed),
        (Phase::Queued, Input::OptedOut, Phase::Suppressed),
    ] {
        for best in [Status::Delivered, Status::Read] {
            let life = Life { best: Some(best), ..standing(phase) };
            let step = step(&life, &input, &policy, at(1000), 500);
            assert_eq!((step.life.phase, step.life.best), (then, Some(best)), "{input:?}");
            assert!(step.report.is_none(), "{input:?}: {:?}", step.report);
        }
    }
}

//! Long random lives: what holds for every one of them.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::Reason;

fn failure() -> impl Strategy<Value = Failure> {
    let span = || proptest::option::of((0u64..100_000).prop_map(Duration::from_millis));
    (span(), span()).prop_map(|(resend, settle)| Failure {
        resend,
        settle,
        ..Failure::ours(Reason::Undeliverable, None)
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Taken),
        (proptest::option::of((0u64..100_000).prop_map(Duration::from_millis)), failure())
            .prop_map(|(after, failure)| Outcome::Again { after, failure }),
        failure().prop_map(|failure| Outcome::Doubt { failure }),
        failure().prop_map(|failure| Outcome::Hold { failure }),
        failure().prop_map(|failure| Outcome::Refused { failure }),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let status = proptest::option::of(prop_oneof![
        Just(Status::Failed),
        Just(Status::Submitted),
        Just(Status::Delivered),
        Just(Status::Read)
    ]);
    prop_oneof![
        3 => Just(Input::Begin),
        4 => outcome().prop_map(Input::Answered),
        1 => Just(Input::Interrupted),
        4 => (status, proptest::option::of(failure()), 0i64..200_000)
            .prop_map(|(status, failure, at)| Input::News { status, failure, at: Timestamp::from_millis(at) }),
        3 => Just(Input::Due),
        1 => Just(Input::OptedOut),
        1 => failure().prop_map(Input::Unsendable),
        1 => Just(Input::Cancelled),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    (any::<bool>(), any::<bool>()).prop_map(|(resend, give_up)| Policy {
        first: Duration::from_secs(1),
        max: Duration::from_secs(30),
        doubt: Duration::from_secs(20),
        then: if give_up { AfterDoubt::Fail } else { AfterDoubt::Resend },
        resend,
    })
}

/// The ledger moves only forward, except that a failure worth it is sent anew, and that good news corrects an end.
fn may_move(before: &Life, after: &Life) -> bool {
    let anew = before.phase == Phase::Submitted && after.phase == Phase::Queued && after.resends == before.resends + 1;
    !before.phase.is_final() || before.phase == after.phase || after.phase == Phase::Submitted || anew
}

fn holds(before: &Life, step: &Step, policy: &Policy, now: Timestamp) {
    let after = &step.life;
    assert!(may_move(before, after), "{before:?} {step:?}");
    assert!(after.best >= before.best && after.resends <= 3 && after.expires == before.expires);
    assert!(before.told != Told::Failed || after.told == Told::Failed, "what was told is not forgotten");
    assert!(after.resends == before.resends || policy.resend);
    assert_ne!(after.best, Some(Status::Failed));
    // Nothing waits for ever, and nothing waits that has nothing to wait for.
    let waits = matches!(after.told, Told::Held { .. });
    assert!(after.phase != Phase::InDoubt || after.wake.is_some());
    assert!(!after.phase.is_final() || after.wake.is_some() == waits, "{before:?} {step:?}");
    assert!(!waits || after.phase.is_final() || after.phase == Phase::InDoubt);
    // Nothing is begun after its time.
    assert!(after.phase != Phase::Sending || before.phase == Phase::Sending || now < after.expires);
}

proptest! {
    #[test]
    fn every_life_keeps_the_promises(
        policy in policy(),
        inputs in prop::collection::vec((input(), 0i64..40_000, any::<u16>()), 1..40),
    ) {
        let mut life = Life::new(Timestamp::from_millis(150_000));
        let mut now = 0;
        let mut told: Vec<Status> = Vec::new();
        for (input, passed, jitter) in inputs {
            now += passed;
            let time = Timestamp::from_millis(now);
            let step = step(&life, &input, &policy, time, jitter);
            holds(&life, &step, &policy, time);
            told.extend(step.report.iter().map(|report| report.status));
            life = step.life;
        }
        let good: Vec<Status> = told.iter().copied().filter(|status| *status != Status::Failed).collect();
        prop_assert!(good.is_sorted_by(|one, next| one < next), "{told:?}");
        let failures: Vec<usize> = (0..told.len()).filter(|i| told[*i] == Status::Failed).collect();
        prop_assert!(failures.len() <= 1, "{told:?}");
        for place in failures {
            prop_assert!(told[..place].iter().all(|status| *status <= Status::Submitted), "{told:?}");
            prop_assert!(told[place..].iter().all(|status| *status != Status::Submitted), "{told:?}");
        }
        // Whatever ended badly was told.
        let bad = matches!(life.phase, Phase::Rejected | Phase::Failed | Phase::Expired | Phase::Suppressed);
        prop_assert!(!bad || told.contains(&Status::Failed) || life.best > Some(Status::Submitted));
        let text = serde_json::to_string(&life).unwrap();
        prop_assert_eq!(serde_json::from_str::<Life>(&text).unwrap(), life);
    }
}

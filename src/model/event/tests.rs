//! What is an event and what is not, and how mappings read it.

use serde_json::{Value as Json, json};

use super::*;

fn read(event: &Json) -> Result<Event, String> {
    let arena = Arena::new();
    let said = |refusal: Refusal| format!("{}: {}", refusal.reason, refusal.text.unwrap_or_default());
    Event::read(Tree::from(event).view(&arena)).map_err(said)
}

fn failed(failure: &Json) -> Result<Event, String> {
    read(&json!({"provider_id": "p", "status": "failed", "at": "2026-11-04T09:20:41Z", "failure": failure}))
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        (json!({"at": "2026-11-04T09:20:41Z"}), "missing_field: `provider_id` is required"),
        (json!({"provider_id": "p"}), "missing_field: `at` is required"),
        (json!({"provider_id": "p", "at": "yesterday"}), "malformed: `at` must be a time, not text"),
        (json!({"provider_id": "p", "at": 1_762_248_041}), "malformed: `at` must be a time, not number"),
        (
            json!({"provider_id": "p", "at": "2026-11-04T09:20:41Z", "status": "sent"}),
            "malformed: `status` must be submitted, delivered, read or failed",
        ),
        (json!({"provider_id": "p", "price": 1}), "malformed: `price` is no member of the model"),
    ];
    for (event, expected) in cases {
        assert_eq!(read(&event), Err(expected.to_owned()), "{event}");
    }
    let cases = [
        (json!({}), "missing_field: `failure.reason` is required"),
        (json!({"reason": "bad"}), "malformed: `failure.reason` must be of the closed list of reasons"),
        (
            json!({"reason": "throttled", "stop": "all"}),
            "malformed: `failure.stop` must be account, number or recipient",
        ),
        (
            json!({"reason": "throttled", "resend": "soon"}),
            "malformed: `failure.resend` must be a duration such as 250ms, 10s, 15m, 24h or 7d",
        ),
        (json!({"reason": "throttled", "detail": {}}), "malformed: `failure.detail` must be text, not map"),
    ];
    for (failure, expected) in cases {
        assert_eq!(failed(&failure), Err(expected.to_owned()), "{failure}");
    }
}

#[test]
fn a_failure_counts_only_beside_failed() {
    let failure = json!({"reason": "throttled", "code": 1000, "resend": "1m", "settle": "90s", "stop": "account"});
    let event = failed(&failure).unwrap();
    let expected = Failure {
        reason: Reason::Throttled,
        code: Some("1000".to_owned()),
        detail: None,
        resend: Some(Duration::from_secs(60)),
        settle: Some(Duration::from_secs(90)),
        stop: Some(StopScope::Account),
    };
    assert_eq!(event.failure, Some(expected));
    let read_event = json!({"ref": "m-7Q2", "status": "read", "at": "2026-11-04T09:20:41Z", "failure": failure});
    assert_eq!(read(&read_event).unwrap().failure, None);
    let bare = json!({"ref": "m-7Q2", "status": "failed", "at": "2026-11-04T09:20:41Z"});
    assert_eq!(read(&bare).unwrap().failure, Some(Failure::ours(Reason::Unknown, None)));
}

#[test]
fn somebody_elses_ref_is_left_out() {
    let event = |id: &str| read(&json!({"provider_id": "p", "ref": id, "at": "2026-11-04T09:20:41Z"})).unwrap();
    assert_eq!(event("m-7Q2").reference, Some("m-7Q2".parse().unwrap()));
    assert_eq!(event("moe:6f0c2b19").reference, None);
}

#[test]
fn mappings_read_the_failure_on_one_line() {
    let arena = Arena::new();
    let failure = json!({"reason": "throttled", "code": "1000", "detail": "Throttled\r\n  now", "settle": "1h"});
    let event = failed(&failure).unwrap();
    let view = serde_json::to_value(event.view("acme", &arena)).unwrap();
    let expected = json!({
        "provider_id": "p", "status": "failed", "at": "2026-11-04T09:20:41.000Z", "provider": "acme",
        "failure": {"reason": "throttled", "code": "1000", "detail": "Throttled\r\n  now", "settle": "1h",
            "text": "1000 Throttled now"},
    });
    assert_eq!(view, expected);
    assert_eq!(Failure::ours(Reason::Expired, None).text(), None);
    let spans = [(0, "0ms"), (250, "250ms"), (1500, "1500ms"), (60_000, "1m"), (90_000, "90s"), (172_800_000, "2d")];
    for (millis, expected) in spans {
        assert_eq!(written(Duration::from_millis(millis)), expected);
    }
}

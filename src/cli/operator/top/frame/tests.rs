//! Frames of fixed sizes, as a terminal shows them.

use serde_json::{Value, json};

use super::*;

fn tenant(name: &str, queued: u64, failed: u64) -> Value {
    json!({
        "tenant": name, "state": "enabled", "platform": "p", "provider": "q", "difference": 0, "queued": queued,
        "drain_seconds": 90.0, "backlog": 1000, "rate": { "ceiling": 80.0, "current": 80.0 }, "held": 0, "paused": 0,
        "dead_letters": 0,
        "lately": {
            "accepted": 1200, "submitted": 1100, "delivered": 1000, "read": 12_345, "failed": failed, "reasons": [],
            "waited_seconds": 2.5, "minutes": [[0, 0, 0], [40, 30, 0], [3, 3, 0]],
        },
    })
}

fn overview(tenants: &[Value]) -> Value {
    json!({
        "at": "2026-11-04T09:14:06.981Z", "tenants": tenants, "store": { "writable": true },
        "configuration": { "version": "a1b2c3", "errors": 0, "warnings": 2 },
    })
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.trim_end()).collect()
}

/// The names of the tenants in their order.
fn order(lines: &[Line]) -> Vec<&str> {
    lines[2..].iter().filter_map(|line| line.text.split_whitespace().next()).take(3).collect()
}

#[test]
fn a_frame_has_every_number_within_eighty_columns_and_says_what_needs_somebody() {
    let mut slow = tenant("a-brand-with-a-long-name", 54_321, 7);
    slow["rate"] = json!({ "ceiling": 80.0, "current": 2.5 });
    slow["held"] = json!(1);
    slow["paused"] = json!(1);
    slow["drain_seconds"] = Value::Null;
    slow["dead_letters"] = json!(2);
    slow["lately"]["reasons"] = json!([["template_params", 5], ["unknown", 2]]);
    let mut said = overview(&[tenant("acme", 0, 0), slow]);
    said["configuration"]["errors"] = json!(1);
    let lines = frame(&said, &View::default(), Size { columns: 80, rows: 9 }, None);
    let expected = [
        "switchboard  2026-11-04 09:14:06 UTC  2 tenants  configuration a1b2c3",
        "TENANTv        RATE/S  /MIN QUEUED  WAIT DRAIN  SENT DELIV  READ  FAIL HELD DEAD",
        "a-brand-with   2.5/80    40    54k  2.5s never  1100  1000   12k     7    1    2",
        "acme               80    40      0  2.5s     0  1100  1000   12k     0    0    0",
        "configuration: 1 error: switchboard check",
        "a-brand-with-a-long-name: nothing goes out, paused, 1 lane held, 2 dead letters, slowed by the provider, most fail with template_params (5)",
        "",
        "",
        "q quit   s sort by the next column   r reverse   j k down and up",
    ];
    assert_eq!(texts(&lines), expected);
    assert!(lines[1].text.chars().count() == 80 && lines[2].text.chars().count() == 80);
    let styles: Vec<Style> = lines.iter().take(6).map(|line| line.style).collect();
    assert_eq!(styles, [Style::Plain, Style::Head, Style::Bad, Style::Plain, Style::Bad, Style::Bad]);
    let wide = frame(&said, &View::default(), Size { columns: 92, rows: 9 }, None);
    assert!(wide[2].text.starts_with("a-brand-with-a-long-name   2.5/80"), "{}", wide[2].text);
}

#[test]
fn keys_sort_turn_round_scroll_and_end() {
    let said = overview(&[tenant("b", 5, 1), tenant("c", 9, 0), tenant("a", 9, 2)]);
    let size = Size { columns: 80, rows: 9 };
    let mut view = View::default();
    assert_eq!(order(&frame(&said, &view, size, None)), ["a", "b", "c"]);
    assert!(view.press(b'r'));
    assert_eq!(order(&frame(&said, &view, size, None)), ["c", "b", "a"]);
    assert!(view.press(b'r') && (0..3).all(|_| view.press(b's')));
    let lines = frame(&said, &view, size, None);
    assert_eq!(order(&lines), ["a", "c", "b"], "by what is queued, then by name");
    assert!((0..COLUMNS.len() - 3).all(|_| view.press(b's')), "round to the first");
    assert_eq!(order(&frame(&said, &view, size, None)), ["a", "b", "c"]);
    let small = Size { columns: 80, rows: 5 };
    assert!((0..9).all(|_| view.press(b'j')) && view.press(b'?'));
    assert_eq!(
        texts(&frame(&said, &view, small, None))[2..4].iter().map(|line| &line[..1]).collect::<Vec<_>>(),
        ["b", "c"]
    );
    assert!(!view.press(b'q') && !view.press(3));
}

#[test]
fn a_small_screen_is_never_overrun_and_alarms_have_their_part() {
    let many: Vec<Value> = (0..50)
        .map(|place| {
            let mut tenant = tenant(&format!("t-{place:02}"), 0, 0);
            tenant["difference"] = json!(-3);
            tenant
        })
        .collect();
    let said = overview(&many);
    for rows in 0..40 {
        let lines = frame(&said, &View::default(), Size { columns: 80, rows }, Some("the gateway does not answer"));
        assert!(lines.len() <= rows.max(3), "{rows}: {}", lines.len());
    }
    let lines = frame(&said, &View::default(), Size { columns: 80, rows: 24 }, Some("the gateway does not answer"));
    assert_eq!(lines.len(), 24);
    assert_eq!(texts(&lines)[16], "not up to date: the gateway does not answer");
    assert_eq!(texts(&lines)[17], "t-00: the ledger is off by -3");
    assert_eq!(texts(&lines)[22], "and 45 more");
    let all = frame(&said, &View::default(), Size::endless(), None);
    assert_eq!(all.len(), 102, "all of it where there is no screen, and no keys");
}

#[test]
fn what_others_wrote_moves_no_cursor() {
    let said = overview(&[tenant("a\u{1b}[2J\n", 0, 0)]);
    let lines = frame(&said, &View::default(), Size::USUAL, Some("a\r\nb"));
    assert!(lines.iter().all(|line| !line.text.contains(char::is_control)));
    assert!(texts(&frame(&json!({}), &View::default(), Size::USUAL, None))[0].starts_with("switchboard"));
}

//! The limits, by what gateways wrote at the moment of each call.

use std::collections::BTreeMap;

use serde_json::Value;

/// In the window where it is worst: how many more went out of one tenant than its rate and its burst, which is its rate's own
/// number, let.
pub(super) fn excess(log: &[Value], rate: u32) -> f64 {
    let mut calls: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for line in log.iter().filter(|line| line["message"] == "dispatched") {
        let at = at(line);
        let seconds = std::time::Duration::from_micros(at.as_microsecond().try_into().unwrap()).as_secs_f64();
        calls.entry(line["tenant"].as_str().unwrap()).or_default().push(seconds);
    }
    assert!(!calls.is_empty(), "gateways say when they call");
    calls.into_values().map(|times| of(times, f64::from(rate))).fold(f64::MIN, f64::max)
}

/// Every call: of which message, and when.
pub(super) fn calls(log: &[Value]) -> impl Iterator<Item = (&str, jiff::Timestamp)> {
    let calls = log.iter().filter(|line| line["message"] == "dispatched");
    calls.map(|line| (line["id"].as_str().unwrap(), at(line)))
}

fn at(line: &Value) -> jiff::Timestamp {
    line["timestamp"].as_str().unwrap().parse().unwrap()
}

/// The calls of a window are those from one to another: of all windows the worst ends at each call in turn.
fn of(mut times: Vec<f64>, rate: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let (mut worst, mut least) = (f64::MIN, f64::MAX);
    for (place, time) in (0_u32..).zip(times) {
        // Before this call so many had gone; what the time let go besides is taken away.
        least = least.min(f64::from(place) - rate * time);
        worst = worst.max(f64::from(place) + 1.0 - rate * time - least);
    }
    worst - rate
}

#[test]
fn what_is_too_much_is_seen() {
    let even: Vec<f64> = (0..50).map(|place| f64::from(place) * 0.1).collect();
    assert!((of(even.clone(), 10.0) - -9.0).abs() < 0.01);
    assert!((of(even, 5.0) - (50.0 - 4.9 * 5.0 - 5.0)).abs() < 0.01);
    assert!((of(vec![7.0; 13], 10.0) - 3.0).abs() < 0.01);
}

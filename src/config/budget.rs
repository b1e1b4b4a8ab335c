//! Whether a full backlog is sent before the platform gives up repeating what it was told "later" about.

use std::time::Duration;

use super::limits::Limits;
use super::tenant::Number;
use crate::mapping::{Fields, Mapping, Reader};
use crate::model::Rate;

/// Warns where a message that meets a full backlog may be given up before there is room for it.
pub(super) fn check(reader: &mut Reader, fields: Fields<'_>, limits: &Limits, numbers: &[Number], platform: &Mapping) {
    let Some(budget) = platform.retry_budget else { return };
    let of_numbers = numbers.iter().map(|number| sent_within(budget, number.rate)).fold(0, u64::saturating_add);
    let absorbed = limits.send.map_or(of_numbers, |send| sent_within(budget, send).min(of_numbers));
    if limits.backlog <= absorbed {
        return;
    }
    let written = fields.get("limits").and_then(|node| node.get("backlog")).or_else(|| fields.get("numbers"));
    let Some(place) = written else { return };
    let minutes = budget.as_secs() / 60;
    let message = format!(
        "a backlog of {} takes longer than `{}` repeats what it was told \"later\" about: {minutes} minutes",
        limits.backlog, platform.name
    );
    let help = format!(
        "at this tenant's rates {absorbed} messages go in that time: write limits: {{ backlog: {absorbed} }}, or raise \
         the rates if the provider grants more"
    );
    reader.warning("SB0420", place.span, message, help);
}

/// How many go within a time at a rate.
fn sent_within(time: Duration, rate: Rate) -> u64 {
    let sent = time.as_nanos().saturating_mul(u128::from(rate.cells().get())) / rate.period().as_nanos();
    u64::try_from(sent).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_times_a_rate() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        for (time, rate, expected) in
            [(minutes(105), "80/s", 504_000), (minutes(30), "1/6s", 300), (minutes(0), "80/s", 0)]
        {
            assert_eq!(sent_within(time, rate.parse().unwrap()), expected, "{rate}");
        }
        assert_eq!(sent_within(Duration::MAX, "4294967295/1ms".parse().unwrap()), u64::MAX);
    }
}

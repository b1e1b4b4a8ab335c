//! Which status may follow which, per platform: MoEngage § 5, WebEngage § 6. Pure; keeps nothing.

use std::collections::HashSet;

use super::journal::{Breach, Report};
use super::options::Kind;

/// Higher is later; a message's statuses only rise. A failure may be followed by success on another device, never the reverse.
fn rank(kind: Kind, status: &str) -> u8 {
    match (kind, status) {
        (Kind::MoEngage, "sent") | (Kind::WebEngage, "whatsapp_failed") => 1,
        (Kind::MoEngage, "failed") | (Kind::WebEngage, "whatsapp_sent") => 2,
        (Kind::MoEngage, "delivered") | (Kind::WebEngage, "whatsapp_read") => 3,
        (Kind::MoEngage, "read") => 4,
        _ => 0,
    }
}

/// What is wrong with this status after those acknowledged and those refused before it, if anything.
pub(super) fn judge(kind: Kind, before: &[Report], refused: &HashSet<String>, status: &str) -> Option<Breach> {
    if refused.contains(status) {
        return Some(Breach::AfterRefusal);
    }
    if before.iter().any(|one| one.status == status) {
        return Some(Breach::Repeat);
    }
    let highest = before.iter().map(|one| rank(kind, &one.status)).max().unwrap_or(0);
    // WebEngage § 6: read is preceded by sent.
    let unsent = status == "whatsapp_read" && !before.iter().any(|one| one.status == "whatsapp_sent");
    (rank(kind, status) < highest || unsent).then_some(Breach::Order)
}

#[cfg(test)]
mod tests {
    use super::super::journal::{Answered, Journal};
    use super::*;

    fn breaches(kind: Kind, statuses: &[&str]) -> Vec<Breach> {
        let journal = Journal::default();
        for status in statuses {
            let (status, answered) = match status.split_once('!') {
                Some((status, _)) => (status, Answered::Refused),
                None => match status.split_once('?') {
                    Some((status, _)) => (status, Answered::Later),
                    None => (*status, Answered::Acknowledged),
                },
            };
            journal.report(kind, "id", &Report { status: status.to_owned(), code: None, at: 0 }, answered);
        }
        journal.violations().iter().map(|violation| violation.breach).collect()
    }

    #[test]
    fn the_order_of_reports() {
        use Breach::{AfterRefusal, Order, Repeat};
        let cases: [(Kind, &[&str], &[Breach]); 15] = [
            (Kind::MoEngage, &["sent", "delivered", "read"], &[]),
            (Kind::MoEngage, &["read"], &[]),
            (Kind::MoEngage, &["sent", "failed"], &[]),
            (Kind::MoEngage, &["failed", "delivered"], &[]),
            (Kind::MoEngage, &["sent?", "sent"], &[]),
            (Kind::MoEngage, &["sent", "sent"], &[Repeat]),
            (Kind::MoEngage, &["delivered", "sent"], &[Order]),
            (Kind::MoEngage, &["delivered", "failed"], &[Order]),
            (Kind::MoEngage, &["failed", "sent"], &[Order]),
            (Kind::MoEngage, &["sent!", "sent"], &[AfterRefusal]),
            (Kind::WebEngage, &["whatsapp_sent", "whatsapp_read"], &[]),
            (Kind::WebEngage, &["whatsapp_failed", "whatsapp_sent"], &[]),
            (Kind::WebEngage, &["whatsapp_read"], &[Order]),
            (Kind::WebEngage, &["whatsapp_sent", "whatsapp_failed"], &[Order]),
            (Kind::WebEngage, &["whatsapp_sent", "whatsapp_sent"], &[Repeat]),
        ];
        for (kind, statuses, expected) in cases {
            assert_eq!(breaches(kind, statuses), expected, "{statuses:?}");
        }
    }
}

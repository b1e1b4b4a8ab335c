//! Whether what platforms were told is what the provider said: its journal of statuses against theirs of reports.
//!
//! Legal order and repeats are the platforms' own verdict (`violations`). Here: no word that nobody said, and none left
//! out that had to be told. A status must be told if it was acknowledged before a better one of its message began.

use switchboard::sim::platform::{Kind, Message};
use switchboard::sim::provider::{Sent, Told};

use super::{Brand, World};

/// The platform's word for a status of the provider's; `None` is not told.
pub(crate) fn word_of(kind: Kind, status: &str) -> Option<&'static str> {
    match (kind, status) {
        (Kind::MoEngage, "submitted") => Some("sent"),
        (Kind::MoEngage, "delivered") => Some("delivered"),
        (Kind::MoEngage, "read") => Some("read"),
        (Kind::MoEngage, _) => Some("failed"),
        // It is told nothing before a message is delivered.
        (Kind::WebEngage, "submitted") => None,
        (Kind::WebEngage, "delivered") => Some("whatsapp_sent"),
        (Kind::WebEngage, "read") => Some("whatsapp_read"),
        (Kind::WebEngage, _) => Some("whatsapp_failed"),
    }
}

/// A status is no news after one of a higher rank.
fn rank(status: &str) -> u8 {
    match status {
        "submitted" => 1,
        "delivered" => 3,
        "read" => 4,
        _ => 2,
    }
}

/// What a platform sent and had accepted; the recipients as the provider has them, in digits.
pub(crate) fn accepted(brand: &Brand) -> impl Iterator<Item = (String, Message)> {
    let messages = brand.platform.journal().messages().into_iter();
    messages.filter(|(_, message)| message.answer.as_deref() == Some("accepted")).map(|(id, mut message)| {
        message.to.retain(|c| c.is_ascii_digit());
        (id, message)
    })
}

impl World {
    /// What is wrong with the reports of one message, and what is missing. `given_up`: the gateway may have told by itself
    /// that it failed.
    pub(crate) fn wrong_reports(&self, kind: Kind, message: &Message, sent: &[Sent], given_up: bool) -> Vec<String> {
        let said: Vec<Told> = sent.iter().flat_map(|sent| self.provider.journal().told(&sent.message_uuid)).collect();
        let told: Vec<&str> = message.reports.iter().map(|report| report.status.as_str()).collect();
        judge(kind, &told, &said, sent.len() > 1, given_up)
    }

    /// Nobody was told anything that the provider did not say, nor was anything left out.
    pub(crate) fn check_reports(&self) {
        let sent = self.provider.journal().sent();
        let mut by_person = std::collections::HashMap::<&str, Vec<Sent>>::new();
        for sent in &sent {
            by_person.entry(&sent.to).or_default().push(sent.clone());
        }
        for brand in &self.brands {
            for (id, message) in accepted(brand) {
                let sent = by_person.get(&*message.to).map_or(&[][..], Vec::as_slice);
                let wrong = self.wrong_reports(brand.file.kind, &message, sent, false);
                assert!(wrong.is_empty(), "{id}: {wrong:?}");
            }
        }
    }
}

fn judge(kind: Kind, told: &[&str], said: &[Told], sent_twice: bool, given_up: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for word in told {
        let said_so = said.iter().any(|said| word_of(kind, said.word) == Some(word));
        // One platform wants it before it is told of reading.
        let implied = *word == "whatsapp_sent" && said.iter().any(|said| said.word == "read");
        let ours = given_up && Some(*word) == word_of(kind, "rejected");
        if !(said_so || implied || ours) {
            wrong.push(format!("told {word}, and nobody said so: {told:?} of {said:?}"));
        }
    }
    for status in said {
        let Some(word) = word_of(kind, status.word) else { continue };
        let Some(acknowledged) = status.acknowledged else { continue };
        let better = |other: &Told| rank(other.word) > rank(status.word) && other.began < acknowledged;
        // Up to a failure, what an attempt came to is no news once another was made; nor is "submitted" once we gave up.
        let overtaken = rank(status.word) <= 2 && sent_twice || status.word == "submitted" && given_up;
        if !told.contains(&word) && !overtaken && !said.iter().any(better) {
            wrong.push(format!("not told {word}: {told:?} of {said:?}"));
        }
    }
    wrong
}

#[test]
fn what_is_wrong_is_seen() {
    let said = |words: &[(&'static str, u64, u64)]| -> Vec<Told> {
        let one =
            |(word, began, end): &(&'static str, u64, u64)| Told { word, began: *began, acknowledged: Some(*end) };
        words.iter().map(one).collect()
    };
    let in_order = said(&[("submitted", 1, 2), ("delivered", 3, 4), ("read", 5, 6)]);
    let at_once = said(&[("submitted", 1, 5), ("delivered", 2, 4), ("read", 3, 6)]);
    let rejected = said(&[("submitted", 1, 2), ("rejected", 3, 4)]);
    let (moengage, webengage) = (Kind::MoEngage, Kind::WebEngage);
    let whole = ["sent", "delivered", "read"];
    for (kind, told, said, given_up, problems) in [
        (moengage, &whole[..], &in_order, false, 0),
        (moengage, &["sent", "read"], &in_order, false, 1),
        (moengage, &["read"], &in_order, false, 2),
        (moengage, &["read"], &at_once, false, 0),
        (moengage, &["delivered"], &at_once, false, 1),
        (moengage, &["sent", "failed"], &rejected, false, 0),
        (moengage, &["sent"], &rejected, false, 1),
        (moengage, &["sent", "delivered", "failed"], &rejected, false, 1),
        (moengage, &["failed", "delivered", "read"], &in_order, true, 0),
        (moengage, &["sent", "failed", "delivered", "read"], &in_order, false, 1),
        (webengage, &["whatsapp_sent", "whatsapp_read"], &in_order, false, 0),
        (webengage, &["whatsapp_sent", "whatsapp_read"], &said(&[("read", 1, 2)]), false, 0),
        (webengage, &["whatsapp_sent"], &rejected, false, 2),
    ] {
        let found = judge(kind, told, said, false, given_up);
        assert_eq!(found.len(), problems, "{told:?}: {found:?}");
    }
    assert!(judge(moengage, &["delivered", "read"], &in_order, true, false).is_empty(), "sent twice");
}

//! The kinds of alarms: what the gateway tells its operator of.

/// A kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmKind {
    /// A lane waits because of what a party said.
    LaneHeld,
    /// A call to the platform did not get through at its last try.
    ReportFailing,
    /// The provider takes messages and says nothing of them.
    StatusesSilent,
    /// Messages use a template that may not be sent.
    TemplateUnusable,
    /// The provider says too fast.
    NumberThrottled,
    /// A code came that no row of a table has.
    CodeUnmapped,
    /// Dead letters wait for a person.
    DeadLetters,
    /// A file has an error.
    FileBroken,
    /// A certificate or a token ends soon.
    SecretEnding,
    /// The messages do not add up.
    LedgerWrong,
    /// The store takes no writes.
    StoreUnwritable,
}

impl AlarmKind {
    /// All of them, as [`AlarmKind::WORDS`] names them.
    pub const ALL: [Self; 11] = [
        Self::LaneHeld,
        Self::ReportFailing,
        Self::StatusesSilent,
        Self::TemplateUnusable,
        Self::NumberThrottled,
        Self::CodeUnmapped,
        Self::DeadLetters,
        Self::FileBroken,
        Self::SecretEnding,
        Self::LedgerWrong,
        Self::StoreUnwritable,
    ];

    /// The words for them, in the same order.
    pub const WORDS: &[&str] = &[
        "lane_held",
        "report_failing",
        "statuses_silent",
        "template_unusable",
        "number_throttled",
        "code_unmapped",
        "dead_letters",
        "file_broken",
        "secret_ending",
        "ledger_wrong",
        "store_unwritable",
    ];

    /// Whether it is the house's to tell, whichever gateway has the tenant that it may be about.
    #[must_use]
    pub const fn is_of_house(self) -> bool {
        match self {
            Self::LaneHeld
            | Self::ReportFailing
            | Self::StatusesSilent
            | Self::TemplateUnusable
            | Self::NumberThrottled => false,
            Self::CodeUnmapped
            | Self::DeadLetters
            | Self::FileBroken
            | Self::SecretEnding
            | Self::LedgerWrong
            | Self::StoreUnwritable => true,
        }
    }

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let place = Self::ALL.iter().position(|kind| *kind == self);
        place.and_then(|place| Self::WORDS.get(place)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_word() {
        assert_eq!(AlarmKind::ALL.len(), AlarmKind::WORDS.len());
        for (kind, word) in [
            (AlarmKind::LaneHeld, "lane_held"),
            (AlarmKind::CodeUnmapped, "code_unmapped"),
            (AlarmKind::SecretEnding, "secret_ending"),
            (AlarmKind::StoreUnwritable, "store_unwritable"),
        ] {
            assert_eq!(kind.as_str(), word);
        }
    }
}

//! The closed list of reasons: the hinge between a provider's error table and a platform's.

use std::fmt;
use std::str::FromStr;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// Why something was refused or failed. A provider's mapping turns its codes into these, a platform's
        /// mapping turns these into its own codes and HTTP status.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $variant,)* }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that mappings use.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

reasons! {
    /// Credentials missing, stale or wrong.
    Unauthenticated = "unauthenticated",
    /// The caller's address is not one of the tenant's `sources`.
    SourceNotAllowed = "source_not_allowed",
    /// Known, but not allowed: a disabled tenant, an account without the feature.
    Forbidden = "forbidden",
    /// Nobody's credentials, number or path, or more than one tenant's.
    UnknownTenant = "unknown_tenant",
    /// The sender is none of the tenant's numbers.
    UnknownSender = "unknown_sender",
    /// A payload version that is not supported.
    UnsupportedVersion = "unsupported_version",
    /// Not of the form that the contract says.
    Malformed = "malformed",
    /// A required member is missing.
    MissingField = "missing_field",
    /// A message without content.
    EmptyBody = "empty_body",
    /// The recipient's address cannot be one.
    InvalidRecipient = "invalid_recipient",
    /// Longer than the channel takes.
    BodyTooLong = "body_too_long",
    /// No such template.
    TemplateMissing = "template_missing",
    /// The number or form of the template's variables is wrong.
    TemplateParams = "template_params",
    /// The text is not the template's.
    TemplateMismatch = "template_mismatch",
    /// Media that cannot be fetched or used.
    Media = "media",
    /// The recipient is not on the channel.
    NotOnChannel = "not_on_channel",
    /// The recipient has opted out.
    OptedOut = "opted_out",
    /// The recipient never opted in.
    NotOptedIn = "not_opted_in",
    /// A free-form message outside the customer care window.
    OutsideWindow = "outside_window",
    /// Withheld to protect the recipient from too many messages.
    FrequencyCap = "frequency_cap",
    /// The recipient blocked the sender.
    Blocked = "blocked",
    /// Too fast.
    Throttled = "throttled",
    /// Not sent or not delivered in time.
    Expired = "expired",
    /// The account has no credit.
    NoCredit = "no_credit",
    /// The sender is not ready to send.
    SenderNotReady = "sender_not_ready",
    /// Could not be delivered.
    Undeliverable = "undeliverable",
    /// The provider cannot be reached or fails.
    ProviderUnavailable = "provider_unavailable",
    /// Given up after repeated trouble.
    RetriesExhausted = "retries_exhausted",
    /// We cannot take more now.
    Overloaded = "overloaded",
    /// Already sent.
    Duplicate = "duplicate",
    /// None of the above.
    Unknown = "unknown",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is none of the closed list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no reason")]
pub struct UnknownReason(pub String);

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == word).ok_or_else(|| UnknownReason(word.to_owned()))
    }
}

impl serde::Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Reason {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        word.parse().map_err(serde::de::Error::custom)
    }
}

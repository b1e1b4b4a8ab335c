//! What a reason mostly comes of, and what to do: the vendors' tables of errors, in our words.

use crate::model::Reason;

/// Whose affair it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Somebody set something up wrongly, and each message will meet it.
    SetUp,
    /// That one message, or the person whom it was for.
    Message,
}

use Whose::{Message, SetUp};

/// Whose affair a reason is, what it comes of, and what to do.
pub(super) const fn explained(reason: Reason) -> (Whose, &'static str, &'static str) {
    match reason {
        Reason::Unauthenticated => (
            SetUp,
            "the provider does not take the credentials",
            "enter the provider's credentials in the tenant's file again; all sends of the account wait until then",
        ),
        Reason::SourceNotAllowed => (
            SetUp,
            "the caller's address is not in the tenant's `sources`",
            "add the platform's addresses to `sources`, or leave `sources` out",
        ),
        Reason::Forbidden => (
            SetUp,
            "the account, or the tenant, is not allowed to send",
            "ask the provider what the account lacks; `enabled: false` in the tenant's file does it too",
        ),
        Reason::UnknownTenant => {
            (SetUp, "nobody's credentials or number", "compare number and credentials with the tenant's file")
        }
        Reason::UnknownSender => (
            SetUp,
            "the sender is none of the tenant's numbers, or none of the provider's account",
            "enter the number at the platform with digits alone, as `numbers` has it; link it to the provider's account",
        ),
        Reason::UnsupportedVersion => {
            (SetUp, "the platform speaks another version of its contract", "look for a newer mapping of this platform")
        }
        Reason::Malformed => (
            SetUp,
            "a request is not of the form that the contract says",
            "`switchboard try --request FILE` with such a request shows the place",
        ),
        Reason::MissingField => (
            SetUp,
            "something required is missing in the request",
            "complete the campaign or the template at the platform",
        ),
        Reason::EmptyBody => {
            (SetUp, "the message has no content", "complete the campaign or the template at the platform")
        }
        Reason::InvalidRecipient => {
            (Message, "the number cannot be one", "write numbers with the country code at the platform")
        }
        Reason::BodyTooLong => (
            SetUp,
            "longer than WhatsApp takes: a header has 60 characters, a body 1,024",
            "shorten the template or what is filled in",
        ),
        Reason::TemplateMissing => (
            SetUp,
            "no template of this name in this language is approved",
            "compare name and language at the platform with the approved template, and sync the templates there",
        ),
        Reason::TemplateParams => (
            SetUp,
            "the variables do not fit the approved template: their number, a header that is too long, the language, or an empty one",
            "compare the platform's template with the approved one: header, number and order of placeholders, language; let the platform fill what is missing",
        ),
        Reason::TemplateMismatch => (
            SetUp,
            "the text is not the approved template's",
            "compare the platform's template with the approved one, and sync the templates there",
        ),
        Reason::Media => (
            SetUp,
            "the media cannot be fetched or used",
            "the link must be public, of a size and a type that WhatsApp takes",
        ),
        Reason::NotOnChannel => (Message, "the number is not on WhatsApp", "nothing: the platform is told"),
        Reason::OptedOut => (Message, "the person opted out", "nothing: START brings them back"),
        Reason::NotOptedIn => (Message, "the person never opted in", "collect the consent first"),
        Reason::OutsideWindow => {
            (Message, "a text outside the 24 hours after the person's last word", "send a template instead")
        }
        Reason::FrequencyCap => (
            Message,
            "withheld to protect the person from too many messages",
            "send fewer campaigns to the same people",
        ),
        Reason::Blocked => (Message, "the person blocked the sender", "nothing: the platform is told"),
        Reason::Throttled => (
            SetUp,
            "too fast for the provider or for one person",
            "lower `rate` of the number, or `limits` of the tenant",
        ),
        Reason::Expired => (
            SetUp,
            "not sent in its time",
            "see what holds the sender: `switchboard release --dry-run`; `expire_after` is the time",
        ),
        Reason::NoCredit => (SetUp, "the provider's account has no credit", "charge it; what waits goes on by itself"),
        Reason::SenderNotReady => (SetUp, "the number is not ready to send", "finish its registration at the provider"),
        Reason::Undeliverable => (Message, "it could not be delivered", "nothing: the platform is told"),
        Reason::ProviderUnavailable => (
            SetUp,
            "the provider does not answer, or fails",
            "look at the provider's status page; messages are repeated",
        ),
        Reason::RetriesExhausted => {
            (SetUp, "given up after repeated trouble", "`switchboard trace ID` shows each attempt")
        }
        Reason::Overloaded => {
            (SetUp, "more came in than could be taken", "`limits.backlog` of the tenant, or the disk: `/metrics`")
        }
        Reason::Duplicate => (Message, "sent already", "nothing"),
        Reason::Unknown => (
            SetUp,
            "the provider said something that the mapping does not know",
            "`switchboard trace ID` shows the code: add a row to the mapping's table",
        ),
    }
}

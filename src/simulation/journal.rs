//! What happened in a run, in order: what the oracle judges and a replay prints.

use std::fmt;

use super::files::Brand;
use crate::delivery::Phase;
use crate::model::{Class, ClientRef, Ref};

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Milliseconds since the run began.
    pub(super) at: i64,
    pub(super) what: What,
}

/// How an answer is meant, whatever its bytes: the outside knows what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// Taken, and said so.
    Taken,
    /// Not taken, for certain: later, perhaps not before so many seconds.
    Later(Option<i64>),
    /// The answer does not tell whether it was taken.
    Unclear,
    /// The account or the credential is in trouble.
    Hold,
    /// Refused for good; worth it again after so many seconds.
    Refused(Option<i64>),
}

/// What happened.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "what nobody judges stands in the trace")]
pub(super) enum What {
    /// A gateway starts.
    Started,
    /// It is killed, or stopped in good order.
    Ended { killed: bool },
    /// Its configuration from now on.
    Configured(Vec<Brand>),
    /// The store keeps a new message.
    Kept(Kept),
    /// The store took a change of a message.
    Stored { of: Ref, from: Phase, to: Phase, note: String, only_time: bool },
    /// A call is queued; `word`: of a report.
    Queued { call: i64, of: Option<Ref>, word: Option<String> },
    /// A call ended: done, or parked.
    Closed { call: i64, parked: Option<String> },
    /// An opt-out or opt-in is durable.
    Listed { tenant: String, sender: Option<String>, address: String, on: bool },
    /// A pause, or its end, is durable.
    Paused { tenant: String, from: Option<String>, on: bool },
    /// The operator begins to end what is queued.
    Cancels { tenant: String },
    /// Two addresses are one person's from now on.
    Joined { tenant: String, one: String, other: String },
    /// The gateway calls the provider.
    Called { exchange: usize, of: Ref, tenant: String, from: String, to: String },
    /// The provider took a message.
    Took { exchange: usize, of: Ref, id: String },
    /// The gateway has an answer to a send.
    Answered { exchange: usize, of: Ref, meant: Meant },
    /// The gateway calls a platform.
    Posted { exchange: usize, call: i64 },
    /// A platform took a call.
    Noted { call: i64 },
    /// The gateway has a platform's answer; `good`: that it was taken.
    Heard { call: i64, meant: Meant },
    /// A platform was told that its message is accepted.
    Accepted { id: String, tenant: String },
    /// A platform was told anything else.
    Declined { id: String, http: Option<u16> },
    /// A status reaches the gateway.
    Arrives(Spoken),
    /// A status was acknowledged.
    Status(Spoken),
    /// A person's words were acknowledged.
    Said { tenant: String, to: String, address: String, text: String },
    /// Anything else, for whoever reads the trace.
    Note(String),
}

/// A message as the store took it in.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "what nobody judges stands in the trace")]
pub(super) struct Kept {
    pub(super) of: Ref,
    pub(super) tenant: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) id: String,
    pub(super) class: Class,
    /// A rule's answer, not the platform's message.
    pub(super) reply: bool,
    /// The answer to an opt-out or opt-in: it goes out all the same.
    pub(super) consent: bool,
    /// Milliseconds since the run began.
    pub(super) expires: i64,
}

/// A provider's status.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub(super) of: Ref,
    /// Our id as the provider got it.
    pub(super) echo: ClientRef,
    /// The provider's id.
    pub(super) id: String,
    /// Whether it carried our id.
    pub(super) with_ref: bool,
    pub(super) word: &'static str,
    pub(super) code: Option<&'static str>,
}

impl Spoken {
    /// A failure that the provider's mapping marks with `resend`.
    pub(super) fn is_worth_another(&self) -> bool {
        self.word == "failed" && matches!(self.code, Some("busy" | "absent_busy"))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.at / 1000, self.at % 1000);
        write!(f, "{:>3}:{:02}:{:02}.{millis:03} ", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        match &self.what {
            What::Note(text) => f.write_str(text),
            What::Configured(brands) => {
                write!(f, "Configured")?;
                brands.iter().try_for_each(|brand| write!(f, "\n    {brand:?}"))
            }
            what => write!(f, "{what:?}"),
        }
    }
}

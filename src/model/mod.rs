//! The small fixed model between the platforms' side and the providers' side, in the field's own terms.
//!
//! Here are the four values that mappings make and read ([`Message`], [`Event`], [`Inbound`], [`Template`]), the closed
//! list of [`Reason`]s, ids, rates, secrets, and fitting a template message to its synced definition (`WhatsApp`'s
//! rules, no contract's). Not here: any platform's or provider's words, storage, HTTP.

mod content;
mod cost;
mod country;
mod definition;
mod event;
mod filling;
mod fitting;
mod id;
mod inbound;
mod members;
mod message;
mod placeholders;
mod print;
mod rate;
mod reason;
mod secret;
mod template;
pub mod wire;

pub use cost::{Amount, Cost, Currency, NANOS, decimal};
pub use event::{Event, Failure, Status, StopScope};
pub use filling::{Values, filled};
pub use fitting::{Blank, Known, fit, for_static_buttons};
pub use id::{Address, ClientRef, Name, Ref};
pub use inbound::{Content, Inbound};
pub use message::{Class, Dedupe, Kind, Message};
pub use placeholders::values_of;
pub use print::Print;
pub use rate::{Rate, parse_duration};
pub use reason::Reason;
pub use secret::Secret;
pub use template::{Button, Card, Definition, Section, Template};

/// Why a value that a mapping made, or a request that a party sent, cannot be taken.
///
/// `reason` is what the mapping's tables translate into the party's own words; `text` is for people and names the
/// place; it is empty when there is nothing particular to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// From the closed list.
    pub reason: Reason,
    /// For people; never holds a secret or personal data.
    pub text: Option<String>,
    /// What could not be read or made, where it was read: `item.phone`; a party's body is left out of its own paths.
    pub path: Option<String>,
    /// What of a message does not fit its template. For people who look at mappings: no party is told.
    pub misfit: Option<Box<Misfit>>,
}

/// What of a message does not fit its template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Where in the message: `template.components[0].parameters[1]`; also what would stand there and is missing.
    pub part: String,
    /// The placeholder as its template has it, without braces: `2`, `first_name`.
    pub placeholder: Option<String>,
}

impl Refusal {
    /// A refusal with something particular to say.
    pub fn new(reason: Reason, text: impl Into<String>) -> Self {
        Self { reason, text: Some(text.into()), path: None, misfit: None }
    }

    /// Names the part that does not fit.
    #[must_use]
    pub fn of_part(self, part: impl Into<String>, placeholder: Option<String>) -> Self {
        Self { misfit: Some(Box::new(Misfit { part: part.into(), placeholder })), ..self }
    }

    /// Names the part from further above.
    fn within(mut self, above: &str) -> Self {
        if let Some(misfit) = &mut self.misfit {
            misfit.part.insert_str(0, above);
        }
        self
    }

    /// All of it, for people who look at mappings: reason, text, and the part of a message that it is about.
    #[must_use]
    pub fn whole(&self) -> String {
        let Self { reason, text, misfit, .. } = self;
        let mut whole = text.as_ref().map_or_else(|| reason.to_string(), |text| format!("{reason}: {text}"));
        if let Some(Misfit { part, placeholder }) = misfit.as_deref() {
            let placeholder = placeholder.as_ref().map(|name| format!(", for {{{{{name}}}}}")).unwrap_or_default();
            whole += &format!(" (`{part}`{placeholder})");
        }
        whole
    }

    /// What it says to people: its text, or else its reason.
    #[must_use]
    pub fn said(self) -> String {
        self.text.unwrap_or_else(|| self.reason.to_string())
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, text: None, path: None, misfit: None }
    }
}

//! What the provider says when it refuses a send: status, fragment of `type`, words, § 2. And the failures of § 6.

use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::sim::dice::uuid;
use crate::sim::http::{Answer, typed};

/// A refusal in the provider's words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: &'static str,
}

macro_rules! problem {
    ($name:ident, $status:ident, $kind:literal, $title:literal, $detail:literal) => {
        pub(super) const $name: Problem =
            Problem { status: StatusCode::$status, kind: $kind, title: $title, detail: $detail };
    };
}

problem!(CREDENTIALS, UNAUTHORIZED, "#unauthorized", "Unauthorized", "You did not provide correct credentials.");
problem!(
    NO_CREDIT,
    PAYMENT_REQUIRED,
    "#low-balance",
    "Low balance",
    "The account balance is too low for this request."
);
problem!(
    FORBIDDEN,
    FORBIDDEN,
    "#forbidden",
    "Forbidden",
    "Your account does not have permission to perform this action."
);
problem!(NOT_FOUND, NOT_FOUND, "#not-found", "Not Found", "There is nothing at this address.");
problem!(THROTTLED, TOO_MANY_REQUESTS, "/messages#1000", "Rate Limit Hit", "Please wait, then retry your request");
problem!(
    INTERNAL,
    INTERNAL_SERVER_ERROR,
    "/messages#1030",
    "Internal error",
    "There was an error processing your request in the Platform."
);
problem!(
    NO_JSON,
    UNPROCESSABLE_ENTITY,
    "#invalid-json",
    "The request body did not contain valid JSON",
    "The body could not be read."
);
problem!(
    SENDER,
    UNPROCESSABLE_ENTITY,
    "/messages#1120",
    "Invalid sender",
    "The `from` parameter is invalid for the given channel."
);
problem!(
    RECIPIENT,
    UNPROCESSABLE_ENTITY,
    "/messages#1430",
    "Invalid recipient",
    "The `to` parameter is invalid for the given channel."
);
problem!(
    MESSAGE_TYPE,
    UNPROCESSABLE_ENTITY,
    "/messages#1140",
    "Invalid message type",
    "The message type specified is not supported for the given channel."
);
problem!(
    CLIENT_REF,
    UNPROCESSABLE_ENTITY,
    "/messages#1450",
    "Invalid client reference",
    "The client reference can be a string of up to 100 characters."
);
problem!(
    PARAMS,
    UNPROCESSABLE_ENTITY,
    "/messages#1150",
    "Invalid params",
    "The value of one or more parameters is invalid."
);
problem!(LIMIT, BAD_REQUEST, "#bad-request", "Bad Request", "`limit` is a number from 1 to 500.");

impl Problem {
    /// The problem a violation of the message schema at this top-level member is.
    pub(super) fn of_member(member: &str) -> Self {
        match member {
            "to" => RECIPIENT,
            "from" => SENDER,
            "message_type" => MESSAGE_TYPE,
            "client_ref" => CLIENT_REF,
            _ => PARAMS,
        }
    }

    /// The same words under another status.
    pub(super) fn under(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// As the answer to a send.
    pub(super) fn answer(self) -> Answer {
        self.with("instance", None)
    }

    /// As the answer to a send, with the parameters at fault.
    pub(super) fn naming(self, parameters: Vec<Value>) -> Answer {
        self.with("instance", Some(parameters))
    }

    /// As an answer of template management, which names the instance differently, § 7.
    pub(super) fn of_templates(self) -> Answer {
        self.with("instance_id", None)
    }

    fn with(self, instance: &str, parameters: Option<Vec<Value>>) -> Answer {
        let mut body = json!({
            "type": format!("https://developer.vonage.com/api-errors{}", self.kind),
            "title": self.title,
            "detail": self.detail,
        });
        body[instance] = uuid().into();
        if let Some(parameters) = parameters {
            body["invalid_parameters"] = Value::Array(parameters);
        }
        typed(self.status, "application/problem+json", &body)
    }
}

/// Adds the header that asks the caller to wait.
pub(super) fn retry_after(mut answer: Answer, seconds: Option<u32>) -> Answer {
    if let Some(seconds) = seconds {
        answer.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// The status word and the words that go with a code of § 6.
pub(super) fn failure(code: u16) -> (&'static str, &'static str) {
    match code {
        1000 => ("rejected", "Throttled - You have exceeded the submission capacity allowed on this account."),
        1020 => ("rejected", "Invalid params - The value of one or more parameters is invalid."),
        1022 => ("rejected", "Invalid template - Invalid template or template parameters"),
        1030 => ("rejected", "Internal error - There was an error processing your request in the Platform."),
        1180 => ("undeliverable", "Absent subscriber - temporary"),
        1240 => ("rejected", "Illegal number - The recipient opted out of messages from this sender."),
        1241 => ("rejected", "Too many send requests - Too many send requests to this number."),
        1260 => ("undeliverable", "Destination unreachable - The message could not be delivered to the number."),
        1300 => {
            ("rejected", "Not part of the provider network - The number or ID is not a user in the provider network.")
        }
        1310 => ("rejected", "Not suitable device - The recipient's device cannot take the message."),
        1320 => ("rejected", "Message already sent - This message was already sent."),
        1330 => ("rejected", "Unknown - An unknown error was received from the carrier or the provider."),
        1340 => {
            ("rejected", "Outside of the allowed window - This message is sent outside of allowed response window.")
        }
        1360 => ("undeliverable", "TTL was activated, or message expired before delivered."),
        1461 => (
            "rejected",
            "Auto-limiting of messages by Provider - This message was not delivered by Provider to avoid excessive \
             messages to the end user.",
        ),
        _ => ("rejected", "The message was refused."),
    }
}

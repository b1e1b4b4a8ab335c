//! What may stand in a file: for every map its members, as plain tables. The one definition for the loader, the JSON
//! Schemas and the reference.
//!
//! Says names, kinds of values, a sentence and an example; what a value does is its reader's affair. A new key is one
//! row here and its reading where the map is read. Start at [`MapShape`] and [`PLATFORM`].

mod alarm;
mod call;
mod cases;
mod file;
mod gateway;
mod legs;
mod map;
mod onboard;
mod schema;
mod scheme;
mod section;
mod tenant;
mod tree;
mod values;

pub use alarm::AlarmKind;
pub use call::{ASKING_CALL, CALL, FAILED, LISTING_CALL, RETRY, SEND_CALL, URL};
pub use cases::{CASE, CASE_ANSWER, CASE_REQUEST, CASES, EXPECT, GIVEN, REFUSE};
pub use file::{AUTH, PLATFORM, PROVIDER, SETTING, TABLE};
pub use gateway::{ACCOUNT, ALARMS, GATEWAY, LISTENER, RETENTION, SAMPLES};
pub use legs::{PLATFORM_INBOUND, PLATFORM_STATUS, PROVIDER_SEND, PROVIDER_TEMPLATES, PROVIDER_WEBHOOKS, RULE, WORDS};
pub use map::{Kind, MapShape, Member, Others};
pub use onboard::{ENTRY, ONBOARD, SUPPORT};
pub use schema::{Document, schema};
pub use scheme::{
    BASIC, BEARER, CLIENT_CREDENTIALS, HEADER, HMAC_IN, HMAC_OUT, IDENTITY, JWT_HS256_IN, JWT_RS256_IN, JWT_RS256_OUT,
    PATH, QUERY, SCHEME_IN, SCHEME_OUT,
};
pub use section::{
    ANSWER, CHECK, LOCAL, PAGE, PLATFORM_SEND, PLATFORM_TEMPLATES, PROVIDER_INBOUND, PROVIDER_STATUS, REFUSED, ROUTE,
    TENANT_OF,
};
pub use tenant::{DELIVERY, EMPTY, IN_DOUBT, KEYWORD, LIMITS, NUMBER, RESEND_AFTER, TENANT};
pub use tree::{OPERATORS, Operator};

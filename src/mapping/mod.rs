//! A mapping file compiled: one party's side of the four legs, its auth, its refusals and its calls.
//!
//! Knows the meaning of every key of a mapping file and no key of a tenant file; runs nothing (that is `legs`).
//! Start at [`Mapping`] and [`compile`]. Every key is read through `fields`, which reports what is unknown or missing.

mod actions;
mod answer;
mod auth;
mod call;
mod checks;
mod fields;
mod file;
mod known;
mod onboard;
mod parsed;
mod platform;
mod provider;
mod retry;
mod route;
mod scopes;
mod section;
#[cfg(test)]
mod section_tests;
mod settings;

pub use answer::{AnswerPlan, Refusals};
pub use auth::{ClaimIn, ClientCredentialsPlan, HeaderPlan, HmacPlan, PartPlan, SchemePlan};
pub use call::{Call, FailedPlan, UrlPlan};
pub use checks::{Check, Says};
pub use fields::{Fields, Reader};
pub use file::{Legs, Mapping, Party, compile};
pub use onboard::{Asked, Entry, Onboard};
pub use parsed::Parsed;
pub use platform::{InboundLeg, PlatformLegs, Rule, StatusLeg};
pub use provider::{ProviderLegs, SendLeg, TemplatesLeg, WebhooksLeg};
pub use retry::{Retry, Turn};
pub use route::Route;
pub use section::{Batch, Leg, Makes, PagePlan, Section, TenantRule};
pub use settings::{Setting, SettingType};

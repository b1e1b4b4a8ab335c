//! `limits:` and `delivery:` of a tenant file: how fast, how long, what after a doubt.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::delivery::{AfterDoubt, Policy};
use crate::mapping::{Fields, Reader};
use crate::model::{Blank, Rate};
use crate::shape;
use crate::yaml::Node;

/// How fast a tenant may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the whole tenant at dispatch; `None`: only its numbers' rates.
    pub send: Option<Rate>,
    /// How many may go at once after a pause.
    pub burst: Option<NonZeroU32>,
    /// Of one recipient from one sender.
    pub pair: Rate,
    /// How many may go to one recipient at once.
    pub pair_burst: NonZeroU32,
    /// At the door; `None`: no limit.
    pub accept: Option<Rate>,
    /// Beyond so many queued messages the platform is told "later".
    pub backlog: u64,
    /// Its part of its provider account's calls, against the weights of the others there.
    pub weight: NonZeroU32,
}

/// How a tenant's messages are delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// For one call.
    pub timeout: Duration,
    /// Retry, doubt, resend.
    pub policy: Policy,
    /// Not sent after this.
    pub expire_after: Duration,
    /// Calls under way at once, per provider account.
    pub concurrency: usize,
    /// Whom an opt-out holds for.
    pub suppression: SuppressionScope,
    /// What a message that does not fit its synced template meets.
    pub preflight: Preflight,
    /// What is done with a placeholder that is left blank.
    pub blank: Blank,
    /// What is done with a value for a button that takes none.
    pub static_button: StaticButton,
}

/// Whom an opt-out holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressionScope {
    /// All numbers of the tenant.
    Tenant,
    /// The number it was said to.
    Number,
    /// Nobody: the tenant takes the responsibility.
    Off,
}

/// What a message that does not fit its synced template meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preflight {
    /// It is refused.
    Refuse,
    /// It is sent, with a warning in the log.
    Warn,
    /// It is sent.
    Off,
}

/// What is done with a value for a button that takes none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaticButton {
    /// The message goes without it.
    Drop,
    /// The message does not fit its template.
    Refuse,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            send: None,
            burst: None,
            pair: rate("1/6s"),
            pair_burst: NonZeroU32::MIN.saturating_add(44),
            accept: None,
            backlog: 500_000,
            weight: NonZeroU32::MIN,
        }
    }
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            policy: Policy {
                first: Duration::from_secs(1),
                max: Duration::from_secs(900),
                doubt: Duration::from_secs(120),
                then: AfterDoubt::Resend,
                resend: false,
            },
            expire_after: Duration::from_secs(86_400),
            concurrency: 64,
            suppression: SuppressionScope::Tenant,
            preflight: Preflight::Refuse,
            blank: Blank::Pass,
            static_button: StaticButton::Drop,
        }
    }
}

/// A rate of this program's own defaults.
pub(super) fn rate(text: &str) -> Rate {
    text.parse().unwrap_or(Rate::per_second(NonZeroU32::MIN))
}

/// Reads a rate such as `80/s`.
pub(super) fn read_rate(reader: &mut Reader, node: &Node, what: &str) -> Option<Rate> {
    if node.as_text().is_none()
        && let Some(number) = node.scalar_text().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
    {
        let message = format!("{what} is a rate, and this is a number without a time");
        reader.error("SB0403", node.span, message, format!("write it as {number}/s"));
        return None;
    }
    match reader.text(node, what)?.parse() {
        Ok(rate) => Some(rate),
        Err(problem) => {
            reader.error(
                "SB0403",
                node.span,
                format!("{what}: {problem}"),
                "a whole number from 1, a slash and a time",
            );
            None
        }
    }
}

pub(super) fn number<T: std::str::FromStr>(reader: &mut Reader, node: &Node, what: &str) -> Option<T> {
    let number = node.scalar_text().and_then(|text| text.parse().ok());
    if number.is_none() {
        reader.error("SB0403", node.span, format!("{what} must be a whole number from 1"), "digits without a unit");
    }
    number
}

/// Reads `limits:` over what holds for all tenants.
pub(super) fn limits(reader: &mut Reader, node: &Node, all: &Limits) -> Limits {
    let fields = Fields::read(reader, node, &shape::LIMITS);
    let mut limits = all.clone();
    limits.send = fields.get("send").and_then(|node| read_rate(reader, node, "limits.send")).or(limits.send);
    limits.accept = fields.get("accept").and_then(|node| read_rate(reader, node, "limits.accept")).or(limits.accept);
    limits.burst = fields.get("burst").and_then(|node| number(reader, node, "limits.burst")).or(limits.burst);
    limits.pair = fields.get("pair").and_then(|node| read_rate(reader, node, "limits.pair")).unwrap_or(limits.pair);
    limits.pair_burst = fields
        .get("pair_burst")
        .and_then(|node| number(reader, node, "limits.pair_burst"))
        .unwrap_or(limits.pair_burst);
    limits.backlog =
        fields.get("backlog").and_then(|node| number(reader, node, "limits.backlog")).unwrap_or(limits.backlog);
    limits.weight =
        fields.get("weight").and_then(|node| number(reader, node, "limits.weight")).unwrap_or(limits.weight);
    limits
}

/// Reads `delivery:` over what holds for all tenants.
pub(super) fn delivery(reader: &mut Reader, node: &Node, all: &Delivery) -> Delivery {
    let fields = Fields::read(reader, node, &shape::DELIVERY);
    let mut delivery = all.clone();
    let mut span = |fields: Fields<'_>, name: &str, place: &mut Duration| {
        if let Some(duration) = fields.get(name).and_then(|node| reader.duration(node, name)) {
            *place = duration;
        }
    };
    span(fields, "timeout", &mut delivery.timeout);
    span(fields, "expire_after", &mut delivery.expire_after);
    if let Some(node) = fields.get("retry") {
        let retry = Fields::read(reader, node, &shape::RESEND_AFTER);
        delivery.policy.first =
            retry.get("first").and_then(|node| reader.duration(node, "first")).unwrap_or(delivery.policy.first);
        delivery.policy.max =
            retry.get("max").and_then(|node| reader.duration(node, "max")).unwrap_or(delivery.policy.max);
    }
    if let Some(node) = fields.get("in_doubt") {
        let doubt = Fields::read(reader, node, &shape::IN_DOUBT);
        delivery.policy.doubt =
            doubt.get("wait").and_then(|node| reader.duration(node, "wait")).unwrap_or(delivery.policy.doubt);
        let words = [("resend", AfterDoubt::Resend), ("fail", AfterDoubt::Fail)];
        delivery.policy.then =
            doubt.get("then").and_then(|node| reader.word(node, "then", &words)).unwrap_or(delivery.policy.then);
    }
    choices(reader, fields, &mut delivery);
    delivery
}

fn choices(reader: &mut Reader, fields: Fields<'_>, delivery: &mut Delivery) {
    if let Some(most) =
        fields.get("concurrency").and_then(|node| number::<NonZeroU32>(reader, node, "delivery.concurrency"))
    {
        delivery.concurrency = usize::try_from(most.get()).unwrap_or(usize::MAX);
    }
    let words =
        [("tenant", SuppressionScope::Tenant), ("number", SuppressionScope::Number), ("off", SuppressionScope::Off)];
    if let Some(scope) = fields.get("suppression").and_then(|node| reader.word(node, "suppression", &words)) {
        delivery.suppression = scope;
    }
    let words = [("refuse", Preflight::Refuse), ("warn", Preflight::Warn), ("off", Preflight::Off)];
    if let Some(preflight) = fields.get("preflight").and_then(|node| reader.word(node, "preflight", &words)) {
        delivery.preflight = preflight;
    }
    if let Some(node) = fields.get("empty") {
        delivery.blank = blank(reader, node).unwrap_or_else(|| delivery.blank.clone());
    }
    let words = [("drop", StaticButton::Drop), ("refuse", StaticButton::Refuse)];
    if let Some(button) = fields.get("static_button").and_then(|node| reader.word(node, "static_button", &words)) {
        delivery.static_button = button;
    }
    if let Some(resend) =
        fields.get("resend").and_then(|node| reader.word(node, "resend", &[("on", true), ("off", false)]))
    {
        delivery.policy.resend = resend;
    }
}

fn blank(reader: &mut Reader, node: &Node) -> Option<Blank> {
    if node.as_map().is_none() {
        let refuses = reader.word(node, "empty", &[("pass", false), ("refuse", true)])?;
        return Some(if refuses { Blank::Refuse } else { Blank::Pass });
    }
    let node = Fields::read(reader, node, &shape::EMPTY).get("put")?;
    let text = reader.text(node, "put")?.to_owned();
    if text.trim().is_empty() {
        reader.error("SB0403", node.span, "`put` is blank itself", "the text that stands where nothing was given");
        return None;
    }
    Some(Blank::Put(text))
}

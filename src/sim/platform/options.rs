//! Everything about the simulated platforms and their campaigns that can be chosen. No behaviour.

use std::fmt;
use std::time::Duration;

/// Which platform is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// MoEngage: statuses and answers of people at one URL, without authentication.
    MoEngage,
    /// WebEngage: delivery notifications with a bearer token, opt-outs through the Users API.
    WebEngage,
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "moengage" => Ok(Self::MoEngage),
            "webengage" => Ok(Self::WebEngage),
            other => Err(format!("`{other}` is not simulated: moengage or webengage")),
        }
    }
}

/// A simulated platform, as a whole.
#[derive(Clone, Debug)]
pub struct PlatformOptions {
    /// Which one.
    pub kind: Kind,
    /// The loopback port for reports; 0 takes any free one.
    pub port: u16,
    /// The seed of all chance but identifiers.
    pub seed: u64,
    /// The token WebEngage asks of delivery notifications; without it none is asked.
    pub report_token: Option<String>,
    /// The key WebEngage's Users and Events APIs ask; without it none is asked.
    pub api_key: Option<String>,
    /// How reports are answered.
    pub reports: Reports,
    /// Whether a report about a message this platform never sent is a violation; not when several share the address.
    pub only_own: bool,
    /// How long an answer to a send may take. 5 s is documented for MoEngage's RCS and assumed here.
    pub answer_within: Duration,
}

impl Default for PlatformOptions {
    fn default() -> Self {
        Self {
            kind: Kind::MoEngage,
            port: 0,
            seed: 1,
            report_token: None,
            api_key: None,
            reports: Reports::default(),
            only_own: true,
            answer_within: Duration::from_secs(5),
        }
    }
}

/// How reports are answered. The shares exclude each other and are taken in this order; the rest is acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    /// Before any answer.
    pub delay: Duration,
    /// 500.
    pub failing: f64,
    /// 200 with a body that says failure (MoEngage): a refusal, not to be repeated.
    pub refusing: f64,
    /// 401: a wrong token, or so it looks.
    pub unauthorized: f64,
    /// 429.
    pub throttled: f64,
    /// The connection is closed without an answer; the report does not count.
    pub dropped: f64,
}

/// How a send is authenticated.
#[derive(Clone)]
pub enum Credentials {
    /// `Authorization: Basic`.
    Basic {
        /// The key or user name.
        username: String,
        /// The secret.
        password: String,
    },
    /// `Authorization: Bearer`.
    Bearer(String),
    /// Headers by name, e.g. `api-key` and `api-secret`.
    Headers(Vec<(String, String)>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(***)",
            Self::Bearer(_) => "Bearer(***)",
            Self::Headers(_) => "Headers(***)",
        })
    }
}

/// What a message of a campaign looks like; the templates are those of the simulated provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `order_update`: three variables.
    Text,
    /// `welcome`: no variable.
    Plain,
    /// MoEngage: `weekend_offer`, an image, two quick replies and a link. WebEngage: `season_banner`, an image and a link.
    Image,
    /// MoEngage: `visit_feedback`, three quick replies. WebEngage names none on the wire, so only the variable.
    Replies,
    /// `track_parcel`: a fixed header, a link after a phone button. WebEngage does not tell the position of the link.
    Link,
}

/// A campaign: many messages to a range of recipients.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// How many messages.
    pub count: u64,
    /// Where to send them.
    pub target: String,
    /// With which credentials.
    pub credentials: Credentials,
    /// From which number.
    pub from: String,
    /// The first recipient.
    pub first_recipient: u64,
    /// How many recipients there are; the messages go around.
    pub recipients: u64,
    /// Sends under way at one time.
    pub concurrency: usize,
    /// Sends a second; as fast as the answers come when absent.
    pub rate: Option<u32>,
    /// The looks of the messages, in turn.
    pub shapes: Vec<Shape>,
    /// Of the accepted messages, those sent once more under the same id.
    pub twice: f64,
    /// How "later" is obeyed.
    pub repeats: Repeats,
}

impl Default for Campaign {
    fn default() -> Self {
        Self {
            count: 100,
            target: String::new(),
            credentials: Credentials::Headers(Vec::new()),
            from: "6531290044".to_owned(),
            first_recipient: 6_580_000_000,
            recipients: 1_000_000,
            concurrency: 32,
            rate: None,
            shapes: vec![Shape::Text, Shape::Plain, Shape::Image, Shape::Replies, Shape::Link],
            twice: 0.0,
            repeats: Repeats::default(),
        }
    }
}

/// How a campaign repeats what was answered "later" (429, 503) or not at all.
#[derive(Clone, Copy, Debug)]
pub struct Repeats {
    /// The first wait; it doubles. A greater `Retry-After` is obeyed.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// Attempts in all; WebEngage lists ten.
    pub attempts: u32,
}

impl Default for Repeats {
    fn default() -> Self {
        Self { first: Duration::from_millis(200), longest: Duration::from_secs(5), attempts: 10 }
    }
}

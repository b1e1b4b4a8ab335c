//! The scene for a demonstration: the shipped mappings and tenants that talk to simulated parties, as texts.
//!
//! Texts only: whoever starts a gateway writes them into a folder of its own.

use std::fmt::Write as _;

use super::Delay;
use super::platform::{Campaign, Credentials, Kind, PlatformOptions};
use super::provider::{Account, Failure, Life, ProviderOptions};

/// The shipped mappings by file name, as they were when this program was built.
pub const MAPPINGS: &[(&str, &str)] = &[
    ("moengage.yaml", include_str!("../../mappings/moengage.yaml")),
    ("webengage.yaml", include_str!("../../mappings/webengage.yaml")),
    ("vonage.yaml", include_str!("../../mappings/vonage.yaml")),
];

/// A tenant of the demonstration.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The tenant's name.
    pub tenant: &'static str,
    /// The platform's name, as tenants write it.
    pub platform: &'static str,
    /// Its senders.
    pub numbers: &'static [&'static str],
    /// Its WhatsApp business account.
    pub waba: &'static str,
    /// Where the platform takes reports.
    pub report_url: String,
    /// Where the provider is.
    pub provider_url: String,
}

/// The provider account's key and the secret its webhooks are signed with.
pub const ACCOUNT: (&str, &str) = ("9c41ab7e", "simulated-signature-secret-of-32-bytes");
/// The provider's application.
pub const APPLICATION: &str = "d5e9334f-baf8-42cf-901b-da412ca2a21d";

/// The provider of the demonstration: most arrives, much is read, some fails, a few people say STOP.
#[must_use]
pub fn provider(gateway: u16, public_key: &str) -> ProviderOptions {
    let (api_key, signature) = ACCOUNT;
    let failures = [(1022, 0.02), (1300, 0.04), (1360, 0.02), (1461, 0.02)];
    let life = Life {
        failures: failures.into_iter().map(|(code, share)| Failure { code, share }).collect(),
        read_after: Delay::millis(400, 1500),
        stop: 0.05,
        taps: 0.1,
        duplicates: 0.05,
        reordered: 0.05,
        ..Life::default()
    };
    ProviderOptions {
        accounts: vec![Account {
            api_key: api_key.to_owned(),
            signature_secret: signature.to_owned(),
            application_id: Some(APPLICATION.to_owned()),
            public_key_pem: Some(public_key.to_owned()),
            ..Account::default()
        }],
        status_url: Some(format!("http://127.0.0.1:{gateway}/webhooks/vonage/status")),
        inbound_url: Some(format!("http://127.0.0.1:{gateway}/webhooks/vonage/inbound")),
        life,
        ..ProviderOptions::default()
    }
}

/// The brands of the demonstration, each with its platform; `report_url` is filled in once the platform listens.
#[must_use]
pub fn brands(provider_url: &str) -> Vec<(Kind, PlatformOptions, Cast)> {
    let cast = |tenant, platform, numbers| Cast {
        tenant,
        platform,
        numbers,
        waba: "104996122399160",
        report_url: String::new(),
        provider_url: provider_url.to_owned(),
    };
    let brands = [
        (Kind::MoEngage, cast("acme", "moengage", &["6531290044", "6531290045"][..])),
        (Kind::WebEngage, cast("bandra", "webengage", &["919845013377"][..])),
    ];
    let brands = brands.into_iter().map(|(kind, cast)| {
        let report_token = (kind == Kind::WebEngage).then(|| cast.report_token());
        (kind, PlatformOptions { kind, report_token, ..PlatformOptions::default() }, cast)
    });
    brands.collect()
}

impl Cast {
    /// The key the platform proves itself with.
    #[must_use]
    pub fn api_key(&self) -> String {
        format!("{}-key", self.tenant)
    }

    /// The secret beside it.
    #[must_use]
    pub fn api_secret(&self) -> String {
        format!("{}-secret-of-the-demonstration", self.tenant)
    }

    /// The token that reports carry.
    #[must_use]
    pub fn report_token(&self) -> String {
        format!("{}-report-token", self.tenant)
    }

    /// A campaign of this brand, to be fired at a gateway.
    #[must_use]
    pub fn campaign(&self, kind: Kind, gateway: &str) -> Campaign {
        let headers = [("api-key", self.api_key()), ("api-secret", self.api_secret())];
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let (credentials, path, first_recipient) = match kind {
            Kind::MoEngage => (Credentials::Headers(headers), "/webhooks/send", 6_581_000_000),
            Kind::WebEngage => (Credentials::Bearer(self.api_key()), "/webengage/messages", 919_820_000_000),
        };
        Campaign {
            target: format!("{gateway}{path}"),
            credentials,
            from: self.numbers.first().copied().unwrap_or_default().to_owned(),
            first_recipient,
            ..Campaign::default()
        }
    }

    /// Everything that the file refers to, by variable.
    #[must_use]
    pub fn secrets(&self, private_key: &str) -> Vec<(String, String)> {
        let (account, signature) = ACCOUNT;
        let values = [
            ("KEY", self.api_key()),
            ("SECRET", self.api_secret()),
            ("TOKEN", self.report_token()),
            ("ACCOUNT", account.to_owned()),
            ("SIGNATURE", signature.to_owned()),
            ("APPLICATION", APPLICATION.to_owned()),
            ("PEM", private_key.to_owned()),
        ];
        values.into_iter().map(|(name, value)| (self.variable(name), value)).collect()
    }

    fn variable(&self, name: &str) -> String {
        format!("{}_{name}", self.tenant.to_ascii_uppercase())
    }

    /// The tenant's file.
    #[must_use]
    pub fn file(&self) -> String {
        let (tenant, platform) = (self.tenant, self.platform);
        let mut text = format!("tenant: {tenant}\nplatform: {platform}\nprovider: vonage\nnumbers:\n");
        for number in self.numbers {
            let _ = writeln!(text, "  - {{ number: \"{number}\", waba: \"{}\", rate: 80/s }}", self.waba);
        }
        let env = |name: &str| format!("\"${{env:{}}}\"", self.variable(name));
        let _ = write!(
            text,
            "credentials:\n  {platform}: {{ api_key: {key}, api_secret: {secret}, report_token: {token}, rest_api_key: {key} }}\n  \
             vonage:\n    application_id: {application}\n    private_key: {pem}\n    api_key: {account}\n    \
             signature_secret: {signature}\nsettings:\n  report_url: {report}\n  base_url: {base}\n",
            key = env("KEY"),
            application = env("APPLICATION"),
            secret = env("SECRET"),
            token = env("TOKEN"),
            pem = env("PEM"),
            account = env("ACCOUNT"),
            signature = env("SIGNATURE"),
            report = self.report_url,
            base = self.provider_url,
        );
        text.push_str(
            "keywords:\n  opt_out: { reply: You will not hear from us again. Reply START to change that. }\n  \
             opt_in: { reply: Welcome back. }\n",
        );
        text
    }
}

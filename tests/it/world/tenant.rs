//! A tenant's file as a test writes it: what differs between tests, and its text.

use std::fmt::Write as _;

use switchboard::sim::platform::{Credentials, Kind};

/// A tenant's file.
#[derive(Clone, Debug)]
pub(crate) struct TenantFile {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) number: &'static str,
    pub(crate) waba: &'static str,
    /// Of its number.
    pub(crate) rate: String,
    pub(crate) report_url: String,
    /// The variable that holds the secret of webhooks.
    pub(crate) signature: &'static str,
    /// The variable that holds the token of reports.
    pub(crate) token: &'static str,
    provider_url: String,
    platform_url: String,
    settings: String,
    more: String,
}

impl TenantFile {
    pub(crate) fn moengage(name: &'static str, number: &'static str) -> Self {
        Self::new(name, Kind::MoEngage, number)
    }

    pub(crate) fn webengage(name: &'static str, number: &'static str) -> Self {
        Self::new(name, Kind::WebEngage, number)
    }

    fn new(name: &'static str, kind: Kind, number: &'static str) -> Self {
        Self {
            name,
            kind,
            number,
            waba: "104996122399160",
            rate: "1000/s".to_owned(),
            report_url: String::new(),
            signature: "SIGNATURE",
            token: "TOKEN",
            provider_url: String::new(),
            platform_url: String::new(),
            settings: String::new(),
            more: String::new(),
        }
    }

    /// With one more setting; `PLATFORM` stands for the platform's address.
    pub(crate) fn setting(mut self, line: &str) -> Self {
        let _ = writeln!(self.settings, "  {line}");
        self
    }

    /// With one more line at the top level.
    pub(crate) fn line(mut self, line: &str) -> Self {
        let _ = writeln!(self.more, "{line}");
        self
    }

    pub(crate) fn rate(mut self, rate: &str) -> Self {
        rate.clone_into(&mut self.rate);
        self
    }

    /// Learns where everybody is; what a test has set itself stays.
    pub(super) fn enter(&mut self, provider: &str, report_url: &str, platform: &str) {
        provider.clone_into(&mut self.provider_url);
        platform.clone_into(&mut self.platform_url);
        if self.report_url.is_empty() {
            report_url.clone_into(&mut self.report_url);
        }
    }

    /// The path its platform sends to.
    pub(crate) fn path(&self) -> &'static str {
        match self.kind {
            Kind::MoEngage => "/webhooks/send",
            Kind::WebEngage => "/webengage/messages",
        }
    }

    /// The credentials its platform sends with.
    pub(crate) fn credentials(&self) -> Credentials {
        match self.kind {
            Kind::MoEngage => Credentials::Basic { username: self.value("KEY"), password: self.value("SECRET") },
            Kind::WebEngage => Credentials::Bearer(self.value("KEY")),
        }
    }

    /// The value of one of its own secrets.
    pub(crate) fn value(&self, what: &str) -> String {
        format!("{}-value-of-{}", self.name, what.to_ascii_lowercase())
    }

    /// Its own secrets by variable.
    pub(super) fn secrets(&self) -> Vec<(String, String)> {
        let own = ["KEY", "SECRET", "TOKEN", "REST", "OLD_TOKEN"];
        own.iter().map(|what| (self.variable(what), self.value(what))).collect()
    }

    fn variable(&self, what: &str) -> String {
        format!("{}_{what}", self.name.to_ascii_uppercase())
    }

    /// The file.
    pub(crate) fn text(&self) -> String {
        let platform = match self.kind {
            Kind::MoEngage => "moengage",
            Kind::WebEngage => "webengage",
        };
        let own = |what: &str| format!("\"${{env:{}}}\"", self.variable(what));
        let (key, secret, token, rest) = (own("KEY"), own("SECRET"), own(self.token), own("REST"));
        let credentials = match self.kind {
            Kind::MoEngage => format!("api_key: {key}, api_secret: {secret}, data_api_id: {key}, data_api_key: {rest}"),
            Kind::WebEngage => format!("api_key: {key}, report_token: {token}, rest_api_key: {rest}"),
        };
        let Self { name, number, waba, rate, signature, report_url, provider_url, more, .. } = self;
        let settings = self.settings.replace("PLATFORM", &self.platform_url);
        format!(
            "tenant: {name}\nplatform: {platform}\nprovider: vonage\nnumbers:\n  - {{ number: \"{number}\", waba: \
             \"{waba}\", rate: {rate} }}\ncredentials:\n  {platform}: {{ {credentials} }}\n  vonage:\n    \
             application_id: \"${{env:APPLICATION}}\"\n    private_key: \"${{env:PEM}}\"\n    api_key: \
             \"${{env:ACCOUNT}}\"\n    signature_secret: \"${{env:{signature}}}\"\nsettings:\n  report_url: \
             {report_url}\n  base_url: {provider_url}\n{settings}{more}"
        )
    }
}

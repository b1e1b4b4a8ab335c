//! `switchboard token`: who may ask a running gateway, and what.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;
use crate::cli::out::outln;

/// What is done with tokens.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TokenCommand {
    /// Make a token: it is printed once, and the gateway keeps only a hash of it
    Make(MakeOptions),
    /// List tokens; none of them is shown
    List(GatewayOptions),
    /// Take a token away: it is refused from then on
    Revoke(RevokeOptions),
}

/// What it is good for.
#[derive(Debug, Args)]
pub(in crate::cli) struct MakeOptions {
    #[command(flatten)]
    gateway: GatewayOptions,
    /// Its name, as the audit log has it
    name: String,
    /// What its bearer may do; several, with commas between them
    #[arg(long = "role", value_name = "ROLES", value_delimiter = ',', required = true)]
    roles: Vec<Role>,
    /// About that tenant alone
    #[arg(long)]
    tenant: Option<String>,
    /// How long it is good, such as 90d; without it, until it is revoked
    #[arg(long, value_name = "DURATION")]
    expires: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RevokeOptions {
    #[command(flatten)]
    gateway: GatewayOptions,
    /// Its name
    name: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    /// See how things stand, personal data masked
    Read,
    /// Redrive, release, forget, send, doctor
    Operate,
    /// See personal data
    Reveal,
}

impl TokenCommand {
    pub(super) const fn gateway(&self) -> &GatewayOptions {
        match self {
            Self::Make(MakeOptions { gateway, .. }) | Self::Revoke(RevokeOptions { gateway, .. }) => gateway,
            Self::List(gateway) => gateway,
        }
    }
}

pub(super) async fn run(command: &TokenCommand, remote: &Remote) -> Result<bool, Trouble> {
    let json = command.gateway().json;
    match command {
        TokenCommand::Make(options) => {
            let MakeOptions { name, roles, tenant, expires, .. } = options;
            let roles: Vec<&str> = roles.iter().map(|role| role.word()).collect();
            let asked = json!({ "name": name, "roles": roles, "tenant": tenant, "expires": expires });
            let made = remote.post("/api/tokens/make", &asked).await?;
            if json {
                outln!("{made}");
            } else {
                // The token alone on standard output: it goes into a variable or a secret store.
                eprintln!("the token `{name}`, shown this once:");
                outln!("{}", text(&made["token"]));
            }
        }
        TokenCommand::List(_) => {
            let said = remote.get("/api/tokens", &[]).await?;
            if json {
                outln!("{said}");
                return Ok(false);
            }
            let row = |token: &serde_json::Value| {
                let roles = token["roles"].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(",");
                let [name, tenant, made, until] =
                    ["name", "tenant", "made", "until"].map(|column| text(&token[column]));
                vec![name, roles, tenant, made, until]
            };
            let rows: Vec<Vec<String>> = said["tokens"].as_array().into_iter().flatten().map(row).collect();
            table(&["name", "roles", "tenant", "made", "until"], &rows);
        }
        TokenCommand::Revoke(RevokeOptions { name, .. }) => {
            let said = remote.post("/api/tokens/revoke", &json!({ "name": name })).await?;
            if json {
                outln!("{said}");
            } else {
                outln!("the token `{name}` is refused from now on");
            }
        }
    }
    Ok(false)
}

impl Role {
    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Reveal => "reveal",
        }
    }
}

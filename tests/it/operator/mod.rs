//! What the operator asks of a running gateway: the admin API, and the commands that speak it.

mod alarms;
mod api;
mod bundle;
mod campaign;
mod doctor;
mod files;
mod forget;
mod ledger;
mod onboard;
mod redrive;
mod release;
mod roles;
mod send;
mod spans;
mod steer;
mod suppressions;
mod token;
mod top;
mod trace;
mod usage;

use std::process::{Command, Output};

use serde_json::Value;
use switchboard::app::Gateway;
use switchboard::sim::provider::ProviderOptions;

use crate::world::{ADMIN_TOKEN, TenantFile, World, provider};

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

/// A provider whose statuses arrive nowhere.
fn silent() -> ProviderOptions {
    ProviderOptions { status_url: Some("http://127.0.0.1:9/".to_owned()), ..provider() }
}

/// What a command came to.
struct Came {
    code: i32,
    out: String,
    err: String,
}

impl Came {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{} {}", self.out, self.err))
    }
}

/// Runs a command as somebody does who has the token.
async fn command(gateway: &Gateway, arguments: &[&str]) -> Came {
    let admin = format!("http://{}", gateway.admin_address().unwrap());
    typed(arguments, &[("SWITCHBOARD_ADMIN", &admin), ("SWITCHBOARD_ADMIN_TOKEN", ADMIN_TOKEN)]).await
}

/// Runs a command in that environment, and nothing else.
async fn typed(arguments: &[&str], environment: &[(&str, &str)]) -> Came {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.env_clear().args(arguments).envs(environment.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let Output { status, stdout, stderr } = output.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Came { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

/// Asks the API with the token.
async fn asked(world: &World, gateway: &Gateway, path: &str) -> (u16, Value) {
    let request = world.client.get(format!("http://{}{path}", gateway.admin_address().unwrap()));
    answer(request.bearer_auth(ADMIN_TOKEN)).await
}

/// Tells the API something.
async fn told(world: &World, gateway: &Gateway, path: &str, body: &Value) -> (u16, Value) {
    let request = world.client.post(format!("http://{}{path}", gateway.admin_address().unwrap()));
    let request = request.bearer_auth(ADMIN_TOKEN).header("content-type", "application/json");
    answer(request.body(body.to_string())).await
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

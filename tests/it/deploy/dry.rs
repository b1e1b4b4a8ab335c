//! A start as a file of `deploy` says it, on this machine: other ports, other folders, everything else as it is written.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::world::{Process, free_port, until_async};

/// What is started, and how.
pub(super) struct Dry {
    program: Vec<String>,
    environment: BTreeMap<String, String>,
    folder: Option<PathBuf>,
    admin: u16,
    public: u16,
}

/// What was started.
pub(super) struct Running {
    process: Process,
    /// Where its operator asks.
    pub(super) admin: u16,
    /// Where its callers ask.
    pub(super) public: u16,
}

impl Dry {
    /// Listens on ports of its own.
    pub(super) fn new(program: Vec<String>, environment: BTreeMap<String, String>, folder: Option<PathBuf>) -> Self {
        let (public, admin) = (free_port(), free_port());
        let mut dry = Self { program, environment, folder, admin, public };
        for any in ["0.0.0.0", "127.0.0.1"] {
            dry.put(&format!("{any}:8080"), &format!("127.0.0.1:{public}"));
            dry.put(&format!("{any}:8081"), &format!("127.0.0.1:{admin}"));
        }
        dry
    }

    /// Puts something that this machine has in the place of what the file names.
    pub(super) fn put(&mut self, there: &str, here: &str) {
        let texts = self.program.iter_mut().chain(self.environment.values_mut());
        texts.for_each(|text| *text = text.replace(there, here));
        if let Some(folder) = &mut self.folder {
            *folder = folder.to_str().unwrap().replace(there, here).into();
        }
    }

    /// The command.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program[0]);
        command.args(&self.program[1..]).env_clear().envs(&self.environment);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }

    /// Starts it.
    pub(super) async fn start(&self) -> Running {
        Running { process: Process::begin(self.command()), admin: self.admin, public: self.public }
    }
}

impl Running {
    /// Waits until it is, by its own word.
    pub(super) async fn is_ready(&self) {
        self.answers("/healthz").await;
        let said: Value = serde_json::from_str(&self.answers("/readyz").await).unwrap();
        assert_eq!(said["ready"], true, "{said}");
        assert_eq!(said["configuration"]["problems"], Value::Array(Vec::new()), "{said}");
        assert!(said["configuration"]["files"]["mappings"].as_u64().unwrap() > 3, "{said}");
    }

    /// What its operator is told there, once that is 200.
    pub(super) async fn answers(&self, path: &str) -> String {
        let (client, url) = (reqwest::Client::new(), format!("http://127.0.0.1:{}{path}", self.admin));
        let mut text = String::new();
        until_async(&format!("{path} is 200: {:?}", self.process.text()), async || {
            let Ok(answer) = client.get(&url).send().await else { return false };
            let good = answer.status() == 200;
            text = answer.text().await.unwrap();
            good
        })
        .await;
        text
    }

    /// Waits for a line of its log that says so.
    pub(super) async fn logged(&self, message: &str, member: &str, value: u64) {
        let fits = |line: &Value| line["message"] == message && line[member] == value;
        self.process.logged(&format!("{message}, {member}={value}"), fits).await;
    }

    /// SIGTERM: it ends well.
    pub(super) async fn stop(self) {
        assert!(self.process.terminate().await.success());
    }
}

//! The gateway as a process of its own: killed, stopped, and its log read.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use regex::Regex;
use serde_json::Value;

use super::{World, until, until_async};

/// SIGABRT.
const ABORTED: i32 = 6;

/// A gateway that runs beside the test.
pub(crate) struct Process {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts it on the world's files and store, and waits until it listens.
    pub(crate) async fn start(world: &World) -> Self {
        let process = Self::begin(Self::command(world));
        process.listening(world).await;
        process
    }

    /// The command that starts it.
    pub(crate) fn command(world: &World) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command.arg("serve").args(Self::arguments(world)).env_clear().envs(world.secrets());
        command.env("SWITCHBOARD_ADMIN_TOKEN", super::ADMIN_TOKEN);
        command
    }

    /// What a gateway on the world's files and store is started with.
    pub(crate) fn arguments(world: &World) -> Vec<String> {
        let path = |name: &str| world.folder().join(name).display().to_string();
        let (mappings, tenants) = (path("mappings"), path("tenants"));
        let (store, listen) = (world.store_url(), format!("127.0.0.1:{}", world.port));
        let arguments = ["--mappings", &mappings, "--tenants", &tenants, "--store", &store, "--listen", &listen];
        let more = ["--admin-listen", "127.0.0.1:0", "--log", "json", "--allow-loopback"];
        arguments.iter().chain(&more).map(|argument| (*argument).to_owned()).collect()
    }

    /// Starts a command and reads its log.
    pub(crate) fn begin(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let (lines, written) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&log));
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                written.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { child, log, reader: Some(reader) }
    }

    /// Waits until it answers.
    pub(crate) async fn listening(&self, world: &World) {
        let url = world.url("/_/health");
        until_async("the gateway listens", async || world.client.get(&url).send().await.is_ok()).await;
    }

    /// Where its operator asks.
    pub(crate) async fn admin(&self) -> String {
        let line = self.logged("where it listens", |line| line["message"] == "listening").await;
        format!("http://{}", line["admin"].as_str().unwrap())
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote so far, line by line.
    pub(crate) fn text(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> Vec<Value> {
        self.text().iter().map(|line| serde_json::from_str(line).unwrap_or_default()).collect()
    }

    /// The log's lines of one id, as their messages.
    pub(crate) fn messages_of(&self, id: &str) -> Vec<String> {
        let lines = self.log().into_iter().filter(|line| line["id"] == id);
        lines.map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Waits for a line of the log, and returns it.
    pub(crate) async fn logged(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut found = None;
        until(&format!("the log says: {what}"), || {
            found = self.log().into_iter().find(|line| fits(line));
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// SIGKILL: nothing is finished, nothing written any more. Its log.
    pub(crate) fn kill(mut self) -> Vec<Value> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.check_log();
        self.log()
    }

    /// SIGHUP: everything is read again.
    pub(crate) fn hang_up(&self) {
        self.signal("HUP");
    }

    /// Any signal.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// SIGTERM, and its exit.
    pub(crate) async fn terminate(mut self) -> ExitStatus {
        self.tell_to_stop();
        let status = self.ended().await;
        self.check_log();
        status
    }

    /// Waits until it has killed itself at the point that it was given.
    pub(crate) async fn aborted(mut self, at: &str) {
        let status = self.ended().await;
        assert_eq!(status.signal(), Some(ABORTED), "{at}: {status}\n{}", self.text().join("\n"));
        self.check_log();
    }

    /// SIGTERM, without waiting.
    pub(crate) fn tell_to_stop(&self) {
        self.signal("TERM");
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        until("the process ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }

    /// No panic, no line that is no JSON, and no person's number in full.
    fn check_log(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        let number = Regex::new(r"\b(6590\d{6}|91982\d{7})\b").unwrap();
        for line in self.text() {
            assert!(serde_json::from_str::<Value>(&line).is_ok(), "the log has a line that is no JSON: {line}");
            assert!(!number.is_match(&line), "the log has a person's number: {line}");
            assert!(!line.contains("-value-of-"), "the log has a secret: {line}");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

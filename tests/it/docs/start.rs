//! The page of getting started, followed to the letter: its commands run, and print what it says they print. Needs `curl`
//! and `openssl`, as the page does.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::fences::{Fence, fences};
use super::root;
use crate::world::{GUARD, free_port};

/// A party or the gateway, until the test ends.
struct Terminal(Child);

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Where the page is followed: on ports of its own.
struct Desk {
    folder: tempfile::TempDir,
    /// What the page says, and what it is here.
    ports: [(&'static str, u16); 4],
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root().join("mappings"), folder.path().join("mappings")).unwrap();
        Self { folder, ports: ["8080", "8081", "9001", "9002"].map(|port| (port, free_port())) }
    }

    fn port(&self, page: &str) -> u16 {
        self.ports.iter().find(|(port, _)| *port == page).unwrap().1
    }

    /// A text of the page, as it is here.
    fn here(&self, text: &str) -> String {
        self.ports.iter().fold(text.to_owned(), |text, (page, own)| text.replace(page, &own.to_string()))
    }

    fn command(&self, script: &str) -> Command {
        let admin = format!("127.0.0.1:{}", self.port("8081"));
        let path = std::env::var_os("PATH").unwrap();
        let mut command = Command::new("bash");
        command.args(["-euc", script]).current_dir(self.folder.path()).env_clear().env("PATH", path);
        command.env("SWITCHBOARD_ADMIN", format!("http://{admin}")).env("SWITCHBOARD_ADMIN_LISTEN", admin);
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, script: &str) -> String {
        let script = self.here(script).replace("cargo run -q --", env!("CARGO_BIN_EXE_switchboard"));
        let Output { status, stdout, stderr } = self.command(&script).output().unwrap();
        let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert!(status.success(), "{script}\n{out}{err}");
        out
    }

    /// Runs what stays open, until something listens there.
    fn open(&self, script: &str, page: &str) -> Terminal {
        let program = format!("exec {}", env!("CARGO_BIN_EXE_switchboard"));
        let script = self.here(script).replace("cargo run -q --", &program);
        let child = self.command(&script).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let (terminal, began) = (Terminal(child), Instant::now());
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port(page))).is_err() {
            assert!(began.elapsed() < GUARD, "nobody listens: {script}");
            std::thread::sleep(Duration::from_millis(20));
        }
        terminal
    }
}

/// The lines that the page shows stand there in that order; `…` is anything, or lines that are not shown.
fn check(shown: &str, out: &str) {
    let mut lines = out.lines();
    for line in shown.lines().filter(|line| *line != "…") {
        let parts: Vec<&str> = line.split('…').collect();
        let fits = |found: &str| {
            let mut rest = Some(found);
            for part in &parts {
                rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, rest)| rest);
            }
            rest.is_some()
        };
        assert!(lines.any(fits), "the page shows `{line}`, in this order; there is:\n{out}");
    }
}

#[test]
fn what_the_page_says_comes() {
    let page = fences(&fs::read_to_string(root().join("docs/start.md")).unwrap());
    let (desk, mut open, mut out, mut shown) = (Desk::new(), Vec::new(), String::new(), 0);
    for Fence { kind, text, .. } in &page {
        let stays = [("-- sim provider", "9001"), ("-- sim platform", "9002"), ("-- serve", "8080")];
        match (kind.as_str(), stays.iter().find(|(words, _)| text.contains(words))) {
            ("sh", Some((_, port))) => open.push(desk.open(text, port)),
            ("sh", None) => out = desk.run(text),
            ("text", _) => {
                check(&desk.here(text), &out);
                shown += 1;
            }
            (other, _) => panic!("what is `{other}`?"),
        }
    }
    assert_eq!((open.len(), shown), (3, 3));
    assert!(Path::new(&desk.folder.path().join("data/start/tenants/shop.yaml")).exists());
}

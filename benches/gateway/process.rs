//! Servers as child processes, and the CPU time that each has used.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::mapping::Trouble;
use crate::{direct, echo, passthrough, sink};

/// The kernel counts CPU time for programs in hundredths of a second, on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// A running server; killed when dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts one of the bench's own servers, which tells its address on standard output.
    pub(super) fn own(role: &str, arguments: &[String], log: &str) -> Result<Self, Trouble> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--serve", role]).args(arguments).env("SWITCHBOARD_LOG_LEVEL", log);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        match line.trim().parse() {
            Ok(address) => Ok(Self { child, address }),
            Err(_) => {
                child.kill()?;
                child.wait()?;
                Err(format!("the server {role} did not start").into())
            }
        }
    }

    /// Starts the real gateway on files in `folder`. Its log is written and thrown away, as a container's would be read.
    pub(super) fn gateway<'s>(
        program: &Path,
        folder: &Path,
        log: &str,
        secrets: impl IntoIterator<Item = (&'s str, &'s str)>,
    ) -> Result<Self, Trouble> {
        let address = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let store = format!("sqlite:{}", folder.join("store.db").display());
        let mut command = Command::new(program);
        command.args(["serve", "--allow-loopback", "--listen", &address.to_string(), "--store", &store]);
        command.arg("--mappings").arg(folder.join("mappings")).arg("--tenants").arg(folder.join("tenants"));
        command.envs(secrets).env("SWITCHBOARD_LOG_LEVEL", log).env("SWITCHBOARD_ADMIN_LISTEN", "127.0.0.1:0");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Self { child, address })
    }

    /// User and system time so far, of the process and of its children that ended.
    pub(super) fn cpu(&self) -> Result<Duration, Trouble> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The second field is a name in brackets that may hold anything; utime is the twelfth after it.
        let (_, fields) = stat.rsplit_once(')').ok_or("no CPU time")?;
        let ticks = fields.split_whitespace().skip(11).take(4).map(str::parse::<u32>);
        Ok(TICK * ticks.sum::<Result<u32, _>>()?)
    }

    /// The most memory it ever had, in MiB.
    pub(super) fn memory(&self) -> Result<u64, Trouble> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no memory")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? / 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The child's side: listens, says where, serves until killed.
pub(super) fn serve(role: &str, arguments: &[String]) -> Result<(), Trouble> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let announce = || println!("{address}");
        let first = || arguments.first().ok_or("an address is missing");
        match role {
            "sink" => {
                announce();
                sink::run(listener).await
            }
            "direct" => {
                announce();
                direct::run(listener).await
            }
            "passthrough" => {
                announce();
                passthrough::run(listener, first()?).await
            }
            "echo" => echo::run(listener, announce).await,
            other => Err(format!("no such server: {other}").into()),
        }
    })
}

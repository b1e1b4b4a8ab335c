//! Servers as child processes, and the CPU time that each has used.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::mapping::Trouble;
use crate::{direct, echo, lean, passthrough, relay, sink};

/// The kernel counts CPU time for programs in hundredths of a second, on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// A running server; killed when dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts one of the bench's own servers.
    pub(super) fn own(role: &str, arguments: &[String], log: &str) -> Result<Self, Trouble> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--serve", role]).args(arguments).env("SWITCHBOARD_LOG_LEVEL", log);
        Self::announced(command)
    }

    /// Starts one that tells its address on standard output.
    pub(super) fn announced(mut command: Command) -> Result<Self, Trouble> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        match line.trim().parse() {
            Ok(address) => Ok(Self { child, address }),
            Err(_) => {
                child.kill()?;
                child.wait()?;
                Err(format!("a server did not start: {command:?}").into())
            }
        }
    }

    /// Starts the real gateway on files in a folder. Its log is written and thrown away, as a container's would be read.
    pub(super) fn gateway(gateway: &Gateway<'_>) -> Result<Self, Trouble> {
        let address = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut command = Command::new(gateway.program);
        command.args(["serve", "--allow-loopback", "--listen", &address.to_string()]);
        command.arg("--mappings").arg(gateway.folder.join("mappings"));
        command.arg("--tenants").arg(gateway.folder.join("tenants"));
        command.env("SWITCHBOARD_STORE", &gateway.store).env("SWITCHBOARD_LOG_LEVEL", gateway.log);
        command.env("SWITCHBOARD_ADMIN_LISTEN", "127.0.0.1:0").envs(gateway.secrets.iter().cloned());
        (gateway.under)(&mut command);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Self { child, address })
    }

    /// User and system time so far, of the process and of its children that ended.
    pub(super) fn cpu(&self) -> Result<Duration, Trouble> {
        Ok(TICK * Stat::of(self.child.id())?.ticks)
    }

    /// The most memory it ever had, in MiB.
    pub(super) fn memory(&self) -> Result<u64, Trouble> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no memory")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? / 1024)
    }
}

/// How the real gateway is started.
pub(super) struct Gateway<'g> {
    pub(super) program: &'g Path,
    /// Has the folders `mappings` and `tenants`.
    pub(super) folder: &'g Path,
    pub(super) store: String,
    pub(super) log: &'g str,
    pub(super) secrets: &'g [(String, String)],
    /// What else is done to the command.
    pub(super) under: &'g dyn Fn(&mut Command),
}

/// User and system time of a process and all that it started, be it running or ended.
pub(super) fn cpu_of_family(first: u32) -> Result<Duration, Trouble> {
    let mut ticks = Stat::of(first)?.ticks;
    for entry in std::fs::read_dir("/proc")? {
        let Ok(Ok(id)) = entry?.file_name().into_string().map(|name| name.parse::<u32>()) else { continue };
        // One that has ended meanwhile is its parent's now: that is a tick more or less.
        ticks += Stat::of(id).map_or(0, |stat| if stat.parent == first { stat.ticks } else { 0 });
    }
    Ok(TICK * ticks)
}

/// What the kernel says of a process.
struct Stat {
    parent: u32,
    ticks: u32,
}

impl Stat {
    fn of(id: u32) -> Result<Self, Trouble> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // The second field is a name in brackets that may hold anything; the parent is the second after it, utime the twelfth.
        let (_, fields) = stat.rsplit_once(')').ok_or("no CPU time")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let (parent, ticks) = (fields.get(1).ok_or("no parent")?, fields.get(11..15).ok_or("no CPU time")?);
        let ticks = ticks.iter().map(|field| field.parse::<u32>()).sum::<Result<u32, _>>()?;
        Ok(Self { parent: parent.parse()?, ticks })
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
            "lean" => {
                announce();
                lean::run(listener, first()?).await
            }
            "relay" => {
                announce();
                relay::run(listener, first()?).await
            }
            "echo" => echo::run(listener, announce).await,
            other => Err(format!("no such server: {other}").into()),
        }
    })
}

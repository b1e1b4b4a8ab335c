//! A network between the gateway and its database: a port of this machine that leads to the server's socket, and slow or cut
//! as a test wants it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};

/// How it is.
#[derive(Default)]
struct State {
    /// Each piece waits for so long, each way.
    delay: AtomicU64,
    /// Nothing comes through any more, and nobody is told.
    silent: AtomicBool,
}

/// One.
pub(crate) struct Proxy {
    port: u16,
    state: Arc<State>,
    task: tokio::task::AbortHandle,
}

impl Proxy {
    /// To the server of that URL.
    pub(crate) async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let socket = socket(url);
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // Without a server there the caller is refused, as by the system.
                let Ok(server) = UnixStream::connect(&socket).await else { continue };
                let (read, write) = client.into_split();
                let (answer, ask) = server.into_split();
                tokio::spawn(carry(read, ask, Arc::clone(&shared)));
                tokio::spawn(carry(answer, write, Arc::clone(&shared)));
            }
        });
        Self { port, state, task: task.abort_handle() }
    }

    /// The same URL over this network.
    pub(crate) fn url(&self, url: &str) -> String {
        let (user, rest) = url.split_once('@').unwrap();
        format!("{user}@127.0.0.1:{}/{}", self.port, rest.split_once('/').unwrap().1)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// So slow from now on, each way.
    pub(crate) fn slow(&self, delay: Duration) {
        self.state.delay.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Whether anything comes through.
    pub(crate) fn silent(&self, silent: bool) {
        self.state.silent.store(silent, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, state: Arc<State>) {
    let mut piece = vec![0; 65_536];
    while let Ok(length) = from.read(&mut piece).await {
        if length == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(state.delay.load(Ordering::SeqCst))).await;
        while state.silent.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if to.write_all(&piece[..length]).await.is_err() {
            break;
        }
    }
    drop(to.shutdown().await);
}

/// The file that a server on a socket listens on.
fn socket(url: &str) -> String {
    let host = url.split_once('@').unwrap().1.split_once('/').unwrap().0;
    format!("{}/.s.PGSQL.5432", host.replace("%2F", "/"))
}

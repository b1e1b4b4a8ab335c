//! What stands before several gateways: gives each connection to one that is up, and cuts those of one that is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// One.
pub(super) struct Balancer {
    ports: Arc<Vec<u16>>,
    up: Arc<Vec<watch::Sender<bool>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Balancer {
    /// Listens there; nobody is up yet.
    pub(super) async fn start(port: u16, ports: Vec<u16>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let up: Arc<Vec<_>> = Arc::new(ports.iter().map(|_| watch::Sender::new(false)).collect());
        let ports = Arc::new(ports);
        let (next, known, states) = (AtomicUsize::new(0), Arc::clone(&ports), Arc::clone(&up));
        let task = tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                let first = next.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(carry(client, first, Arc::clone(&known), Arc::clone(&states)));
            }
        });
        Self { ports, up, task }
    }

    pub(super) fn port(&self, place: usize) -> u16 {
        self.ports[place]
    }

    /// It takes connections.
    pub(super) fn open(&self, place: usize) {
        self.up[place].send_replace(true);
    }

    /// It takes none, and those that it has are cut.
    pub(super) fn shut(&self, place: usize) {
        self.up[place].send_replace(false);
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut client: TcpStream, first: usize, ports: Arc<Vec<u16>>, up: Arc<Vec<watch::Sender<bool>>>) {
    for place in (0..ports.len()).map(|step| (first + step) % ports.len()) {
        if !*up[place].borrow() {
            continue;
        }
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", ports[place])).await else { continue };
        let mut state = up[place].subscribe();
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
            _ = state.wait_for(|up| !up) => {}
        }
        return;
    }
}

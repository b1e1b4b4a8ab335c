//! One connection: made with what every one of ours is set to, its statements prepared once each.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use rustls_platform_verifier::ConfigVerifierExt;
use rustls_tokio_postgres::MakeRustlsConnect;
use rustls_tokio_postgres::rustls::pki_types::CertificateDer;
use rustls_tokio_postgres::rustls::pki_types::pem::PemObject;
use rustls_tokio_postgres::rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::config::Host;
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Row, Statement};

use super::open::OpenError;
use super::place::{CONNECT, Place};
use super::trouble::Trouble;
use super::words::Values;

/// A statement that takes longer than the server lets it does not answer either where the network is gone.
const ANSWER: Duration = Duration::from_secs(35);

/// Plans that do not depend on the values bound or on statistics that are out of date: everything that is asked here has its
/// index, and a table that was small when it was analysed may have grown since. A commit is acknowledged when it is on the
/// disk, whatever the server's default is. Whoever stands still in the middle of a transaction soon has none: others wait for it.
const SETTINGS: &str = "
SET statement_timeout = '30s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '2s';
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
";

/// How to get one.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) place: Place,
    tls: MakeRustlsConnect,
}

/// One.
pub(super) struct Conn {
    client: Client,
    known: Mutex<HashMap<Arc<str>, Statement>>,
    ended: watch::Receiver<()>,
    task: AbortHandle,
    broken_off: AtomicBool,
}

impl Connector {
    /// # Errors
    /// Where the certificates cannot be read.
    pub(super) fn new(place: &Place) -> Result<Self, OpenError> {
        let unfit = |why: String| OpenError::Certificates(why);
        let config = match &place.root {
            Some(path) => {
                let mut roots = RootCertStore::empty();
                let unread = |why: &dyn std::fmt::Display| unfit(format!("{}: {why}", path.display()));
                for found in CertificateDer::pem_file_iter(path).map_err(|why| unread(&why))? {
                    roots.add(found.map_err(|why| unread(&why))?).map_err(|why| unread(&why))?;
                }
                if roots.is_empty() {
                    return Err(unread(&"it holds no certificate"));
                }
                ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
            }
            None => ClientConfig::with_platform_verifier().map_err(|why| unfit(why.to_string()))?,
        };
        Ok(Self { place: place.clone(), tls: MakeRustlsConnect::new(config) })
    }

    pub(super) async fn connect(&self) -> Result<Conn, Trouble> {
        self.connect_and_listen().await.map(|(conn, _)| conn)
    }

    /// One, and what others tell on it.
    pub(super) async fn connect_and_listen(&self) -> Result<(Conn, mpsc::UnboundedReceiver<String>), Trouble> {
        let (tell, told) = mpsc::unbounded_channel();
        // A socket has no name that a certificate could be for.
        let socket = self.place.config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        let made = async {
            if socket {
                let (client, connection) = self.place.config.connect(NoTls).await?;
                Ok::<_, tokio_postgres::Error>((client, driven(connection, tell).boxed()))
            } else {
                let (client, connection) = self.place.config.connect(self.tls.clone()).await?;
                Ok((client, driven(connection, tell).boxed()))
            }
        };
        let (client, connection) = timeout(CONNECT, made).await.map_err(|_| Trouble::Late)??;
        let (end, ended) = watch::channel(());
        let task = tokio::spawn(async move {
            // Whoever uses it hears of its end by his own question.
            connection.await;
            drop(end);
        });
        let conn = Conn {
            client,
            known: Mutex::default(),
            ended,
            task: task.abort_handle(),
            broken_off: AtomicBool::new(false),
        };
        conn.batch(SETTINGS).await?;
        Ok((conn, told))
    }
}

/// Until it ends; what others tell goes on.
async fn driven<S, T>(mut connection: Connection<S, T>, tell: mpsc::UnboundedSender<String>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notification(said) = message {
            // Who does not listen is told nothing.
            let _gone = tell.send(said.payload().to_owned());
        }
    }
}

impl Conn {
    pub(super) fn is_closed(&self) -> bool {
        self.broken_off.load(Ordering::Relaxed) || self.client.is_closed()
    }

    /// Nobody knows in which state it is: it is used no more.
    pub(super) fn break_off(&self) {
        self.broken_off.store(true, Ordering::Relaxed);
        self.task.abort();
    }

    /// Waits until it is closed.
    pub(super) async fn ended(&self) {
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }

    /// Statements without values.
    pub(super) async fn batch(&self, sql: &str) -> Result<(), Trouble> {
        timeout(ANSWER, self.client.batch_execute(sql)).await.map_err(|_| Trouble::Late)??;
        Ok(())
    }

    /// The same, as long as it takes.
    pub(super) async fn batch_at_leisure(&self, sql: &str) -> Result<(), Trouble> {
        Ok(self.client.batch_execute(sql).await?)
    }

    pub(super) async fn query(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Trouble> {
        let asked = async { self.client.query(&self.statement(sql).await?, values).await };
        Ok(timeout(ANSWER, asked).await.map_err(|_| Trouble::Late)??)
    }

    /// A question that is asked seldom, as long as it takes: it is not kept prepared.
    pub(super) async fn at_leisure(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Trouble> {
        Ok(self.client.query(sql, values).await?)
    }

    /// How many rows it concerned.
    pub(super) async fn execute(&self, sql: &str, values: Values<'_>) -> Result<u64, Trouble> {
        let asked = async { self.client.execute(&self.statement(sql).await?, values).await };
        Ok(timeout(ANSWER, asked).await.map_err(|_| Trouble::Late)??)
    }

    /// The first row, if there is one.
    pub(super) async fn first(&self, sql: &str, values: Values<'_>) -> Result<Option<Row>, Trouble> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    async fn statement(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(sql) {
            return Ok(known.clone());
        }
        let made = self.client.prepare(sql).await?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.into(), made.clone());
        Ok(made)
    }
}

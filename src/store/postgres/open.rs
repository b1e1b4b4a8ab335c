//! Opening a store: this process as one of its nodes, and what is kept in memory. Which tables it may have: `version`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::seal::{Known, SealKey, Seals};
use super::super::shared::{Entry, Pending, Shared};
use super::super::veil::Veil;
use super::super::{Lane, StoreError};
use super::connection::{Conn, Connector};
use super::roster::Roster;
use super::trouble::Trouble;
use super::words::{address, get, kept, name, sender, text};
use super::{node, pauses, raw, version};

/// How long whoever has the store to himself, and is just ending, is waited for.
const ENDING: Duration = Duration::from_secs(3);

/// Waits for others who change the tables, or who they are.
pub(super) const LOCK_TABLES: &str = "SELECT pg_advisory_xact_lock(1400332901, hashtext(current_schema()))";

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody has it to himself, or wants to while gateways have it.
    #[error("the store is in use by another process")]
    InUse,
    /// There are no tables, or older ones.
    #[error("the store's tables have version {found}, this program needs version {known}")]
    OlderVersion {
        /// There.
        found: usize,
        /// Needed.
        known: usize,
    },
    /// Written by a newer version of this program.
    #[error("the store's tables have version {found}, this program knows version {known}")]
    NewerVersion {
        /// There.
        found: usize,
        /// To this program.
        known: usize,
    },
    /// Gateways that run would not understand the tables any more.
    #[error("{running} gateways are running on the store's tables of version {found}, and do not know version {made}")]
    Parting {
        /// Gateways whose lease has not ended.
        running: usize,
        /// There.
        found: usize,
        /// What was asked for.
        made: usize,
    },
    /// All of it is in another store now.
    #[error("the store was moved to {0}")]
    Moved(String),
    /// A move into it has not ended.
    #[error("half a store: a move from {0} into it has not ended")]
    Half(String),
    /// Contents are sealed with a key that is not configured.
    #[error("the store has contents that are sealed with the key `{0}`, which is not among the keys of `encryption`")]
    KeyMissing(String),
    /// A key of that name sealed contents, and it was another one.
    #[error("the key `{0}` is not the one that the store's contents are sealed with")]
    KeyWrong(String),
    /// What the server's certificate is checked against cannot be read.
    #[error("the certificates cannot be used: {0}")]
    Certificates(String),
    /// A commit would not be on the disk.
    #[error("the server runs with `fsync = off`: what it acknowledges a power cut takes away")]
    NotDurable,
    /// The database says no, or is not there.
    #[error("{0}")]
    Database(StoreError),
}

impl OpenError {
    /// What can be done about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::InUse => {
                "stop that process, or wait for its end: `store move` and `store vacuum` have a store to themselves"
            }
            Self::OlderVersion { .. } => "run `switchboard store migrate` with the same `--store`, then start again",
            Self::NewerVersion { .. } => "start the newer program, or name another database",
            Self::Parting { .. } => "stop all of them, wait some seconds where one was killed, and run it again",
            Self::Moved(_) => super::super::transfer::MOVED,
            Self::Half(_) => super::super::transfer::HALF,
            Self::KeyMissing(_) => {
                "add the key under that name below `encryption:`; it may go when what it sealed is gone"
            }
            Self::KeyWrong(_) => {
                "restore its value, or give the new key a new name before it: the old one is still read"
            }
            Self::Certificates(_) => "`sslrootcert` names a file in PEM form; without it this machine's are taken",
            Self::NotDurable => "set `fsync = on` on the server and start it again",
            Self::Database(_) => "the URL must name a server that runs, a user who may log in and an existing database",
        }
    }
}

impl From<Trouble> for OpenError {
    fn from(trouble: Trouble) -> Self {
        Self::Database(trouble.told())
    }
}

pub(super) async fn one<T: for<'r> tokio_postgres::types::FromSql<'r>>(conn: &Conn, sql: &str) -> Result<T, Trouble> {
    let row = conn.first(sql, &[]).await?.ok_or_else(|| Trouble::unreadable("no row where there is one"))?;
    get(&row, 0)
}

/// What a writer has: his connection, and which node he is there.
pub(super) struct Turn {
    pub(super) conn: Conn,
    pub(super) node: i64,
    pub(super) slot: i64,
    /// The number of his last commit.
    pub(super) commits: i64,
    /// When it was asked for: the lease runs from here.
    pub(super) begun: Instant,
}

/// A connection to tables that this program knows, on a server that keeps what it acknowledges.
pub(super) async fn connect(connector: &Connector) -> Result<Conn, OpenError> {
    let conn = connector.connect().await?;
    version::check(&conn).await?;
    if one::<String>(&conn, "SELECT current_setting('fsync')").await? != "on" {
        return Err(OpenError::NotDurable);
    }
    Ok(conn)
}

/// The same, of a store that nodes may enter, as long as the connection lives.
pub(super) async fn admitted(connector: &Connector) -> Result<Conn, OpenError> {
    let conn = connect(connector).await?;
    let began = Instant::now();
    loop {
        match raw::admit(&conn).await {
            Err(OpenError::InUse) if began.elapsed() < ENDING => sleep(Duration::from_millis(100)).await,
            admitted => return admitted.map(|()| conn),
        }
    }
}

/// How many opt-outs were written of that others must hear.
pub(super) async fn news(conn: &Conn) -> Result<i64, Trouble> {
    one(conn, "SELECT news FROM turn").await
}

/// A new node, which has so many in memory.
pub(super) async fn enter(conn: Conn, heard: i64) -> Result<Turn, Trouble> {
    let begun = Instant::now();
    let (node, slot) = node::enter(&conn, heard).await?;
    Ok(Turn { conn, node, slot, commits: 0, begun })
}

/// The same node again after a lost connection, or the connection alone if another took its place. What was committed last is known for sure:
/// whoever changes the row waits for the end of the transaction that did.
pub(super) async fn enter_again(connector: &Connector, node: i64) -> Result<Result<Turn, Conn>, Trouble> {
    let conn = connector.connect().await?;
    // Somebody may have migrated them meanwhile.
    version::check(&conn).await.map_err(not_again)?;
    let begun = Instant::now();
    raw::admit(&conn).await.map_err(not_again)?;
    // On a standby, which takes no writes, this fails: whoever writes needs the primary.
    let sql = "UPDATE node SET until = clock_timestamp() + make_interval(secs => $1) WHERE id = $2
        RETURNING slot, commits";
    let Some(row) = conn.first(sql, &[&node::lease(), &node]).await? else { return Ok(Err(conn)) };
    let (slot, commits) = (get(&row, 0)?, get(&row, 1)?);
    Ok(Ok(Turn { conn, node, slot, commits, begun }))
}

/// Why whoever had a store cannot have it again.
fn not_again(refused: OpenError) -> Trouble {
    match refused {
        // It is nobody's any more, and stays so.
        OpenError::Moved(_) | OpenError::Half(_) => Trouble::Moved,
        OpenError::Database(problem) => Trouble::Unfit(problem),
        // Until whoever has it to himself is done, or for good: the tables are a newer program's.
        refused => Trouble::Unfit(StoreError::Failed(format!("{refused}: {}", refused.help()))),
    }
}

/// Learns the keys, and whether each is the one that it was. One that the store knows and is not configured must not be
/// needed any more.
pub(super) async fn learn(conn: &Conn, keys: &[SealKey]) -> Result<Seals, OpenError> {
    let mut known = Vec::new();
    for row in conn.query("SELECT id, name, proof FROM seal", &[]).await? {
        known.push(Known { number: get(&row, 0)?, name: text(&row, 1)?, proof: get(&row, 2)? });
    }
    for Known { number, name, .. } in Known::gone(&known, keys) {
        let row = conn.first(&Known::is_needed("$1"), &[number]).await?;
        if row.map_or(Ok(false), |row| get(&row, 0))? {
            return Err(OpenError::KeyMissing(name.clone()));
        }
        // Another node may have it still, and seal with it.
        conn.execute("DELETE FROM seal WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM node)", &[number]).await?;
    }
    let mut seals = Vec::with_capacity(keys.len());
    for key in keys {
        let wrong = || OpenError::KeyWrong(key.name.clone());
        let (number, ready) = Known::recognised(&known, key).ok_or_else(wrong)?;
        let number = match number {
            Some(number) => number,
            None => {
                let proof = ready.proof().ok_or_else(wrong)?;
                let (sql, named) =
                    ("INSERT INTO seal (name, proof) VALUES ($1, $2) ON CONFLICT DO NOTHING", kept(&key.name));
                conn.execute(sql, &[&named, &proof]).await?;
                let row = conn.first("SELECT id, proof FROM seal WHERE name = $1", &[&named]).await?;
                if let Some(row) = &row
                    && !ready.proves(get(row, 1)?)
                {
                    return Err(wrong());
                }
                row.map_or_else(|| Err(Trouble::unreadable("no number for a key")), |row| get(&row, 0))?
            }
        };
        seals.push((number, ready));
    }
    Ok(Seals::of(seals))
}

/// What is answered from memory, anew; how many of the news it holds.
pub(super) async fn reload(conn: &Conn, shared: &Shared, roster: &Roster) -> Result<i64, Trouble> {
    let heard = news(conn).await?;
    let fresh = load(conn, Arc::clone(&shared.seals)).await?;
    let _one = roster.hearing();
    shared.replace(fresh);
    roster.heard.store(heard, Ordering::SeqCst);
    Ok(heard)
}

/// Fills what is answered from memory.
pub(super) async fn load(conn: &Conn, seals: Arc<Seals>) -> Result<Shared, Trouble> {
    let shared = Shared::new(seals);
    shared.apply(&names(conn).await?);
    load_veil(conn, &shared).await?;
    shared.apply(&suppressions(conn).await?);
    let pauses = pauses::load(conn).await?.into_iter().map(Ok).collect();
    shared.apply(&Pending { pauses, ..Pending::default() });
    Ok(shared)
}

async fn names(conn: &Conn) -> Result<Pending, Trouble> {
    let mut pending = Pending::default();
    for row in conn.query("SELECT id, name FROM tenant", &[]).await? {
        pending.tenants.push((name(&row, 1)?, get(&row, 0)?));
    }
    let sql = "SELECT l.id, t.name, l.sender FROM lane l JOIN tenant t ON t.id = l.tenant";
    for row in conn.query(sql, &[]).await? {
        pending.lanes.push((Lane { tenant: name(&row, 1)?, from: address(&row, 2)? }, get(&row, 0)?));
    }
    Ok(pending)
}

async fn suppressions(conn: &Conn) -> Result<Pending, Trouble> {
    let mut pending = Pending::default();
    let sql = "SELECT t.name, s.sender, s.address FROM suppression s JOIN tenant t ON t.id = s.tenant";
    for row in conn.query(sql, &[]).await? {
        let (tenant, sender) = (name(&row, 0)?, sender(&row, 1)?);
        pending.suppressions.push(Entry { tenant, sender, address: address(&row, 2)?, on: true });
    }
    let sql = "SELECT t.name, p.sender, p.hash FROM proof p JOIN tenant t ON t.id = p.tenant";
    for row in conn.query(sql, &[]).await? {
        let hash: Vec<u8> = get(&row, 2)?;
        let hash = hash.try_into().map_err(|_| Trouble::unreadable("a hash of another length"))?;
        pending.proofs.push((name(&row, 0)?, sender(&row, 1)?, hash));
    }
    Ok(pending)
}

/// The key of what was forgotten, sealed with the newest key from now on.
pub(super) async fn load_veil(conn: &Conn, shared: &Shared) -> Result<(), Trouble> {
    let Some(row) = conn.first("SELECT key, seal FROM veil", &[]).await? else { return Ok(()) };
    let (sealed, seal): (Vec<u8>, Option<i64>) = (get(&row, 0)?, get(&row, 1)?);
    let key: Result<[u8; 32], _> = shared.seals.open(&sealed, seal)?[..].try_into();
    let key = key.map_err(|_| Trouble::unreadable("a key of another length"))?;
    let (sealed, newest) = shared.seals.seal(&key)?;
    if newest != seal {
        conn.execute("UPDATE veil SET key = $1, seal = $2", &[&&*sealed, &newest]).await?;
    }
    shared.veil_by(Veil::new(key));
    Ok(())
}

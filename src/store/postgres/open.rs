//! Opening a store: its tables' version, who writes to it, and what is kept in memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::seal::{Known, SealKey, Seals};
use super::super::shared::{Entry, Pending, Shared};
use super::super::veil::Veil;
use super::super::{Lane, StoreError};
use super::connection::{Conn, Connector};
use super::place::Place;
use super::trouble::Trouble;
use super::words::{address, count, get, name, sender, text};
use super::{raw, schema};
use crate::model::Ref;

/// How long another process, which is just stopping, is waited for.
const TURN: Duration = Duration::from_secs(3);

/// One lock for each set of tables; whoever writes holds it for as long as his connection lives.
const LOCK: &str = "SELECT pg_try_advisory_lock(1400332900, hashtext(current_schema()))";
/// Waits for others who change the tables.
const LOCK_TABLES: &str = "SELECT pg_advisory_xact_lock(1400332901, hashtext(current_schema()))";

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process writes to it.
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
            Self::InUse => "stop that process, or name another database: one gateway uses it at a time",
            Self::OlderVersion { .. } => "run `switchboard store migrate` with the same `--store`, then start again",
            Self::NewerVersion { .. } => "start the newer program, or name another database",
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

/// Brings the tables of a database to this program's version; the version before, and after.
///
/// # Errors
/// [`OpenError`]: it cannot be reached, or its tables are newer. Then nothing was changed.
pub async fn migrate(place: &Place) -> Result<(usize, usize), OpenError> {
    let conn = Connector::new(place)?.connect().await?;
    conn.batch("BEGIN").await?;
    conn.query(LOCK_TABLES, &[]).await?;
    conn.batch(schema::MAKE).await?;
    let found = version(&conn).await?;
    let Some(steps) = schema::STEPS.get(found..) else {
        return Err(OpenError::NewerVersion { found, known: schema::VERSION });
    };
    if !steps.is_empty() {
        // Indexes of large tables take longer than a question may. All steps or none.
        let sql = format!(
            "SET LOCAL statement_timeout = 0; {} UPDATE switchboard SET version = {};",
            steps.concat(),
            schema::VERSION
        );
        conn.batch_at_leisure(&sql).await?;
    }
    conn.batch("COMMIT").await?;
    Ok((found, schema::VERSION))
}

pub(super) async fn version(conn: &Conn) -> Result<usize, Trouble> {
    let there: bool = one(conn, schema::KNOWN).await?;
    if !there {
        return Ok(0);
    }
    let row = conn.first("SELECT version FROM switchboard", &[]).await?;
    row.map_or(Ok(0), |row| count(&row, 0))
}

async fn one<T: for<'r> tokio_postgres::types::FromSql<'r>>(conn: &Conn, sql: &str) -> Result<T, Trouble> {
    let row = conn.first(sql, &[]).await?.ok_or_else(|| Trouble::unreadable("no row where there is one"))?;
    get(&row, 0)
}

/// What a writer has: his connection, under the lock, and which start of his this is.
pub(super) struct Turn {
    pub(super) conn: Conn,
    pub(super) epoch: i64,
    /// The number of his last commit.
    pub(super) commits: i64,
}

/// A connection to tables that this program knows, on a server that keeps what it acknowledges.
pub(super) async fn connect(connector: &Connector) -> Result<Conn, OpenError> {
    let conn = connector.connect().await?;
    check_version(&conn).await?;
    if one::<String>(&conn, "SELECT current_setting('fsync')").await? != "on" {
        return Err(OpenError::NotDurable);
    }
    Ok(conn)
}

/// Takes the turn of writing; waits a moment for whoever had it.
pub(super) async fn take_turn(connector: &Connector) -> Result<Turn, OpenError> {
    let conn = connect(connector).await?;
    let began = Instant::now();
    while !one::<bool>(&conn, LOCK).await? {
        if began.elapsed() > TURN {
            return Err(OpenError::InUse);
        }
        sleep(Duration::from_millis(100)).await;
    }
    raw::admit(&conn).await?;
    let sql = "UPDATE node SET epoch = epoch + 1, seen = now() WHERE id = 0 RETURNING epoch, commits";
    let row = conn.first(sql, &[]).await?.ok_or_else(|| Trouble::unreadable("no row for whoever writes"))?;
    let (epoch, commits) = (get(&row, 0)?, get(&row, 1)?);
    Ok(Turn { conn, epoch, commits })
}

/// The turn again after a lost connection. What was committed last is known for sure: whoever holds the lock knows that the
/// session before is gone.
pub(super) async fn take_turn_again(connector: &Connector) -> Result<Turn, Trouble> {
    let conn = connector.connect().await?;
    if !one::<bool>(&conn, LOCK).await? {
        return Err(Trouble::Fenced);
    }
    // Moved meanwhile, it is this gateway's no more.
    raw::admit(&conn).await.map_err(|_| Trouble::Fenced)?;
    // On a standby, which takes no writes, this fails: whoever writes needs the primary.
    let sql = "UPDATE node SET seen = now() WHERE id = 0 RETURNING epoch, commits";
    let row = conn.first(sql, &[]).await?.ok_or_else(|| Trouble::unreadable("no row for whoever writes"))?;
    let (epoch, commits) = (get(&row, 0)?, get(&row, 1)?);
    Ok(Turn { conn, epoch, commits })
}

pub(super) async fn check_version(conn: &Conn) -> Result<(), OpenError> {
    let (found, known) = (version(conn).await?, schema::VERSION);
    match found.cmp(&known) {
        std::cmp::Ordering::Less => Err(OpenError::OlderVersion { found, known }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(OpenError::NewerVersion { found, known }),
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
        conn.execute("DELETE FROM seal WHERE id = $1", &[number]).await?;
    }
    let mut seals = Vec::with_capacity(keys.len());
    for key in keys {
        let wrong = || OpenError::KeyWrong(key.name.clone());
        let (number, ready) = Known::recognised(&known, key).ok_or_else(wrong)?;
        let number = match number {
            Some(number) => number,
            None => {
                let proof = ready.proof().ok_or_else(wrong)?;
                let sql = "INSERT INTO seal (name, proof) VALUES ($1, $2) RETURNING id";
                let row = conn.first(sql, &[&super::words::kept(&key.name), &proof]).await?;
                row.map_or_else(|| Err(Trouble::unreadable("no number for a key")), |row| get(&row, 0))?
            }
        };
        seals.push((number, ready));
    }
    Ok(Seals::of(seals))
}

/// The turn is taken from whoever had it.
pub(super) async fn renew(conn: &Conn) -> Result<i64, Trouble> {
    let row = conn.first("UPDATE node SET epoch = epoch + 1, seen = now() WHERE id = 0 RETURNING epoch", &[]).await?;
    row.map_or_else(|| Err(Trouble::unreadable("no row for whoever writes")), |row| get(&row, 0))
}

/// What is answered from memory, anew.
pub(super) async fn reload(conn: &Conn, shared: &Shared) -> Result<(), Trouble> {
    let fresh = load(conn, Arc::clone(&shared.seals)).await?;
    shared.replace(fresh);
    Ok(())
}

/// Fills what is answered from memory.
pub(super) async fn load(conn: &Conn, seals: Arc<Seals>) -> Result<Shared, Trouble> {
    let shared = Shared::new(seals);
    shared.apply(&names(conn).await?);
    load_veil(conn, &shared).await?;
    shared.apply(&suppressions_and_attempts(conn, &shared).await?);
    load_ledger(conn, &shared).await?;
    // The rows themselves are the truth of what is in flight.
    for (condition, queued) in [("phase = 0", true), ("phase IN (1, 2)", false)] {
        let sql = format!("SELECT lane, count(*) FROM message WHERE {condition} GROUP BY lane");
        for row in conn.query(&sql, &[]).await? {
            let lane = shared.names().lane_of.get(&get(&row, 0)?).cloned();
            let lane = lane.ok_or_else(|| Trouble::unreadable("a lane of no tenant"))?;
            let rows = count(&row, 1)?;
            let mut tally = shared.tally_mut();
            tally.ledger_mut(&lane.tenant).in_flight += rows;
            if queued {
                tally.queue(&lane, rows);
            }
        }
    }
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

async fn suppressions_and_attempts(conn: &Conn, shared: &Shared) -> Result<Pending, Trouble> {
    let mut pending = Pending::default();
    let tenant = |id: i64| {
        shared.names().tenant_of.get(&id).cloned().ok_or_else(|| Trouble::unreadable("an opt-out of no tenant"))
    };
    for row in conn.query("SELECT tenant, sender, address FROM suppression", &[]).await? {
        let (tenant, sender) = (tenant(get(&row, 0)?)?, sender(&row, 1)?);
        pending.suppressions.push(Entry { tenant, sender, address: address(&row, 2)?, on: true });
    }
    for row in conn.query("SELECT tenant, sender, hash FROM proof", &[]).await? {
        let hash: Vec<u8> = get(&row, 2)?;
        let hash = hash.try_into().map_err(|_| Trouble::unreadable("a hash of another length"))?;
        pending.proofs.push((tenant(get(&row, 0)?)?, sender(&row, 1)?, hash));
    }
    for row in conn.query("SELECT ref FROM attempt", &[]).await? {
        pending.attempts.push((Ref::from_number(get(&row, 0)?), true));
    }
    Ok(pending)
}

/// The key of what was forgotten, sealed with the newest key from now on.
async fn load_veil(conn: &Conn, shared: &Shared) -> Result<(), Trouble> {
    let Some(row) = conn.first("SELECT key, seal FROM veil", &[]).await? else { return Ok(()) };
    let (kept, seal): (Vec<u8>, Option<i64>) = (get(&row, 0)?, get(&row, 1)?);
    let key: Result<[u8; 32], _> = shared.seals.open(&kept, seal)?[..].try_into();
    let key = key.map_err(|_| Trouble::unreadable("a key of another length"))?;
    let (sealed, newest) = shared.seals.seal(&key)?;
    if newest != seal {
        conn.execute("UPDATE veil SET key = $1, seal = $2", &[&&*sealed, &newest]).await?;
    }
    shared.veil_by(Veil::new(key));
    Ok(())
}

async fn load_ledger(conn: &Conn, shared: &Shared) -> Result<(), Trouble> {
    let sql = "SELECT t.name, l.accepted, l.submitted, l.rejected, l.suppressed, l.expired, l.failed
        FROM ledger l JOIN tenant t ON t.id = l.tenant";
    let (ledgers, purged) = (
        conn.query(sql, &[]).await?,
        conn.query(
            "SELECT t.name, p.submitted + p.rejected + p.suppressed + p.expired + p.failed, p.submitted, p.rejected,
                p.suppressed, p.expired, p.failed FROM purged p JOIN tenant t ON t.id = p.tenant",
            &[],
        )
        .await?,
    );
    let mut tally = shared.tally_mut();
    for (rows, is_purged) in [(ledgers, false), (purged, true)] {
        for row in rows {
            let tenant = name(&row, 0)?;
            let ledger = if is_purged { tally.purged_mut(&tenant) } else { tally.ledger_mut(&tenant) };
            ledger.accepted = count(&row, 1)?;
            ledger.submitted = count(&row, 2)?;
            ledger.rejected = count(&row, 3)?;
            ledger.suppressed = count(&row, 4)?;
            ledger.expired = count(&row, 5)?;
            ledger.failed = count(&row, 6)?;
        }
    }
    Ok(())
}

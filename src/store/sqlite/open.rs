//! Opening a store: its place, its lock, its version, and what is kept in memory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::super::Lane;
use super::super::seal::Seals;
use super::super::veil::Veil;
use super::recent::Recent;
use super::shared::{Entry, Pending, Shared};
use super::{pauses, row, schema};
use crate::faults::{self, Point};
use crate::model::{Address, Name, Ref};

/// A lock that was just given back may be held for a moment still: a process that is being started has all open files of the
/// one that starts it, until it runs its own program.
const TRIES: u32 = 25;
const PAUSE: Duration = Duration::from_millis(20);

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or this one, has it open.
    #[error("the store {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The file is damaged or is no store of this program.
    #[error("the store is damaged or no store at all: {0}")]
    Corrupt(String),
    /// Written by a newer version of this program.
    #[error("the store has version {found}, this program knows version {known}: use the newer program")]
    NewerVersion {
        /// In the file.
        found: i64,
        /// To this program.
        known: usize,
    },
    /// Its tables are older, and whoever only looks changes nothing.
    #[error("the store has version {found}, this program looks into version {known}")]
    OlderVersion {
        /// In the file.
        found: i64,
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
    /// The disk says no.
    #[error("the store cannot be opened: {0}")]
    Io(#[from] io::Error),
}

impl OpenError {
    /// What can be done about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::InUse(_) => "stop that process, or name a store of this one's own: --store sqlite:PATH",
            Self::Corrupt(_) => "it was left as it is: put a copy back, or name another store: --store sqlite:PATH",
            Self::NewerVersion { .. } => "start the newer program, or name another store: --store sqlite:PATH",
            Self::OlderVersion { .. } => "start the gateway with it once: it brings the file up to date",
            Self::Moved(_) => super::super::transfer::MOVED,
            Self::Half(_) => super::super::transfer::HALF,
            Self::KeyMissing(_) => {
                "add the key under that name below `encryption:`; it may go when what it sealed is gone"
            }
            Self::KeyWrong(_) => {
                "restore its value, or give the new key a new name before it: the old one is still read"
            }
            Self::Io(_) => {
                "its folder must be writable for this user and have room, or name another store: --store sqlite:PATH"
            }
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::OutOfMemory
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked,
            ) => Self::Io(io::Error::other(error)),
            // Damage, a foreign file, or a value that no version of ours wrote.
            _ => Self::Corrupt(error.to_string()),
        }
    }
}

/// Keeps other processes out until it is dropped, or its process dies.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, never read")] File);

pub(super) fn lock(path: &Path) -> Result<Lock, OpenError> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        make(directory)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = private(Path::new(&name))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(OpenError::InUse(path.to_owned()))
}

/// Makes the folder and those above it, and makes sure of them: a name outlives a power cut once the folder that has it
/// is synced, and the engine does that for its own files only.
fn make(directory: &Path) -> io::Result<()> {
    let named = directory.ancestors().filter(|above| !above.as_os_str().is_empty());
    let missing: Vec<&Path> = named.take_while(|above| !above.exists()).collect();
    fs::create_dir_all(directory)?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty());
        File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// A file that only its owner can read: it holds what people wrote to each other.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The same, which must not be there yet.
pub(super) fn new_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The writer's connection, with the tables there.
pub(super) fn connect_to_write(path: &Path) -> Result<Connection, OpenError> {
    drop(private(path)?);
    let connection = Connection::open_with_flags(path, flags())?;
    connection.set_prepared_statement_cache_capacity(128);
    keep_plans(&connection)?;
    faults::reached(Point::StoreMade);
    check_version(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: a commit is on the disk before it is acknowledged.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted is overwritten: a file that was copied says nothing of who was forgotten or whose time was over.
    connection.pragma_update(None, "secure_delete", true)?;
    // The engine looks through all of it at the end of many a commit, so more costs more than reading a page again.
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A burst makes the log long; after the next checkpoint it is short again.
    connection.pragma_update(None, "journal_size_limit", 67_108_864)?;
    Ok(connection)
}

/// For whoever only looks, whether a gateway has it or not.
pub(super) fn connect_to_look(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let (_, version) = versions(&connection)?;
    match usize::try_from(version) {
        Ok(found) if found < schema::VERSION => Err(OpenError::OlderVersion { found: version, known: schema::VERSION }),
        Ok(schema::VERSION) => Ok(connection),
        _ => Err(OpenError::NewerVersion { found: version, known: schema::VERSION }),
    }
}

pub(super) fn connect_to_read(path: &Path) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, flags())?;
    connection.set_prepared_statement_cache_capacity(64);
    keep_plans(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    // Readers never wait for the writer, except while a checkpoint resets the log.
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// Each connection is one thread's: nobody else's use has to be kept out, which costs something with every value.
fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// For the thread that moves the log into the file.
pub(super) fn connect_to_move(path: &Path) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, flags())?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -64)?;
    Ok(connection)
}

/// A plan does not depend on the values bound: otherwise statements are prepared anew with every key.
fn keep_plans(connection: &Connection) -> Result<(), OpenError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Whether it is new, and of which version its tables are.
fn versions(connection: &Connection) -> Result<(bool, i64), OpenError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let new = application == 0 && version == 0 && tables == 0;
    if !new && application != schema::APPLICATION {
        return Err(OpenError::Corrupt("it belongs to another program".to_owned()));
    }
    Ok((new, version))
}

fn check_version(connection: &Connection) -> Result<(), OpenError> {
    let (_, version) = versions(connection)?;
    match usize::try_from(version) {
        Ok(steps) if steps <= schema::VERSION => upgrade(connection, &schema::STEPS[steps..]),
        _ => Err(OpenError::NewerVersion { found: version, known: schema::VERSION }),
    }
}

/// All steps or none: a crash in between leaves the file as it was.
fn upgrade(connection: &Connection, steps: &[&str]) -> Result<(), OpenError> {
    if steps.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "BEGIN IMMEDIATE; {} PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;",
        steps.concat(),
        schema::APPLICATION,
        schema::VERSION,
    );
    Ok(connection.execute_batch(&sql)?)
}

/// Fills what is answered from memory.
pub(super) fn load(connection: &Connection, seals: Seals) -> rusqlite::Result<Shared> {
    let shared = Shared::new(seals);
    shared.apply(&names(connection)?);
    load_veil(connection, &shared)?;
    shared.apply(&suppressions_and_attempts(connection, &shared)?);
    let pauses = pauses::load(connection)?.into_iter().map(Ok).collect();
    shared.apply(&Pending { pauses, ..Pending::default() });
    load_ledger(connection, &shared)?;
    load_purged(connection, &shared)?;
    let recent = Recent::load(connection, &shared)?;
    *shared.recent_mut() = recent;
    // The rows themselves are the truth of what is in flight.
    for (condition, queued) in [("phase = 0", true), ("phase IN (1, 2)", false)] {
        count(connection, &shared, condition, queued)?;
    }
    Ok(shared)
}

fn names(connection: &Connection) -> rusqlite::Result<Pending> {
    let mut pending = Pending::default();
    let mut statement = connection.prepare("SELECT id, name FROM tenant")?;
    let tenant = |row: &rusqlite::Row<'_>| Ok((Name::from(row.get_ref(1)?.as_str()?), row.get(0)?));
    pending.tenants = statement.query_map([], tenant)?.collect::<Result<_, _>>()?;
    let sql = "SELECT l.id, t.name, l.sender FROM lane l JOIN tenant t ON t.id = l.tenant";
    let lane = |row: &rusqlite::Row<'_>| {
        let lane = Lane { tenant: row.get_ref(1)?.as_str()?.into(), from: row.get_ref(2)?.as_str()?.into() };
        Ok((lane, row.get(0)?))
    };
    pending.lanes = connection.prepare(sql)?.query_map([], lane)?.collect::<Result<_, _>>()?;
    Ok(pending)
}

fn suppressions_and_attempts(connection: &Connection, shared: &Shared) -> rusqlite::Result<Pending> {
    let mut pending = Pending::default();
    let names = shared.names();
    let mut statement = connection.prepare("SELECT tenant, sender, address FROM suppression")?;
    let entry = |row: &rusqlite::Row<'_>| {
        let tenant = names.tenant_of.get(&row.get(0)?).cloned().ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let sender = Some(row.get_ref(1)?.as_str()?).filter(|sender| !sender.is_empty()).map(Address::from);
        Ok(Entry { tenant, sender, address: row.get_ref(2)?.as_str()?.into(), on: true })
    };
    pending.suppressions = statement.query_map([], entry)?.collect::<Result<_, _>>()?;
    let mut statement = connection.prepare("SELECT tenant, sender, hash FROM proof")?;
    let proof = |row: &rusqlite::Row<'_>| {
        let tenant = names.tenant_of.get(&row.get(0)?).cloned().ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let sender = Some(row.get_ref(1)?.as_str()?).filter(|sender| !sender.is_empty()).map(Address::from);
        Ok((tenant, sender, row.get(2)?))
    };
    pending.proofs = statement.query_map([], proof)?.collect::<Result<_, _>>()?;
    let mut statement = connection.prepare("SELECT ref FROM attempt")?;
    let attempt = |row: &rusqlite::Row<'_>| Ok((Ref::from_number(row.get(0)?), true));
    pending.attempts = statement.query_map([], attempt)?.collect::<Result<_, _>>()?;
    Ok(pending)
}

/// The key of what was forgotten, sealed with the newest key from now on.
fn load_veil(connection: &Connection, shared: &Shared) -> rusqlite::Result<()> {
    let kept = |row: &rusqlite::Row<'_>| Ok((shared.seals.content(row, 0, 1)?, row.get::<_, Option<i64>>(1)?));
    let found = connection.query_row("SELECT key, seal FROM veil", [], kept).optional()?;
    let Some((key, seal)) = found else { return Ok(()) };
    let key: [u8; 32] = key[..].try_into().map_err(|_| rusqlite::Error::QueryReturnedNoRows)?;
    let (sealed, newest) = shared.seals.seal(&key)?;
    if newest != seal {
        connection.execute("UPDATE veil SET key = ?1, seal = ?2", rusqlite::params![&*sealed, newest])?;
    }
    shared.veil_by(Veil::new(key));
    Ok(())
}

fn load_ledger(connection: &Connection, shared: &Shared) -> rusqlite::Result<()> {
    let sql = "SELECT t.name, l.accepted, l.submitted, l.rejected, l.suppressed, l.expired, l.failed
        FROM ledger l JOIN tenant t ON t.id = l.tenant";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut tally = shared.tally_mut();
    while let Some(row) = rows.next()? {
        let ledger = tally.ledger_mut(&Name::from(row.get_ref(0)?.as_str()?));
        ledger.accepted = row::count(row, 1)?;
        ledger.submitted = row::count(row, 2)?;
        ledger.rejected = row::count(row, 3)?;
        ledger.suppressed = row::count(row, 4)?;
        ledger.expired = row::count(row, 5)?;
        ledger.failed = row::count(row, 6)?;
    }
    Ok(())
}

fn load_purged(connection: &Connection, shared: &Shared) -> rusqlite::Result<()> {
    let sql = "SELECT t.name, p.submitted, p.rejected, p.suppressed, p.expired, p.failed
        FROM purged p JOIN tenant t ON t.id = p.tenant";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut tally = shared.tally_mut();
    while let Some(row) = rows.next()? {
        let purged = tally.purged_mut(&Name::from(row.get_ref(0)?.as_str()?));
        purged.submitted = row::count(row, 1)?;
        purged.rejected = row::count(row, 2)?;
        purged.suppressed = row::count(row, 3)?;
        purged.expired = row::count(row, 4)?;
        purged.failed = row::count(row, 5)?;
        purged.accepted = purged.submitted + purged.rejected + purged.suppressed + purged.expired + purged.failed;
    }
    Ok(())
}

fn count(connection: &Connection, shared: &Shared, condition: &str, queued: bool) -> rusqlite::Result<()> {
    let sql = format!("SELECT lane, count(*) FROM message WHERE {condition} GROUP BY lane");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut tally = shared.tally_mut();
    while let Some(row) = rows.next()? {
        let names = shared.names();
        let lane = names.lane_of.get(&row.get(0)?).ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let count = row::count(row, 1)?;
        tally.ledger_mut(&lane.tenant).in_flight += count;
        if queued {
            tally.queue(lane, count);
        }
    }
    Ok(())
}

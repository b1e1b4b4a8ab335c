//! The database as its rows: to move everything, and to check it ([`super::super::transfer`]).

mod rows;

use std::time::Duration;

use futures_util::future::FutureExt;
use tokio::time::{Instant, sleep};

use super::super::Stored;
use super::super::transfer::{Found, Mark, Note, Notes, Raw, Row, Stand, TABLES, Table, Value};
use super::connection::{Conn, Connector};
use super::open::{self, OpenError};
use super::place::Place;
use super::roster::LEASE;
use super::trouble::Trouble;
use super::version;
use super::words::{count, get, kept, text};

/// Where the notes of a move are; the table is there as long as there are any.
const NOTES: &str = r#"CREATE TABLE IF NOT EXISTS moving (name text COLLATE "C" PRIMARY KEY, value text NOT NULL)"#;
const KEEP: &str = "INSERT INTO moving VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const HAS_NOTES: &str = "SELECT to_regclass('moving') IS NOT NULL";

/// Everything is read and written whole: as long as it takes, by plans for many rows.
const AT_LEISURE: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    RESET enable_seqscan; RESET enable_hashjoin; RESET enable_mergejoin";

/// Gateways hold it together, whoever has the store to himself alone. It goes with its session.
const ADMITTED: &str = "SELECT pg_try_advisory_lock_shared(1400332902, hashtext(current_schema()))";
const ALONE: &str = "SELECT pg_try_advisory_lock(1400332902, hashtext(current_schema()))";
const NOT_ALONE: &str = "SELECT pg_advisory_unlock(1400332902, hashtext(current_schema()))";
/// One whose connection is lost has no lock, and may be back: it is there until its lease ends.
const LEASED: &str = "SELECT EXISTS (SELECT 1 FROM node
    WHERE clock_timestamp() < greatest(until, pg_postmaster_start_time() + make_interval(secs => $1)))";
/// How long a gateway that is just stopping is waited for, and one that was killed.
const STOPPING: Duration = LEASE.saturating_add(Duration::from_secs(1));

/// What gateways say to each other, each to none of a store that came from elsewhere.
const NOBODY: &str = "TRUNCATE node, part, news, held; UPDATE turn SET moves = moves + 1, news = 0";
/// What the others of a ledger's columns come to.
const IN_FLIGHT: &str = "INSERT INTO ledger
    (tenant, node, accepted, submitted, rejected, suppressed, expired, failed, in_flight, queued)
    SELECT l.tenant, 0, 0, 0, 0, 0, 0, 0, count(*), count(*) FILTER (WHERE m.phase = 0)
    FROM message m JOIN lane l ON l.id = m.lane WHERE m.phase IN (0, 1, 2) GROUP BY l.tenant
    ON CONFLICT (tenant, node) DO UPDATE SET in_flight = excluded.in_flight, queued = excluded.queued";

/// A store in a database.
pub struct RawPostgres {
    conn: Conn,
}

impl RawPostgres {
    /// Nobody else writes to it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn alone(place: &Place) -> Result<Self, OpenError> {
        let conn = open::connect(&Connector::new(place)?).await?;
        version::check_all(&conn).await?;
        conn.batch(AT_LEISURE).await?;
        let began = Instant::now();
        loop {
            if is_true(&conn, ALONE).await? {
                let row = conn.first(LEASED, &[&LEASE.as_secs_f64()]).await?;
                if !row.map_or(Ok(false), |row| get(&row, 0))? {
                    break;
                }
                conn.first(NOT_ALONE, &[]).await?;
            }
            if began.elapsed() > STOPPING {
                return Err(OpenError::InUse);
            }
            sleep(Duration::from_millis(100)).await;
        }
        Ok(Self { conn })
    }

    /// The same; its tables are made if there are none.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn alone_or_new(place: &Place) -> Result<Self, OpenError> {
        if version::found(&Connector::new(place)?.connect().await?).await?.version == 0 {
            version::migrate(place).await?;
        }
        Self::alone(place).await
    }

    /// As it is at this moment, to be read only; gateways may have it.
    ///
    /// # Errors
    /// [`OpenError`]; also where its tables are older.
    pub async fn reading(place: &Place) -> Result<Self, OpenError> {
        let conn = Connector::new(place)?.connect().await?;
        version::check_all(&conn).await?;
        conn.batch(AT_LEISURE).await?;
        conn.batch("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        Ok(Self { conn })
    }

    async fn keep(&self, notes: &Notes) -> Result<(), Trouble> {
        self.conn.batch("BEGIN; DROP TABLE IF EXISTS moving").await?;
        if !notes.is_empty() {
            self.conn.batch(NOTES).await?;
        }
        for (name, value) in notes {
            self.conn.at_leisure(KEEP, &[&kept(name), &kept(value)]).await?;
        }
        self.conn.batch("COMMIT").await
    }

    async fn note(&self, (name, value): &Note) -> Result<(), Trouble> {
        self.conn.at_leisure(KEEP, &[&kept(name), &kept(value)]).await?;
        self.conn.batch("COMMIT").await
    }

    async fn number(&self, sql: &str) -> Result<u64, Trouble> {
        let row = self.conn.at_leisure(sql, &[]).await?.into_iter().next();
        row.map_or_else(|| Err(Trouble::unreadable("no row where there is one")), |row| count(&row, 0))
    }
}

async fn notes(conn: &Conn) -> Result<Notes, Trouble> {
    if !is_true(conn, HAS_NOTES).await? {
        return Ok(Notes::new());
    }
    let sql = "SELECT name, value FROM moving";
    conn.at_leisure(sql, &[]).await?.iter().map(|row| Ok((text(row, 0)?, text(row, 1)?))).collect()
}

async fn is_true(conn: &Conn, sql: &str) -> Result<bool, Trouble> {
    conn.first(sql, &[]).await?.map_or(Ok(false), |row| get(&row, 0))
}

/// Whether a gateway may have it, for as long as this session lives; a move that this ends is ended.
pub(super) async fn admit(conn: &Conn) -> Result<(), OpenError> {
    if !is_true(conn, ADMITTED).await? {
        return Err(OpenError::InUse);
    }
    if !is_true(conn, HAS_NOTES).await? {
        return Ok(());
    }
    // Several may come at once: each sees what the one before it did.
    conn.batch("BEGIN").await?;
    conn.query(open::LOCK_TABLES, &[]).await?;
    match Mark::read(&notes(conn).await?) {
        Some(mark) if mark.stand == Stand::Left => Err(OpenError::Moved(mark.other)),
        Some(mark) if mark.stand == Stand::Arriving => Err(OpenError::Half(mark.other)),
        Some(_) => Ok(conn.batch("DROP TABLE moving; COMMIT").await?),
        None => Ok(conn.batch("COMMIT").await?),
    }
}

/// The sequences, in the order of [`Raw::last_numbers`].
fn sequences() -> [(String, String); 7] {
    let identity = |table: &str| {
        (format!("pg_get_serial_sequence('{table}', 'id')::regclass"), format!("SELECT max(id) FROM {table}"))
    };
    let person = ("'person_number'::regclass".to_owned(), "SELECT max(person) FROM person".to_owned());
    let [tenant, lane, letter, audit, seal, consent] =
        ["tenant", "lane", "letter", "audit", "seal", "consent"].map(identity);
    [tenant, lane, letter, audit, seal, person, consent]
}

impl Raw for RawPostgres {
    fn notes(&mut self) -> Stored<'_, Notes> {
        async { Ok(notes(&self.conn).await?) }.boxed()
    }

    fn keep_notes(&mut self, notes: Notes) -> Stored<'_, ()> {
        async move { Ok(self.keep(&notes).await?) }.boxed()
    }

    fn page(&mut self, table: &'static Table, after: Option<Vec<Value>>, most: usize) -> Stored<'_, Vec<Row>> {
        async move { Ok(rows::page(&self.conn, table, after, most).await?) }.boxed()
    }

    fn count(&mut self, table: &'static Table) -> Stored<'_, u64> {
        async move { Ok(self.number(&format!("SELECT count(*) FROM {}", rows::whole(table))).await?) }.boxed()
    }

    fn put(&mut self, table: &'static Table, rows: Vec<Row>, note: Note) -> Stored<'_, ()> {
        async move {
            self.conn.batch("BEGIN").await?;
            rows::put(&self.conn, table, &rows).await?;
            Ok(self.note(&note).await?)
        }
        .boxed()
    }

    fn index(&mut self, found: Vec<Found>, note: Note) -> Stored<'_, ()> {
        async move {
            self.conn.batch("BEGIN").await?;
            rows::index(&self.conn, &found).await?;
            Ok(self.note(&note).await?)
        }
        .boxed()
    }

    fn indexed(&mut self, found: Vec<Found>) -> Stored<'_, (u64, u64)> {
        async move { Ok(rows::indexed(&self.conn, &found).await?) }.boxed()
    }

    fn count_keys(&mut self) -> Stored<'_, u64> {
        async { Ok(self.number("SELECT (SELECT count(*) FROM key) + (SELECT count(*) FROM dedupe)").await?) }.boxed()
    }

    fn last_numbers(&mut self) -> Stored<'_, [i64; 7]> {
        async {
            let mut last = [0; 7];
            for (last, (sequence, most)) in last.iter_mut().zip(sequences()) {
                let sql = format!("SELECT greatest(pg_sequence_last_value({sequence}), ({most}), 0)");
                *last = self.number(&sql).await?.cast_signed();
            }
            Ok(last)
        }
        .boxed()
    }

    fn settle(&mut self, last: [i64; 7]) -> Stored<'_, ()> {
        async move {
            for (last, (sequence, _)) in last.into_iter().zip(sequences()) {
                let sql = format!("SELECT setval({sequence}, {}, {})", last.max(1), last > 0);
                self.number(&sql).await?;
            }
            self.conn.batch_at_leisure(&format!("BEGIN; {IN_FLIGHT}; {NOBODY}; COMMIT")).await?;
            // Plans go by what the tables have now.
            Ok(self.conn.batch_at_leisure("ANALYZE").await?)
        }
        .boxed()
    }

    fn empty(&mut self) -> Stored<'_, ()> {
        async {
            let tables: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
            let sql = format!(
                "BEGIN; TRUNCATE {}, key, dedupe, history; {NOBODY}; DROP TABLE IF EXISTS moving; COMMIT",
                tables.join(", ")
            );
            Ok(self.conn.batch_at_leisure(&sql).await?)
        }
        .boxed()
    }

    fn ask(&mut self, sql: &'static str) -> Stored<'_, Vec<i64>> {
        async move {
            let rows = self.conn.at_leisure(sql, &[]).await?;
            Ok(rows.iter().map(|row| get(row, 0)).collect::<Result<_, Trouble>>()?)
        }
        .boxed()
    }

    /// All others are kept out of a table while it is written anew, and nobody else uses these.
    fn vacuum(&mut self) -> Stored<'_, [u64; 2]> {
        async {
            let tables = "SELECT format('%I', relname) FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'";
            let size = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'";
            let before = self.number(size).await?;
            for row in self.conn.at_leisure(tables, &[]).await? {
                let name: String = get(&row, 0)?;
                self.conn.batch_at_leisure(&format!("VACUUM (FULL, ANALYZE) {name}")).await?;
            }
            Ok([before, self.number(size).await?])
        }
        .boxed()
    }

    /// The server's own affair: `pg_amcheck`, and checksums of its pages. That all rows can be read shows as they are.
    fn integrity(&mut self) -> Stored<'_, Vec<String>> {
        async { Ok(Vec::new()) }.boxed()
    }
}

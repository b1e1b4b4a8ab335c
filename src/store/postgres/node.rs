//! The tables of nodes and their parts: entered, kept, taken, given up. Whoever changes them has the row of `turn` alone
//! meanwhile, so that each sees what the one before him did. Decides nothing: that is `watch`'s.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::super::part::Part;
use super::connection::Conn;
use super::roster::LEASE;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::get;

/// In every transaction: it is still entered, how many commits there are, and what it has heard. Until the end nobody else can
/// take its row.
pub(super) const MARK: &str =
    "UPDATE node SET commits = $1, heard = $2, until = clock_timestamp() + make_interval(secs => $3) WHERE id = $4";

/// Waits: whoever is entered must know of all news before.
const ALONE: &str = "SELECT news FROM turn FOR UPDATE";
/// Does not wait: what is not done now is done a moment later.
const ALONE_NOW: &str = "SELECT news FROM turn FOR UPDATE SKIP LOCKED";
/// Everybody looks.
const MOVED: &str = "UPDATE turn SET moves = moves + 1";

/// A lease in the database's words.
pub(super) fn lease() -> f64 {
    LEASE.as_secs_f64()
}

/// The smallest number that no node has.
const SLOT: &str = "SELECT s FROM generate_series(0, (SELECT count(*) FROM node)) s
    WHERE NOT EXISTS (SELECT 1 FROM node WHERE slot = s) ORDER BY s LIMIT 1";

/// A new node that has heard so many news: its number, its slot.
pub(super) async fn enter(conn: &Conn, heard: i64) -> Result<(i64, i64), Trouble> {
    conn.batch("BEGIN").await?;
    conn.first(ALONE, &[]).await?;
    let sql = format!(
        "INSERT INTO node (slot, program, commits, heard, until)
            VALUES (({SLOT}), $1, 0, $2, clock_timestamp() + make_interval(secs => $3)) RETURNING id, slot"
    );
    let row = conn.first(&sql, &[&env!("CARGO_PKG_VERSION"), &heard, &lease()]).await?;
    let row = row.ok_or_else(|| Trouble::unreadable("no row for a node"))?;
    conn.execute(MOVED, &[]).await?;
    conn.batch("COMMIT").await?;
    Ok((get(&row, 0)?, get(&row, 1)?))
}

/// Those whose lease ended give up what they had. A server that was away just now lets nobody come late, and whoever is in the
/// middle of a transaction is there.
pub(super) async fn bury(tx: &mut Tx) -> Result<(), Trouble> {
    if tx.first(ALONE_NOW, &[]).await?.is_none() {
        return Ok(());
    }
    let sql = "SELECT id FROM node WHERE id <> $1 AND clock_timestamp() >
        greatest(until, pg_postmaster_start_time() + make_interval(secs => $2)) FOR UPDATE SKIP LOCKED";
    let mut gone: Vec<i64> = Vec::new();
    for row in tx.query(sql, &[&tx.node, &lease()]).await? {
        gone.push(get(&row, 0)?);
    }
    if !gone.is_empty() {
        remove(tx, &gone).await?;
    }
    Ok(())
}

/// This one gives up everything: the last thing it writes.
pub(super) async fn leave(tx: &mut Tx) -> Result<(), Trouble> {
    tx.first(ALONE, &[]).await?;
    let gone = vec![tx.node];
    tx.execute("UPDATE node SET until = clock_timestamp() WHERE id = $1", &[&tx.node]).await?;
    remove(tx, &gone).await
}

async fn remove(tx: &mut Tx, gone: &[i64]) -> Result<(), Trouble> {
    let sql = "UPDATE part p SET node = NULL, freed = n.until FROM node n WHERE n.id = p.node AND n.id = ANY($1)";
    tx.execute(sql, &[&gone]).await?;
    tx.execute("DELETE FROM node WHERE id = ANY($1)", &[&gone]).await?;
    // What nobody adds to any more is one row.
    let sql = "INSERT INTO ledger AS l (tenant, node, accepted, submitted, rejected, suppressed, expired, failed, in_flight,
            queued)
        SELECT tenant, 0, sum(accepted), sum(submitted), sum(rejected), sum(suppressed), sum(expired), sum(failed),
            sum(in_flight), sum(queued) FROM ledger WHERE node <> 0 AND node NOT IN (SELECT id FROM node) GROUP BY tenant
        ON CONFLICT (tenant, node) DO UPDATE SET accepted = l.accepted + excluded.accepted,
            submitted = l.submitted + excluded.submitted, rejected = l.rejected + excluded.rejected,
            suppressed = l.suppressed + excluded.suppressed, expired = l.expired + excluded.expired,
            failed = l.failed + excluded.failed, in_flight = l.in_flight + excluded.in_flight,
            queued = l.queued + excluded.queued";
    tx.execute(sql, &[]).await?;
    tx.execute("DELETE FROM ledger WHERE node <> 0 AND node NOT IN (SELECT id FROM node)", &[]).await?;
    moved(tx).await
}

async fn moved(tx: &mut Tx) -> Result<(), Trouble> {
    tx.execute(MOVED, &[]).await?;
    tx.hints.look = true;
    Ok(())
}

/// Takes those groups of parts that are free as a whole.
pub(super) async fn take(tx: &mut Tx, groups: &[Vec<Part>]) -> Result<(), Trouble> {
    if tx.first(ALONE_NOW, &[]).await?.is_none() {
        return Ok(());
    }
    let all: Vec<String> = groups.iter().flatten().map(ToString::to_string).collect();
    let sql = "SELECT p.name FROM part p WHERE p.name = ANY($1) AND p.node <> $2
        AND EXISTS (SELECT 1 FROM node n WHERE n.id = p.node)";
    let mut theirs: HashSet<String> = HashSet::new();
    for row in tx.query(sql, &[&all, &tx.node]).await? {
        theirs.insert(get(&row, 0)?);
    }
    let free = groups.iter().filter(|group| !group.iter().any(|part| theirs.contains(&part.to_string())));
    // By name: there may be ten thousands.
    let free: HashMap<String, &Part> = free.flatten().map(|part| (part.to_string(), part)).collect();
    if free.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO part AS p (name, node) SELECT unnest($1::text[]), $2 ON CONFLICT (name)
        DO UPDATE SET node = $2 RETURNING name, extract(epoch FROM clock_timestamp() - p.freed)::float8";
    let taken: Vec<&String> = free.keys().collect();
    for row in tx.query(sql, &[&taken, &tx.node]).await? {
        let (name, ago): (String, Option<f64>) = (get(&row, 0)?, get(&row, 1)?);
        let ago = ago.map(|ago| Duration::try_from_secs_f64(ago.max(0.0)).unwrap_or_default());
        tx.pending.took.extend(free.get(&name).map(|part| ((*part).clone(), ago)));
    }
    moved(tx).await
}

/// Gives up parts that nothing is done with any more.
pub(super) async fn give(tx: &mut Tx, parts: &[Part]) -> Result<(), Trouble> {
    let names: Vec<String> = parts.iter().map(ToString::to_string).collect();
    let sql = "UPDATE part SET node = NULL, freed = clock_timestamp() WHERE name = ANY($1) AND node = $2";
    tx.execute(sql, &[&names, &tx.node]).await?;
    tx.pending.gave.extend(parts.iter().cloned());
    moved(tx).await
}

/// Says under which configuration it works.
pub(super) async fn introduce(tx: &mut Tx, version: &str) -> Result<(), Trouble> {
    tx.execute("UPDATE node SET configuration = $1 WHERE id = $2", &[&version, &tx.node]).await?;
    moved(tx).await
}

//! Which tables there are, which ones this program works on, and how the former become the latter.

use super::connection::{Conn, Connector};
use super::open::{LOCK_TABLES, OpenError, one};
use super::place::Place;
use super::schema::{self, STEPS, Step, VERSION};
use super::trouble::Trouble;
use super::words::count;

/// What a database says of its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// How many steps made them; 0: there are none.
    pub(super) version: usize,
    /// Programs that know fewer steps than these do not understand them.
    pub(super) needs: usize,
}

/// The first version with rows of nodes that have leases.
const NODES: usize = 2;

/// How many of these steps a program must know to work on what all of them made.
const fn needs(steps: &[Step]) -> usize {
    let mut last = steps.len();
    while last > 0 && !steps[last - 1].parts {
        last -= 1;
    }
    last
}

/// Brings the tables of a database to this program's version; the version before, and after. Tables of a newer program on which
/// this one works stay as they are.
///
/// # Errors
/// [`OpenError`]: it cannot be reached, or its tables are newer. Then nothing was changed.
pub async fn migrate(place: &Place) -> Result<(usize, usize), OpenError> {
    brought(place, STEPS).await
}

/// The same, to what those steps make.
pub(super) async fn brought(place: &Place, steps: &[Step]) -> Result<(usize, usize), OpenError> {
    let conn = Connector::new(place)?.connect().await?;
    conn.batch("BEGIN").await?;
    conn.query(LOCK_TABLES, &[]).await?;
    conn.batch(schema::MAKE).await?;
    let found = found(&conn).await?;
    if found.version > steps.len() {
        fit(found, steps.len())?;
        return Ok((found.version, found.version));
    }
    let missing: String = steps[found.version..].iter().map(|step| step.sql).collect();
    if !missing.is_empty() {
        if found.version >= NODES && needs(steps) > found.version {
            let running = stopped(&conn).await?;
            if running > 0 {
                return Err(OpenError::Parting { running, found: found.version, made: steps.len() });
            }
        }
        // Indexes of large tables take longer than a question may. All steps or none.
        let sql = format!(
            "SET LOCAL statement_timeout = 0; {missing} UPDATE switchboard SET version = {}, needs = {};",
            steps.len(),
            needs(steps)
        );
        conn.batch_at_leisure(&sql).await?;
    }
    conn.batch("COMMIT").await?;
    Ok((found.version, steps.len()))
}

/// Those whose lease has ended lose their rows, so that none goes on with what it no longer understands; how many have one that runs.
async fn stopped(conn: &Conn) -> Result<usize, Trouble> {
    let sql = "SELECT count(*) FROM node WHERE until > clock_timestamp()";
    let running = conn.first(sql, &[]).await?.map_or(Ok(0), |row| count(&row, 0))?;
    conn.batch("UPDATE part p SET node = NULL, freed = n.until FROM node n WHERE n.id = p.node; DELETE FROM node")
        .await?;
    Ok(running)
}

pub(super) async fn found(conn: &Conn) -> Result<Found, Trouble> {
    let there: bool = one(conn, schema::KNOWN).await?;
    // Tables from before there was such a column: each version needed a program of its own.
    let sql = "SELECT version, coalesce((to_jsonb(s) ->> 'needs')::bigint, version) FROM switchboard s";
    let row = if there { conn.first(sql, &[]).await? } else { None };
    let Some(row) = row else { return Ok(Found { version: 0, needs: 0 }) };
    Ok(Found { version: count(&row, 0)?, needs: count(&row, 1)? })
}

/// Whether this program works on the tables.
pub(super) async fn check(conn: &Conn) -> Result<(), OpenError> {
    fit(found(conn).await?, VERSION)
}

/// Whether this program knows all of the tables: whoever copies them must not forget any.
pub(super) async fn check_all(conn: &Conn) -> Result<(), OpenError> {
    let found = found(conn).await?;
    fit(Found { needs: found.version, ..found }, VERSION)
}

const fn fit(found: Found, known: usize) -> Result<(), OpenError> {
    if found.version < known {
        return Err(OpenError::OlderVersion { found: found.version, known });
    }
    if found.needs > known {
        return Err(OpenError::NewerVersion { found: found.version, known });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_works_on_what_it_knows_and_on_what_was_added_since() {
        let step = |parts| Step { sql: "", parts };
        let steps = [step(true), step(true), step(false), step(true), step(false), step(false)];
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|made| needs(&steps[..made])), [0, 1, 2, 2, 4, 4, 4]);
        let found = |version, needs| Found { version, needs };
        assert!(fit(found(4, 4), 4).is_ok() && fit(found(6, 4), 4).is_ok() && fit(found(6, 4), 5).is_ok());
        assert!(matches!(fit(found(6, 4), 3), Err(OpenError::NewerVersion { found: 6, known: 3 })));
        assert!(matches!(fit(found(3, 2), 4), Err(OpenError::OlderVersion { found: 3, known: 4 })));
    }
}

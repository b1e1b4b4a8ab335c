//! All messages counted anew: the rows, as a reader's thread reads them. How they are counted while others write stands in
//! `store::recount`.

use super::super::Count;
use super::super::recount::{SLICE, add_slice, next_slice};
use super::read::Reader;
use super::row;
use crate::delivery::Phase;
use crate::model::Name;

const ROWS: &str = "SELECT ref, lane, phase FROM message WHERE ref > ?1 ORDER BY ref LIMIT ?2";

impl Reader {
    /// Counts the next slice; what it all comes to after the last one.
    pub(super) fn recount(&self, run: u64) -> rusqlite::Result<Option<Vec<Count>>> {
        let Some(upto) = next_slice(&self.shared, run) else { return Ok(None) };
        let rows = self.rows_after(upto)?;
        Ok(add_slice(&self.shared, run, rows))
    }

    fn rows_after(&self, upto: i64) -> rusqlite::Result<Vec<(i64, Name, Phase)>> {
        let mut statement = self.connection.prepare_cached(ROWS)?;
        let mut rows = statement.query((upto, i64::try_from(SLICE).unwrap_or(i64::MAX)))?;
        let mut read = Vec::with_capacity(SLICE);
        while let Some(row) = rows.next()? {
            read.push((row.get(0)?, self.lane(row.get(1)?)?.tenant, row::phase(row.get(2)?)?));
        }
        Ok(read)
    }
}

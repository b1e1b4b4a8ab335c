//! What was used: added up once for each transaction, and read.

use rusqlite::params;

use super::super::usage::Sums;
use super::super::{Item, Months, Usage};
use super::read::Reader;
use super::tx::Tx;
use crate::model::Name;
use crate::value::Month;

const ADD: &str = "INSERT INTO usage (lane, month, category, currency, messages, priced, units, nanos)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (lane, month, category, currency) DO UPDATE SET messages = messages + excluded.messages,
        priced = priced + excluded.priced, units = units + excluded.units, nanos = nanos + excluded.nanos";

/// In the order of every engine. What all messages have left is zero in each column.
const READ: &str = "SELECT u.lane, u.month, u.category, u.currency, u.messages, u.priced, u.units, u.nanos
    FROM usage u JOIN lane l ON l.id = u.lane JOIN tenant t ON t.id = l.tenant
    WHERE u.month BETWEEN ?1 AND ?2 AND (?3 IS NULL OR t.name = ?3)
        AND (u.messages <> 0 OR u.priced <> 0 OR u.units <> 0 OR u.nanos <> 0)
    ORDER BY u.month, u.category, u.currency, t.name, l.sender LIMIT ?4";

/// What the transaction's changes add.
pub(super) fn add(tx: &Tx<'_>) -> rusqlite::Result<()> {
    for ((lane, item), Sums { messages, priced, units, nanos }) in &tx.pending.usage {
        let Item { month, category, currency } = item;
        tx.execute(ADD, params![lane, month.number(), category, currency, messages, priced, units, nanos])?;
    }
    Ok(())
}

impl Reader {
    pub(super) fn usage(&self, of: &Months, most: usize) -> rusqlite::Result<Vec<Usage>> {
        let Months { tenant, from, to } = of;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let tenant = tenant.as_ref().map(Name::as_str);
        let mut statement = self.connection.prepare_cached(READ)?;
        let mut rows = statement.query(params![from.number(), to.number(), tenant, most])?;
        let mut totals = Vec::new();
        while let Some(row) = rows.next()? {
            let number = row.get(1)?;
            let month = Month::from_number(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(1, number))?;
            let item = Item { month, category: row.get(2)?, currency: row.get(3)? };
            let sums = Sums { messages: row.get(4)?, priced: row.get(5)?, units: row.get(6)?, nanos: row.get(7)? };
            totals.push(Usage::of(self.lane(row.get(0)?)?, item, sums));
        }
        Ok(totals)
    }
}

//! What was used: added up once for each transaction, and read. Whoever writes at the same time has rows of his own, so that
//! none waits for another; what counts is their sum.

use tokio_postgres::Row;

use super::super::usage::Sums;
use super::super::{Item, Lane, Months, Usage};
use super::read::Reader;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{address, get, kept, limit, name, text};
use crate::value::Month;

const ADD: &str = "INSERT INTO usage AS k (slot, lane, month, category, currency, messages, priced, units, nanos)
    SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
        $9::bigint[])
    ON CONFLICT (lane, month, category, currency, slot) DO UPDATE SET messages = k.messages + excluded.messages,
        priced = k.priced + excluded.priced, units = k.units + excluded.units, nanos = k.nanos + excluded.nanos";

/// In the order of every engine. What all messages have left is zero in each column.
const READ: &str = "SELECT t.name, l.sender, u.month, u.category, u.currency, sum(u.messages)::bigint,
        sum(u.priced)::bigint, sum(u.units)::bigint, sum(u.nanos)::bigint
    FROM usage u JOIN lane l ON l.id = u.lane JOIN tenant t ON t.id = l.tenant
    WHERE u.month BETWEEN $1 AND $2 AND ($3::text IS NULL OR t.name = $3)
    GROUP BY t.name, l.sender, u.month, u.category, u.currency
    HAVING sum(u.messages) <> 0 OR sum(u.priced) <> 0 OR sum(u.units) <> 0 OR sum(u.nanos) <> 0
    ORDER BY u.month, u.category, u.currency, t.name, l.sender LIMIT $4";

/// What the transaction's changes add, in the order of the totals' keys.
pub(super) async fn add(tx: &Tx) -> Result<(), Trouble> {
    let usage = &tx.pending.usage;
    if usage.is_empty() {
        return Ok(());
    }
    let lanes: Vec<i64> = usage.keys().map(|(lane, _)| *lane).collect();
    let months: Vec<i64> = usage.keys().map(|(_, item)| item.month.number()).collect();
    let categories: Vec<_> = usage.keys().map(|(_, item)| kept(&item.category)).collect();
    let currencies: Vec<&str> = usage.keys().map(|(_, item)| item.currency.as_str()).collect();
    let column = |one: fn(&Sums) -> i64| usage.values().map(one).collect::<Vec<i64>>();
    let [messages, priced, units, nanos]: [fn(&Sums) -> i64; 4] =
        [|sums| sums.messages, |sums| sums.priced, |sums| sums.units, |sums| sums.nanos];
    let [messages, priced, units, nanos] = [messages, priced, units, nanos].map(column);
    let slot = i64::from(tx.roster.slot());
    tx.execute(ADD, &[&slot, &lanes, &months, &categories, &currencies, &messages, &priced, &units, &nanos])
        .await
        .map(drop)
}

impl Reader {
    pub(super) async fn usage(&self, of: &Months, most: usize) -> Result<Vec<Usage>, Trouble> {
        let tenant = of.tenant.as_ref().map(|tenant| kept(tenant.as_str()));
        self.each(READ, &[&of.from.number(), &of.to.number(), &tenant, &limit(most)], total).await
    }
}

fn total(row: &Row) -> Result<Usage, Trouble> {
    let lane = Lane { tenant: name(row, 0)?, from: address(row, 1)? };
    let month = Month::from_number(get(row, 2)?).ok_or_else(|| Trouble::unreadable("a month that is none"))?;
    let item = Item { month, category: text(row, 3)?, currency: text(row, 4)? };
    let sums = Sums { messages: get(row, 5)?, priced: get(row, 6)?, units: get(row, 7)?, nanos: get(row, 8)? };
    Ok(Usage::of(lane, item, sums))
}

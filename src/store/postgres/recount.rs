//! All messages counted anew, in one look at the tables as they were at one moment: whatever is written meanwhile, by whichever
//! node, is in none of it. On a connection of its own, since a transaction must not hold others' questions.

use std::collections::BTreeMap;

use super::super::tally::Account;
use super::super::{Count, Ledger, codes};
use super::connection::Connector;
use super::read::{TOLD, told};
use super::trouble::Trouble;
use super::words::{count, get, name};
use crate::model::Name;

const BEGIN: &str =
    "SET statement_timeout = 0; SET enable_seqscan = on; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Rows that are there, and those that were.
const COUNTED: &str = "SELECT t.name, m.phase::bigint, m.rows FROM (SELECT lane, phase, count(*) AS rows FROM message
        GROUP BY lane, phase) m JOIN lane l ON l.id = m.lane JOIN tenant t ON t.id = l.tenant";
const PURGED: &str = "SELECT t.name, submitted, rejected, suppressed, expired, failed FROM purged p
    JOIN tenant t ON t.id = p.tenant";

type Counts = BTreeMap<Name, Count>;

/// What is told beside what is counted, by tenant.
pub(super) async fn recount(connector: &Connector) -> Result<Vec<Count>, Trouble> {
    let conn = connector.connect().await?;
    conn.batch(BEGIN).await?;
    let mut counts = Counts::new();
    for row in conn.at_leisure(&format!("{TOLD} GROUP BY t.name"), &[]).await? {
        let count = of(&mut counts, &name(&row, 0)?);
        (count.told, count.queued[0]) = told(&row)?;
    }
    for row in conn.at_leisure(COUNTED, &[]).await? {
        let phase = codes::phase(get(&row, 1)?).ok_or_else(|| Trouble::unreadable("a phase that is none"))?;
        let (tenant, rows) = (name(&row, 0)?, count(&row, 2)?);
        let count = of(&mut counts, &tenant);
        let mut account = Account { ledger: count.counted, queued: count.queued[1] };
        account.add_many(phase, rows);
        (count.counted, count.queued[1]) = (account.ledger, account.queued);
    }
    for row in conn.at_leisure(PURGED, &[]).await? {
        let counted = &mut of(&mut counts, &name(&row, 0)?).counted;
        let ends = [
            &mut counted.submitted,
            &mut counted.rejected,
            &mut counted.suppressed,
            &mut counted.expired,
            &mut counted.failed,
        ];
        for (place, end) in ends.into_iter().enumerate() {
            let more: u64 = count(&row, place + 1)?;
            *end += more;
            counted.accepted += more;
        }
    }
    conn.batch("COMMIT").await?;
    Ok(counts.into_values().collect())
}

fn of<'c>(counts: &'c mut Counts, tenant: &Name) -> &'c mut Count {
    counts.entry(tenant.clone()).or_insert_with(|| Count {
        tenant: tenant.clone(),
        told: Ledger::default(),
        counted: Ledger::default(),
        queued: [0; 2],
    })
}

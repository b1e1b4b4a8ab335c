//! What is about a person: found by readers in slices, so that nobody waits, and erased by the writer. Calls and letters
//! first, then messages, then who they are: whoever asks again after a stop finds what is left by what goes later. At last
//! the tables are cleaned of the rows as they were before; what the server's log and copies of it still have grows old there.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::FutureExt;
use regex::bytes::Regex;

use super::super::codes::phase_code;
use super::super::person::{Person, Table};
use super::super::{Forget, Forgotten, Line, StoreError, key};
use super::people::{self, ADDRESSES};
use super::read::Reader;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{address, get, kept, limit, name_or_none, text};
use super::{Postgres, calls, consents, letters, row, words};
use crate::delivery::Phase;
use crate::faults::Point;
use crate::model::Name;
use crate::value::Timestamp;

const POINTS: [Point; 2] = [Point::ForgetWritten, Point::ForgetCommitted];
/// Rows that a reader looks at in one go.
const SLICE: usize = 1024;
/// Rows that the writer erases in one go.
const BATCH: usize = 200;

/// Rows as they were before are gone after this, unless somebody still reads them.
const CLEAN: &str = "VACUUM message, body, dedupe, key, history, call, letter, person, suppression, consent";

/// Who is forgotten, and what was erased so far.
struct Forgetting<'s> {
    store: &'s Postgres,
    at: Timestamp,
    person: Arc<Person>,
    gone: Forgotten,
}

pub(super) async fn forget(store: &Postgres, whom: Forget) -> Result<Forgotten, StoreError> {
    if store.shared.veil().is_none() {
        // Every node knows it before a repeat could need it.
        store.write(|tx| async move { tx.make_veil().await.map(drop) }.boxed()).await?;
    }
    let person = Arc::new(store.reader().await?.person(&whom).await?);
    let mut forgetting = Forgetting { store, at: whom.at, person, gone: Forgotten::default() };
    let messages = forgetting.find(Table::Messages, &HashSet::new()).await?;
    let about: HashSet<i64> = messages.iter().copied().collect();
    for table in [Table::Calls, Table::Letters] {
        let rows = forgetting.find(table, &about).await?;
        forgetting.erase(table, &rows).await?;
    }
    forgetting.erase(Table::Messages, &messages).await?;
    // What ended meanwhile may have been told of.
    let late = forgetting.find(Table::Calls, &about).await?;
    forgetting.erase(Table::Calls, &late).await?;
    let Forgetting { person, mut gone, .. } = forgetting;
    let who = person;
    let erased = store.step(POINTS, move |tx| {
        let who = Arc::clone(&who);
        async move { erase_person(tx, &who).await }.boxed()
    });
    gone.add(erased.await?);
    let reader = store.reader().await?;
    reader.conn.batch("SET statement_timeout = 0").await?;
    let cleaned = reader.conn.batch_at_leisure(CLEAN).await;
    reader.conn.batch("SET statement_timeout = '30s'").await?;
    cleaned?;
    Ok(gone)
}

impl Forgetting<'_> {
    /// The rows of a table that are about the person, or about one of these messages.
    async fn find(&self, table: Table, messages: &HashSet<i64>) -> Result<Vec<i64>, StoreError> {
        let (mut all, mut above) = (Vec::new(), i64::MIN);
        loop {
            let reader = self.store.reader().await?;
            let (found, next) = reader.about(&self.person, table, above, messages).await?;
            all.extend(found);
            match next {
                Some(last) => above = last,
                None => return Ok(all),
            }
        }
    }

    async fn erase(&mut self, table: Table, rows: &[i64]) -> Result<(), StoreError> {
        for rows in rows.chunks(BATCH) {
            let (rows, at): (Arc<[i64]>, _) = (rows.into(), self.at);
            let erased = self.store.step(POINTS, move |tx| {
                let rows = Arc::clone(&rows);
                async move { erase_rows(tx, table, &rows, at).await }.boxed()
            });
            self.gone.add(erased.await?);
        }
        Ok(())
    }
}

impl Reader {
    /// Every address of the person, by tenant.
    async fn person(&self, whom: &Forget) -> Result<Person, Trouble> {
        let meant = |name: &Name| whom.tenant.as_ref().is_none_or(|tenant| tenant == name);
        let all = self.each("SELECT name, id FROM tenant", &[], |row| Ok((words::name(row, 0)?, get(row, 1)?))).await?;
        let tenants = all.into_iter().filter(|(name, _): &(Name, i64)| meant(name));
        let mut person = Person::new(whom);
        for (name, id) in tenants {
            let known = self.each(ADDRESSES, &[&id, &kept(whom.address.as_str())], |row| address(row, 0)).await?;
            person.add(whom, name, known);
        }
        Ok(person)
    }

    /// Rows of a slice that are about the person, and where the next slice begins. `messages`: those that are about the
    /// person, whose calls and letters are too.
    async fn about(
        &self,
        person: &Person,
        table: Table,
        above: i64,
        messages: &HashSet<i64>,
    ) -> Result<(Vec<i64>, Option<i64>), Trouble> {
        let sql = match table {
            Table::Messages => {
                "SELECT b.ref, t.name, b.recipient FROM body b JOIN message m ON m.ref = b.ref JOIN lane l ON l.id = m.lane
                    JOIN tenant t ON t.id = l.tenant WHERE b.ref > $1 ORDER BY b.ref LIMIT $2"
            }
            Table::Calls => {
                "SELECT c.id, t.name, c.message, c.context, c.seal FROM call c JOIN tenant t ON t.id = c.tenant
                    WHERE c.id > $1 ORDER BY c.id LIMIT $2"
            }
            Table::Letters => {
                "SELECT id, tenant, message, content, seal FROM letter WHERE id > $1 ORDER BY id LIMIT $2"
            }
        };
        let mut finders: HashMap<Option<Name>, Option<Regex>> = HashMap::new();
        let rows = self.conn.query(sql, &[&above, &limit(SLICE)]).await?;
        let (mut found, mut last) = (Vec::new(), above);
        for row in &rows {
            last = get(row, 0)?;
            let tenant = name_or_none(row, 1)?;
            let hit = if table == Table::Messages {
                let recipient = text(row, 2)?;
                tenant.is_some_and(|tenant| person.has(&tenant, &recipient))
            } else {
                let about: Option<i64> = get(row, 2)?;
                about.is_some_and(|message| messages.contains(&message))
                    || match finders.entry(tenant.clone()).or_insert_with(|| person.finder(tenant.as_ref())) {
                        Some(finder) => finder.is_match(&self.shared.seals.open(get(row, 3)?, get(row, 4)?)?),
                        None => false,
                    }
            };
            if hit {
                found.push(last);
            }
        }
        Ok((found, (rows.len() == SLICE).then_some(last)))
    }
}

/// Erases rows of a table.
async fn erase_rows(tx: &mut Tx, table: Table, rows: &[i64], at: Timestamp) -> Result<Forgotten, Trouble> {
    let mut gone = Forgotten::default();
    match table {
        Table::Messages => {
            for number in rows {
                erase_message(tx, *number, at, &mut gone).await?;
            }
        }
        Table::Calls => gone.calls += calls::erase(tx, rows).await?,
        Table::Letters => {
            for letter in rows {
                gone.letters += u64::from(letters::discard(tx, *letter).await?);
            }
        }
    }
    Ok(gone)
}

async fn erase_message(tx: &mut Tx, number: i64, at: Timestamp, gone: &mut Forgotten) -> Result<(), Trouble> {
    let sql = format!("{} WHERE m.ref = $1 FOR UPDATE OF m", row::SELECT);
    let Some(row) = tx.first(&sql, &[&number]).await? else { return Ok(()) };
    let lane = tx.lane_of(row::lane(&row)?).await?;
    let message = row::message(&row, &tx.shared.seals, lane)?.message;
    if message.is_forgotten() {
        return Ok(());
    }
    let hashes: Vec<i64> = key::found_by(&message).collect();
    tx.execute("DELETE FROM key WHERE hash = ANY($1) AND ref = $2", &[&hashes, &number]).await?;
    let before = message.life.phase;
    let after = match before {
        Phase::Queued => Phase::Suppressed,
        // Nobody will know what became of it.
        Phase::Sending | Phase::InDoubt => Phase::Failed,
        ended => ended,
    };
    let sql =
        "UPDATE message SET phase = $2::bigint, wake = NULL, due = NULL, told = NULL, said = NULL, campaign = NULL,
        revision = revision + 1 WHERE ref = $1";
    tx.execute(sql, &[&number, &phase_code(after)]).await?;
    tx.execute("DELETE FROM history WHERE ref = $1", &[&number]).await?;
    tx.line(number, Line { at, text: "its recipient was forgotten".to_owned() });
    tx.execute("DELETE FROM attempt WHERE ref = $1", &[&number]).await?;
    let tenant = message.lane.tenant.clone();
    let mut veiled = None;
    if let Some(known) = &message.dedupe {
        let instead = tx.make_veil().await?.dedupe(tenant.as_str(), known);
        let hash = key::once(tenant.as_str(), known);
        tx.execute("DELETE FROM dedupe WHERE hash = $1 AND ref = $2", &[&&hash[..], &number]).await?;
        let hash = key::once(tenant.as_str(), &instead);
        let sql = "INSERT INTO dedupe VALUES ($1, $2) ON CONFLICT DO NOTHING";
        tx.execute(sql, &[&&hash[..], &number]).await?;
        veiled = Some(instead);
    }
    let sql =
        "UPDATE body SET recipient = '', platform_id = '', dedupe = $2, content = $3, seal = NULL, campaign = NULL
        WHERE ref = $1";
    tx.execute(sql, &[&number, &veiled, &&b"{}"[..]]).await?;
    tx.moved(message.reference, message.lane, Some(before), Some(after));
    gone.messages += 1;
    gone.unfinished += u64::from(!before.is_final());
    Ok(())
}

/// The person itself: addresses go, opt-outs become hashes.
async fn erase_person(tx: &mut Tx, person: &Person) -> Result<Forgotten, Trouble> {
    let mut gone = Forgotten::default();
    for (tenant, addresses) in &person.all {
        let id = tx.tenant(tenant).await?;
        for one in addresses {
            let address = kept(one.as_str());
            let sql = "DELETE FROM suppression WHERE tenant = $1 AND address = $2 RETURNING sender";
            for row in tx.query(sql, &[&id, &address]).await? {
                let (sender, proof) = (text(&row, 0)?, tx.make_veil().await?.proof(tenant, one));
                let _new = people::prove(tx, tenant, &sender, proof).await?;
                gone.suppressions += 1;
            }
            let sql = "DELETE FROM person WHERE tenant = $1 AND address = $2";
            gone.addresses += tx.execute(sql, &[&id, &address]).await?;
            consents::forget(tx, tenant, id, one).await?;
            tx.pending.forgotten.push((tenant.clone(), one.clone()));
        }
    }
    Ok(gone)
}

//! What is about a person: found by readers in slices, so that nobody waits, and erased by the writer. The order of it
//! is in `forget`.

use std::collections::{HashMap, HashSet};

use regex::bytes::Regex;
use rusqlite::params;

use super::super::person::{Person, Table};
use super::super::{Forget, Forgotten};
use super::people::{self, ADDRESSES};
use super::read::Reader;
use super::row::{self, line_text, phase_code};
use super::tx::Tx;
use super::writer::Trouble;
use super::{consents, key, letters};
use crate::delivery::Phase;
use crate::model::{Address, Name, Ref};
use crate::store::Line;
use crate::value::Timestamp;

/// Rows that a reader looks at in one go.
const SLICE: i64 = 1024;

/// Rows of a slice that are about the person, and where the next slice begins.
pub(super) type Slice = (Vec<i64>, Option<i64>);

impl Reader {
    /// Every address of the person, by tenant.
    pub(super) fn person(&self, whom: &Forget) -> rusqlite::Result<Person> {
        let names = self.shared.names();
        let meant = |name: &Name| whom.tenant.as_ref().is_none_or(|tenant| tenant == name);
        let mut person = Person::new(whom);
        for (name, id) in names.tenants.iter().filter(|(name, _)| meant(name)) {
            let mut statement = self.connection.prepare_cached(ADDRESSES)?;
            let address = |row: &rusqlite::Row<'_>| Ok(Address::from(row.get_ref(0)?.as_str()?));
            let known = statement.query_map(params![id, whom.address.as_str()], address)?;
            let known: Vec<Address> = known.collect::<Result<_, _>>()?;
            person.add(whom, name.clone(), known);
        }
        Ok(person)
    }

    /// A slice of a table. `messages`: those that are about the person, whose calls and letters are too.
    pub(super) fn about(
        &self,
        person: &Person,
        table: Table,
        above: i64,
        messages: &HashSet<i64>,
    ) -> rusqlite::Result<Slice> {
        let sql = match table {
            Table::Messages => "SELECT ref, recipient FROM body WHERE ref > ?1 ORDER BY ref LIMIT ?2",
            Table::Calls => {
                "SELECT c.id, t.name, c.message, c.context, c.seal FROM call c JOIN tenant t ON t.id = c.tenant
                    WHERE c.id > ?1 ORDER BY c.id LIMIT ?2"
            }
            Table::Letters => {
                "SELECT id, tenant, message, content, seal FROM letter WHERE id > ?1 ORDER BY id LIMIT ?2"
            }
        };
        let mut finders: HashMap<Option<Name>, Option<Regex>> = HashMap::new();
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([above, SLICE])?;
        let (mut found, mut looked, mut last) = (Vec::new(), 0, above);
        while let Some(row) = rows.next()? {
            last = row.get(0)?;
            looked += 1;
            let hit = if table == Table::Messages {
                let recipient = row.get_ref(1)?.as_str()?;
                person.all.values().flatten().any(|known| known.as_str() == recipient)
                    && person.has(&self.tenant_of(last)?, recipient)
            } else {
                let tenant = row.get_ref(1)?.as_str_or_null()?.map(Name::from);
                let about: Option<i64> = row.get(2)?;
                about.is_some_and(|message| messages.contains(&message))
                    || match finders.entry(tenant.clone()).or_insert_with(|| person.finder(tenant.as_ref())) {
                        Some(finder) => finder.is_match(&self.shared.seals.content(row, 3, 4)?),
                        None => false,
                    }
            };
            if hit {
                found.push(last);
            }
        }
        Ok((found, (looked == SLICE).then_some(last)))
    }

    fn tenant_of(&self, message: i64) -> rusqlite::Result<Name> {
        let mut statement = self.connection.prepare_cached("SELECT lane FROM message WHERE ref = ?1")?;
        Ok(self.lane(statement.query_row([message], |row| row.get(0))?)?.tenant)
    }

    /// Writes the log into the file and cuts it off, so that what was erased is in neither; whether that could be done.
    pub(super) fn fold(&self) -> rusqlite::Result<bool> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok(row.get::<_, i64>(0)? == 0))
    }
}

/// Erases rows of a table.
pub(super) fn rows(tx: &mut Tx<'_>, table: Table, rows: &[i64], at: Timestamp) -> Result<Forgotten, Trouble> {
    let mut gone = Forgotten::default();
    for row in rows {
        match table {
            Table::Messages => message(tx, *row, at, &mut gone)?,
            Table::Calls => {
                let deleted = tx.execute("DELETE FROM call WHERE id = ?1", [row])?;
                gone.calls += u64::from(deleted > 0);
            }
            Table::Letters => gone.letters += u64::from(letters::discard(tx, *row)?),
        }
    }
    Ok(gone)
}

fn message(tx: &mut Tx<'_>, number: i64, at: Timestamp, gone: &mut Forgotten) -> Result<(), Trouble> {
    let sql = format!("{} WHERE m.ref = ?1", row::SELECT);
    let found = tx.first(&sql, [number], |row| row::message(row, &tx.shared.seals, |lane| tx.lane_of(lane)))?;
    let Some(message) = found.map(|found| found.message).filter(|message| !message.is_forgotten()) else {
        return Ok(());
    };
    for hash in key::all(&message) {
        tx.lose(hash, number)?;
    }
    let before = message.life.phase;
    let after = match before {
        Phase::Queued => Phase::Suppressed,
        // Nobody will know what became of it.
        Phase::Sending | Phase::InDoubt => Phase::Failed,
        ended => ended,
    };
    let line = Line { at, text: "its recipient was forgotten".to_owned() };
    let sql = "UPDATE message SET phase = ?2, wake = NULL, due = NULL, told = NULL, said = NULL, campaign = NULL,
        revision = revision + 1, history = ?3 WHERE ref = ?1";
    tx.execute(sql, params![number, phase_code(after), line_text(&line)])?;
    tx.end_attempt(Ref::from_number(number))?;
    let tenant = message.lane.tenant.clone();
    let dedupe = match &message.dedupe {
        Some(known) => Some(tx.make_veil()?.dedupe(tenant.as_str(), known)),
        None => None,
    };
    let sql =
        "UPDATE body SET recipient = '', platform_id = '', dedupe = ?2, content = ?3, seal = NULL, campaign = NULL
        WHERE ref = ?1";
    tx.execute(sql, params![number, dedupe, &b"{}"[..]])?;
    if let Some(dedupe) = &dedupe {
        tx.find_by(key::own(tenant.as_str(), dedupe), number)?;
    }
    tx.moved(message.reference, message.lane, Some(before), Some(after));
    gone.messages += 1;
    gone.unfinished += u64::from(!before.is_final());
    Ok(())
}

/// The person itself: addresses go, opt-outs become hashes.
pub(super) fn person(tx: &mut Tx<'_>, person: &Person) -> Result<Forgotten, Trouble> {
    let mut gone = Forgotten::default();
    for (tenant, addresses) in &person.all {
        let id = tx.tenant(tenant)?;
        for address in addresses {
            let values = params![id, address.as_str()];
            let senders = tx.column("SELECT sender FROM suppression WHERE tenant = ?1 AND address = ?2", values)?;
            let senders: Vec<String> = senders;
            for sender in &senders {
                let proof = tx.make_veil()?.proof(tenant, address);
                let _new = people::prove(tx, tenant, sender, proof)?;
                gone.suppressions += 1;
            }
            tx.execute("DELETE FROM suppression WHERE tenant = ?1 AND address = ?2", params![id, address.as_str()])?;
            let known =
                tx.execute("DELETE FROM person WHERE tenant = ?1 AND address = ?2", params![id, address.as_str()])?;
            gone.addresses += u64::from(known > 0);
            consents::forget(tx, tenant, id, address)?;
            tx.pending.forgotten.push((tenant.clone(), address.clone()));
        }
    }
    Ok(gone)
}

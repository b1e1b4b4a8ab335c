//! What each node holds, for the others to tell of. A node's rows are its own: it writes what has changed when it looks at the
//! others, so that an operator may ask any of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_postgres::Row;

use super::super::held::{Hold, Holding, Holds};
use super::super::{CallLane, Lane};
use super::connection::Conn;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{address, count, get, kept, limit, name, text, time};

const MESSAGES: i64 = 0;
const CALLS: i64 = 1;
const PEOPLE: i64 = 2;

const READ: &str = "SELECT h.node, h.kind::bigint, h.tenant, h.what, h.since, h.probe, h.people FROM held h
    JOIN node n ON n.id = h.node";
/// Rows of nodes that are gone go too.
const CLEAR: &str = "DELETE FROM held h WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.id = h.node)
    OR h.node = $1 AND EXISTS (SELECT 1 FROM unnest($2::bigint[], $3::text[], $4::text[]) AS u(kind, tenant, what)
        WHERE h.kind = u.kind AND h.tenant = u.tenant AND h.what = u.what)";
const WRITE: &str = "INSERT INTO held (node, kind, tenant, what, since, probe, people)
    SELECT $1::bigint, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])
    ON CONFLICT (node, kind, tenant, what)
        DO UPDATE SET since = excluded.since, probe = excluded.probe, people = excluded.people";

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Both>);

#[derive(Debug, Default)]
struct Both {
    own: Holds,
    beside: Holds,
}

/// A row's name: its kind, the tenant, the sender or call.
type Key = (i64, String, String);
/// Since when, until when, how many.
type Rest = (i64, i64, i64);
type Rows = BTreeMap<Key, Rest>;

/// How a node's rows are to change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Edit {
    gone: BTreeSet<Key>,
    new: Rows,
}

impl Known {
    /// This node holds that now.
    pub(super) fn hold(&self, own: Holds) {
        self.both().own = own;
    }

    /// What the others hold.
    pub(super) fn beside(&self) -> Holds {
        self.both().beside.clone()
    }

    /// Reads what all hold; what this node is to write, if anything.
    pub(super) async fn look(&self, conn: &Conn, node: i64) -> Result<Option<Edit>, Trouble> {
        let (mut written, mut beside) = (Rows::new(), Holds::default());
        for row in conn.query(READ, &[]).await? {
            if get::<i64>(&row, 0)? == node {
                let key = (get(&row, 1)?, get(&row, 2)?, get(&row, 3)?);
                written.insert(key, (get(&row, 4)?, get(&row, 5)?, get(&row, 6)?));
            } else {
                beside = beside.and(one(&row)?);
            }
        }
        let mut both = self.both();
        both.beside = beside;
        let mut edit = Edit { gone: BTreeSet::new(), new: rows(&both.own) };
        drop(both);
        for (key, rest) in written {
            match edit.new.get(&key) {
                Some(now) if *now == rest => drop(edit.new.remove(&key)),
                Some(_) => {}
                None => drop(edit.gone.insert(key)),
            }
        }
        Ok(Some(edit).filter(|edit| *edit != Edit::default()))
    }

    /// There are no others.
    pub(super) fn alone(&self) {
        self.both().beside = Holds::default();
    }

    fn both(&self) -> MutexGuard<'_, Both> {
        // Each change of it is one step, so it is usable even if its last user came to grief.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn write(tx: &Tx, edit: &Edit) -> Result<(), Trouble> {
    let names = |keys: &mut dyn Iterator<Item = &Key>| {
        let (mut kinds, mut tenants, mut what) = (Vec::new(), Vec::new(), Vec::new());
        for (kind, tenant, named) in keys {
            kinds.push(*kind);
            tenants.push(tenant.clone());
            what.push(named.clone());
        }
        (kinds, tenants, what)
    };
    let (kinds, tenants, what) = names(&mut edit.gone.iter());
    tx.execute(CLEAR, &[&tx.node, &kinds, &tenants, &what]).await?;
    let (kinds, tenants, what) = names(&mut edit.new.keys());
    let column = |one: fn(&Rest) -> i64| edit.new.values().map(one).collect::<Vec<i64>>();
    let (since, probe, people) = (column(|rest| rest.0), column(|rest| rest.1), column(|rest| rest.2));
    tx.execute(WRITE, &[&tx.node, &kinds, &tenants, &what, &since, &probe, &people]).await.map(drop)
}

fn rows(holds: &Holds) -> Rows {
    let lanes = holds.lanes.iter().map(|(what, hold)| {
        let (kind, named) = match what {
            Holding::Messages(lane) => (MESSAGES, lane.from.as_str()),
            Holding::Calls(lane) => (CALLS, lane.name.as_str()),
        };
        (key(kind, what.tenant().as_str(), named), (hold.since.millis(), hold.probe.millis(), 0))
    });
    let people = holds
        .people
        .iter()
        .map(|((tenant, from), many)| (key(PEOPLE, tenant.as_str(), from.as_str()), (0, 0, limit(*many))));
    lanes.chain(people).collect()
}

fn key(kind: i64, tenant: &str, what: &str) -> Key {
    (kind, kept(tenant).into_owned(), kept(what).into_owned())
}

fn one(row: &Row) -> Result<Holds, Trouble> {
    let (tenant, mut holds) = (name(row, 2)?, Holds::default());
    let hold = Hold { since: time(row, 4)?, probe: time(row, 5)? };
    match get::<i64>(row, 1)? {
        MESSAGES => drop(holds.lanes.insert(Holding::Messages(Lane { tenant, from: address(row, 3)? }), hold)),
        CALLS => drop(holds.lanes.insert(Holding::Calls(CallLane { tenant, name: text(row, 3)? }), hold)),
        PEOPLE => drop(holds.people.insert((tenant, address(row, 3)?), count(row, 6)?)),
        // A newer program's.
        _ => {}
    }
    Ok(holds)
}

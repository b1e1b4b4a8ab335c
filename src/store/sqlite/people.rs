//! Writes that concern persons: inbound messages, opt-outs, and which addresses are one person's.

use rusqlite::params;

use super::super::veil::Proof;
use super::super::{Suppression, Taken};
use super::shared::Entry;
use super::tx::Tx;
use super::writer::Trouble;
use super::{calls, key, messages};
use crate::model::{Address, Name};

pub(super) fn take(tx: &mut Tx<'_>, inbound: &Taken) -> Result<bool, Trouble> {
    let tenant = tx.tenant(&inbound.tenant)?;
    // As earlier versions kept it.
    let plain = "SELECT 1 FROM inbound WHERE tenant = ?1 AND id = ?2";
    if tx.first(plain, params![tenant, inbound.id], |_| Ok(()))?.is_some() {
        return Ok(false);
    }
    let id = params![tenant, key::inbound(&inbound.id), inbound.at.millis()];
    if tx.execute("INSERT OR IGNORE INTO inbound VALUES (?1, ?2, ?3)", id)? == 0 {
        return Ok(false);
    }
    join(tx, &inbound.tenant, &inbound.addresses)?;
    suppress(tx, &inbound.suppressions)?;
    messages::accept(tx, &inbound.replies)?;
    inbound.calls.iter().try_for_each(|call| calls::add(tx, call, false))?;
    Ok(true)
}

pub(super) fn suppress(tx: &mut Tx<'_>, changes: &[Suppression]) -> Result<(), Trouble> {
    for change in changes {
        for address in addresses(tx, &change.tenant, &change.address)? {
            let (tenant, sender) = (change.tenant.clone(), change.sender.clone());
            list(tx, Entry { tenant, sender, address, on: change.on })?;
        }
    }
    Ok(())
}

/// One row, and the same in memory once it is durable.
fn list(tx: &mut Tx<'_>, entry: Entry) -> rusqlite::Result<()> {
    let sql = match (entry.on, &entry.sender) {
        (true, _) => "INSERT OR IGNORE INTO suppression (tenant, address, sender) VALUES (?1, ?2, ?3)",
        (false, Some(_)) => "DELETE FROM suppression WHERE tenant = ?1 AND address = ?2 AND sender = ?3",
        (false, None) => "DELETE FROM suppression WHERE tenant = ?1 AND address = ?2 AND ?3 = ''",
    };
    let tenant = tx.tenant(&entry.tenant)?;
    let sender = entry.sender.as_ref().map_or("", Address::as_str);
    tx.execute(sql, params![tenant, entry.address.as_str(), sender])?;
    let proof = tx.veil().map(|veil| veil.proof(&entry.tenant, &entry.address));
    if let (false, Some(proof)) = (entry.on, proof) {
        let sql = "DELETE FROM proof WHERE tenant = ?1 AND hash = ?2 AND (?3 = '' OR sender = ?3)";
        tx.execute(sql, params![tenant, proof, sender])?;
    }
    tx.pending.list(entry, proof);
    Ok(())
}

/// The opt-out of somebody who was forgotten: one row, and the same in memory once it is durable.
pub(super) fn prove(tx: &mut Tx<'_>, tenant: &Name, sender: &str, proof: Proof) -> rusqlite::Result<()> {
    let id = tx.tenant(tenant)?;
    tx.execute("INSERT OR IGNORE INTO proof (tenant, hash, sender) VALUES (?1, ?2, ?3)", params![id, proof, sender])?;
    let sender = Some(sender).filter(|sender| !sender.is_empty()).map(Address::from);
    tx.pending.proofs.push((tenant.clone(), sender, proof));
    Ok(())
}

/// The addresses of the person that a tenant's address is of.
pub(super) const ADDRESSES: &str =
    "SELECT o.address FROM person p JOIN person o ON o.person = p.person WHERE p.tenant = ?1 AND p.address = ?2";

/// All addresses of the person, this one included.
fn addresses(tx: &mut Tx<'_>, tenant: &Name, address: &Address) -> rusqlite::Result<Vec<Address>> {
    let id = tx.tenant(tenant)?;
    let all: Vec<String> = tx.column(ADDRESSES, params![id, address.as_str()])?;
    if all.is_empty() {
        return Ok(vec![address.clone()]);
    }
    Ok(all.iter().map(|one| Address::from(one.as_str())).collect())
}

/// They are one person's from now on: what one address opted out of, all did.
pub(super) fn join(tx: &mut Tx<'_>, tenant: &Name, joined: &[Address]) -> rusqlite::Result<()> {
    let id = tx.tenant(tenant)?;
    let mut persons = Vec::with_capacity(joined.len());
    for address in joined {
        let sql = "SELECT person FROM person WHERE tenant = ?1 AND address = ?2";
        persons.push(tx.first(sql, params![id, address.as_str()], |row| row.get::<_, i64>(0))?);
    }
    let known = persons.first().copied().flatten();
    let same_address = joined.iter().all(|address| Some(address) == joined.first());
    if same_address || (known.is_some() && persons.iter().all(|person| *person == known)) {
        return Ok(());
    }
    let next = "SELECT ifnull(max(person), 0) + 1 FROM person";
    let person = match persons.iter().flatten().min() {
        Some(person) => *person,
        None => tx.first(next, [], |row| row.get(0))?.unwrap_or(1),
    };
    for other in persons.iter().flatten() {
        tx.execute("UPDATE person SET person = ?1 WHERE person = ?2", [person, *other])?;
    }
    for address in joined {
        let sql = "INSERT OR IGNORE INTO person (tenant, address, person) VALUES (?1, ?2, ?3)";
        tx.execute(sql, params![id, address.as_str(), person])?;
    }
    share_suppressions(tx, tenant, id, person)?;
    share_proofs(tx, tenant, id, person)
}

/// Somebody who was forgotten comes back with one more address: what one of them opted out of, all did.
fn share_proofs(tx: &mut Tx<'_>, tenant: &Name, id: i64, person: i64) -> rusqlite::Result<()> {
    let Some(veil) = tx.veil() else { return Ok(()) };
    let all: Vec<String> = tx.column("SELECT address FROM person WHERE person = ?1", [person])?;
    let proofs: Vec<Proof> = all.iter().map(|address| veil.proof(tenant, &address.as_str().into())).collect();
    let mut senders: Vec<String> = Vec::new();
    for proof in &proofs {
        senders.extend(
            tx.column::<String>("SELECT sender FROM proof WHERE tenant = ?1 AND hash = ?2", params![id, proof])?,
        );
    }
    for sender in &senders {
        for proof in &proofs {
            prove(tx, tenant, sender, *proof)?;
        }
    }
    Ok(())
}

fn share_suppressions(tx: &mut Tx<'_>, tenant: &Name, id: i64, person: i64) -> rusqlite::Result<()> {
    let sql = "SELECT DISTINCT s.sender FROM person p JOIN suppression s ON s.tenant = ?1 AND s.address = p.address
        WHERE p.person = ?2";
    let senders: Vec<String> = tx.column(sql, [id, person])?;
    if senders.is_empty() {
        return Ok(());
    }
    let all: Vec<String> = tx.column("SELECT address FROM person WHERE person = ?1", [person])?;
    for sender in &senders {
        for address in &all {
            let sender = Some(sender.as_str()).filter(|sender| !sender.is_empty()).map(Address::from);
            list(tx, Entry { tenant: tenant.clone(), sender, address: address.as_str().into(), on: true })?;
        }
    }
    Ok(())
}

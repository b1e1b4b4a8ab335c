//! Writes that concern persons: inbound messages, opt-outs, and which addresses are one person's.

use rusqlite::params;

use super::super::consent::{sender_of, sender_text};
use super::super::veil::Proof;
use super::super::{Cause, Suppression, Taken};
use super::consents::{self, Noted};
use super::shared::Entry;
use super::tx::Tx;
use super::writer::Trouble;
use super::{calls, key, messages};
use crate::model::{Address, Name};
use crate::value::Timestamp;

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
    join(tx, &inbound.tenant, &inbound.addresses, inbound.at)?;
    suppress(tx, &inbound.suppressions)?;
    messages::accept(tx, &inbound.replies)?;
    inbound.calls.iter().try_for_each(|call| calls::add(tx, call, false))?;
    Ok(true)
}

/// Whether each of them changed something.
pub(super) fn suppress(tx: &mut Tx<'_>, changes: &[Suppression]) -> Result<Vec<bool>, Trouble> {
    let mut all = Vec::with_capacity(changes.len());
    for Suppression { tenant, sender, address, on, at, cause } in changes {
        let mut changed = false;
        for address in addresses(tx, tenant, address)? {
            let entry = Entry { tenant: tenant.clone(), sender: sender.clone(), address, on: *on };
            changed |= list(tx, entry, (*at, cause))?;
        }
        all.push(changed);
    }
    Ok(all)
}

/// One row, its line if that changes something, and the same in memory once it is durable.
fn list(tx: &mut Tx<'_>, entry: Entry, noted: Noted<'_>) -> rusqlite::Result<bool> {
    let sql = match (entry.on, &entry.sender) {
        (true, _) => "INSERT OR IGNORE INTO suppression (tenant, address, sender) VALUES (?1, ?2, ?3)",
        (false, Some(_)) => "DELETE FROM suppression WHERE tenant = ?1 AND address = ?2 AND sender = ?3",
        (false, None) => "DELETE FROM suppression WHERE tenant = ?1 AND address = ?2 AND ?3 = ''",
    };
    let tenant = tx.tenant(&entry.tenant)?;
    let sender = sender_text(entry.sender.as_ref());
    let proof = tx.veil().map(|veil| veil.proof(&entry.tenant, &entry.address));
    if let (true, Some(proof)) = (entry.on && noted.1.is_by_hand(), proof) {
        let sql = "SELECT 1 FROM proof WHERE tenant = ?1 AND hash = ?2 AND sender = ?3";
        if tx.first(sql, params![tenant, proof, sender], |_| Ok(()))?.is_some() {
            return Ok(false);
        }
    }
    let mut changed = tx.execute(sql, params![tenant, entry.address.as_str(), sender])?;
    if let (false, Some(proof)) = (entry.on, proof) {
        let sql = "DELETE FROM proof WHERE tenant = ?1 AND hash = ?2 AND (?3 = '' OR sender = ?3)";
        changed += tx.execute(sql, params![tenant, proof, sender])?;
    }
    if changed > 0 {
        consents::add(tx, (tenant, sender, entry.on), Ok(&entry.address), noted)?;
    }
    tx.pending.list(entry, proof);
    Ok(changed > 0)
}

/// The opt-out of somebody who was forgotten: one row, and the same in memory once it is durable. Whether it is new.
pub(super) fn prove(tx: &mut Tx<'_>, tenant: &Name, sender: &str, proof: Proof) -> rusqlite::Result<bool> {
    let id = tx.tenant(tenant)?;
    let sql = "INSERT OR IGNORE INTO proof (tenant, hash, sender) VALUES (?1, ?2, ?3)";
    let new = tx.execute(sql, params![id, proof, sender])? > 0;
    tx.pending.proofs.push((tenant.clone(), sender_of(sender), proof));
    Ok(new)
}

/// A tenant, its number, and a person's.
type Whose<'w> = (&'w Name, i64, i64);

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
pub(super) fn join(tx: &mut Tx<'_>, tenant: &Name, joined: &[Address], at: Timestamp) -> rusqlite::Result<()> {
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
    let whose = (tenant, id, person);
    share_suppressions(tx, whose, at)?;
    share_proofs(tx, whose, at)
}

/// Somebody who was forgotten comes back with one more address: what one of them opted out of, all did.
fn share_proofs(tx: &mut Tx<'_>, (tenant, id, person): Whose<'_>, at: Timestamp) -> rusqlite::Result<()> {
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
            if prove(tx, tenant, sender, *proof)? {
                consents::add(tx, (id, sender, true), Err(*proof), (at, &Cause::Joined))?;
            }
        }
    }
    Ok(())
}

fn share_suppressions(tx: &mut Tx<'_>, (tenant, id, person): Whose<'_>, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "SELECT DISTINCT s.sender FROM person p JOIN suppression s ON s.tenant = ?1 AND s.address = p.address
        WHERE p.person = ?2";
    let senders: Vec<String> = tx.column(sql, [id, person])?;
    if senders.is_empty() {
        return Ok(());
    }
    let all: Vec<String> = tx.column("SELECT address FROM person WHERE person = ?1", [person])?;
    for sender in &senders {
        for address in &all {
            let (tenant, sender, address) = (tenant.clone(), sender_of(sender), address.as_str().into());
            list(tx, Entry { tenant, sender, address, on: true }, (at, &Cause::Joined))?;
        }
    }
    Ok(())
}

//! Writes that concern persons: inbound messages, opt-outs, and which addresses are one person's.

use super::super::consent::{sender_of, sender_text};
use super::super::shared::Entry;
use super::super::veil::Proof;
use super::super::{Cause, Suppression, Taken, key};
use super::consents::{self, Noted};
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{address, get, kept, text};
use super::{calls, messages, news};
use crate::model::{Address, Name};
use crate::value::Timestamp;

pub(super) async fn take(tx: &mut Tx, inbound: &Taken) -> Result<bool, Trouble> {
    let tenant = tx.tenant(&inbound.tenant).await?;
    let sql = "INSERT INTO inbound VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    if tx.execute(sql, &[&tenant, &key::inbound(&inbound.id), &inbound.at.millis()]).await? == 0 {
        news::all_before(tx).await?;
        return Ok(false);
    }
    join(tx, &inbound.tenant, &inbound.addresses, inbound.at).await?;
    suppress(tx, &inbound.suppressions).await?;
    messages::accept(tx, &inbound.replies.iter().collect::<Vec<_>>()).await?;
    calls::add(tx, &inbound.calls.iter().map(|call| (call, false)).collect::<Vec<_>>()).await?;
    Ok(true)
}

/// Whether each of them changed something.
pub(super) async fn suppress(tx: &mut Tx, changes: &[Suppression]) -> Result<Vec<bool>, Trouble> {
    let mut all = Vec::with_capacity(changes.len());
    for Suppression { tenant, sender, address, on, at, cause } in changes {
        let mut changed = false;
        for address in addresses(tx, tenant, address).await? {
            let entry = Entry { tenant: tenant.clone(), sender: sender.clone(), address, on: *on };
            changed |= list(tx, entry, (*at, cause)).await?;
        }
        all.push(changed);
    }
    Ok(all)
}

/// One row, its line if that changes something, and the same in memory once it is durable.
async fn list(tx: &mut Tx, entry: Entry, noted: Noted<'_>) -> Result<bool, Trouble> {
    let tenant = tx.tenant(&entry.tenant).await?;
    let sender = sender_text(entry.sender.as_ref());
    let (sender, address) = (kept(sender).into_owned(), kept(entry.address.as_str()).into_owned());
    let proof = tx.veil().map(|veil| veil.proof(&entry.tenant, &entry.address));
    let changed = if entry.on {
        if let Some(proof) = proof.filter(|_| noted.1.is_by_hand()) {
            let sql = "SELECT 1 FROM proof WHERE tenant = $1 AND hash = $2 AND sender = $3";
            if tx.first(sql, &[&tenant, &&proof[..], &sender]).await?.is_some() {
                return Ok(false);
            }
        }
        let sql = "INSERT INTO suppression (tenant, address, sender) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        tx.execute(sql, &[&tenant, &address, &sender]).await?
    } else {
        let sql = "DELETE FROM suppression WHERE tenant = $1 AND address = $2 AND ($3 = '' OR sender = $3)";
        let by_name = tx.execute(sql, &[&tenant, &address, &sender]).await?;
        let sql = "DELETE FROM proof WHERE tenant = $1 AND hash = $2 AND ($3 = '' OR sender = $3)";
        match proof {
            Some(proof) => by_name + tx.execute(sql, &[&tenant, &&proof[..], &sender]).await?,
            None => by_name,
        }
    };
    if changed > 0 {
        consents::add(tx, (tenant, &sender, entry.on), Ok(&address), noted).await?;
    }
    tx.pending.list(entry, proof);
    Ok(changed > 0)
}

/// The opt-out of somebody who was forgotten: one row, and the same in memory once it is durable. Whether it is new.
pub(super) async fn prove(tx: &mut Tx, tenant: &Name, sender: &str, proof: Proof) -> Result<bool, Trouble> {
    let id = tx.tenant(tenant).await?;
    let sql = "INSERT INTO proof (tenant, hash, sender) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let new = tx.execute(sql, &[&id, &&proof[..], &kept(sender)]).await? > 0;
    tx.pending.proofs.push((tenant.clone(), sender_of(sender), proof));
    Ok(new)
}

/// A tenant, its number, and a person's.
type Whose<'w> = (&'w Name, i64, i64);

/// The addresses of the person that a tenant's address is of.
pub(super) const ADDRESSES: &str =
    "SELECT o.address FROM person p JOIN person o ON o.person = p.person WHERE p.tenant = $1 AND p.address = $2";

/// All addresses of the person, this one included.
async fn addresses(tx: &mut Tx, tenant: &Name, of: &Address) -> Result<Vec<Address>, Trouble> {
    let id = tx.tenant(tenant).await?;
    let rows = tx.query(ADDRESSES, &[&id, &kept(of.as_str())]).await?;
    if rows.is_empty() {
        return Ok(vec![of.clone()]);
    }
    rows.iter().map(|row| address(row, 0)).collect()
}

async fn addresses_of(tx: &Tx, person: i64) -> Result<Vec<Address>, Trouble> {
    let rows = tx.query("SELECT address FROM person WHERE person = $1", &[&person]).await?;
    rows.iter().map(|row| address(row, 0)).collect()
}

/// They are one person's from now on: what one address opted out of, all did.
pub(super) async fn join(tx: &mut Tx, tenant: &Name, joined: &[Address], at: Timestamp) -> Result<(), Trouble> {
    if joined.iter().all(|address| Some(address) == joined.first()) {
        return Ok(());
    }
    let id = tx.tenant(tenant).await?;
    let mut persons: Vec<Option<i64>> = Vec::with_capacity(joined.len());
    for address in joined {
        let sql = "SELECT person FROM person WHERE tenant = $1 AND address = $2";
        let row = tx.first(sql, &[&id, &kept(address.as_str())]).await?;
        persons.push(row.map(|row| get(&row, 0)).transpose()?);
    }
    let known = persons.first().copied().flatten();
    if known.is_some() && persons.iter().all(|person| *person == known) {
        return Ok(());
    }
    let person = match persons.iter().flatten().min() {
        Some(person) => *person,
        None => {
            let row = tx.first("SELECT nextval('person_number')", &[]).await?;
            row.map_or_else(|| Err(Trouble::unreadable("no number for a person")), |row| get(&row, 0))?
        }
    };
    for other in persons.iter().flatten() {
        tx.execute("UPDATE person SET person = $1 WHERE person = $2", &[&person, other]).await?;
    }
    for address in joined {
        let sql = "INSERT INTO person (tenant, address, person) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        tx.execute(sql, &[&id, &kept(address.as_str()), &person]).await?;
    }
    let whose = (tenant, id, person);
    share_suppressions(tx, whose, at).await?;
    share_proofs(tx, whose, at).await
}

/// Somebody who was forgotten comes back with one more address: what one of them opted out of, all did.
async fn share_proofs(tx: &mut Tx, (tenant, id, person): Whose<'_>, at: Timestamp) -> Result<(), Trouble> {
    let Some(veil) = tx.veil().cloned() else { return Ok(()) };
    let all = addresses_of(tx, person).await?;
    let proofs: Vec<Proof> = all.iter().map(|address| veil.proof(tenant, address)).collect();
    let hashes: Vec<&[u8]> = proofs.iter().map(|proof| &proof[..]).collect();
    let sql = "SELECT DISTINCT sender FROM proof WHERE tenant = $1 AND hash = ANY($2)";
    for row in tx.query(sql, &[&id, &hashes]).await? {
        let sender = text(&row, 0)?;
        for proof in &proofs {
            if prove(tx, tenant, &sender, *proof).await? {
                consents::add(tx, (id, &kept(&sender), true), Err(*proof), (at, &Cause::Joined)).await?;
            }
        }
    }
    Ok(())
}

async fn share_suppressions(tx: &mut Tx, (tenant, id, person): Whose<'_>, at: Timestamp) -> Result<(), Trouble> {
    let sql = "SELECT DISTINCT s.sender FROM person p JOIN suppression s ON s.tenant = $1 AND s.address = p.address
        WHERE p.person = $2";
    let senders = tx.query(sql, &[&id, &person]).await?;
    if senders.is_empty() {
        return Ok(());
    }
    let all = addresses_of(tx, person).await?;
    for row in senders {
        let sender = super::words::sender(&row, 0)?;
        for address in &all {
            let (tenant, sender) = (tenant.clone(), sender.clone());
            let entry = Entry { tenant, sender, address: address.clone(), on: true };
            list(tx, entry, (at, &Cause::Joined)).await?;
        }
    }
    Ok(())
}

//! Writes that concern persons: inbound messages, opt-outs, and which addresses are one person's.

use super::super::shared::Entry;
use super::super::veil::Proof;
use super::super::{Suppression, Taken, key};
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{address, get, kept, text};
use super::{calls, messages, news};
use crate::model::{Address, Name};

pub(super) async fn take(tx: &mut Tx, inbound: &Taken) -> Result<bool, Trouble> {
    let tenant = tx.tenant(&inbound.tenant).await?;
    let sql = "INSERT INTO inbound VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    if tx.execute(sql, &[&tenant, &key::inbound(&inbound.id), &inbound.at.millis()]).await? == 0 {
        news::all_before(tx).await?;
        return Ok(false);
    }
    join(tx, &inbound.tenant, &inbound.addresses).await?;
    suppress(tx, &inbound.suppressions).await?;
    messages::accept(tx, &inbound.replies.iter().collect::<Vec<_>>()).await?;
    calls::add(tx, &inbound.calls.iter().map(|call| (call, false)).collect::<Vec<_>>()).await?;
    Ok(true)
}

pub(super) async fn suppress(tx: &mut Tx, changes: &[Suppression]) -> Result<(), Trouble> {
    for change in changes {
        for address in addresses(tx, &change.tenant, &change.address).await? {
            let (tenant, sender) = (change.tenant.clone(), change.sender.clone());
            list(tx, Entry { tenant, sender, address, on: change.on }).await?;
        }
    }
    Ok(())
}

/// One row, and the same in memory once it is durable.
async fn list(tx: &mut Tx, entry: Entry) -> Result<(), Trouble> {
    let tenant = tx.tenant(&entry.tenant).await?;
    let sender = entry.sender.as_ref().map_or("", Address::as_str);
    let (sender, address) = (kept(sender).into_owned(), kept(entry.address.as_str()).into_owned());
    let proof = tx.veil().map(|veil| veil.proof(&entry.tenant, &entry.address));
    if entry.on {
        let sql = "INSERT INTO suppression (tenant, address, sender) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        tx.execute(sql, &[&tenant, &address, &sender]).await?;
    } else {
        let sql = "DELETE FROM suppression WHERE tenant = $1 AND address = $2 AND ($3 = '' OR sender = $3)";
        tx.execute(sql, &[&tenant, &address, &sender]).await?;
        if let Some(proof) = proof {
            let sql = "DELETE FROM proof WHERE tenant = $1 AND hash = $2 AND ($3 = '' OR sender = $3)";
            tx.execute(sql, &[&tenant, &&proof[..], &sender]).await?;
        }
    }
    tx.pending.list(entry, proof);
    Ok(())
}

/// The opt-out of somebody who was forgotten: one row, and the same in memory once it is durable.
pub(super) async fn prove(tx: &mut Tx, tenant: &Name, sender: &str, proof: Proof) -> Result<(), Trouble> {
    let id = tx.tenant(tenant).await?;
    let sql = "INSERT INTO proof (tenant, hash, sender) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    tx.execute(sql, &[&id, &&proof[..], &kept(sender)]).await?;
    let sender = Some(sender).filter(|sender| !sender.is_empty()).map(Address::from);
    tx.pending.proofs.push((tenant.clone(), sender, proof));
    Ok(())
}

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
pub(super) async fn join(tx: &mut Tx, tenant: &Name, joined: &[Address]) -> Result<(), Trouble> {
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
    share_suppressions(tx, tenant, id, person).await?;
    share_proofs(tx, tenant, id, person).await
}

/// Somebody who was forgotten comes back with one more address: what one of them opted out of, all did.
async fn share_proofs(tx: &mut Tx, tenant: &Name, id: i64, person: i64) -> Result<(), Trouble> {
    let Some(veil) = tx.veil().cloned() else { return Ok(()) };
    let all = addresses_of(tx, person).await?;
    let proofs: Vec<Proof> = all.iter().map(|address| veil.proof(tenant, address)).collect();
    let hashes: Vec<&[u8]> = proofs.iter().map(|proof| &proof[..]).collect();
    let sql = "SELECT DISTINCT sender FROM proof WHERE tenant = $1 AND hash = ANY($2)";
    for row in tx.query(sql, &[&id, &hashes]).await? {
        let sender = text(&row, 0)?;
        for proof in &proofs {
            prove(tx, tenant, &sender, *proof).await?;
        }
    }
    Ok(())
}

async fn share_suppressions(tx: &mut Tx, tenant: &Name, id: i64, person: i64) -> Result<(), Trouble> {
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
            list(tx, Entry { tenant, sender, address: address.clone(), on: true }).await?;
        }
    }
    Ok(())
}

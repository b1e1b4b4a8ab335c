//! Writes that concern messages: accepting, attempts, changes, the end.

use rusqlite::params;

use super::super::usage::bill_text;
use super::super::wake::wake_of;
use super::super::{Acceptance, Change, NewMessage, StoreError};
use super::row::{self, class_code, line_text, list_text, origin_code, phase_code, status_code, told_text};
use super::tx::Tx;
use super::writer::Trouble;
use super::{calls, key, letters, people};
use crate::delivery::Phase;
use crate::model::Ref;
use crate::value::Timestamp;

const INSERT: &str = "INSERT INTO message (ref, lane, class, origin, at, phase, attempts, resends, wake, expires, best,
    told, due, campaign, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0)";

const UPDATE: &str = "UPDATE message SET phase = ?2, attempts = ?3, resends = ?4, wake = ?5, expires = ?6, best = ?7,
    told = ?8, due = ?9, revision = revision + 1, providers = coalesce(?10, providers), said = iif(?11, ?12, said),
    history = history || ?13, bill = iif(?14, ?15, bill) WHERE ref = ?1";

pub(super) fn accept(tx: &mut Tx<'_>, messages: &[NewMessage]) -> Result<Vec<Acceptance>, Trouble> {
    messages.iter().map(|new| accept_one(tx, new)).collect()
}

fn accept_one(tx: &mut Tx<'_>, new: &NewMessage) -> Result<Acceptance, Trouble> {
    if let Some(known) = repeated(tx, new)? {
        return Ok(Acceptance::Repeat(known));
    }
    let number = new.reference.number();
    let lane = tx.lane(&new.lane)?;
    let life = &new.life;
    tx.execute(
        INSERT,
        params![
            number,
            lane,
            class_code(new.class),
            origin_code(new.origin),
            new.at.millis(),
            phase_code(life.phase),
            life.attempts,
            life.resends,
            life.wake.map(Timestamp::millis),
            life.expires.millis(),
            life.best.map(status_code),
            told_text(&life.told)?,
            wake_of(life).map(Timestamp::millis),
            new.campaign.as_deref().map(|id| key::campaign(new.lane.tenant.as_str(), id)),
        ],
    )?;
    let (content, seal) = tx.shared.seals.seal(&new.body)?;
    let body =
        params![number, new.to.as_str(), new.platform_id, new.dedupe, new.version, &*content, seal, new.campaign];
    let sql = "INSERT INTO body (ref, recipient, platform_id, dedupe, version, content, seal, campaign)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    tx.execute(sql, body)?;
    key::all(new).try_for_each(|hash| tx.find_by(hash, number))?;
    tx.moved(new.reference, new.lane.clone(), None, Some(life.phase));
    Ok(Acceptance::New)
}

/// The message that was accepted under the same key.
fn repeated(tx: &Tx<'_>, new: &NewMessage) -> rusqlite::Result<Option<Ref>> {
    let Some(dedupe) = &new.dedupe else { return Ok(None) };
    let tenant = new.lane.tenant.as_str();
    let found = accepted_under(tx, tenant, dedupe)?;
    if let (None, Some(veil)) = (found, tx.veil()) {
        // Its recipient was forgotten.
        return accepted_under(tx, tenant, &veil.dedupe(tenant, dedupe));
    }
    Ok(found)
}

fn accepted_under(tx: &Tx<'_>, tenant: &str, dedupe: &str) -> rusqlite::Result<Option<Ref>> {
    let sql = "SELECT 1 FROM body b JOIN message m ON m.ref = b.ref JOIN lane l ON l.id = m.lane
        JOIN tenant t ON t.id = l.tenant WHERE b.ref = ?1 AND b.dedupe = ?2 AND t.name = ?3";
    for reference in tx.found(key::own(tenant, dedupe))? {
        if tx.first(sql, params![reference.number(), dedupe, tenant], |_| Ok(()))?.is_some() {
            return Ok(Some(reference));
        }
    }
    Ok(None)
}

pub(super) fn begin(tx: &mut Tx<'_>, messages: &[(Ref, u64)]) -> Result<(), Trouble> {
    // A reference that is named twice would be begun twice; all is checked before the first is written.
    let mut numbers: Vec<i64> = messages.iter().map(|(reference, _)| reference.number()).collect();
    numbers.sort_unstable();
    let twice = numbers.windows(2).any(|pair| pair[0] == pair[1]);
    for (reference, revision) in messages {
        let sql = "SELECT phase IN (0, 1) AND NOT EXISTS (SELECT 1 FROM attempt WHERE ref = ?1), revision
            FROM message WHERE ref = ?1";
        let known = tx.first(sql, [reference.number()], |row| Ok((row.get(0)?, row::count(row, 1)?)))?;
        if twice || known != Some((true, *revision)) {
            return Err(Trouble::Refused(StoreError::Conflict));
        }
    }
    for number in &numbers {
        tx.execute("INSERT INTO attempt VALUES (?1)", [number])?;
    }
    tx.pending.attempts.extend(messages.iter().map(|(reference, _)| (*reference, true)));
    Ok(())
}

/// What must be known of a message before it is changed.
struct Before {
    revision: u64,
    phase: Phase,
    lane: i64,
    providers: Vec<String>,
}

pub(super) fn update(tx: &mut Tx<'_>, change: &Change) -> Result<bool, Trouble> {
    let number = change.reference.number();
    let sql = "SELECT revision, phase, lane, providers FROM message WHERE ref = ?1";
    let before = tx.first(sql, [number], |row| {
        let phase = row::phase(row.get(1)?)?;
        Ok(Before { revision: row::count(row, 0)?, phase, lane: row.get(2)?, providers: row::list(row, 3)? })
    })?;
    let conflict = Trouble::Refused(StoreError::Conflict);
    let before = before.filter(|before| before.revision == change.revision).ok_or(conflict)?;
    write(tx, change, before.providers)?;
    if !change.goes_on {
        tx.end_attempt(change.reference)?;
    }
    if let Some(id) = &change.provider_id {
        tx.find_by(key::provider(id), number)?;
    }
    tx.pending.used(before.lane, &change.billed);
    let lane = tx.lane_of(before.lane)?;
    if let Some(alias) = &change.alias {
        let to: String = tx
            .first("SELECT recipient FROM body WHERE ref = ?1", [number], |row| row.get(0))?
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        // Of somebody who was forgotten nothing is learned.
        if !to.is_empty() {
            people::join(tx, &lane.tenant, &[to.as_str().into(), alias.clone()], change.line.at)?;
        }
    }
    let need_not_wait =
        change.calls.iter().try_fold(true, |free, call| Ok::<_, Trouble>(free && calls::is_free(tx, call)?))?;
    change.calls.iter().try_for_each(|call| calls::add(tx, call, change.newest))?;
    change.letters.iter().try_for_each(|letter| letters::park(tx, letter))?;
    if let Some(letter) = change.redrives {
        letters::discard(tx, letter)?;
    }
    tx.moved(change.reference, lane, Some(before.phase), Some(change.life.phase));
    Ok(need_not_wait)
}

fn write(tx: &Tx<'_>, change: &Change, mut providers: Vec<String>) -> rusqlite::Result<()> {
    let (life, bill) = (&change.life, change.billed.bill());
    if let Some(id) = &change.provider_id {
        // The newest is the last; each is kept, because statuses of an earlier attempt may still come.
        providers.retain(|known| known != id);
        providers.push(id.clone());
    }
    tx.execute(
        UPDATE,
        params![
            change.reference.number(),
            phase_code(life.phase),
            life.attempts,
            life.resends,
            life.wake.map(Timestamp::millis),
            life.expires.millis(),
            life.best.map(status_code),
            told_text(&life.told)?,
            wake_of(life).map(Timestamp::millis),
            list_text(&providers),
            change.said.is_some(),
            change.said.as_deref().and_then(list_text),
            line_text(&change.line),
            bill.is_some(),
            bill.and_then(bill_text),
        ],
    )
    .map(drop)
}

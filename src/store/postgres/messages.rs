//! Writes that concern messages: accepting, attempts, changes. Of many callers at once, a few statements for all of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::codes::{class_code, list_text, origin_code, phase, phase_code, status_code, told_text};
use super::super::usage::bill_text;
use super::super::wake::wake_of;
use super::super::{Acceptance, Change, Lane, NewMessage, StoreError, key};
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{get, kept};
use super::work::{Asked, Begun};
use super::{calls, letters, people};
use crate::delivery::Phase;
use crate::faults::Point;
use crate::model::Ref;
use crate::value::Timestamp;

const INSERT: &str =
    "INSERT INTO message (ref, lane, class, origin, at, phase, attempts, resends, wake, expires, best, told,
        due, campaign, revision)
    SELECT *, 0 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[], $14::bigint[])";

const INSERT_BODIES: &str = "INSERT INTO body (ref, recipient, platform_id, dedupe, version, content, seal, campaign)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bigint[],
        $8::text[])";

const INSERT_KEYS: &str = "INSERT INTO key SELECT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT DO NOTHING";

const CLAIM_KEYS: &str = "INSERT INTO dedupe SELECT * FROM unnest($1::bytea[], $2::bigint[])
    ON CONFLICT DO NOTHING RETURNING hash";

/// A message that was begun or has another revision is none of them.
const BEGIN: &str = "INSERT INTO attempt (ref, node)
    SELECT m.ref, $3 FROM unnest($1::bigint[], $2::bigint[]) AS u(ref, revision)
        JOIN message m ON m.ref = u.ref AND m.revision = u.revision
    WHERE m.phase IN (0, 1) ON CONFLICT DO NOTHING RETURNING ref";

/// The newest of a provider's ids is the last; each is kept, because statuses of an earlier attempt may still come. `o` is
/// the row as it was.
const UPDATE: &str = "UPDATE message m SET phase = u.phase, attempts = u.attempts, resends = u.resends, wake = u.wake,
        expires = u.expires, best = u.best, told = u.told, due = u.due, revision = m.revision + 1,
        providers = CASE WHEN u.provider IS NULL THEN m.providers
            ELSE array_append(array_remove(m.providers, u.provider), u.provider) END,
        said = CASE WHEN u.says THEN u.said ELSE m.said END, bill = CASE WHEN u.bills THEN u.bill ELSE m.bill END
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::text[], $10::bigint[], $11::text[], $12::boolean[], $13::text[], $14::boolean[], $15::text[])
            AS u(ref, revision, phase, attempts, resends, wake, expires, best, told, due, provider, says, said, bills, bill)
        JOIN message o ON o.ref = u.ref
    WHERE m.ref = u.ref AND m.revision = u.revision
    RETURNING m.ref, o.phase::bigint, m.lane";

pub(super) async fn accept_all(
    tx: &mut Tx,
    asked: Vec<&mut Asked<Vec<NewMessage>, Vec<Acceptance>>>,
) -> Result<(), Trouble> {
    if asked.is_empty() {
        return Ok(());
    }
    let all: Vec<&NewMessage> = asked.iter().flat_map(|asked| &asked.what).collect();
    let mut accepted = accept(tx, &all).await?.into_iter();
    for asked in asked {
        asked.result = Some(Ok(accepted.by_ref().take(asked.what.len()).collect()));
        tx.reached([Point::AcceptWritten, Point::AcceptCommitted]);
    }
    Ok(())
}

/// Stores those that are no repeats.
pub(super) async fn accept(tx: &mut Tx, all: &[&NewMessage]) -> Result<Vec<Acceptance>, Trouble> {
    let known = repeated(tx, all).await?;
    let fresh = all.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(new, _)| *new);
    store(tx, &fresh.collect::<Vec<_>>()).await?;
    Ok(known.into_iter().map(|known| known.map_or(Acceptance::New, Acceptance::Repeat)).collect())
}

/// A key, and the place of the first message that has it.
type Keys = BTreeMap<[u8; 16], usize>;

/// Of which message each is a repeat, of one of these or of one that is there; the keys of all others are theirs from now on.
async fn repeated(tx: &Tx, all: &[&NewMessage]) -> Result<Vec<Option<Ref>>, Trouble> {
    let (mut wanted, mut veiled, mut first) = (Keys::new(), Keys::new(), vec![None; all.len()]);
    for (place, new) in all.iter().enumerate() {
        let (Some(dedupe), tenant) = (&new.dedupe, new.lane.tenant.as_str()) else { continue };
        let own = *wanted.entry(key::once(tenant, dedupe)).or_insert(place);
        first[place] = Some(own).filter(|own| *own != place);
        if let Some(veil) = tx.veil().filter(|_| own == place) {
            // Its recipient may have been forgotten.
            veiled.insert(key::once(tenant, &veil.dedupe(tenant, dedupe)), place);
        }
    }
    let mut known = vec![None; all.len()];
    look(tx, &veiled, &mut known).await?;
    wanted.retain(|_, place| known[*place].is_none());
    if !wanted.is_empty() {
        let hashes: Vec<&[u8]> = wanted.keys().map(|hash| &hash[..]).collect();
        let refs: Vec<i64> = wanted.values().map(|place| all[*place].reference.number()).collect();
        let claimed = tx.query(CLAIM_KEYS, &[&hashes, &refs]).await?;
        for row in claimed {
            let hash: &[u8] = get(&row, 0)?;
            wanted.retain(|wanted, _| wanted[..] != *hash);
        }
        // What is left was somebody else's before.
        look(tx, &wanted, &mut known).await?;
    }
    let of = |own: usize| known[own].unwrap_or(all[own].reference);
    Ok((0..all.len()).map(|place| first[place].map(of).or(known[place])).collect())
}

/// Which messages have these keys.
async fn look(tx: &Tx, keys: &Keys, known: &mut [Option<Ref>]) -> Result<(), Trouble> {
    if keys.is_empty() {
        return Ok(());
    }
    let hashes: Vec<&[u8]> = keys.keys().map(|hash| &hash[..]).collect();
    for row in tx.query("SELECT hash, ref FROM dedupe WHERE hash = ANY($1)", &[&hashes]).await? {
        let hash: &[u8] = get(&row, 0)?;
        let place = <[u8; 16]>::try_from(hash).ok().and_then(|hash| keys.get(&hash));
        let place = place.ok_or_else(|| Trouble::unreadable("a key that was not asked for"))?;
        known[*place] = Some(Ref::from_number(get(&row, 1)?));
    }
    Ok(())
}

async fn store(tx: &mut Tx, fresh: &[&NewMessage]) -> Result<(), Trouble> {
    if fresh.is_empty() {
        return Ok(());
    }
    let mut lanes = Vec::with_capacity(fresh.len());
    let mut told = Vec::with_capacity(fresh.len());
    for new in fresh {
        lanes.push(tx.lane(&new.lane).await?);
        told.push(told_text(&new.life.told)?);
    }
    let column = |one: fn(&NewMessage) -> i64| fresh.iter().map(|new| one(new)).collect::<Vec<i64>>();
    let maybe = |one: fn(&NewMessage) -> Option<i64>| fresh.iter().map(|new| one(new)).collect::<Vec<Option<i64>>>();
    let text = |one: fn(&NewMessage) -> &str| fresh.iter().map(|new| kept(one(new))).collect::<Vec<_>>();
    let refs = column(|new| new.reference.number());
    let sql_values: [Vec<i64>; 7] = [
        column(|new| class_code(new.class)),
        column(|new| origin_code(new.origin)),
        column(|new| new.at.millis()),
        column(|new| phase_code(new.life.phase)),
        column(|new| new.life.attempts.into()),
        column(|new| new.life.resends.into()),
        column(|new| new.life.expires.millis()),
    ];
    let [class, origin, at, phase, attempts, resends, expires] = &sql_values;
    let wake = maybe(|new| new.life.wake.map(Timestamp::millis));
    let best = maybe(|new| new.life.best.map(status_code));
    let due = maybe(|new| wake_of(&new.life).map(Timestamp::millis));
    let of = |new: &NewMessage| new.campaign.as_deref().map(|id| key::campaign(new.lane.tenant.as_str(), id));
    let campaign: Vec<Option<i64>> = fresh.iter().map(|new| of(new)).collect();
    let values: super::words::Values<'_> =
        &[&refs, &lanes, class, origin, at, phase, attempts, resends, &wake, expires, &best, &told, &due, &campaign];
    tx.execute(INSERT, values).await?;

    let shared = std::sync::Arc::clone(&tx.shared);
    let (mut contents, mut seals) = (Vec::with_capacity(fresh.len()), Vec::with_capacity(fresh.len()));
    for new in fresh {
        let (content, seal) = shared.seals.seal(&new.body)?;
        contents.push(content);
        seals.push(seal);
    }
    let contents: Vec<&[u8]> = contents.iter().map(|content| &**content).collect();
    let (to, ids, versions) = (text(|new| new.to.as_str()), text(|new| &new.platform_id), text(|new| &new.version));
    let dedupes: Vec<_> = fresh.iter().map(|new| new.dedupe.as_deref().map(kept)).collect();
    let campaigns: Vec<_> = fresh.iter().map(|new| new.campaign.as_deref().map(kept)).collect();
    tx.execute(INSERT_BODIES, &[&refs, &to, &ids, &dedupes, &versions, &contents, &seals, &campaigns]).await?;

    let keys = fresh.iter().flat_map(|new| key::found_by(new).map(|hash| (hash, new.reference.number())));
    find_by(tx, keys.unzip()).await?;
    for new in fresh {
        tx.moved(new.reference, new.lane.clone(), None, Some(new.life.phase));
    }
    Ok(())
}

async fn find_by(tx: &Tx, (hashes, refs): (Vec<i64>, Vec<i64>)) -> Result<(), Trouble> {
    if hashes.is_empty() {
        return Ok(());
    }
    tx.execute(INSERT_KEYS, &[&hashes, &refs]).await.map(drop)
}

pub(super) async fn begin(tx: &mut Tx, asked: Vec<&mut Asked<Begun, ()>>) -> Result<(), Trouble> {
    if asked.is_empty() {
        return Ok(());
    }
    // Who names a message twice, or one that a caller before him named, begins none.
    let mut named = HashSet::new();
    let mut possible = Vec::with_capacity(asked.len());
    for asked in asked {
        let own: HashSet<Ref> = asked.what.messages.iter().map(|(reference, _)| *reference).collect();
        let gone = asked.what.node != tx.node;
        if gone || own.len() < asked.what.messages.len() || !own.is_disjoint(&named) {
            asked.result = Some(Err(StoreError::Conflict));
        } else {
            named.extend(own);
            possible.push(asked);
        }
    }
    let all = || possible.iter().flat_map(|asked| &asked.what.messages);
    let refs: Vec<i64> = all().map(|(reference, _)| reference.number()).collect();
    let revisions: Vec<i64> = all().map(|(_, revision)| revision.cast_signed()).collect();
    let mut begun = HashSet::new();
    for row in tx.query(BEGIN, &[&refs, &revisions, &tx.node]).await? {
        begun.insert(Ref::from_number(get(&row, 0)?));
    }
    let mut undone: Vec<i64> = Vec::new();
    for asked in possible {
        let named = &asked.what.messages;
        let whole = named.iter().all(|(reference, _)| begun.contains(reference));
        let theirs = named.iter().map(|(reference, _)| *reference).filter(|one| begun.contains(one));
        if whole {
            asked.result = Some(Ok(()));
            tx.reached([Point::BeginWritten, Point::BeginCommitted]);
        } else {
            undone.extend(theirs.map(Ref::number));
            asked.result = Some(Err(StoreError::Conflict));
        }
    }
    if !undone.is_empty() {
        tx.execute("DELETE FROM attempt WHERE ref = ANY($1)", &[&undone]).await?;
    }
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, mut asked: Vec<&mut Asked<Change, ()>>) -> Result<(), Trouble> {
    // A statement changes a row once: of two changes of one message the second comes after the first.
    while !asked.is_empty() {
        let mut named = HashSet::new();
        let (round, later): (Vec<_>, Vec<_>) = asked.into_iter().partition(|asked| named.insert(asked.what.reference));
        update_each(tx, round).await?;
        asked = later;
    }
    Ok(())
}

async fn update_each(tx: &mut Tx, mut asked: Vec<&mut Asked<Change, ()>>) -> Result<(), Trouble> {
    // In one order everywhere, so that nobody waits for who waits for him.
    asked.sort_by_key(|asked| asked.what.reference);
    let before = write(tx, &asked.iter().map(|asked| &asked.what).collect::<Vec<_>>()).await?;
    let (done, conflicts): (Vec<_>, Vec<_>) =
        asked.into_iter().partition(|asked| before.contains_key(&asked.what.reference));
    for asked in conflicts {
        asked.result = Some(Err(StoreError::Conflict));
    }
    if done.is_empty() {
        return Ok(());
    }
    let ended = done.iter().filter(|asked| !asked.what.goes_on).map(|asked| asked.what.reference.number());
    let ended: Vec<i64> = ended.collect();
    tx.execute("DELETE FROM attempt WHERE ref = ANY($1)", &[&ended]).await?;
    let keys = done.iter().filter_map(|asked| {
        let id = asked.what.provider_id.as_ref()?;
        Some((key::provider(id), asked.what.reference.number()))
    });
    find_by(tx, keys.unzip()).await?;
    let new_calls = done.iter().flat_map(|asked| asked.what.calls.iter().map(|call| (call, asked.what.newest)));
    calls::add(tx, &new_calls.collect::<Vec<_>>()).await?;
    for asked in done {
        let Before { phase, number, lane } = &before[&asked.what.reference];
        let change = &asked.what;
        tx.pending.used(*number, &change.billed);
        tx.line(change.reference.number(), change.line.clone());
        tx.hints.timers |= change.life.wake.is_some() && tx.is_others(&lane.tenant);
        beside(tx, change, lane).await?;
        tx.moved(change.reference, lane.clone(), Some(*phase), Some(change.life.phase));
        asked.result = Some(Ok(()));
        tx.reached([Point::SettleWritten, Point::SettleCommitted]);
    }
    Ok(())
}

/// What few changes bring with them.
async fn beside(tx: &mut Tx, change: &Change, lane: &Lane) -> Result<(), Trouble> {
    if let Some(alias) = &change.alias {
        let sql = "SELECT recipient FROM body WHERE ref = $1";
        let row = tx.first(sql, &[&change.reference.number()]).await?;
        let row = row.ok_or_else(|| Trouble::unreadable("a message without a body"))?;
        let to = super::words::address(&row, 0)?;
        // Of somebody who was forgotten nothing is learned.
        if !to.as_str().is_empty() {
            people::join(tx, &lane.tenant, &[to, alias.clone()], change.line.at).await?;
        }
    }
    for letter in &change.letters {
        letters::park(tx, letter).await?;
    }
    if let Some(letter) = change.redrives {
        letters::discard(tx, letter).await?;
    }
    Ok(())
}

/// What is known of a message that was changed: its phase before, its lane and the lane's number.
struct Before {
    phase: Phase,
    number: i64,
    lane: Lane,
}

/// Those that have the revision that their change was made from.
async fn write(tx: &Tx, changes: &[&Change]) -> Result<HashMap<Ref, Before>, Trouble> {
    let column = |one: fn(&Change) -> i64| changes.iter().map(|change| one(change)).collect::<Vec<i64>>();
    let maybe =
        |one: fn(&Change) -> Option<i64>| changes.iter().map(|change| one(change)).collect::<Vec<Option<i64>>>();
    let refs = column(|change| change.reference.number());
    let revisions = column(|change| change.revision.cast_signed());
    let phases = column(|change| phase_code(change.life.phase));
    let attempts = column(|change| change.life.attempts.into());
    let resends = column(|change| change.life.resends.into());
    let wake = maybe(|change| change.life.wake.map(Timestamp::millis));
    let expires = column(|change| change.life.expires.millis());
    let best = maybe(|change| change.life.best.map(status_code));
    let told = changes.iter().map(|change| told_text(&change.life.told)).collect::<Result<Vec<_>, _>>()?;
    let due = maybe(|change| wake_of(&change.life).map(Timestamp::millis));
    let providers: Vec<_> = changes.iter().map(|change| change.provider_id.as_deref().map(kept)).collect();
    let says: Vec<bool> = changes.iter().map(|change| change.said.is_some()).collect();
    let said: Vec<_> = changes.iter().map(|change| change.said.as_deref().and_then(list_text)).collect();
    let bills: Vec<bool> = changes.iter().map(|change| change.billed.bill().is_some()).collect();
    let bill: Vec<_> = changes.iter().map(|change| change.billed.bill().and_then(bill_text)).collect();
    let values: super::words::Values<'_> = &[
        &refs, &revisions, &phases, &attempts, &resends, &wake, &expires, &best, &told, &due, &providers, &says, &said,
        &bills, &bill,
    ];
    let mut before = HashMap::new();
    for row in tx.query(UPDATE, values).await? {
        let phase = phase(get(&row, 1)?).ok_or_else(|| Trouble::unreadable("a phase that is none"))?;
        let number = get(&row, 2)?;
        let lane = tx.lane_of(number).await?;
        before.insert(Ref::from_number(get(&row, 0)?), Before { phase, number, lane });
    }
    Ok(before)
}

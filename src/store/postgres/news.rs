//! Opt-outs, pauses and releases that other nodes committed. Each is a row with a number; a node that has them in memory says so with its next
//! commit, and whoever wrote one answers his caller only when all others did, or are no nodes any more. So nobody needs to ask
//! the database before a call, and after a STOP is acknowledged no node begins one.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::Row;

use super::super::consent::sender_text;
use super::super::shared::{Entry, Pending, Shared};
use super::super::{Pause, Release, StoreError, Which};
use super::connection::Conn;
use super::pool::Pool;
use super::roster::Roster;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{get, kept, name, sender, text, time};
use super::{open, words};
use crate::model::{Address, Name};

const OFF: i64 = 0;
const ON: i64 = 1;
const PROOF: i64 = 2;
const FORGOTTEN: i64 = 3;
const VEIL: i64 = 4;
const PAUSED: i64 = 5;
const RESUMED: i64 = 6;
/// Of a call its name stands where others have an address. Nodes that do not know it take it for the end of nobody's opt-out.
const RELEASED: i64 = 7;
/// Read at once.
const MOST: usize = 5000;
/// So long whoever took an opt-out waits for the others; then nobody knows, and it is sent again.
const PATIENCE: Duration = Duration::from_secs(25);

/// One of them: its kind, and what it is about.
#[derive(Clone, Copy)]
struct News<'n> {
    kind: i64,
    tenant: &'n Name,
    sender: &'n str,
    address: &'n str,
    hash: Option<&'n [u8]>,
    pause: Option<&'n Pause>,
}

impl<'n> News<'n> {
    const fn of(kind: i64, tenant: &'n Name) -> Self {
        Self { kind, tenant, sender: "", address: "", hash: None, pause: None }
    }
}

/// At the end of a transaction, so that the row of `turn` is had for a moment only.
pub(super) async fn write(tx: &mut Tx) -> Result<(), Trouble> {
    let mut rows: Vec<News<'_>> = Vec::new();
    // In the order in which `Shared::apply` takes them; who made the list saw to it that it is right.
    let nobody = Name::from("");
    rows.extend(tx.pending.veil.as_ref().map(|_| News::of(VEIL, &nobody)));
    for Entry { tenant, sender, address, on } in &tx.pending.suppressions {
        let (kind, sender) = (if *on { ON } else { OFF }, sender_text(sender.as_ref()));
        rows.push(News { sender, address: address.as_str(), ..News::of(kind, tenant) });
    }
    for (tenant, sender, proof) in &tx.pending.proofs {
        rows.push(News { sender: sender_text(sender.as_ref()), hash: Some(proof), ..News::of(PROOF, tenant) });
    }
    for (tenant, address) in &tx.pending.forgotten {
        rows.push(News { address: address.as_str(), ..News::of(FORGOTTEN, tenant) });
    }
    for pause in &tx.pending.pauses {
        rows.push(match pause {
            Ok(pause) => {
                let [sender, address] = pause.which.columns();
                News { sender, address, pause: Some(pause), ..News::of(PAUSED, &pause.tenant) }
            }
            Err((tenant, which)) => {
                let [sender, address] = which.columns();
                News { sender, address, ..News::of(RESUMED, tenant) }
            }
        });
    }
    for release in &tx.pending.releases {
        rows.push(News {
            sender: sender_text(release.sender.as_ref()),
            address: release.call.as_deref().unwrap_or_default(),
            ..News::of(RELEASED, release.tenant.as_ref().unwrap_or(&nobody))
        });
    }
    if rows.is_empty() {
        return Ok(());
    }
    let more = words::limit(rows.len());
    let row = tx.first("UPDATE turn SET news = news + $1 RETURNING news", &[&more]).await?;
    let last: i64 = row.map_or_else(|| Err(Trouble::unreadable("no row of turns")), |row| get(&row, 0))?;
    let ids: Vec<i64> = (last - more + 1..=last).collect();
    let kinds: Vec<i64> = rows.iter().map(|news| news.kind).collect();
    let column = |one: for<'n> fn(&News<'n>) -> &'n str| {
        rows.iter().map(|news| kept(one(news)).into_owned()).collect::<Vec<_>>()
    };
    let tenants = column(|news| news.tenant.as_str());
    let (senders, addresses) = (column(|news| news.sender), column(|news| news.address));
    let hashes: Vec<Option<&[u8]>> = rows.iter().map(|news| news.hash).collect();
    let times: Vec<Option<i64>> = rows.iter().map(|news| news.pause.map(|pause| pause.at.millis())).collect();
    let who = column(|news| news.pause.map_or("", |pause| pause.who.as_str()));
    let reasons = column(|news| news.pause.map_or("", |pause| pause.reason.as_str()));
    let sql = "INSERT INTO news (id, kind, tenant, sender, address, hash, at_millis, who, reason)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bigint[],
            $8::text[], $9::text[])";
    tx.execute(sql, &[&ids, &kinds, &tenants, &senders, &addresses, &hashes, &times, &who, &reasons]).await?;
    (tx.pending.news, tx.pending.own_news) = (last, Some(last - more + 1));
    tx.hints.look = true;
    Ok(())
}

/// Whoever is told again what was told before, or was not, is told no sooner.
pub(super) async fn all_before(tx: &mut Tx) -> Result<(), Trouble> {
    tx.repeated += 1;
    if let Some(row) = tx.first("SELECT news FROM turn", &[]).await? {
        tx.pending.news = tx.pending.news.max(get(&row, 0)?);
    }
    Ok(())
}

/// Takes what others wrote into memory, in its order; whether there was something.
pub(super) async fn hear(conn: &Conn, shared: &Shared, roster: &Roster) -> Result<bool, Trouble> {
    let mut any = false;
    loop {
        let heard = roster.heard.load(Ordering::SeqCst);
        let sql =
            "SELECT id, kind::bigint, tenant, sender, address, hash, at_millis, who, reason FROM news WHERE id > $1
            ORDER BY id LIMIT $2";
        let rows = conn.query(sql, &[&heard, &words::limit(MOST)]).await?;
        let Some(first) = rows.first() else { return Ok(any) };
        if get::<i64>(first, 0)? > heard + 1 {
            // It was away for so long that they are gone.
            open::reload(conn, shared, roster).await?;
            return Ok(true);
        }
        if rows.iter().any(|row| matches!(get::<i64>(row, 1), Ok(VEIL))) && shared.veil().is_none() {
            open::load_veil(conn, shared).await?;
        }
        let each = rows.iter().map(|row| {
            let mut pending = Pending::default();
            one(row, &mut pending).map(|()| (get::<i64>(row, 0), pending))
        });
        let each: Vec<_> = each.collect::<Result<_, Trouble>>()?;
        let _one = roster.hearing();
        for (id, pending) in each {
            // In their order, whatever their kind; this node's own may be there already.
            let id = id?;
            if id > roster.heard.load(Ordering::SeqCst) {
                shared.apply(&pending);
                if !pending.releases.is_empty() {
                    roster.tell(|changed| changed.releases.extend(pending.releases));
                }
                roster.heard.store(id, Ordering::SeqCst);
            }
        }
        any = true;
        if rows.len() < MOST {
            return Ok(any);
        }
    }
}

fn one(row: &Row, pending: &mut Pending) -> Result<(), Trouble> {
    let kind: i64 = get(row, 1)?;
    if kind == VEIL {
        return Ok(());
    }
    let (tenant, sender) = (name(row, 2)?, sender(row, 3)?);
    let address = || text(row, 4).map(|address| Address::from(address.as_str()));
    match kind {
        PROOF => {
            let hash: Vec<u8> = get(row, 5)?;
            let hash = hash.try_into().map_err(|_| Trouble::unreadable("a hash of another length"))?;
            pending.proofs.push((tenant, sender, hash));
        }
        FORGOTTEN => pending.forgotten.push((tenant, address()?)),
        PAUSED => {
            let (at, who, reason) = (time(row, 6)?, text(row, 7)?, text(row, 8)?);
            let which = Which::of_columns(sender, &text(row, 4)?);
            pending.pauses.push(Ok(Pause { tenant, which, at, who, reason }));
        }
        RESUMED => pending.pauses.push(Err((tenant, Which::of_columns(sender, &text(row, 4)?)))),
        RELEASED => {
            let (tenant, call) = (Some(tenant).filter(|tenant| !tenant.as_str().is_empty()), text(row, 4)?);
            pending.releases.push(Release { tenant, sender, call: Some(call).filter(|call| !call.is_empty()) });
        }
        OFF | ON => pending.suppressions.push(Entry { tenant, sender, address: address()?, on: kind == ON }),
        // Of a newer program, to whose tables this one was found to fit.
        _ => {}
    }
    Ok(())
}

/// Waits until every other node has heard so many; a node that is gone needs not.
pub(super) async fn heard(pool: &Pool, roster: &Arc<Roster>, news: i64) -> Result<(), StoreError> {
    let (began, mut wait) = (Instant::now(), Duration::from_millis(2));
    loop {
        let conn = pool.get().await?;
        let sql = "SELECT count(*) FROM node WHERE id <> $1 AND heard < $2";
        let row = conn.first(sql, &[&roster.node(), &news]).await?;
        let others: i64 = row.map_or(Ok(0), |row| get(&row, 0))?;
        if others == 0 && roster.heard.load(Ordering::SeqCst) >= news {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(StoreError::Failed("another node does not answer".to_owned()));
        }
        roster.look.notify_one();
        sleep(wait).await;
        wait = (wait * 2).min(Duration::from_millis(50));
    }
}

/// What all have heard goes, a while later: whoever is starting reads it yet.
pub(super) async fn tidy(tx: &Tx) -> Result<(), Trouble> {
    let sql = "DELETE FROM news WHERE id <= (SELECT min(heard) FROM node) AND at < now() - interval '10 minutes'";
    tx.execute(sql, &[]).await.map(drop)
}

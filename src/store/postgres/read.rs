//! Questions about messages.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio_postgres::Row;

use super::super::recount::SLICE;
use super::super::shared::Shared;
use super::super::{Lane, Line, Message, codes, key};
use super::connection::Conn;
use super::trouble::Trouble;
use super::words::{Values, get, kept, limit, text, time, time_or_none};
use super::{row, tx};
use crate::delivery::Phase;
use crate::model::{Address, Name, Ref};
use crate::value::Timestamp;

const BY_PLATFORM: &str = "JOIN key k ON k.ref = m.ref JOIN lane l ON l.id = m.lane JOIN tenant t ON t.id = l.tenant
    WHERE k.hash = $1 AND b.platform_id = $2 AND t.name = $3 ORDER BY k.ref DESC LIMIT 100";
const LAST_TO: &str = "JOIN key k ON k.ref = m.ref JOIN lane l ON l.id = m.lane JOIN tenant t ON t.id = l.tenant
    WHERE k.hash = $1 AND b.recipient = $2 AND m.origin = 0 AND t.name = $3 AND l.sender = $4
    ORDER BY k.ref DESC LIMIT 1";
/// The newest, should a provider give one id twice. The list holds the ids of earlier attempts too.
const BY_PROVIDER: &str = "JOIN key k ON k.ref = m.ref WHERE k.hash = $1 AND $2 = ANY(m.providers)
    ORDER BY k.ref DESC LIMIT 1";
const READY: &str =
    "SELECT m.ref FROM message m WHERE m.lane = $1 AND m.class = CLASS AND m.phase = 0 AND m.wake IS NULL
    AND m.ref <> ALL($2) AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.ref = m.ref) ORDER BY m.ref LIMIT $3";
const WAITED: &str = "SELECT m.ref FROM message m WHERE m.lane = $1 AND m.class = CLASS AND m.phase = 0
    AND m.wake IS NOT NULL AND m.wake <= $4
    AND m.ref <> ALL($2) AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.ref = m.ref) ORDER BY m.wake, m.ref LIMIT $3";
const NEWEST: &str = "SELECT greatest((SELECT max(ref) FROM message), (SELECT max(id) FROM call), 0)";
const INTERRUPTED: &str = "SELECT a.ref FROM attempt a JOIN message m ON m.ref = a.ref WHERE m.phase IN (0, 1)
    UNION SELECT ref FROM message WHERE phase IN (1, 2) AND phase = 1 ORDER BY 1";
const DUE: &str = "SELECT m.ref FROM message m WHERE m.due IS NOT NULL AND m.due <= $1
    AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.ref = m.ref) ORDER BY m.due, m.ref LIMIT $2";
const NEXT: &str = "SELECT min(due) FROM message WHERE due IS NOT NULL AND due > $1";

/// Who asks: a connection, and what is known in memory.
pub(super) struct Reader {
    pub(super) conn: Arc<Conn>,
    pub(super) shared: Arc<Shared>,
}

impl Reader {
    /// Each row, as a value.
    pub(super) async fn each<T>(
        &self,
        sql: &str,
        values: Values<'_>,
        read: impl Fn(&Row) -> Result<T, Trouble>,
    ) -> Result<Vec<T>, Trouble> {
        self.conn.query(sql, values).await?.iter().map(read).collect()
    }

    pub(super) async fn message(&self, reference: Ref) -> Result<Option<Message>, Trouble> {
        Ok(self.messages("WHERE m.ref = $1", &[&reference.number()]).await?.pop())
    }

    pub(super) async fn by_provider_id(&self, id: &str) -> Result<Option<Message>, Trouble> {
        Ok(self.messages(BY_PROVIDER, &[&key::provider(id), &kept(id)]).await?.pop())
    }

    pub(super) async fn by_platform_id(&self, tenant: &Name, id: &str) -> Result<Vec<Message>, Trouble> {
        let hash = key::own(tenant.as_str(), id);
        self.messages(BY_PLATFORM, &[&hash, &kept(id), &kept(tenant.as_str())]).await
    }

    pub(super) async fn last_to(&self, lane: &Lane, to: &[Address]) -> Result<Option<Message>, Trouble> {
        let mut newest: Option<Message> = None;
        for address in to {
            let hash = key::recipient(lane, address.as_str());
            let (tenant, sender) = (kept(lane.tenant.as_str()), kept(lane.from.as_str()));
            let found = self.messages(LAST_TO, &[&hash, &kept(address.as_str()), &tenant, &sender]).await?.pop();
            newest = found.into_iter().chain(newest).max_by_key(|message| message.message.reference);
        }
        Ok(newest)
    }

    pub(super) async fn history(&self, reference: Ref) -> Result<Vec<Line>, Trouble> {
        let sql = "SELECT at, text FROM history WHERE ref = $1 ORDER BY id";
        self.each(sql, &[&reference.number()], |row| Ok(Line { at: time(row, 0)?, text: text(row, 1)? })).await
    }

    /// Ready ones and those whose wait is over, by class, then by age.
    pub(super) async fn claim(
        &self,
        lane: &Lane,
        now: Timestamp,
        most: usize,
        held: &HashSet<Ref>,
    ) -> Result<Vec<Message>, Trouble> {
        let Some(lane) = self.shared.names().lanes.get(lane).copied() else { return Ok(Vec::new()) };
        let held: Vec<i64> = held.iter().map(|reference| reference.number()).collect();
        let (most_rows, now) = (limit(most), now.millis());
        let mut chosen = Vec::new();
        for class in ["0", "1"] {
            let (ready, waited) = (READY.replace("CLASS", class), WAITED.replace("CLASS", class));
            let mut found: Vec<i64> = self.each(&ready, &[&lane, &held, &most_rows], |row| get(row, 0)).await?;
            found.extend(self.each(&waited, &[&lane, &held, &most_rows, &now], |row| get::<i64>(row, 0)).await?);
            found.sort_unstable();
            found.truncate(most - chosen.len());
            chosen.extend(found);
            if chosen.len() == most {
                break;
            }
        }
        let mut claimed = self.messages("WHERE m.ref = ANY($1)", &[&chosen]).await?;
        let place = |message: &Message| (message.message.class, message.message.reference);
        claimed.sort_by_key(place);
        Ok(claimed)
    }

    pub(super) async fn newest(&self) -> Result<i64, Trouble> {
        let row = self.conn.first(NEWEST, &[]).await?;
        row.map_or(Ok(0), |row| get(&row, 0))
    }

    pub(super) async fn interrupted(&self) -> Result<Vec<Ref>, Trouble> {
        self.each(INTERRUPTED, &[], |row| get(row, 0).map(Ref::from_number)).await
    }

    pub(super) async fn due(&self, now: Timestamp, most: usize) -> Result<(Vec<Ref>, Option<Timestamp>), Trouble> {
        let due = self.each(DUE, &[&now.millis(), &limit(most)], |row| get(row, 0).map(Ref::from_number)).await?;
        let row = self.conn.first(NEXT, &[&now.millis()]).await?;
        Ok((due, row.map_or(Ok(None), |row| time_or_none(&row, 0))?))
    }

    /// The rows of the next slice of a count.
    pub(super) async fn rows_after(&self, upto: i64) -> Result<Vec<(i64, Name, Phase)>, Trouble> {
        let sql = "SELECT ref, lane, phase::bigint FROM message WHERE ref > $1 ORDER BY ref LIMIT $2";
        let rows = self.conn.query(sql, &[&upto, &limit(SLICE)]).await?;
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            let lane = tx::lane_of(&self.conn, &self.shared, get(&row, 1)?).await?;
            let phase = codes::phase(get(&row, 2)?).ok_or_else(|| Trouble::unreadable("a phase that is none"))?;
            read.push((get(&row, 0)?, lane.tenant, phase));
        }
        Ok(read)
    }

    /// What follows [`row::SELECT`].
    pub(super) async fn messages(&self, tail: &str, values: Values<'_>) -> Result<Vec<Message>, Trouble> {
        let rows = self.conn.query(&format!("{} {tail}", row::SELECT), values).await?;
        let lanes = rows.iter().map(|row| async { tx::lane_of(&self.conn, &self.shared, row::lane(row)?).await });
        let lanes = try_join_all(lanes).await?;
        rows.iter().zip(lanes).map(|(row, lane)| row::message(row, &self.shared.seals, lane)).collect()
    }
}

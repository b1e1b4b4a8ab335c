//! Questions about messages, as a reader's thread answers them.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::super::{Campaign, CampaignMessage, Lane, Line, Message, Origin, Without, codes};
use super::shared::Shared;
use super::{key, row};
use crate::model::{Address, Name, Ref};
use crate::value::Timestamp;

/// What follows [`row::SELECT`] or stands alone; that each uses its index is tested.
pub(super) const ONE: &str = "WHERE m.ref = ?1";
pub(super) const FOUND: &str = "SELECT ref FROM key WHERE hash = ?1 ORDER BY ref DESC";
pub(super) const OF_CAMPAIGN: &str = "SELECT m.ref, m.phase, m.best, m.lane FROM message m JOIN body b ON b.ref = m.ref
    WHERE m.campaign = ?1 AND m.ref < ?2 AND b.campaign = ?3 ORDER BY m.ref DESC";
pub(super) const READY: &str =
    "SELECT ref, campaign FROM message WHERE lane = ?1 AND class = ?2 AND phase = 0 AND wake IS NULL ORDER BY ref";
pub(super) const QUEUED: &str = "SELECT campaign FROM message WHERE lane = ?1 AND phase = 0 AND campaign IS NOT NULL";
pub(super) const WAITED: &str = "SELECT ref, campaign FROM message WHERE lane = ?1 AND class = ?2 AND phase = 0
    AND wake IS NOT NULL AND wake <= ?3 ORDER BY wake";
pub(super) const NEWEST: &str =
    "SELECT max(ifnull((SELECT max(ref) FROM message), 0), ifnull((SELECT max(id) FROM call), 0))";
pub(super) const INTERRUPTED: &str = "SELECT a.ref FROM attempt a JOIN message m ON m.ref = a.ref
    WHERE m.phase IN (0, 1) UNION SELECT ref FROM (SELECT ref, phase FROM message WHERE phase IN (1, 2))
    WHERE phase = 1 ORDER BY 1";
pub(super) const DUE: &str = "SELECT ref FROM message WHERE due IS NOT NULL AND due <= ?1 ORDER BY due";
pub(super) const NEXT: &str = "SELECT min(due) FROM message WHERE due IS NOT NULL AND due > ?1";

/// What is left where it is: by its number, or by its campaign, whose hash stands in the second column then.
#[derive(Default)]
struct Left<'w> {
    held: Option<&'w HashSet<Ref>>,
    campaigns: HashSet<i64>,
}

impl<'w> Left<'w> {
    fn of(without: &'w Without, tenant: &Name) -> Self {
        let campaigns = without.campaigns.iter().map(|id| key::campaign(tenant.as_str(), id)).collect();
        Self { held: Some(&without.held), campaigns }
    }
}

/// What a reader's thread owns.
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
}

impl Reader {
    pub(super) fn message(&self, reference: Ref) -> rusqlite::Result<Option<Message>> {
        Ok(self.one(reference.number())?.map(|(message, _)| message))
    }

    pub(super) fn by_provider_id(&self, id: &str) -> rusqlite::Result<Option<Message>> {
        // The list holds the ids of earlier attempts too.
        let has_it = |_: &Message, providers: &[String]| providers.iter().any(|known| known == id);
        Ok(self.found(key::provider(id), has_it, 1)?.pop())
    }

    pub(super) fn by_platform_id(&self, tenant: &Name, id: &str) -> rusqlite::Result<Vec<Message>> {
        let is_it =
            |known: &Message, _: &[String]| known.message.platform_id == id && known.message.lane.tenant == *tenant;
        self.found(key::own(tenant.as_str(), id), is_it, 100)
    }

    pub(super) fn of_campaign(
        &self,
        campaign: &Campaign,
        below: Option<Ref>,
        most: usize,
    ) -> rusqlite::Result<Vec<CampaignMessage>> {
        let Campaign { tenant, id } = campaign;
        let mut statement = self.connection.prepare_cached(OF_CAMPAIGN)?;
        let (hash, below) = (key::campaign(tenant.as_str(), id), below.map_or(i64::MAX, Ref::number));
        let mut rows = statement.query(params![hash, below, id])?;
        let mut found = Vec::new();
        while found.len() < most {
            let Some(row) = rows.next()? else { break };
            if self.lane(row.get(3)?)?.tenant == *tenant {
                let best = row.get::<_, Option<i64>>(2)?.and_then(codes::status);
                let (reference, phase) = (Ref::from_number(row.get(0)?), row::phase(row.get(1)?)?);
                found.push(CampaignMessage { reference, phase, best });
            }
        }
        Ok(found)
    }

    pub(super) fn last_to(&self, lane: &Lane, to: &[Address]) -> rusqlite::Result<Option<Message>> {
        let mut newest: Option<Message> = None;
        for address in to {
            let hash = key::recipient(lane, address.as_str());
            let is_it = |Message { message, .. }: &Message, _: &[String]| {
                message.to == *address && message.lane == *lane && message.origin == Origin::Platform
            };
            let found = self.found(hash, is_it, 1)?.pop();
            newest = found.into_iter().chain(newest).max_by_key(|message| message.message.reference);
        }
        Ok(newest)
    }

    pub(super) fn history(&self, reference: Ref) -> rusqlite::Result<Vec<Line>> {
        let mut statement = self.connection.prepare_cached("SELECT history FROM message WHERE ref = ?1")?;
        let text: Option<String> = statement.query_row([reference.number()], |row| row.get(0)).optional()?;
        Ok(text.as_deref().map(row::lines).unwrap_or_default())
    }

    /// By the hashes in the queue's index, as those of a paused campaign are stepped over.
    pub(super) fn queued_of(&self, lane: &Lane, campaigns: &BTreeSet<String>) -> rusqlite::Result<u64> {
        let hashes = campaigns.iter().map(|id| key::campaign(lane.tenant.as_str(), id)).collect::<HashSet<_>>();
        let Some(lane) = self.shared.names().lanes.get(lane).copied() else { return Ok(0) };
        let mut statement = self.connection.prepare_cached(QUEUED)?;
        let mut rows = statement.query([lane])?;
        let mut queued = 0;
        while let Some(row) = rows.next()? {
            queued += u64::from(hashes.contains(&row.get(0)?));
        }
        Ok(queued)
    }

    /// Ready ones and those whose wait is over, by class, then by age.
    pub(super) fn claim(
        &self,
        lane: &Lane,
        now: Timestamp,
        most: usize,
        without: &Without,
    ) -> rusqlite::Result<Vec<Message>> {
        let left = Left::of(without, &lane.tenant);
        let Some(lane) = self.shared.names().lanes.get(lane).copied() else { return Ok(Vec::new()) };
        let mut claimed = Vec::new();
        for class in [0, 1] {
            let room = most - claimed.len();
            let mut found = self.free(READY, params![lane, class], room, &left)?;
            found.extend(self.free(WAITED, params![lane, class, now.millis()], room, &left)?);
            found.sort_unstable();
            for reference in found.into_iter().take(room) {
                claimed.extend(self.message(reference)?);
            }
        }
        Ok(claimed)
    }

    /// Those that are not left, and that are not being sent.
    fn free(&self, sql: &str, params: impl Params, most: usize, left: &Left<'_>) -> rusqlite::Result<Vec<Ref>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut found = Vec::new();
        while found.len() < most {
            let Some(row) = rows.next()? else { break };
            let reference = Ref::from_number(row.get(0)?);
            let held = left.held.is_some_and(|held| held.contains(&reference));
            let paused = !left.campaigns.is_empty()
                && row.get::<_, Option<i64>>(1)?.is_some_and(|campaign| left.campaigns.contains(&campaign));
            if !held && !paused && !self.shared.begun().contains(&reference) {
                found.push(reference);
            }
        }
        Ok(found)
    }

    pub(super) fn newest(&self) -> rusqlite::Result<i64> {
        self.connection.query_row(NEWEST, [], |row| row.get(0))
    }

    pub(super) fn interrupted(&self) -> rusqlite::Result<Vec<Ref>> {
        let mut statement = self.connection.prepare_cached(INTERRUPTED)?;
        statement.query_map([], |row| row.get(0).map(Ref::from_number))?.collect()
    }

    pub(super) fn due(&self, now: Timestamp, most: usize) -> rusqlite::Result<(Vec<Ref>, Option<Timestamp>)> {
        let due = self.free(DUE, [now.millis()], most, &Left::default())?;
        let mut statement = self.connection.prepare_cached(NEXT)?;
        let next: Option<i64> = statement.query_row([now.millis()], |row| row.get(0))?;
        Ok((due, next.map(Timestamp::from_millis)))
    }

    /// With all ids that providers gave it.
    fn one(&self, number: i64) -> rusqlite::Result<Option<(Message, Vec<String>)>> {
        let mut statement = self.connection.prepare_cached(&format!("{} {ONE}", row::SELECT))?;
        let read = |row: &Row<'_>| {
            let message = row::message(row, &self.shared.seals, |lane| self.lane(lane))?;
            Ok((message, row::providers(row)?))
        };
        statement.query_row([number], read).optional()
    }

    /// Messages with a key of that hash, newest first.
    fn found(
        &self,
        hash: i64,
        wanted: impl Fn(&Message, &[String]) -> bool,
        most: usize,
    ) -> rusqlite::Result<Vec<Message>> {
        // Memory first: what leaves it meanwhile is in the index by then.
        let mut recent = self.shared.recent().find(hash).into_iter().peekable();
        let mut statement = self.connection.prepare_cached(FOUND)?;
        let mut rows = statement.query([hash])?;
        let indexed = |row: Option<&Row<'_>>| row.map(|row| row.get::<_, i64>(0)).transpose();
        let mut next = indexed(rows.next()?)?;
        let mut found = Vec::new();
        while found.len() < most {
            let Some(newest) = recent.peek().copied().max(next) else { break };
            // One that is being written may be in both.
            recent.next_if_eq(&newest);
            if next == Some(newest) {
                next = indexed(rows.next()?)?;
            }
            found.extend(self.one(newest)?.filter(|(known, ids)| wanted(known, ids)).map(|(known, _)| known));
        }
        Ok(found)
    }

    /// A row may be seen a moment before the names that came with it.
    pub(super) fn lane(&self, id: i64) -> rusqlite::Result<Lane> {
        if let Some(lane) = self.shared.names().lane_of.get(&id) {
            return Ok(lane.clone());
        }
        let sql = "SELECT t.name, l.sender FROM lane l JOIN tenant t ON t.id = l.tenant WHERE l.id = ?1";
        let lane = |row: &Row<'_>| {
            Ok(Lane { tenant: row.get_ref(0)?.as_str()?.into(), from: row.get_ref(1)?.as_str()?.into() })
        };
        self.connection.prepare_cached(sql)?.query_row([id], lane)
    }
}

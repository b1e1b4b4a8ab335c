//! Questions about messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio_postgres::Row;

use super::super::shared::Shared;
use super::super::{Campaign, CampaignMessage, Lane, Ledger, Line, Message, Without, codes, key};
use super::connection::Conn;
use super::roster::Reach;
use super::trouble::Trouble;
use super::words::{Values, count, get, kept, limit, text, time, time_or_none};
use super::{row, tx, words};
use crate::model::{Address, Name, Ref};
use crate::value::Timestamp;

const BY_PLATFORM: &str = "JOIN key k ON k.ref = m.ref JOIN lane l ON l.id = m.lane JOIN tenant t ON t.id = l.tenant
    WHERE k.hash = $1 AND b.platform_id = $2 AND t.name = $3 ORDER BY k.ref DESC LIMIT 100";
const OF_CAMPAIGN: &str = "SELECT m.ref, m.phase::bigint, m.best::bigint FROM message m JOIN body b ON b.ref = m.ref
    JOIN lane l ON l.id = m.lane JOIN tenant t ON t.id = l.tenant
    WHERE m.campaign = $1 AND m.ref < $2 AND b.campaign = $3 AND t.name = $4 ORDER BY m.ref DESC LIMIT $5";
const LAST_TO: &str = "JOIN key k ON k.ref = m.ref JOIN lane l ON l.id = m.lane JOIN tenant t ON t.id = l.tenant
    WHERE k.hash = $1 AND b.recipient = $2 AND m.origin = 0 AND t.name = $3 AND l.sender = $4
    ORDER BY k.ref DESC LIMIT 1";
/// The newest, should a provider give one id twice. The list holds the ids of earlier attempts too.
const BY_PROVIDER: &str = "JOIN key k ON k.ref = m.ref WHERE k.hash = $1 AND $2 = ANY(m.providers)
    ORDER BY k.ref DESC LIMIT 1";
const READY: &str =
    "SELECT m.ref FROM message m WHERE m.lane = $1 AND m.class = CLASS AND m.phase = 0 AND m.wake IS NULL
    AND m.ref <> ALL($2) AND (m.campaign IS NULL OR m.campaign <> ALL($4))
    AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.ref = m.ref) ORDER BY m.ref LIMIT $3";
const WAITED: &str = "SELECT m.ref FROM message m WHERE m.lane = $1 AND m.class = CLASS AND m.phase = 0
    AND m.wake IS NOT NULL AND m.wake <= $5
    AND m.ref <> ALL($2) AND (m.campaign IS NULL OR m.campaign <> ALL($4))
    AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.ref = m.ref) ORDER BY m.wake, m.ref LIMIT $3";
const NEWEST: &str = "SELECT greatest((SELECT max(ref) FROM message), (SELECT max(id) FROM call), 0)";
/// Of whoever is no node any more.
const INTERRUPTED: &str = "SELECT a.ref FROM attempt a JOIN message m ON m.ref = a.ref WHERE m.phase IN (0, 1)
        AND NOT EXISTS (SELECT 1 FROM node n WHERE n.id = a.node AND n.id <> $1) REACHED
    UNION SELECT m.ref FROM message m WHERE m.phase IN (1, 2) AND m.phase = 1
        AND NOT EXISTS (SELECT 1 FROM attempt a JOIN node n ON n.id = a.node WHERE a.ref = m.ref AND n.id <> $1) REACHED
    ORDER BY 1";
const DUE: &str = "SELECT m.ref FROM message m WHERE m.due IS NOT NULL AND m.due <= $1
    AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.ref = m.ref) REACHED ORDER BY m.due, m.ref LIMIT $2";
const NEXT: &str = "SELECT min(m.due) FROM message m WHERE m.due IS NOT NULL AND m.due > $1 REACHED";

/// What a message has to be for this node to do its work; the first value is so far in the list.
fn reached(first: usize) -> String {
    let (own, house, others) = (first, first + 1, first + 2);
    format!(
        "AND EXISTS (SELECT 1 FROM lane l JOIN tenant t ON t.id = l.tenant WHERE l.id = m.lane
            AND (t.name = ANY(${own}) OR ${house} AND t.name <> ALL(${others})))"
    )
}

impl Reach {
    fn columns(&self) -> (Vec<String>, bool, Vec<String>) {
        let all = |names: &[String]| names.iter().map(|name| kept(name).into_owned()).collect();
        match self {
            Self::All => (Vec::new(), true, Vec::new()),
            Self::Some { own, house, others } => (all(own), *house, all(others)),
        }
    }
}

/// What all nodes added up, by tenant.
pub(super) const TOLD: &str = "SELECT t.name, sum(l.accepted)::bigint, sum(l.submitted)::bigint, sum(l.rejected)::bigint,
    sum(l.suppressed)::bigint, sum(l.expired)::bigint, sum(l.failed)::bigint, sum(l.in_flight)::bigint, sum(l.queued)::bigint
    FROM ledger l JOIN tenant t ON t.id = l.tenant";

/// A row of [`TOLD`], and how many are queued.
pub(super) fn told(row: &Row) -> Result<(Ledger, u64), Trouble> {
    let ledger = Ledger {
        accepted: count(row, 1)?,
        submitted: count(row, 2)?,
        rejected: count(row, 3)?,
        suppressed: count(row, 4)?,
        expired: count(row, 5)?,
        failed: count(row, 6)?,
        in_flight: count(row, 7)?,
    };
    Ok((ledger, count(row, 8)?))
}

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

    pub(super) async fn of_campaign(
        &self,
        campaign: &Campaign,
        below: Option<Ref>,
        most: usize,
    ) -> Result<Vec<CampaignMessage>, Trouble> {
        let Campaign { tenant, id } = campaign;
        let (hash, below) = (key::campaign(tenant.as_str(), id), below.map_or(i64::MAX, Ref::number));
        let values: Values<'_> = &[&hash, &below, &kept(id), &kept(tenant.as_str()), &limit(most)];
        let one = |row: &Row| {
            let phase = codes::phase(get(row, 1)?).ok_or_else(|| Trouble::unreadable("a phase that is none"))?;
            let best = get::<Option<i64>>(row, 2)?.and_then(codes::status);
            Ok(CampaignMessage { reference: Ref::from_number(get(row, 0)?), phase, best })
        };
        self.each(OF_CAMPAIGN, values, one).await
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
        without: &Without,
    ) -> Result<Vec<Message>, Trouble> {
        let hash = |id: &String| key::campaign(lane.tenant.as_str(), id);
        let campaigns: Vec<i64> = without.campaigns.iter().map(hash).collect();
        let Some(lane) = self.lane(lane).await? else { return Ok(Vec::new()) };
        let held: Vec<i64> = without.held.iter().map(|reference| reference.number()).collect();
        let now = now.millis();
        let mut chosen = Vec::new();
        for class in ["0", "1"] {
            let (ready, waited) = (READY.replace("CLASS", class), WAITED.replace("CLASS", class));
            let room = most - chosen.len();
            let rows = limit(room);
            let mut found: Vec<i64> = self.each(&ready, &[&lane, &held, &rows, &campaigns], |row| get(row, 0)).await?;
            found.extend(self.each(&waited, &[&lane, &held, &rows, &campaigns, &now], |row| get::<i64>(row, 0)).await?);
            found.sort_unstable();
            found.truncate(room);
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

    /// The number of a lane, which another node may have made.
    async fn lane(&self, lane: &Lane) -> Result<Option<i64>, Trouble> {
        if let Some(id) = self.shared.names().lanes.get(lane) {
            return Ok(Some(*id));
        }
        let sql = "SELECT l.id FROM lane l JOIN tenant t ON t.id = l.tenant WHERE t.name = $1 AND l.sender = $2";
        let row = self.conn.first(sql, &[&kept(lane.tenant.as_str()), &kept(lane.from.as_str())]).await?;
        row.map(|row| get(&row, 0)).transpose()
    }

    /// Lanes with queued messages, whoever's they are.
    pub(super) async fn lanes(&self) -> Result<Vec<(Lane, u64)>, Trouble> {
        let sql = "SELECT t.name, l.sender, q.queued FROM (SELECT lane, count(*) AS queued FROM message WHERE phase = 0
            GROUP BY lane) q JOIN lane l ON l.id = q.lane JOIN tenant t ON t.id = l.tenant ORDER BY t.name, l.sender";
        let lane =
            |row: &Row| Ok((Lane { tenant: words::name(row, 0)?, from: words::address(row, 1)? }, count(row, 2)?));
        self.each(sql, &[], lane).await
    }

    pub(super) async fn queued_of(&self, lane: &Lane, campaigns: &BTreeSet<String>) -> Result<u64, Trouble> {
        let hashes: Vec<i64> = campaigns.iter().map(|id| key::campaign(lane.tenant.as_str(), id)).collect();
        let sql = "SELECT count(*) FROM message m JOIN lane l ON l.id = m.lane JOIN tenant t ON t.id = l.tenant
            WHERE t.name = $1 AND l.sender = $2 AND m.phase = 0 AND m.campaign = ANY($3)";
        let values: Values<'_> = &[&kept(lane.tenant.as_str()), &kept(lane.from.as_str()), &hashes];
        self.conn.first(sql, values).await?.map_or(Ok(0), |row| count(&row, 0))
    }

    /// How many of a tenant's messages stand where, as all nodes added it up.
    pub(super) async fn ledger(&self, tenant: &Name) -> Result<Ledger, Trouble> {
        let sql = format!("{TOLD} WHERE t.name = $1 GROUP BY t.name");
        let row = self.conn.first(&sql, &[&kept(tenant.as_str())]).await?;
        row.map_or(Ok(Ledger::default()), |row| Ok(told(&row)?.0))
    }

    /// `ended`: a node whose attempts are over, though it is one.
    pub(super) async fn interrupted(&self, reach: &Reach, ended: i64) -> Result<Vec<Ref>, Trouble> {
        let (own, house, others) = reach.columns();
        let sql = INTERRUPTED.replace("REACHED", &reached(2));
        self.each(&sql, &[&ended, &own, &house, &others], |row| get(row, 0).map(Ref::from_number)).await
    }

    pub(super) async fn due(
        &self,
        now: Timestamp,
        most: usize,
        reach: &Reach,
    ) -> Result<(Vec<Ref>, Option<Timestamp>), Trouble> {
        let number = |row: &Row| get(row, 0).map(Ref::from_number);
        if *reach == Reach::All {
            let due = self.each(&DUE.replace("REACHED", ""), &[&now.millis(), &limit(most)], number).await?;
            let row = self.conn.first(&NEXT.replace("REACHED", ""), &[&now.millis()]).await?;
            return Ok((due, row.map_or(Ok(None), |row| time_or_none(&row, 0))?));
        }
        let (own, house, others) = reach.columns();
        let [due, next] = [(DUE, 3), (NEXT, 2)].map(|(sql, first)| sql.replace("REACHED", &reached(first)));
        let due = self.each(&due, &[&now.millis(), &limit(most), &own, &house, &others], number).await?;
        let row = self.conn.first(&next, &[&now.millis(), &own, &house, &others]).await?;
        Ok((due, row.map_or(Ok(None), |row| time_or_none(&row, 0))?))
    }

    /// What follows [`row::SELECT`].
    pub(super) async fn messages(&self, tail: &str, values: Values<'_>) -> Result<Vec<Message>, Trouble> {
        let rows = self.conn.query(&format!("{} {tail}", row::SELECT), values).await?;
        let lanes = rows.iter().map(|row| async { tx::lane_of(&self.conn, &self.shared, row::lane(row)?).await });
        let lanes = try_join_all(lanes).await?;
        rows.iter().zip(lanes).map(|(row, lane)| row::message(row, &self.shared.seals, lane)).collect()
    }
}

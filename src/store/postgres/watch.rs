//! Watches the other nodes: looks once a second, and when it is told. Decides which parts this node takes and gives up; the
//! writer does it, in transactions like all others, so that a node that is none any more does nothing.
//!
//! A group of parts is best at the node that a hash of both says, among those with the same configuration: when a node comes or
//! goes, only its share moves. Whoever has one gives it up to the node where it is best, when nothing of it is under way.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

use super::super::part::{Node, Part, Wanted};
use super::super::shared::Shared;
use super::connection::{Conn, Connector};
use super::queue::{Queue, Urgency};
use super::roster::{LEASE, Roster};
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{get, name, text};
use super::work::{Work, any};
use super::{held, news, node, tx};

/// How often it looks; twice as often as a lease needs it, and more.
const LOOK: Duration = Duration::from_secs(1);
/// Before a database that is away is asked again.
const AGAIN: Duration = Duration::from_millis(500);
/// How often news that all have heard go.
const TIDY: Duration = Duration::from_secs(60);

/// Of the smallest group's own nodes; who sees this answered needs no look.
const STATE: &str =
    "SELECT t.moves, t.news, (SELECT count(*) FROM node WHERE id <> $1 AND until < clock_timestamp()) FROM turn t";
const NODES: &str = "SELECT n.id, n.program, n.configuration, n.until < clock_timestamp(),
    (SELECT count(*) FROM part p WHERE p.node = n.id) FROM node n ORDER BY n.id";
const THEIRS: &str = "SELECT p.name FROM part p JOIN node n ON n.id = p.node WHERE n.id <> $1";
const BESIDE: &str =
    "SELECT t.name, sum(l.queued)::bigint, sum(l.accepted)::bigint FROM ledger l JOIN tenant t ON t.id = l.tenant
    WHERE l.node <> $1 GROUP BY t.name";

/// The task's state.
pub(super) struct Watch {
    pub(super) connector: Connector,
    pub(super) shared: Arc<Shared>,
    pub(super) roster: Arc<Roster>,
    pub(super) queue: Arc<Queue>,
    /// What was seen last: this node, the moves, what it wanted.
    seen: (i64, i64, Option<Arc<Wanted>>),
    /// The parts are where they should be, as far as was seen.
    divided: bool,
    beaten: Instant,
    tidied: Instant,
    /// Since when there is a connection: after a time without one nobody is late at once.
    since: Option<Instant>,
}

impl Watch {
    pub(super) fn new(connector: Connector, shared: Arc<Shared>, roster: Arc<Roster>, queue: Arc<Queue>) -> Self {
        let now = Instant::now();
        let seen = (0, -1, None);
        Self { connector, shared, roster, queue, seen, divided: false, beaten: now, tidied: now, since: None }
    }

    /// Until the queue is closed.
    pub(super) async fn run(mut self) {
        while !self.queue.is_closed() {
            if let Err(trouble) = self.watch().await {
                debug!(problem = %trouble.told(), "other nodes cannot be watched");
                self.since = Some(Instant::now());
            }
            sleep(AGAIN).await;
        }
    }

    async fn watch(&mut self) -> Result<(), Trouble> {
        let (conn, mut told) = self.connector.connect_and_listen().await?;
        let row = conn.first("SELECT current_schema()::text", &[]).await?;
        let schema = row.map_or_else(|| Err(Trouble::unreadable("no schema")), |row| text(&row, 0))?;
        conn.batch(&format!("LISTEN \"switchboard/{}\"", schema.replace('"', "\"\""))).await?;
        // What was said before it listened.
        self.roster.tell(|changed| (changed.parts, changed.calls, changed.timers) = (true, true, true));
        while !self.queue.is_closed() {
            self.look(&conn).await?;
            tokio::select! {
                () = sleep(LOOK) => {}
                () = self.roster.look.notified() => {}
                said = told.recv() => match said {
                    Some(said) => self.hear(&conn, said, &mut told).await?,
                    None => return Err(Trouble::Late),
                }
            }
        }
        Ok(())
    }

    /// What others said, all of it by now.
    async fn hear(&self, conn: &Conn, first: String, told: &mut UnboundedReceiver<String>) -> Result<(), Trouble> {
        let mut next = Some(first);
        let (mut lanes, mut all) = (HashSet::new(), false);
        while let Some(said) = next {
            for word in said.split(',') {
                match word {
                    "look" => {}
                    "calls" => self.roster.tell(|changed| changed.calls = true),
                    "timers" => self.roster.tell(|changed| changed.timers = true),
                    "lanes" => all = true,
                    number => lanes.extend(number.parse::<i64>()),
                }
            }
            next = told.try_recv().ok();
        }
        for lane in lanes {
            let lane = tx::lane_of(conn, &self.shared, lane).await?;
            if self.roster.has(&lane.tenant) {
                self.roster.hint(lane);
            }
        }
        if all {
            self.roster.tell(|changed| changed.parts = true);
        }
        Ok(())
    }

    async fn look(&mut self, conn: &Conn) -> Result<(), Trouble> {
        let own = self.roster.node();
        let row = conn.first(STATE, &[&own]).await?;
        let row = row.ok_or_else(|| Trouble::unreadable("no row of turns"))?;
        let (moves, _news, late): (i64, i64, i64) = (get(&row, 0)?, get(&row, 1)?, get(&row, 2)?);
        let heard = news::hear(conn, &self.shared, &self.roster).await?;
        let is_settled = self.since.is_none_or(|since| since.elapsed() > LEASE);
        if late > 0 && is_settled {
            self.ask(|tx| node::bury(tx).boxed());
        }
        let wanted = self.roster.wanted();
        let seen = (own, moves, wanted.clone());
        if self.seen != seen || late > 0 {
            self.read(conn, own).await?;
            self.seen = seen;
            self.divided = false;
        }
        if self.roster.is_alone() {
            self.roster.held.alone();
        } else {
            self.count(conn, own).await?;
            if let Some(edit) = self.roster.held.look(conn, own).await? {
                let edit = Arc::new(edit);
                self.ask(move |tx| {
                    let edit = Arc::clone(&edit);
                    async move { held::write(tx, &edit).await }.boxed()
                });
            }
        }
        if let Some(wanted) = wanted.filter(|_| !self.divided) {
            self.divided = self.divide(own, &wanted);
        }
        let now = Instant::now();
        if heard || now.duration_since(self.beaten) >= LOOK {
            self.beaten = now;
            // Every transaction renews the lease, and says what was heard.
            self.ask(|_| std::future::ready(Ok(())).boxed());
        }
        if now.duration_since(self.tidied) > TIDY && self.roster.mine().contains(&Part::House) {
            self.tidied = now;
            self.ask(|tx| async move { news::tidy(tx).await }.boxed());
        }
        Ok(())
    }

    async fn read(&self, conn: &Conn, own: i64) -> Result<(), Trouble> {
        let mut nodes = Vec::new();
        for row in conn.query(NODES, &[]).await? {
            let (id, late): (i64, bool) = (get(&row, 0)?, get(&row, 3)?);
            let parts: i64 = get(&row, 4)?;
            if late && id != own {
                continue;
            }
            nodes.push(Node {
                id,
                own: id == own,
                program: text(&row, 1)?,
                configuration: text(&row, 2)?,
                parts: parts.unsigned_abs(),
            });
        }
        let mut theirs = HashSet::new();
        for row in conn.query(THEIRS, &[&own]).await? {
            theirs.extend(part(&text(&row, 0)?));
        }
        self.roster.saw(nodes, theirs);
        self.count(conn, own).await
    }

    async fn count(&self, conn: &Conn, own: i64) -> Result<(), Trouble> {
        let (mut queued, mut accepted) = (HashMap::new(), HashMap::new());
        for row in conn.query(BESIDE, &[&own]).await? {
            queued.insert(name(&row, 0)?, get(&row, 1)?);
            accepted.insert(name(&row, 0)?, get(&row, 2)?);
        }
        self.roster.beside(own, queued, accepted);
        Ok(())
    }

    /// Takes what is best here and free, and gives up what is best elsewhere, or wanted here no more. Whether there was nothing
    /// to do: then there is nothing until other nodes, parts or wishes are seen.
    fn divide(&self, own: i64, wanted: &Wanted) -> bool {
        let version = wanted.version.clone();
        let nodes = self.roster.nodes();
        let is_new = nodes.iter().any(|node| node.own && node.configuration != version);
        if is_new {
            let known = version.clone();
            self.ask(move |tx| {
                let version = known.clone();
                async move { node::introduce(tx, &version).await }.boxed()
            });
        }
        let alike = nodes.iter().filter(|node| node.own || node.configuration == version);
        let alike: Vec<i64> = alike.map(|node| node.id).collect();
        let is_best = |group: &&Vec<Part>| group.iter().min().is_some_and(|part| best(part, &alike, own) == own);
        let here: Vec<&Vec<Part>> = wanted.groups.iter().filter(is_best).collect();
        let keep: HashSet<&Part> = here.iter().copied().flatten().collect();
        let mine = self.roster.mine();
        let leave: HashSet<Part> = mine.iter().filter(|part| !keep.contains(part)).cloned().collect();
        let (left, busy) = self.roster.leave(&leave);
        let stays = left.is_empty() && !busy;
        if !left.is_empty() {
            info!(parts = left.len(), "parts of the work are given up to other nodes");
            self.ask(move |tx| {
                let left = left.clone();
                async move { node::give(tx, &left).await }.boxed()
            });
        }
        let theirs = |part: &Part| !mine.contains(part) && self.roster.is_others(part);
        let missing = |group: &Vec<Part>| {
            !group.iter().all(|part| mine.contains(part))
                && !group.iter().any(theirs)
                && !group.iter().any(|part| leave.contains(part))
        };
        let free: Vec<Vec<Part>> = here.into_iter().filter(|group| missing(group)).cloned().collect();
        let takes = !free.is_empty();
        if takes {
            self.ask(move |tx| {
                let free = free.clone();
                async move { node::take(tx, &free).await }.boxed()
            });
        }
        !is_new && stays && !takes
    }

    /// Has the writer do something, soon.
    fn ask<F>(&self, work: F)
    where
        F: for<'t> FnMut(&'t mut Tx) -> futures_util::future::BoxFuture<'t, Result<(), Trouble>> + Send + 'static,
    {
        let (work, _told) = Work::other(any(work), None, None);
        if let Err(problem) = self.queue.push(Urgency::UnderWay, work) {
            warn!(%problem, "the writer takes nothing");
        }
    }
}

/// Where a part is best: at the node with the highest hash of both.
fn best(part: &Part, nodes: &[i64], own: i64) -> i64 {
    let text = part.to_string();
    let weight = |node: &&i64| super::super::key::weight(**node, &text);
    nodes.iter().max_by_key(weight).copied().unwrap_or(own)
}

/// A part by its name.
fn part(text: &str) -> Option<Part> {
    let (kind, rest) = text.split_once('/').unwrap_or((text, ""));
    Some(match kind {
        "house" => Part::House,
        "tenant" => Part::Tenant(rest.into()),
        "account" => Part::Account(rest.to_owned()),
        "number" => Part::Number(rest.to_owned()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_known_by_its_name() {
        let parts = [
            Part::House,
            Part::Tenant("acme".into()),
            Part::Account("vonage/x/y".to_owned()),
            Part::Number("vonage/1".to_owned()),
        ];
        for known in parts {
            assert_eq!(part(&known.to_string()), Some(known));
        }
        assert_eq!(part("something/else"), None);
    }

    #[test]
    fn of_a_node_that_goes_only_its_own_share_moves() {
        let parts: Vec<Part> = (0..900).map(|number| Part::Account(number.to_string())).collect();
        let of = |nodes: &[i64]| parts.iter().map(|part| best(part, nodes, 1)).collect::<Vec<_>>();
        let (three, two) = (of(&[1, 2, 3]), of(&[1, 3]));
        for node in [1, 2, 3] {
            let share = three.iter().filter(|of| **of == node).count();
            assert!((240..360).contains(&share), "{node}: {share}");
        }
        assert!(three.iter().zip(&two).all(|(before, after)| *before == 2 || before == after));
        assert!(two.iter().all(|node| [1, 3].contains(node)));
    }
}

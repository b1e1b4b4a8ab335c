//! Is everything right with a store? What must hold whatever happened, asked of its rows. Nothing is changed.

use super::super::{SealKey, StoreError};
use super::found::Walk;
use super::seals::{self, Opening};
use super::tables::TABLES;
use super::{Raw, Stand};

/// Rows that are read together.
const PAGE: usize = 500;
/// So many of what is wrong are named.
const NAMED: usize = 5;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What does not hold.
    pub what: String,
    /// How often.
    pub count: u64,
    /// The first numbers of rows where it does not.
    pub first: Vec<i64>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Rows, by table.
    pub tables: Vec<(&'static str, u64)>,
    /// Sealed contents that were opened.
    pub opened: u64,
    /// Keys of messages that were looked up.
    pub keys: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// What must not be there: the words for it, and a question that finds it. The same SQL in every engine.
const RULES: &[(&str, &str)] = &[
    ("lanes of no tenant", "SELECT id FROM lane l WHERE NOT EXISTS (SELECT 1 FROM tenant t WHERE t.id = l.tenant)"),
    (
        "messages of no lane",
        "SELECT ref FROM message m WHERE NOT EXISTS (SELECT 1 FROM lane l WHERE l.id = m.lane)",
    ),
    ("messages without a body", "SELECT ref FROM message m WHERE NOT EXISTS (SELECT 1 FROM body b WHERE b.ref = m.ref)"),
    ("bodies of no message", "SELECT ref FROM body b WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.ref = b.ref)"),
    ("messages in a phase that is none", "SELECT ref FROM message WHERE phase NOT BETWEEN 0 AND 7"),
    (
        "attempts of no message",
        "SELECT ref FROM attempt a WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.ref = a.ref)",
    ),
    (
        "calls whose message is gone",
        "SELECT id FROM call c WHERE message IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM message m WHERE m.ref = c.message)",
    ),
    ("calls of no tenant", "SELECT id FROM call c WHERE NOT EXISTS (SELECT 1 FROM tenant t WHERE t.id = c.tenant)"),
    (
        "opt-outs of no tenant",
        "SELECT tenant FROM suppression s WHERE NOT EXISTS (SELECT 1 FROM tenant t WHERE t.id = s.tenant)
        UNION ALL SELECT tenant FROM proof p WHERE NOT EXISTS (SELECT 1 FROM tenant t WHERE t.id = p.tenant)",
    ),
    (
        "opt-outs without a line in their history",
        "SELECT tenant FROM suppression s WHERE NOT EXISTS (SELECT 1 FROM consent c WHERE c.tenant = s.tenant
            AND c.address = s.address AND c.address <> '' AND c.sender = s.sender)
        UNION ALL SELECT tenant FROM proof p WHERE NOT EXISTS (SELECT 1 FROM consent c WHERE c.tenant = p.tenant
            AND c.hash = p.hash AND c.hash IS NOT NULL AND c.sender = p.sender)",
    ),
    ("keys of no message", "SELECT ref FROM key k WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.ref = k.ref)"),
    (
        "tenants whose tally is not what their messages come to",
        "SELECT t.id FROM tenant t LEFT JOIN purged p ON p.tenant = t.id
            LEFT JOIN (
                SELECT tenant, sum(accepted) AS accepted, sum(submitted) AS submitted, sum(rejected) AS rejected,
                    sum(suppressed) AS suppressed, sum(expired) AS expired, sum(failed) AS failed
                FROM ledger GROUP BY tenant
            ) g ON g.tenant = t.id
            LEFT JOIN (
                SELECT l.tenant, count(*) AS accepted, count(CASE WHEN phase = 3 THEN 1 END) AS submitted,
                    count(CASE WHEN phase = 4 THEN 1 END) AS rejected, count(CASE WHEN phase = 7 THEN 1 END) AS suppressed,
                    count(CASE WHEN phase = 6 THEN 1 END) AS expired, count(CASE WHEN phase = 5 THEN 1 END) AS failed
                FROM message m JOIN lane l ON l.id = m.lane GROUP BY l.tenant
            ) r ON r.tenant = t.id
        WHERE coalesce(g.submitted, 0) <> coalesce(r.submitted, 0) + coalesce(p.submitted, 0)
            OR coalesce(g.rejected, 0) <> coalesce(r.rejected, 0) + coalesce(p.rejected, 0)
            OR coalesce(g.suppressed, 0) <> coalesce(r.suppressed, 0) + coalesce(p.suppressed, 0)
            OR coalesce(g.expired, 0) <> coalesce(r.expired, 0) + coalesce(p.expired, 0)
            OR coalesce(g.failed, 0) <> coalesce(r.failed, 0) + coalesce(p.failed, 0)
            OR coalesce(g.accepted, 0) <> coalesce(r.accepted, 0) + coalesce(p.submitted, 0) + coalesce(p.rejected, 0)
                + coalesce(p.suppressed, 0) + coalesce(p.expired, 0) + coalesce(p.failed, 0)",
    ),
];

/// Looks at everything; with these keys contents are opened.
///
/// # Errors
/// Where the store cannot be read.
pub async fn check(raw: &mut dyn Raw, keys: &[SealKey]) -> Result<Checked, StoreError> {
    let mut checked = Checked::default();
    for wrong in raw.integrity().await? {
        checked.found(wrong, Vec::new());
    }
    if let Some(mark) = super::Mark::read(&raw.notes().await?) {
        let what = match mark.stand {
            Stand::Arriving => Some(format!("half a store: a move from {} has not ended", mark.other)),
            Stand::Left => Some(format!("moved to {}: it is served no more", mark.other)),
            Stand::Leaving | Stand::Arrived => None,
        };
        what.into_iter().for_each(|what| checked.found(what, Vec::new()));
    }
    for table in TABLES {
        checked.tables.push((table.name, raw.count(table).await?));
    }
    for (what, sql) in RULES {
        let wrong = raw.ask(sql).await?;
        if !wrong.is_empty() {
            checked.found((*what).to_owned(), wrong);
        }
    }
    check_keys(raw, &mut checked).await?;
    let Opening { opened, findings } = seals::open_all(raw, keys, PAGE).await?;
    checked.opened = opened;
    for (what, wrong) in findings {
        checked.found(what, wrong);
    }
    Ok(checked)
}

impl Checked {
    fn found(&mut self, what: String, mut wrong: Vec<i64>) {
        let count = u64::try_from(wrong.len().max(1)).unwrap_or(u64::MAX);
        wrong.truncate(NAMED);
        self.findings.push(Finding { what, count, first: wrong });
    }

    fn found_many(&mut self, what: &str, count: u64) {
        if count > 0 {
            self.findings.push(Finding { what: what.to_owned(), count, first: Vec::new() });
        }
    }
}

/// Each message can be found by everything it should be found by, and by nothing else.
async fn check_keys(raw: &mut dyn Raw, checked: &mut Checked) -> Result<(), StoreError> {
    let (mut walk, mut upto, mut missing) = (Walk::start(raw).await?, None, 0);
    while let Some((found, last)) = walk.next(raw, upto, PAGE).await? {
        let (wanted, lacking) = raw.indexed(found).await?;
        (checked.keys, missing, upto) = (checked.keys + wanted, missing + lacking, Some(last));
    }
    checked.found_many("keys that messages lack", missing);
    let there = raw.count_keys().await?;
    checked.found_many("keys too many", (there + missing).saturating_sub(checked.keys));
    Ok(())
}

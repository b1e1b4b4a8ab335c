//! The tables, and why each index is there. A change of them is one more of the [`STEPS`].
//!
//! What changes often (`message`) is apart from what never does (`body`), so that a change rewrites a small row.

/// Marks a file as ours.
pub(super) const APPLICATION: i64 = 0x5377_4264;

/// The version of the tables: how many [`STEPS`] made them.
pub(super) const VERSION: usize = STEPS.len();

/// What made each version out of the one before. A new file takes them all, an older one those that it lacks, so none of
/// them is ever changed.
pub(super) const STEPS: &[&str] = &[
    MESSAGES,
    TEXTS,
    OPERATOR,
    LETTERS,
    COUNTS,
    PRIVACY,
    RECENT,
    CONSENT,
    PAUSE,
    CAMPAIGN,
    CAMPAIGNS_PAUSED,
    USAGE,
    SAMPLES,
];

const MESSAGES: &str = "
CREATE TABLE tenant (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE lane (id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, sender TEXT NOT NULL, UNIQUE (tenant, sender));

-- What is changing of a message. `wake` is the life's; `due` is when it is to be looked at: a queued message also when
-- its time runs out, so that expiry needs no lane that moves.
CREATE TABLE message (
    ref INTEGER PRIMARY KEY, lane INTEGER NOT NULL, class INTEGER NOT NULL, origin INTEGER NOT NULL, at INTEGER NOT NULL,
    phase INTEGER NOT NULL, attempts INTEGER NOT NULL, resends INTEGER NOT NULL, wake INTEGER, expires INTEGER NOT NULL,
    best INTEGER, told TEXT, due INTEGER, revision INTEGER NOT NULL, providers TEXT, said TEXT,
    history TEXT NOT NULL DEFAULT ''
);
-- The order of claiming. Ready ones have no wake and so are by their age; those that wait for their next attempt are
-- apart: a lane may have many.
CREATE INDEX message_queue ON message (lane, class, wake, ref) WHERE phase = 0;
CREATE INDEX message_due ON message (due) WHERE due IS NOT NULL;
-- Sending and in doubt: few.
CREATE INDEX message_unsure ON message (ref) WHERE phase IN (1, 2);

CREATE TABLE body (
    ref INTEGER PRIMARY KEY, recipient TEXT NOT NULL, platform_id TEXT NOT NULL, dedupe TEXT, version TEXT NOT NULL,
    content BLOB NOT NULL
);
-- Short hashes of everything a message is found by; what is found is compared with the text itself.
CREATE TABLE key (hash INTEGER NOT NULL, ref INTEGER NOT NULL, PRIMARY KEY (hash, ref)) WITHOUT ROWID;
-- Attempts that began and have not ended.
CREATE TABLE attempt (ref INTEGER PRIMARY KEY);

CREATE TABLE call (
    id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, name TEXT NOT NULL, message INTEGER, context BLOB NOT NULL,
    at INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL
);
CREATE INDEX call_due ON call (tenant, due, id);
CREATE INDEX call_order ON call (message, name, id) WHERE message IS NOT NULL;

CREATE TABLE letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT, kind TEXT NOT NULL, name TEXT NOT NULL, message INTEGER,
    why TEXT NOT NULL, content BLOB NOT NULL, at INTEGER NOT NULL
);
CREATE INDEX letter_tenant ON letter (tenant, id);

CREATE TABLE inbound (tenant INTEGER NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (tenant, id)) WITHOUT ROWID;
CREATE INDEX inbound_at ON inbound (at);

-- Which addresses are one person's.
CREATE TABLE person (
    tenant INTEGER NOT NULL, address TEXT NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (tenant, address)
) WITHOUT ROWID;
CREATE INDEX person_addresses ON person (person);
-- One row for every known address of a person. An empty sender stands for the whole tenant.
CREATE TABLE suppression (
    tenant INTEGER NOT NULL, address TEXT NOT NULL, sender TEXT NOT NULL, PRIMARY KEY (tenant, address, sender)
) WITHOUT ROWID;

-- Ends are counted as they happen and outlive their messages; what is in flight is counted from the rows.
CREATE TABLE ledger (
    tenant INTEGER PRIMARY KEY, accepted INTEGER NOT NULL, submitted INTEGER NOT NULL, rejected INTEGER NOT NULL,
    suppressed INTEGER NOT NULL, expired INTEGER NOT NULL, failed INTEGER NOT NULL
);
";

const TEXTS: &str = "
-- Texts of the configuration. Few and read at the start only.
CREATE TABLE text (
    kind INTEGER NOT NULL, file TEXT NOT NULL, version TEXT NOT NULL, content TEXT NOT NULL, retired INTEGER,
    UNIQUE (kind, file, version)
);
-- One row that is written to see whether writes are taken.
CREATE TABLE probe (id INTEGER PRIMARY KEY, count INTEGER NOT NULL);
INSERT INTO probe VALUES (1, 0);
";

const OPERATOR: &str = "
-- Where messages stood that were purged: the ledger still counts them, so a count of the rows must, too. What an earlier
-- version purged is what the ledger has and the rows have not.
CREATE TABLE purged (
    tenant INTEGER PRIMARY KEY, submitted INTEGER NOT NULL, rejected INTEGER NOT NULL, suppressed INTEGER NOT NULL,
    expired INTEGER NOT NULL, failed INTEGER NOT NULL
);
INSERT INTO purged
    SELECT g.tenant, g.submitted - ifnull(r.submitted, 0), g.rejected - ifnull(r.rejected, 0),
        g.suppressed - ifnull(r.suppressed, 0), g.expired - ifnull(r.expired, 0), g.failed - ifnull(r.failed, 0)
    FROM ledger g LEFT JOIN (
        SELECT l.tenant, sum(m.phase = 3) AS submitted, sum(m.phase = 4) AS rejected, sum(m.phase = 7) AS suppressed,
            sum(m.phase = 6) AS expired, sum(m.phase = 5) AS failed
        FROM message m JOIN lane l ON l.id = m.lane GROUP BY l.tenant
    ) r ON r.tenant = g.tenant;

-- Tokens of the admin API, hashed.
CREATE TABLE token (name TEXT PRIMARY KEY, hash BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;

-- A parked call keeps its id, a parked webhook what it came with besides its body (JSON).
ALTER TABLE letter ADD COLUMN call INTEGER;
ALTER TABLE letter ADD COLUMN came TEXT;
UPDATE letter SET call = -id WHERE kind = 'call';
-- A call that was redriven goes by the newest mapping.
ALTER TABLE call ADD COLUMN newest INTEGER NOT NULL DEFAULT 0;
";

const LETTERS: &str = "
-- A letter with a time is tried again by itself then and is on no list yet. A short hash of what it is: one that repeats is
-- not kept twice; calls have none.
ALTER TABLE letter ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE letter ADD COLUMN due INTEGER;
ALTER TABLE letter ADD COLUMN hash INTEGER;
CREATE INDEX letter_due ON letter (due, id) WHERE due IS NOT NULL;
CREATE INDEX letter_hash ON letter (hash) WHERE hash IS NOT NULL;
-- Unmatched statuses may be many, and are counted.
CREATE INDEX letter_unmatched ON letter (tenant, id) WHERE kind = 'unmatched';
CREATE INDEX letter_old ON letter (at) WHERE kind = 'unmatched';

-- Lanes of calls are found by one step each, and one that is stopped is stepped over whole.
DROP INDEX call_due;
CREATE INDEX call_lane ON call (tenant, name, due, id);
";

const COUNTS: &str = "
-- How many letters there are is asked for every scrape of the metrics: from this index alone.
CREATE INDEX letter_count ON letter (tenant, kind, due);
";

const PRIVACY: &str = "
-- What a token is good for, as bits, and for whom; those that there are were good for everything.
ALTER TABLE token ADD COLUMN roles INTEGER NOT NULL DEFAULT 7;
ALTER TABLE token ADD COLUMN tenant TEXT;
ALTER TABLE token ADD COLUMN until INTEGER;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, tenant TEXT,
    about TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX letter_at ON letter (at);

-- Opt-outs of people who were forgotten: a keyed hash of each address. The key is there from the first one on.
CREATE TABLE proof (
    tenant INTEGER NOT NULL, hash BLOB NOT NULL, sender TEXT NOT NULL, PRIMARY KEY (tenant, hash, sender)
) WITHOUT ROWID;
CREATE TABLE veil (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL, seal INTEGER);

-- Keys that contents are sealed with, by the names that they are configured under; `proof` tells whether a key is the
-- right one. A row without a seal is as it came.
CREATE TABLE seal (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, proof BLOB NOT NULL);
ALTER TABLE body ADD COLUMN seal INTEGER;
ALTER TABLE call ADD COLUMN seal INTEGER;
ALTER TABLE letter ADD COLUMN seal INTEGER;
ALTER TABLE text ADD COLUMN seal INTEGER;
";

const RECENT: &str = "
-- Up to which message `key` has all that messages are found by. Later ones are in memory, and follow from the rows.
CREATE TABLE indexed (id INTEGER PRIMARY KEY CHECK (id = 1), upto INTEGER NOT NULL);
INSERT INTO indexed SELECT 1, ifnull(max(ref), 0) FROM message;
";

const CONSENT: &str = "
-- The history of opt-outs: a line for each change of `suppression` and `proof`, which it never loses. Of who was forgotten the
-- address is empty and there is its hash; `note` goes, which may say something of the person. What is older than the history
-- has a line that says so.
CREATE TABLE consent (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tenant INTEGER NOT NULL, sender TEXT NOT NULL, address TEXT NOT NULL, hash BLOB,
    listed INTEGER NOT NULL, at INTEGER NOT NULL, cause INTEGER NOT NULL, who TEXT NOT NULL, word TEXT, note TEXT
);
CREATE INDEX consent_address ON consent (tenant, address, sender) WHERE address <> '';
CREATE INDEX consent_hash ON consent (tenant, hash) WHERE hash IS NOT NULL;
INSERT INTO consent (tenant, sender, address, hash, listed, at, cause, who)
    SELECT tenant, sender, address, NULL, 1, 0, 0, '' FROM suppression
    UNION ALL SELECT tenant, sender, '', hash, 1, 0, 0, '' FROM proof;
";

const PAUSE: &str = "
-- What nothing is sent from until somebody says so. An empty sender stands for the whole tenant.
CREATE TABLE pause (
    tenant INTEGER NOT NULL, sender TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (tenant, sender)
) WITHOUT ROWID;
";

const CAMPAIGN: &str = "
-- A short hash of tenant and campaign, by which a campaign's messages are found; compared with the text in `body`. What was
-- accepted before is in none.
ALTER TABLE message ADD COLUMN campaign INTEGER;
ALTER TABLE body ADD COLUMN campaign TEXT;
CREATE INDEX message_campaign ON message (campaign, ref) WHERE campaign IS NOT NULL;
";

const CAMPAIGNS_PAUSED: &str = "
-- A campaign may be paused, too: then there is no sender. What is queued of it is stepped over in the index alone.
ALTER TABLE pause RENAME TO pause_before;
CREATE TABLE pause (
    tenant INTEGER NOT NULL, sender TEXT NOT NULL, campaign TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY (tenant, sender, campaign)
) WITHOUT ROWID;
INSERT INTO pause SELECT tenant, sender, '', at, who, reason FROM pause_before;
DROP TABLE pause_before;
DROP INDEX message_queue;
CREATE INDEX message_queue ON message (lane, class, wake, ref, campaign) WHERE phase = 0;
";

const USAGE: &str = "
-- What each attempt of a message cost, as JSON; nothing where nobody said.
ALTER TABLE message ADD COLUMN bill TEXT;
-- What a sender's messages of one month come to. Category and currency are empty where the provider did not say. `messages` are
-- those that it took, `priced` those of them that have a price; money is whole units and billionths, each added up alone.
CREATE TABLE usage (
    lane INTEGER NOT NULL, month INTEGER NOT NULL, category TEXT NOT NULL, currency TEXT NOT NULL,
    messages INTEGER NOT NULL, priced INTEGER NOT NULL, units INTEGER NOT NULL, nanos INTEGER NOT NULL,
    PRIMARY KEY (lane, month, category, currency)
) WITHOUT ROWID;
INSERT INTO usage SELECT lane, CAST(strftime('%Y%m', at / 1000, 'unixepoch') AS INTEGER) AS month, '', '', count(*), 0, 0, 0
    FROM message WHERE phase = 3 GROUP BY lane, month;
";

const SAMPLES: &str = "
-- Requests as parties posted them, masked: the newest of each tenant and leg. `came` is what else they came with (JSON).
CREATE TABLE sample (
    id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, leg TEXT NOT NULL, refused INTEGER NOT NULL, path TEXT NOT NULL,
    content BLOB NOT NULL, came TEXT NOT NULL, at INTEGER NOT NULL
);
-- The ring of each, and what is too old.
CREATE INDEX sample_ring ON sample (tenant, leg, id);
CREATE INDEX sample_at ON sample (at, id);
";

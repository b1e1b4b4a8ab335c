//! The tables, and why each index is there. A change of them is one more of the [`STEPS`].
//!
//! Plain types and plain SQL: identity columns, `UNNEST`, `ON CONFLICT`, `SKIP LOCKED`. What a database that speaks the same
//! protocol would have to have besides: `LISTEN` and `NOTIFY`. Texts are in collation `C`, so that order and comparison are those of
//! their bytes, as in the other engines.

/// The version of the tables: how many [`STEPS`] made them.
pub(super) const VERSION: usize = STEPS.len();

/// What made each version out of the one before; none of them is ever changed.
pub(super) const STEPS: &[Step] = &[
    parts(FIRST),
    parts(SEVERAL),
    parts(CONSENT),
    parts(PAUSE),
    adds(CAMPAIGN),
    parts(CAMPAIGNS_PAUSED),
    adds(HELD),
    adds(USAGE),
    adds(SAMPLES),
];

/// A change of the tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) sql: &'static str,
    /// Whether programs that do not know it cannot work on what it makes. Where it only adds (a table that may stay empty, a
    /// column that has a default, an index) gateways of the version before go on beside newer ones.
    pub(super) parts: bool,
}

/// Whoever does not know it would do wrong: change what it does not know of, or send what is paused.
const fn parts(sql: &'static str) -> Step {
    Step { sql, parts: true }
}

/// Whoever does not know it does nothing wrong.
const fn adds(sql: &'static str) -> Step {
    Step { sql, parts: false }
}

/// Where the version is kept.
pub(super) const KNOWN: &str = "SELECT to_regclass('switchboard') IS NOT NULL";

/// One row.
pub(super) const MAKE: &str = "
CREATE TABLE IF NOT EXISTS switchboard (id integer PRIMARY KEY CHECK (id = 1), version bigint NOT NULL);
-- The number of steps that a program must know: those before may add what it need not know.
ALTER TABLE switchboard ADD COLUMN IF NOT EXISTS needs bigint NOT NULL DEFAULT 0;
INSERT INTO switchboard VALUES (1, 0) ON CONFLICT DO NOTHING;
";

const FIRST: &str = r#"
-- Whoever writes. `epoch` grows with each start: who has an older one writes no more. `commits` is written in every
-- transaction, so that whoever lost the answer to a COMMIT can look what became of it.
CREATE TABLE node (
    id integer PRIMARY KEY, epoch bigint NOT NULL, commits bigint NOT NULL, seen timestamptz NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);
INSERT INTO node VALUES (0, 0, 0, now());

CREATE TABLE tenant (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE);
CREATE TABLE lane (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant bigint NOT NULL, sender text COLLATE "C" NOT NULL,
    UNIQUE (tenant, sender)
);

-- What is changing of a message, apart from what never does (`body`), so that a change rewrites a small row. `wake` is the
-- life's; `due` is when it is to be looked at: a queued message also when its time runs out, so that expiry needs no lane
-- that moves. Changed rows stay on their page where it has room, and are cleaned up often: an index of what is queued that
-- is full of dead rows is slow to claim from.
CREATE TABLE message (
    ref bigint PRIMARY KEY, lane bigint NOT NULL, class smallint NOT NULL, origin smallint NOT NULL, at bigint NOT NULL,
    phase smallint NOT NULL, attempts bigint NOT NULL, resends bigint NOT NULL, wake bigint, expires bigint NOT NULL,
    best smallint, told text, due bigint, revision bigint NOT NULL, providers text[] COLLATE "C", said text
) WITH (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.2,
    autovacuum_analyze_scale_factor = 0.05);
-- The order of claiming. Ready ones have no wake and so are by their age; those that wait for their next attempt are
-- apart: a lane may have many.
CREATE INDEX message_queue ON message (lane, class, wake, ref) WHERE phase = 0;
CREATE INDEX message_due ON message (due, ref) WHERE due IS NOT NULL;
-- Sending and in doubt: few.
CREATE INDEX message_unsure ON message (ref) WHERE phase IN (1, 2);

CREATE TABLE body (
    ref bigint PRIMARY KEY, recipient text COLLATE "C" NOT NULL, platform_id text COLLATE "C" NOT NULL,
    dedupe text COLLATE "C", version text COLLATE "C" NOT NULL, content bytea NOT NULL, seal bigint
);
-- Half a SHA-256 of tenant and key: who inserts it first has accepted the message, whichever node that is.
CREATE TABLE dedupe (hash bytea PRIMARY KEY, ref bigint NOT NULL);
-- Short hashes of everything else that a message is found by; what is found is compared with the text itself.
CREATE TABLE key (hash bigint NOT NULL, ref bigint NOT NULL, PRIMARY KEY (hash, ref));
-- Added to and never changed: to be divided by days once that pays.
CREATE TABLE history (
    ref bigint NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, at bigint NOT NULL, text text NOT NULL,
    PRIMARY KEY (ref, id)
);
-- Attempts that began and have not ended: a few rows that come and go all the time.
CREATE TABLE attempt (ref bigint PRIMARY KEY)
    WITH (autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0);

CREATE TABLE call (
    id bigint PRIMARY KEY, tenant bigint NOT NULL, name text COLLATE "C" NOT NULL, message bigint, context bytea NOT NULL,
    at bigint NOT NULL, attempts bigint NOT NULL, due bigint NOT NULL, newest boolean NOT NULL, seal bigint
) WITH (fillfactor = 85, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0.01);
-- Lanes of calls are found by one step each, and one that is stopped is stepped over whole.
CREATE INDEX call_lane ON call (tenant, name, due, id);
CREATE INDEX call_order ON call (message, name, id) WHERE message IS NOT NULL;

-- A letter with a time is tried again by itself then and is on no list yet. A short hash of what it is: one that repeats is
-- not kept twice; calls have none.
CREATE TABLE letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant text COLLATE "C", kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL, message bigint, why text COLLATE "C" NOT NULL, content bytea NOT NULL,
    at bigint NOT NULL, attempts bigint NOT NULL DEFAULT 0, due bigint, hash bigint, call bigint, came text, seal bigint
);
CREATE INDEX letter_tenant ON letter (tenant, id);
CREATE INDEX letter_due ON letter (due, id) WHERE due IS NOT NULL;
CREATE INDEX letter_hash ON letter (hash) WHERE hash IS NOT NULL;
CREATE INDEX letter_unmatched ON letter (tenant, id) WHERE kind = 'unmatched';
CREATE INDEX letter_old ON letter (at) WHERE kind = 'unmatched';
CREATE INDEX letter_count ON letter (tenant, kind, due);
CREATE INDEX letter_at ON letter (at);

CREATE TABLE inbound (tenant bigint NOT NULL, id text COLLATE "C" NOT NULL, at bigint NOT NULL, PRIMARY KEY (tenant, id));
CREATE INDEX inbound_at ON inbound (at);

-- Which addresses are one person's.
CREATE SEQUENCE person_number;
CREATE TABLE person (
    tenant bigint NOT NULL, address text COLLATE "C" NOT NULL, person bigint NOT NULL, PRIMARY KEY (tenant, address)
);
CREATE INDEX person_addresses ON person (person);
-- One row for every known address of a person. An empty sender stands for the whole tenant.
CREATE TABLE suppression (
    tenant bigint NOT NULL, address text COLLATE "C" NOT NULL, sender text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, address, sender)
);
-- Opt-outs of people who were forgotten: a keyed hash of each address. The key is there from the first one on.
CREATE TABLE proof (
    tenant bigint NOT NULL, hash bytea NOT NULL, sender text COLLATE "C" NOT NULL, PRIMARY KEY (tenant, hash, sender)
);
CREATE TABLE veil (id integer PRIMARY KEY CHECK (id = 1), key bytea NOT NULL, seal bigint);

-- Ends are counted as they happen and outlive their messages; what is in flight is counted from the rows.
CREATE TABLE ledger (
    tenant bigint PRIMARY KEY, accepted bigint NOT NULL, submitted bigint NOT NULL, rejected bigint NOT NULL,
    suppressed bigint NOT NULL, expired bigint NOT NULL, failed bigint NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
-- Where messages stood that were purged: the ledger still counts them, so a count of the rows must, too.
CREATE TABLE purged (
    tenant bigint PRIMARY KEY, submitted bigint NOT NULL, rejected bigint NOT NULL, suppressed bigint NOT NULL,
    expired bigint NOT NULL, failed bigint NOT NULL
) WITH (fillfactor = 10);

-- Texts of the configuration. Few and read at the start only.
CREATE TABLE text (
    kind bigint NOT NULL, file text COLLATE "C" NOT NULL, version text COLLATE "C" NOT NULL, content bytea NOT NULL,
    retired bigint, seal bigint, PRIMARY KEY (kind, file, version)
);
-- Tokens of the admin API, hashed.
CREATE TABLE token (
    name text COLLATE "C" PRIMARY KEY, hash bytea NOT NULL, at bigint NOT NULL, roles bigint NOT NULL,
    tenant text COLLATE "C", until bigint
);
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at bigint NOT NULL, who text COLLATE "C" NOT NULL,
    what text COLLATE "C" NOT NULL, tenant text COLLATE "C", about text NOT NULL
);
CREATE INDEX audit_at ON audit (at);
-- Keys that contents are sealed with, by the names that they are configured under; `proof` tells whether a key is the
-- right one. A row without a seal is as it came.
CREATE TABLE seal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE, proof bytea NOT NULL
);
"#;

const SEVERAL: &str = r#"
-- Those who write. Whose row is here has its parts, and writes it in every transaction; whoever takes its place deletes the
-- row. `commits` tells one that lost the answer to a COMMIT what became of it; `heard` is how many of the `news` it has in
-- memory. A gateway of the version before, which wrote to a table of that name, writes no more.
DROP TABLE node;
CREATE TABLE node (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, slot bigint NOT NULL UNIQUE, program text NOT NULL,
    configuration text NOT NULL DEFAULT '', commits bigint NOT NULL, heard bigint NOT NULL, until timestamptz NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);
-- One row. `moves` grows whenever nodes or parts change, `news` with each opt-out: whoever changes it has it alone until the
-- commit, so that its numbers are in the order of the commits.
CREATE TABLE turn (id integer PRIMARY KEY CHECK (id = 1), moves bigint NOT NULL, news bigint NOT NULL)
    WITH (fillfactor = 10, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);
INSERT INTO turn VALUES (1, 0, 0);
-- Parts of the work. `freed`: when the last one who had it certainly had it no more.
CREATE TABLE part (name text COLLATE "C" PRIMARY KEY, node bigint, freed timestamptz);
-- What the others have to change in their list of opt-outs; gone when they have.
CREATE TABLE news (
    id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), kind smallint NOT NULL, tenant text COLLATE "C" NOT NULL,
    sender text COLLATE "C" NOT NULL, address text COLLATE "C" NOT NULL, hash bytea
);

-- Who makes it. One of nobody who is left is in doubt.
ALTER TABLE attempt ADD node bigint NOT NULL DEFAULT 0;

-- Each node adds to rows of its own, so that none waits for another: what counts is their sum. Node 0 is all who are gone.
-- Now also what is in flight, and of that what is queued.
ALTER TABLE ledger DROP CONSTRAINT ledger_pkey;
ALTER TABLE ledger ADD node bigint NOT NULL DEFAULT 0, ADD in_flight bigint NOT NULL DEFAULT 0,
    ADD queued bigint NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD PRIMARY KEY (tenant, node);
INSERT INTO ledger (tenant, node, accepted, submitted, rejected, suppressed, expired, failed, in_flight, queued)
    SELECT l.tenant, 0, 0, 0, 0, 0, 0, 0, count(*), count(*) FILTER (WHERE m.phase = 0)
    FROM message m JOIN lane l ON l.id = m.lane WHERE m.phase IN (0, 1, 2) GROUP BY l.tenant
    ON CONFLICT (tenant, node) DO UPDATE SET in_flight = excluded.in_flight, queued = excluded.queued;
"#;

const CONSENT: &str = r#"
-- The history of opt-outs: a line for each change of `suppression` and `proof`, which it never loses. Of who was forgotten the
-- address is empty and there is its hash; `note` goes, which may say something of the person. What is older than the history
-- has a line that says so.
CREATE TABLE consent (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant bigint NOT NULL, sender text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL, hash bytea, listed boolean NOT NULL, at bigint NOT NULL, cause bigint NOT NULL,
    who text NOT NULL, word text, note text
);
CREATE INDEX consent_address ON consent (tenant, address, sender) WHERE address <> '';
CREATE INDEX consent_hash ON consent (tenant, hash) WHERE hash IS NOT NULL;
INSERT INTO consent (tenant, sender, address, hash, listed, at, cause, who)
    SELECT tenant, sender, address, NULL, true, 0, 0, '' FROM suppression
    UNION ALL SELECT tenant, sender, '', hash, true, 0, 0, '' FROM proof;
"#;

const PAUSE: &str = r#"
-- What nothing is sent from until somebody says so. An empty sender stands for the whole tenant.
CREATE TABLE pause (
    tenant bigint NOT NULL, sender text COLLATE "C" NOT NULL, at bigint NOT NULL, who text NOT NULL, reason text NOT NULL,
    PRIMARY KEY (tenant, sender)
);
-- Of a pause that the others have to know: since when, who and why.
ALTER TABLE news ADD at_millis bigint, ADD who text, ADD reason text;
"#;

const CAMPAIGN: &str = r#"
-- A short hash of tenant and campaign, by which a campaign's messages are found; compared with the text in `body`. What was
-- accepted before is in none.
ALTER TABLE message ADD campaign bigint;
ALTER TABLE body ADD campaign text COLLATE "C";
CREATE INDEX message_campaign ON message (campaign, ref) WHERE campaign IS NOT NULL;
"#;

const CAMPAIGNS_PAUSED: &str = r#"
-- A campaign may be paused, too: then there is no sender. In `news` it stands as the address. What is queued of it is stepped
-- over, in the index alone where the table is clean.
ALTER TABLE pause ADD campaign text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE pause DROP CONSTRAINT pause_pkey;
ALTER TABLE pause ADD PRIMARY KEY (tenant, sender, campaign);
DROP INDEX message_queue;
CREATE INDEX message_queue ON message (lane, class, wake, ref) INCLUDE (campaign) WHERE phase = 0;
"#;

const HELD: &str = r#"
-- What each node holds: a lane of messages (kind 0, `what` is the sender), a lane of calls (1, its name), people who are left
-- alone (2, of that sender so many). For the others to tell of; whoever works on a lane knows it from memory.
CREATE TABLE held (
    node bigint NOT NULL, kind smallint NOT NULL, tenant text COLLATE "C" NOT NULL, what text COLLATE "C" NOT NULL,
    since bigint NOT NULL, probe bigint NOT NULL, people bigint NOT NULL, PRIMARY KEY (node, kind, tenant, what)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
"#;

const USAGE: &str = r#"
-- What each attempt of a message cost, as JSON; nothing where nobody said.
ALTER TABLE message ADD bill text;
-- What a sender's messages of one month come to: a row for each slot, so that gateways do not wait for each other, and the sum
-- counts. Category and currency are empty where the provider did not say. `messages` are those that it took, `priced` those of
-- them that have a price; money is whole units and billionths, each added up alone.
CREATE TABLE usage (
    lane bigint NOT NULL, month bigint NOT NULL, category text COLLATE "C" NOT NULL, currency text COLLATE "C" NOT NULL,
    slot bigint NOT NULL DEFAULT 0, messages bigint NOT NULL, priced bigint NOT NULL, units bigint NOT NULL,
    nanos bigint NOT NULL, PRIMARY KEY (lane, month, category, currency, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
INSERT INTO usage (lane, month, category, currency, messages, priced, units, nanos)
    SELECT lane, to_char(to_timestamp(at / 1000.0) AT TIME ZONE 'UTC', 'YYYYMM')::bigint, '', '', count(*), 0, 0, 0
    FROM message WHERE phase = 3 GROUP BY 1, 2;
"#;

const SAMPLES: &str = r#"
-- Requests as parties posted them, masked: the newest of each tenant and leg. `came` is what else they came with (JSON).
CREATE TABLE sample (
    id bigint PRIMARY KEY, tenant text COLLATE "C" NOT NULL, leg text COLLATE "C" NOT NULL, refused boolean NOT NULL,
    path text NOT NULL, content bytea NOT NULL, came text NOT NULL, at bigint NOT NULL
);
-- The ring of each, and what is too old.
CREATE INDEX sample_ring ON sample (tenant, leg, id);
CREATE INDEX sample_at ON sample (at, id);
"#;

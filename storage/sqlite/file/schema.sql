-- All events, in the order of the commits. Rows are never changed and never deleted.
CREATE TABLE events (
    position    INTEGER PRIMARY KEY,  -- the count in the whole journal: 1, 2, 3, ... without gaps
    stream_id   TEXT    NOT NULL,     -- '<kind>-<id>', as 'account-<uuid>'
    version     INTEGER NOT NULL,     -- the count in the stream: 1, 2, 3, ... without gaps
    type        TEXT    NOT NULL,
    recorded_at TEXT    NOT NULL,     -- RFC 3339, UTC, milliseconds
    data        TEXT    NOT NULL,     -- JSON
    checksum    INTEGER NOT NULL,     -- CRC-32 of the columns from stream_id to data, and of context where there is one
    context     TEXT,                 -- JSON: who caused it; events of releases before schema 3 have none
    UNIQUE (stream_id, version)
) STRICT;

-- One row at most: what tells this file from its copies (identity.py). New at each start.
CREATE TABLE identity (
    id TEXT NOT NULL
) STRICT;

-- The identities of this journal: its own, and those that it had before it was copied (journal_ids.py). A copy has none
-- of its own until it is first served. Rows are never deleted.
CREATE TABLE journal_ids (
    number      INTEGER PRIMARY KEY,  -- in the order in which they were its own
    journal_id  TEXT    NOT NULL UNIQUE,
    last_shared INTEGER               -- the last position that this journal shares with that one; NULL for its own
) STRICT;

-- The blocks of 1,024 positions that have events of a type or an actor, for the filters of the feed (blocks.py).
CREATE TABLE event_blocks (
    what  TEXT    NOT NULL,           -- 'type <type>' or 'actor <actor>'
    block INTEGER NOT NULL,           -- the position divided by 1,024
    PRIMARY KEY (what, block)
) STRICT, WITHOUT ROWID;

-- Cached states, so that an activation replays only the events since. May be deleted at any time.
CREATE TABLE snapshots (
    stream_id TEXT    PRIMARY KEY,
    version   INTEGER NOT NULL,       -- of the last event in the state
    schema    INTEGER NOT NULL,       -- of the shape of the state
    state     TEXT    NOT NULL,       -- JSON
    checksum  INTEGER NOT NULL        -- CRC-32 of the columns from stream_id to state
) STRICT, WITHOUT ROWID;

-- States that are kept, one for each 10,000 events of a stream, so that a state of the past is replayed from the one
-- before it. May be deleted at any time.
CREATE TABLE milestones (
    stream_id TEXT    NOT NULL,
    version   INTEGER NOT NULL,       -- of the last event in the state
    schema    INTEGER NOT NULL,       -- of the shape of the state
    state     TEXT    NOT NULL,       -- JSON
    checksum  INTEGER NOT NULL,       -- CRC-32 of the columns from stream_id to state
    PRIMARY KEY (stream_id, version)
) STRICT;

-- The answers to commands with an Idempotency-Key. Rows are never changed and never deleted.
CREATE TABLE receipts (
    number      INTEGER PRIMARY KEY,  -- in the order of the commits
    key         TEXT    NOT NULL UNIQUE,
    fingerprint BLOB    NOT NULL,     -- of the request, so that another request under the key is refused
    status      INTEGER NOT NULL,     -- of the answer: 2xx, or 4xx of a refusal
    version     INTEGER,              -- of the aggregate, as in the ETag
    position    INTEGER,              -- of the aggregate's last event; NULL for a refusal
    location    TEXT,
    body        TEXT    NOT NULL,     -- JSON of the answer; empty for an answer without a body
    recorded_at TEXT    NOT NULL,
    checksum    INTEGER NOT NULL      -- CRC-32 of the columns from key to recorded_at, the fingerprint in hexadecimal
) STRICT;

-- When each API key was last used, written about once a minute. No event knows it, and no receipt.
CREATE TABLE key_uses (
    key_id       TEXT PRIMARY KEY,
    last_used_at TEXT NOT NULL        -- RFC 3339, UTC, milliseconds
) STRICT, WITHOUT ROWID;
-- The search index: the accounts as of a position of the journal. A query looks at those that changed since one by one.
CREATE TABLE account_search (
    number       INTEGER PRIMARY KEY, -- that of the account
    plan_id      TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    name         TEXT    NOT NULL,    -- case-folded
    members_free INTEGER NOT NULL,
    seats_free   INTEGER NOT NULL
) STRICT;
CREATE INDEX account_search_by_name ON account_search (name, number);
CREATE INDEX account_search_by_members_free ON account_search (members_free, seats_free);
CREATE INDEX account_search_by_seats_free ON account_search (seats_free, members_free);

-- The words of their names, plans and statuses (search/words.py).
CREATE VIRTUAL TABLE account_words USING fts5 (
    words, content = '', columnsize = 0, detail = none, prefix = '1 2',
    tokenize = "ascii tokenchars ' !""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);
-- Segments are merged in small steps (search/follower.py), because commits wait meanwhile.
INSERT INTO account_words (account_words, rank) VALUES ('automerge', 0), ('crisismerge', 1000), ('usermerge', 8);

-- One row: the position of the journal up to which they are taken in.
CREATE TABLE account_search_progress (
    position INTEGER NOT NULL
) STRICT;
INSERT INTO account_search_progress (position) VALUES (0);

-- The deliveries of webhooks (deliveries/): a rebuild of the views leaves these four tables alone.
CREATE TABLE webhook_secrets (
    webhook_id TEXT NOT NULL,
    secret_id  TEXT NOT NULL,         -- the view `webhooks` says which of them sign
    secret     TEXT NOT NULL,         -- 'whsec_' and base64; in no event
    PRIMARY KEY (webhook_id, secret_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_progress (
    webhook_id TEXT    PRIMARY KEY,
    position   INTEGER NOT NULL,      -- all events up to it are delivered, or in webhook_waiting
    replays    INTEGER NOT NULL       -- of the webhook, that the position has taken in
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_waiting (
    webhook_id TEXT    NOT NULL,
    position   INTEGER NOT NULL,      -- of the event
    stream_id  TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,      -- 0 for one that waits behind another of its stream
    first_at   TEXT    NOT NULL,
    next_at    TEXT    NOT NULL,
    PRIMARY KEY (webhook_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_attempts (
    webhook_id   TEXT    NOT NULL,
    number       INTEGER NOT NULL,    -- the count for this webhook
    position     INTEGER NOT NULL,    -- of the event
    message_id   TEXT    NOT NULL,
    attempt      INTEGER NOT NULL,    -- the count for this event
    at           TEXT    NOT NULL,
    milliseconds INTEGER NOT NULL,
    status       INTEGER,             -- of the answer; NULL if there was none
    error        TEXT,
    outcome      TEXT    NOT NULL,    -- 'delivered' or 'failed'
    PRIMARY KEY (webhook_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_attempts_of_an_event ON webhook_attempts (webhook_id, position, number);
CREATE INDEX webhook_attempts_failed ON webhook_attempts (webhook_id, number) WHERE outcome = 'failed';

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

-- Cached states, so that an activation replays only the events since. May be deleted at any time.
CREATE TABLE snapshots (
    stream_id TEXT    PRIMARY KEY,
    version   INTEGER NOT NULL,       -- of the last event in the state
    schema    INTEGER NOT NULL,       -- of the shape of the state
    state     TEXT    NOT NULL,       -- JSON
    checksum  INTEGER NOT NULL        -- CRC-32 of the columns from stream_id to state
) STRICT, WITHOUT ROWID;

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

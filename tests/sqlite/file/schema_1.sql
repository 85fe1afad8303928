-- Everything that was ever decided, in the order of the commits. Rows are never changed and never deleted.
CREATE TABLE events (
    position    INTEGER PRIMARY KEY,  -- the count in the whole journal: 1, 2, 3, ... without gaps
    stream_id   TEXT    NOT NULL,     -- 'account-<uuid>' or 'plan-<uuid>'
    version     INTEGER NOT NULL,     -- the count in the stream: 1, 2, 3, ... without gaps
    type        TEXT    NOT NULL,
    recorded_at TEXT    NOT NULL,     -- RFC 3339, UTC, milliseconds
    data        TEXT    NOT NULL,     -- JSON
    checksum    INTEGER NOT NULL,     -- CRC-32 of the columns from stream_id to data
    UNIQUE (stream_id, version)
) STRICT;

-- A cached state, so that an activation replays only what came since. May be deleted at any time.
CREATE TABLE snapshots (
    stream_id TEXT    PRIMARY KEY,
    version   INTEGER NOT NULL,       -- of the last event that is in the state
    schema    INTEGER NOT NULL,       -- of the shape of the state
    state     TEXT    NOT NULL,       -- JSON
    checksum  INTEGER NOT NULL        -- CRC-32 of the columns from stream_id to state
) STRICT, WITHOUT ROWID;

-- Views: what is asked for, written with the events that it follows from. `summary` is what the API answers, as JSON.
CREATE TABLE plans (
    number  INTEGER PRIMARY KEY,      -- in the order in which they were defined
    plan_id TEXT    NOT NULL UNIQUE,
    status  TEXT    NOT NULL,
    version INTEGER NOT NULL,
    summary TEXT    NOT NULL
) STRICT;

CREATE TABLE accounts (
    number     INTEGER PRIMARY KEY,   -- in the order in which they were opened
    account_id TEXT    NOT NULL UNIQUE,
    plan_id    TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    name       TEXT    NOT NULL,      -- case-folded, to be searched
    version    INTEGER NOT NULL,
    summary    TEXT    NOT NULL
) STRICT;
CREATE INDEX accounts_by_plan ON accounts (plan_id);
-- Most accounts are active, and those need no index: a sign-up does not pay for this one.
CREATE INDEX accounts_at_rest ON accounts (status) WHERE status <> 'active';

CREATE TABLE members (
    account_id TEXT NOT NULL,
    member_id  TEXT NOT NULL,
    summary    TEXT NOT NULL,
    PRIMARY KEY (account_id, member_id)
) STRICT, WITHOUT ROWID;

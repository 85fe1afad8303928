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

-- Empty, unless there is an event of a type that this schema does not know: so a start finds one without reading the
-- journal. Who inserts pays for as many comparisons as it takes to come to its type, so the frequent ones come first
-- (NOT IN would build its list anew for each row, 2 us). A release with a new type, or with another form of one, raises
-- the schema version, and its migration drops this index and makes it anew.
CREATE INDEX events_unknown ON events (type) WHERE
    type <> 'member.added' AND type <> 'account.opened' AND type <> 'seat.taken' AND type <> 'credit.adjusted.2'
    AND type <> 'seat.freed' AND type <> 'member.removed' AND type <> 'member.role_changed'
    AND type <> 'member.renamed' AND type <> 'member.email_changed' AND type <> 'account.plan_changed'
    AND type <> 'account.renamed' AND type <> 'account.suspended' AND type <> 'account.reactivated'
    AND type <> 'account.closed' AND type <> 'plan.defined' AND type <> 'plan.package_revised'
    AND type <> 'plan.renamed' AND type <> 'plan.reclassified' AND type <> 'plan.retired'
    AND type <> 'plan.reinstated' AND type <> 'credit.adjusted';

-- A cached state, so that an activation replays only what came since. May be deleted at any time.
CREATE TABLE snapshots (
    stream_id TEXT    PRIMARY KEY,
    version   INTEGER NOT NULL,       -- of the last event that is in the state
    schema    INTEGER NOT NULL,       -- of the shape of the state
    state     TEXT    NOT NULL,       -- JSON
    checksum  INTEGER NOT NULL        -- CRC-32 of the columns from stream_id to state
) STRICT, WITHOUT ROWID;

-- What was answered to a command that came with an Idempotency-Key. Rows are never changed and never deleted.
CREATE TABLE receipts (
    number      INTEGER PRIMARY KEY,  -- in the order of the commits
    key         TEXT    NOT NULL UNIQUE,
    fingerprint BLOB    NOT NULL,     -- of the request, so that the key is not taken for another one
    status      INTEGER NOT NULL,     -- as it was answered: 2xx, or 4xx of a refusal
    version     INTEGER,              -- of the aggregate, as the ETag said
    position    INTEGER,              -- of the aggregate's last event; NULL for a refusal
    location    TEXT,
    body        TEXT    NOT NULL,     -- JSON as it was answered; empty where there was none
    recorded_at TEXT    NOT NULL,
    checksum    INTEGER NOT NULL      -- CRC-32 of the columns from key to recorded_at, the fingerprint in hexadecimal
) STRICT;

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

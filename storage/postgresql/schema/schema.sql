-- The tables of storage/sqlite/file/schema.sql, with the same columns and the same values in them. Text is compared by
-- its bytes, as SQLite does. The tables of the views follow (ddl.py), then search.sql.

-- One row: that the tables beside it are Seatkeeper's, and of which version.
CREATE TABLE seatkeeper_schema (
    one         boolean          PRIMARY KEY DEFAULT true CHECK (one),
    version     bigint           NOT NULL,
    known_types text COLLATE "C" NOT NULL DEFAULT '', -- the events that are not in the index events_unknown
    shards      bigint           NOT NULL DEFAULT 1   -- how many processes share the streams between them (shards.py)
);

-- Who may write: the epoch of a shard goes up by one whenever a process takes it, and every commit asks for its own.
CREATE TABLE shards (
    shard  bigint           PRIMARY KEY,         -- 0 where there is one process
    epoch  bigint           NOT NULL,
    holder text COLLATE "C" NOT NULL             -- 128 random bits of the process that took it, and its start
);

-- One row, locked from the last statement of each commit to its end: so positions are in the order of the commits.
CREATE TABLE journal_head (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint  NOT NULL                    -- of the last event
);
INSERT INTO journal_head (position) VALUES (0);

-- All events, in the order of the commits. Rows are never changed and never deleted.
CREATE TABLE events (
    position    bigint           PRIMARY KEY,    -- the count in the whole journal: 1, 2, 3, ... without gaps
    stream_id   text COLLATE "C" NOT NULL,       -- '<kind>-<id>', as 'account-<uuid>'
    version     bigint           NOT NULL,       -- the count in the stream: 1, 2, 3, ... without gaps
    type        text COLLATE "C" NOT NULL,
    recorded_at text COLLATE "C" NOT NULL,       -- RFC 3339, UTC, milliseconds
    data        text COLLATE "C" NOT NULL,       -- JSON
    checksum    bigint           NOT NULL,       -- CRC-32 of the columns from stream_id to data, and of context
    context     text COLLATE "C",                -- JSON: who caused it
    UNIQUE (stream_id, version)
);

-- The identities of this journal: its own, and those that it had before it was copied (identity.py).
CREATE TABLE journal_ids (
    number      bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in the order in which they were its own
    journal_id  text COLLATE "C" NOT NULL UNIQUE,
    last_shared bigint                           -- the last position that it shares with that one; NULL for its own
);

-- One row at most: where the journal was when it got its own id. A copy is elsewhere.
CREATE TABLE journal_home (
    one  boolean          PRIMARY KEY DEFAULT true CHECK (one),
    home text COLLATE "C" NOT NULL
);

-- The blocks of 1,024 positions that have events of a type or an actor, for the filters of the feed (blocks.py).
CREATE TABLE event_blocks (
    what  text COLLATE "C" NOT NULL,             -- 'type <type>' or 'actor <actor>'
    block bigint           NOT NULL,             -- the position divided by 1,024
    PRIMARY KEY (what, block)
);

-- Cached states, so that an activation replays only the events since. May be deleted at any time.
CREATE TABLE snapshots (
    stream_id text COLLATE "C" PRIMARY KEY,
    version   bigint           NOT NULL,         -- of the last event in the state
    schema    bigint           NOT NULL,         -- of the shape of the state
    state     text COLLATE "C" NOT NULL,         -- JSON
    checksum  bigint           NOT NULL          -- CRC-32 of the columns from stream_id to state
);

-- States that are kept, one for each 10,000 events of a stream, so that a state of the past is replayed from the one
-- before it. May be deleted at any time.
CREATE TABLE milestones (
    stream_id text COLLATE "C" NOT NULL,
    version   bigint           NOT NULL,         -- of the last event in the state
    schema    bigint           NOT NULL,         -- of the shape of the state
    state     text COLLATE "C" NOT NULL,         -- JSON
    checksum  bigint           NOT NULL,         -- CRC-32 of the columns from stream_id to state
    PRIMARY KEY (stream_id, version)
);

-- The answers to commands with an Idempotency-Key. Rows are never changed and never deleted.
CREATE TABLE receipts (
    number      bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in the order of the commits
    key         text COLLATE "C" NOT NULL UNIQUE,
    fingerprint bytea            NOT NULL,       -- of the request, so that another request under the key is refused
    status      bigint           NOT NULL,       -- of the answer: 2xx, or 4xx of a refusal
    version     bigint,                          -- of the aggregate, as in the ETag
    position    bigint,                          -- of the aggregate's last event; NULL for a refusal
    location    text COLLATE "C",
    body        text COLLATE "C" NOT NULL,       -- JSON of the answer; empty for an answer without a body
    recorded_at text COLLATE "C" NOT NULL,
    checksum    bigint           NOT NULL        -- CRC-32 of the columns from key to recorded_at
);

-- When each API key was last used, written about once a minute. No event knows it, and no receipt.
CREATE TABLE key_uses (
    key_id       text COLLATE "C" PRIMARY KEY,
    last_used_at text COLLATE "C" NOT NULL       -- RFC 3339, UTC, milliseconds
);

-- The deliveries of webhooks (deliveries/): a rebuild of the views leaves these four tables alone.
CREATE TABLE webhook_secrets (
    webhook_id text COLLATE "C" NOT NULL,
    secret_id  text COLLATE "C" NOT NULL,        -- the view `webhooks` says which of them sign
    secret     text COLLATE "C" NOT NULL,        -- 'whsec_' and base64; in no event
    PRIMARY KEY (webhook_id, secret_id)
);

CREATE TABLE webhook_progress (
    webhook_id text COLLATE "C" PRIMARY KEY,
    position   bigint           NOT NULL,        -- all events up to it are delivered, or in webhook_waiting
    replays    bigint           NOT NULL         -- of the webhook, that the position has taken in
);

CREATE TABLE webhook_waiting (
    webhook_id text COLLATE "C" NOT NULL,
    position   bigint           NOT NULL,        -- of the event
    stream_id  text COLLATE "C" NOT NULL,
    attempts   bigint           NOT NULL,        -- 0 for one that waits behind another of its stream
    first_at   text COLLATE "C" NOT NULL,
    next_at    text COLLATE "C" NOT NULL,
    PRIMARY KEY (webhook_id, position)
);

CREATE TABLE webhook_attempts (
    webhook_id   text COLLATE "C" NOT NULL,
    number       bigint           NOT NULL,      -- the count for this webhook
    position     bigint           NOT NULL,      -- of the event
    message_id   text COLLATE "C" NOT NULL,
    attempt      bigint           NOT NULL,      -- the count for this event
    at           text COLLATE "C" NOT NULL,
    milliseconds bigint           NOT NULL,
    status       bigint,                         -- of the answer; NULL if there was none
    error        text COLLATE "C",
    outcome      text COLLATE "C" NOT NULL,      -- 'delivered' or 'failed'
    PRIMARY KEY (webhook_id, number)
);
CREATE INDEX webhook_attempts_of_an_event ON webhook_attempts (webhook_id, position, number);
CREATE INDEX webhook_attempts_failed ON webhook_attempts (webhook_id, number) WHERE outcome = 'failed';

-- From schema 2 to 3: the identities of the file and of the journal, who caused an event, the blocks of types, the uses
-- of API keys, the search index, the deliveries of webhooks, and views with more columns, which are made anew.
CREATE TABLE identity (
    id TEXT NOT NULL
) STRICT;
CREATE TABLE journal_ids (
    number      INTEGER PRIMARY KEY,  -- in the order in which they were its own
    journal_id  TEXT    NOT NULL UNIQUE,
    last_shared INTEGER               -- the last position that this journal shares with that one; NULL for its own
) STRICT;
ALTER TABLE events ADD COLUMN context TEXT;
DROP TABLE accounts;
DROP TABLE members;
DROP TABLE plans;
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
CREATE TABLE event_blocks (
    what  TEXT    NOT NULL,           -- 'type <type>' or 'actor <actor>'
    block INTEGER NOT NULL,           -- the position divided by 1,024
    PRIMARY KEY (what, block)
) STRICT, WITHOUT ROWID;
INSERT INTO event_blocks (what, block) SELECT DISTINCT 'type ' || type, position >> 10 FROM events;

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

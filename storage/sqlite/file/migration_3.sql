-- From schema 2 to 3: the identity of the file, who caused an event, the uses of API keys, and views with more columns, which are made anew.
CREATE TABLE identity (
    id TEXT NOT NULL
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
CREATE INDEX account_search_by_members_free ON account_search (members_free);
CREATE INDEX account_search_by_seats_free ON account_search (seats_free);

-- The words of their names (search/words.py).
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

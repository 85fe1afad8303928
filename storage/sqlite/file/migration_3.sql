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

-- From schema 1 to 2: receipts.
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

-- From schema 3 to 4: the states that are kept for a look at the past, timers, and views whose summaries say more, which
-- are made anew.
DROP TABLE IF EXISTS accounts;
DROP TABLE IF EXISTS members;
DROP TABLE IF EXISTS plans;
CREATE TABLE milestones (
    stream_id TEXT    NOT NULL,
    version   INTEGER NOT NULL,       -- of the last event in the state
    schema    INTEGER NOT NULL,       -- of the shape of the state
    state     TEXT    NOT NULL,       -- JSON
    checksum  INTEGER NOT NULL,       -- CRC-32 of the columns from stream_id to state
    PRIMARY KEY (stream_id, version)
) STRICT;

-- From schema 1 to 2: the states that are kept for a look at the past, timers, and views whose summaries say more, which
-- are made anew.
DROP TABLE IF EXISTS accounts;
DROP TABLE IF EXISTS members;
DROP TABLE IF EXISTS plans;
CREATE TABLE milestones (
    stream_id text COLLATE "C" NOT NULL,
    version   bigint           NOT NULL,         -- of the last event in the state
    schema    bigint           NOT NULL,         -- of the shape of the state
    state     text COLLATE "C" NOT NULL,         -- JSON
    checksum  bigint           NOT NULL,         -- CRC-32 of the columns from stream_id to state
    PRIMARY KEY (stream_id, version)
);

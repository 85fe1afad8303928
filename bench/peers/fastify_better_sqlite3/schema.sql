CREATE TABLE IF NOT EXISTS plans (
    plan_id     TEXT    PRIMARY KEY,
    name        TEXT    NOT NULL,
    status      TEXT    NOT NULL DEFAULT 'active',
    revision    INTEGER NOT NULL DEFAULT 1,
    total_seats INTEGER NOT NULL,
    user_limit  INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS accounts (
    account_id    TEXT    PRIMARY KEY,
    account_name  TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    plan_id       TEXT    NOT NULL REFERENCES plans (plan_id),
    plan_revision INTEGER NOT NULL,
    user_limit    INTEGER NOT NULL,
    total_seats   INTEGER NOT NULL,
    credit        INTEGER NOT NULL,
    currency      TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    created_at    TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS accounts_by_plan ON accounts (plan_id);

CREATE TABLE IF NOT EXISTS members (
    member_id  TEXT    PRIMARY KEY,
    account_id TEXT    NOT NULL REFERENCES accounts (account_id),
    name       TEXT    NOT NULL,
    email      TEXT,
    role       TEXT    NOT NULL,
    seated     INTEGER NOT NULL,
    joined_at  TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS members_by_account ON members (account_id);

CREATE TABLE IF NOT EXISTS events (
    position    INTEGER PRIMARY KEY,
    account_id  TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    type        TEXT    NOT NULL,
    recorded_at TEXT    NOT NULL,
    data        TEXT    NOT NULL,
    UNIQUE (account_id, version)
) STRICT;

INSERT OR IGNORE INTO plans (plan_id, name, total_seats, user_limit) VALUES
    ('00000000-0000-7000-8000-000000000001', 'Free', 1, 3),
    ('00000000-0000-7000-8000-000000000002', 'Team', 10, 25),
    ('00000000-0000-7000-8000-000000000003', 'Business', 100, 250);

-- From schema 1 to 2: receipts, and the index that shows an event of an unknown type.
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

CREATE INDEX events_unknown ON events (type) WHERE
    type <> 'member.added' AND type <> 'account.opened' AND type <> 'seat.taken' AND type <> 'credit.adjusted.2'
    AND type <> 'seat.freed' AND type <> 'member.removed' AND type <> 'member.role_changed'
    AND type <> 'member.renamed' AND type <> 'member.email_changed' AND type <> 'account.plan_changed'
    AND type <> 'account.renamed' AND type <> 'account.suspended' AND type <> 'account.reactivated'
    AND type <> 'account.closed' AND type <> 'plan.defined' AND type <> 'plan.package_revised'
    AND type <> 'plan.renamed' AND type <> 'plan.reclassified' AND type <> 'plan.retired'
    AND type <> 'plan.reinstated' AND type <> 'credit.adjusted';

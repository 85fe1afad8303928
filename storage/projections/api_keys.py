"""The view of API keys, with the hashes of their secrets, which the summary lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seatkeeper.actors.access.api_key import ApiKey
from seatkeeper.actors.access.summaries import summarize
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.records import to_json


class ApiKeyRow(NamedTuple):
    """A row of the table `api_keys`."""

    key_id: str
    status: str
    version: int
    summary: str
    scopes: str
    rate_limit: int | None
    expires_at: str | None
    secret_hash: str
    earlier_hash: str | None
    earlier_until: str | None


def rows(key: ApiKey, version: int) -> Sequence[ApiKeyRow]:
    """Make the row of a key."""
    summary = summarize(key, version)
    return [
        ApiKeyRow(
            key_id=key.key_id,
            status=summary.status,
            version=version,
            summary=to_json(summary),
            scopes=" ".join(key.scopes),
            rate_limit=key.rate_limit,
            expires_at=key.expires_at,
            secret_hash=key.secret_hash,
            earlier_hash=key.earlier_hash,
            earlier_until=key.earlier_until,
        )
    ]


def changes(key: ApiKey, version: int, _events: Sequence[Event]) -> Sequence[ApiKeyRow]:
    """Make the row again, because every event changes its version."""
    return rows(key, version)


API_KEYS = View(
    table="api_keys",
    row=ApiKeyRow,
    key_columns=1,
    rows=rows,
    changes=changes,
    ordered=True,
    sqlite="""
CREATE TABLE api_keys (
    number        INTEGER PRIMARY KEY, -- in the order in which the keys were made
    key_id        TEXT    NOT NULL UNIQUE,
    status        TEXT    NOT NULL,    -- active or revoked; whether it has expired is a matter of the time
    version       INTEGER NOT NULL,
    summary       TEXT    NOT NULL,    -- JSON, as in the API, without a last use
    scopes        TEXT    NOT NULL,    -- with a space between them
    rate_limit    INTEGER,             -- requests a second
    expires_at    TEXT,
    secret_hash   TEXT    NOT NULL,    -- SHA-256 of the secret, in hexadecimal digits
    earlier_hash  TEXT,                -- of the secret before the last rotation
    earlier_until TEXT                 -- until when that one works
) STRICT;
""",
)

"""The schema version belongs to a set of tables, and changes with it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION
from seatkeeper.storage.sqlite.file.schema import schema_text

SEARCH = {"account_search", "account_search_progress", "account_words"} | {
    f"account_words_{part}" for part in ("data", "idx", "config")
}
TABLES_BY_VERSION = {
    4: {"events", "identity", "snapshots", "milestones", "receipts", "api_keys", "key_uses"}
    | {"plans", "accounts", "members", "timers", "invitations", "grants"}
    | SEARCH
    | {"webhooks", "webhook_secrets", "webhook_progress", "webhook_waiting", "webhook_attempts"}
    | {"journal_ids", "event_blocks"},
}


def test_another_set_of_tables_is_another_version() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema_text(KINDS))
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert TABLES_BY_VERSION.get(SCHEMA_VERSION) == tables, (
        "A new view or table raises SCHEMA_VERSION by one, and gets a line here: an older program would leave its rows"
        " stale, so it must refuse the file."
    )

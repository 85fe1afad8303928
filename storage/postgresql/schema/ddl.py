"""The statements that make the schema: our own tables, and those of the views, which are written for SQLite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources

from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.view import View

SCHEMA_VERSION = 2
"""The version of the tables. A new view raises it by one, so that an older program, which would not update the view,
refuses the database."""

LOCK = 0x5EA7CEE9
"""The advisory lock of who prepares a database: SQLite's application id of our files."""

PATIENCE = "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0"
"""For another process that prepares the database, and for indexes of many rows."""

_WORDS = {
    "INTEGER PRIMARY KEY": "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "INTEGER": "bigint",
    "TEXT": 'text COLLATE "C"',
    ") STRICT, WITHOUT ROWID": ")",
    ") STRICT": ")",
}
"""What a view's statements say to SQLite, and how PostgreSQL wants it."""

_WORD = re.compile("|".join(re.escape(word) for word in _WORDS))


def translated(sqlite: str) -> str:
    """Write the statements of a view for PostgreSQL; text is compared by its bytes, as SQLite does."""
    return _WORD.sub(lambda found: _WORDS[found[0]], sqlite)


def schema_text(kinds: Kinds) -> str:
    """Return the statements that create the schema in an empty database, without the indexes that `prepare` keeps."""
    version = f"INSERT INTO seatkeeper_schema (version) VALUES ({SCHEMA_VERSION});"  # noqa: S608 - our own number
    return "\n".join([text("schema.sql"), *of_views(kinds.views), version])


def of_views(views: Sequence[View]) -> list[str]:
    """Return the statements that create the tables of these views, with their indexes."""
    search = [text("search.sql")] if has_accounts(views) else []
    return [*(translated(view.sqlite) for view in views), *search]


def migration(version: int) -> str:
    """Return the statements that lead to a version; none where only views are new, which are created and filled."""
    name = f"migration_{version}.sql"
    return text(name) if resources.files(__package__).joinpath(name).is_file() else ""


def has_accounts(views: Sequence[View]) -> bool:
    """Tell whether there is a view of accounts, which are searched for."""
    return any(view.table == "accounts" for view in views)


def unknown(known: Sequence[str]) -> str:
    """Write the condition for an event of none of these types; PostgreSQL uses an index of fewer terms for it."""
    return " AND ".join(f"type <> '{tag}'" for tag in known)


def unknown_events_index(kinds: Kinds) -> str:
    """Write the statement that makes the index of the events of unknown types, which is empty as a rule."""
    return f"CREATE INDEX events_unknown ON events (type) WHERE {unknown(kinds.known_types)};"


def text(name: str) -> str:
    """Read a file of statements that lies beside this one."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")

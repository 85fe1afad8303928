"""A file of schema 1, as the release of its time made and filled it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).parent
ENGINES = "account-01a21080-b18d-7000-a3ca-3a290ffb0132"
"""107 events, a snapshot as of version 101, 50.00 EUR of credit."""
LOOMS = "account-01a21080-b22b-7000-8aac-3af52210588f"
"""Three events, no snapshot, 30,000 JPY."""
EVENTS = 113


def write_schema_1(path: Path) -> None:
    """Make the file with the SQL of the release, and its rows with it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for part in ("schema_1.sql", "written_by_schema_1.sql"):
            connection.executescript((HERE / part).read_text("utf-8"))


def shape(path: Path) -> dict[str, str]:
    """Return the SQL of every table and index, by name, without its comments and its spaces."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    return {name: "".join(line.partition("--")[0].strip() for line in sql.splitlines()) for name, sql in rows}

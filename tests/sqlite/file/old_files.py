"""Files of schema 1 and 2, as the releases of their time made and filled them."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).parent
ENGINES = "account-01a21080-b18d-7000-a3ca-3a290ffb0132"
"""107 events, a snapshot as of version 101, 50.00 EUR of credit."""
LOOMS = "account-01a21080-b22b-7000-8aac-3af52210588f"
"""Three events, no snapshot, 30,000 JPY."""
EVENTS = 113

LOOSE = "01a220fa-bc85-7000-8c5b-07145868786c"
"""An account of schema 2: 103 events, a snapshot as of version 101, names and addresses that are refused today."""
RILA = "01a220fa-be4f-7000-8ab8-767f4dd58ddd"
"""An account of schema 2: 5 events, in BGN, 2^63-1 minor units of credit."""
LOOSE_PLAN = "01a220fa-be57-7000-8bed-59bf70bcbda8"
"""A plan of schema 2: its name begins with a character that turns the direction of text."""


def write_schema_1(path: Path) -> None:
    """Make the file with the SQL of the release, and its rows with it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for part in ("schema_1.sql", "written_by_schema_1.sql"):
            connection.executescript((HERE / part).read_text("utf-8"))


def write_schema_2(path: Path) -> None:
    """Make the file that a release filled which took almost any address, name, amount and currency."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript((HERE / "written_before_strict_fields.sql").read_text("utf-8"))


def shape(path: Path) -> dict[str, str]:
    """Return the SQL of every table and index, by name, without its comments and its spaces."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    return {name: re.sub(r"--[^\n]*|\s+", "", sql) for name, sql in rows}

"""Files of schema 1 and 2, as the releases of their time made and filled them."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from seatkeeper.storage.records import checksum

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


def multiply(path: Path, count: int) -> None:
    """Give a file of schema 2 so many more accounts like RILA, as its release would have written them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        ((last,),) = connection.execute("SELECT max(position) FROM events")
        stream = f"account-{RILA}"
        events = connection.execute("SELECT * FROM events WHERE stream_id = ? ORDER BY version", (stream,)).fetchall()
        views = {table: connection.execute(SELECT[table], (RILA,)).fetchall() for table in SELECT}
        for number in range(count):
            other = f"{RILA[:-12]}{number:012x}"
            for _, *columns, _ in events:
                last += 1
                row = [str(column).replace(RILA, other) for column in columns]
                connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", (last, *row, checksum(*row)))
            for table, rows in views.items():
                for row in rows:
                    values = [value.replace(RILA, other) if isinstance(value, str) else value for value in row]
                    columns = "plan_id, status, name, version, " if table == "accounts" else "member_id, "
                    marks = ", ".join("?" * len(values))
                    connection.execute(f"INSERT INTO {table} (account_id, {columns}summary) VALUES ({marks})", values)
        connection.execute("COMMIT")


SELECT = {
    "accounts": "SELECT account_id, plan_id, status, name, version, summary FROM accounts WHERE account_id = ?",
    "members": "SELECT account_id, member_id, summary FROM members WHERE account_id = ?",
}


def shape(path: Path) -> dict[str, str]:
    """Return the SQL of every table and index, by name, without its comments and its spaces."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    return {name: re.sub(r"--[^\n]*|\s+", "", sql) for name, sql in rows}

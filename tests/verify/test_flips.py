"""Verification of files with flipped bits and wrong values: a finding or a refusal, unless no row has changed.

It never raises anything else.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.verify.verify import verify
from tests.storage.stores import run
from tests.suite import pick
from tests.verify.sound_file import findings, receipt, write_sound_file

PAGE = 4096
INDEX_LEAF = 0x0A
INDEXES = {
    "sqlite_autoindex_events_1": "stream_id, version, position FROM events",
    "sqlite_autoindex_receipts_1": "key, number FROM receipts",
    "sqlite_autoindex_accounts_1": "account_id, number FROM accounts",
    "sqlite_autoindex_plans_1": "plan_id, number FROM plans",
    "accounts_by_plan": "plan_id, number FROM accounts",
    "accounts_by_external_id": "external_id, number FROM accounts WHERE external_id IS NOT NULL",
    "plans_by_external_id": "external_id, number FROM plans WHERE external_id IS NOT NULL",
    "members_by_external_id": "external_id, account_id, member_id FROM members WHERE external_id IS NOT NULL",
    "members_by_email": "email, account_id, member_id FROM members WHERE email IS NOT NULL",
}
TABLES = ("events", "snapshots", "receipts", "plans", "accounts", "members")
SAMPLE = pick(short=150, middle=300, long=3_000)
"""Flips of each kind."""

SEED = 20261125


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A sound file with a few receipts."""
    path = tmp_path / "seatkeeper.db"
    await write_sound_file(path)
    for number in range(1, 9):
        receipt(path, f"payment-{number}", {"location": "/v1/accounts/1"})
    return path


def is_found(path: Path) -> bool:
    """Return whether verification has a finding or refuses the file."""
    found: list[str] = []
    try:
        return verify(path, on_finding=found.append).findings > 0
    except DatabaseRefused:
        return True


def read(path: Path, selects: Sequence[str]) -> list[list[object]] | None:
    """Read what these queries find, text as bytes; None when SQLite cannot."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        try:
            return [connection.execute(select).fetchall() for select in selects]
        except (sqlite3.Error, UnicodeDecodeError, MemoryError):
            return None


def flips(path: Path, offsets: Sequence[int], selects: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Flip one bit at a time, and yield each that makes a difference, with whether it is found."""
    sound = path.read_bytes()
    before = read(path, selects)
    assert before is not None
    chance = random.Random(SEED)
    for offset in chance.sample(offsets, min(SAMPLE, len(offsets))):
        content = bytearray(sound)
        content[offset] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        found = is_found(path)
        if found or read(path, selects) != before:
            yield f"byte {offset % PAGE} of page {offset // PAGE + 1} is now {content[offset]}", found


def test_a_flip_in_an_index_is_found_or_changes_nothing(path: Path) -> None:
    content = path.read_bytes()
    leaves = [at for at in range(PAGE, len(content), PAGE) if content[at] == INDEX_LEAF]
    used = [at for leaf in leaves for at in range(leaf, leaf + PAGE) if at < leaf + 8 or content[at]]
    by_index = []
    for name, columns in INDEXES.items():
        what, source = columns.split(" FROM ")
        table, _, where = source.partition(" ")
        by_index.append(f"SELECT {what} FROM {table} INDEXED BY {name} {where} ORDER BY {what}")
    differing = list(flips(path, used, by_index))
    assert len(differing) > min(SAMPLE, len(used)) / 2
    assert [what for what, found in differing if not found] == []


def test_a_flip_anywhere_is_found_or_changes_nothing(path: Path) -> None:
    content = path.read_bytes()
    used = [at for at in range(len(content)) if content[at]]
    rows = [f"SELECT * FROM {table} NOT INDEXED" for table in TABLES]
    differing = list(flips(path, used, rows))
    assert len(differing) > SAMPLE / 2
    assert [what for what, found in differing if not found] == []


def columns_of(path: Path) -> list[tuple[str, str]]:
    """List every column of every table."""
    with closing(sqlite3.connect(path)) as connection:
        return [(table, row[1]) for table in TABLES for row in connection.execute(f"PRAGMA table_info({table})")]


WRONG_KINDS: Sequence[object] = (None, -1, 2**63 - 1, 1.5, "x", '{"member_id":[]}', b"\xff")


def put(path: Path, table: str, column: str, value: object) -> bool:
    """Write another value to the first row, past the types of the schema; return whether that worked."""
    key = "rowid" if table not in {"snapshots", "members"} else column
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        ((sql,),) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,))
        lax = re.sub(r"--[^\n]*|NOT NULL|STRICT,?| (INTEGER|TEXT|BLOB)(?! +PRIMARY)", "", sql)
        change = "UPDATE sqlite_schema SET sql = ? WHERE name = ?"
        connection.execute("PRAGMA writable_schema = 1")
        connection.execute(change, (lax, table))
        connection.execute("PRAGMA writable_schema = RESET")
        changed = connection.execute(
            f"UPDATE OR IGNORE {table} SET {column} = ?"
            f" WHERE {key} IS (SELECT min({key}) FROM {table}) AND {column} IS NOT ?",
            (value, value),
        )
        connection.execute("PRAGMA writable_schema = 1")
        connection.execute(change, (sql, table))
        return changed.rowcount == 1


def test_a_value_of_another_kind_is_found_in_every_column(path: Path) -> None:
    sound = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        tables = [(table, connection.execute(f"PRAGMA table_info({table})").fetchall()) for table in TABLES]
    columns = [(table, row[1]) for table, rows in tables for row in rows if not (row[5] and row[2] == "INTEGER")]
    missed: list[tuple[str, str, object]] = []
    for table, column in columns:
        for value in WRONG_KINDS:
            path.write_bytes(sound)
            if put(path, table, column, value) and not is_found(path):
                missed.append((table, column, value))
    assert missed == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("DROP INDEX events_unknown", "schema: the index events_unknown is missing"),
        ("DROP INDEX accounts_by_plan", "schema: the index accounts_by_plan is missing"),
        ("DROP TABLE members", "schema: the index members_by_email is missing"),
        ("CREATE TABLE notes (note)", "schema: the table notes does not belong to this program"),
        (
            "CREATE TRIGGER t AFTER INSERT ON plans BEGIN DELETE FROM events; END",
            "schema: the trigger t does not belong to this program",
        ),
        (
            "ALTER TABLE plans ADD COLUMN note TEXT",
            "schema: the table plans differs from the one that this program creates",
        ),
    ],
)
def test_another_schema_is_found(path: Path, change: str, finding: str) -> None:
    run(path, change)
    assert findings(path)[0] == finding


@pytest.mark.parametrize(
    ("numbers", "finding"),
    [
        ("= 1", "receipts: number 1 is missing"),
        ("IN (3)", "receipts: number 3 is missing"),
        ("BETWEEN 3 AND 5", "receipts: numbers 3 to 5 are missing"),
    ],
)
def test_receipts_that_are_gone_are_found(path: Path, numbers: str, finding: str) -> None:
    run(path, f"DELETE FROM receipts WHERE number {numbers}")
    assert findings(path) == [finding]

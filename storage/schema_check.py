"""The schema, checked: a file has the tables and the indexes that this program makes, and no others."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TypeAlias

from seatkeeper.storage.replay import shown
from seatkeeper.storage.schema import schema_text

_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
_OLD = "DROP INDEX events_unknown; DROP TABLE receipts;"
"""What makes schema 1 of schema 2."""

_COMMENT_OR_SPACE = re.compile(rb"--[^\n]*|\s+")

Name: TypeAlias = tuple[object, ...]
"""Kind, name, and the table."""


def schema_findings(connection: sqlite3.Connection) -> Iterator[str]:
    """Name what is missing, what is there beside it, and what was made otherwise than it is made today."""
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    expected, found = _expected(version), _objects(connection)
    for name in [*expected, *(name for name in found if name not in expected)]:
        kind, called = (shown(part) for part in name[:2])
        if name not in found:
            yield f"schema: the {kind} {called} is missing"
        elif name not in expected:
            yield f"schema: there is a {kind} {called}, which is not of this program"
        elif found[name] != expected[name]:
            yield f"schema: the {kind} {called} is not as this program makes it"


def _expected(version: int) -> Mapping[Name, object]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        model.text_factory = bytes
        model.executescript(schema_text() + (_OLD if version == 1 else ""))
        return _objects(model)


def _objects(connection: sqlite3.Connection) -> Mapping[Name, object]:
    return {
        tuple(name): _COMMENT_OR_SPACE.sub(b"", sql) if isinstance(sql, bytes) else sql
        for *name, sql in connection.execute(_OBJECTS)
    }

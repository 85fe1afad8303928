"""The check of the schema: a file has the tables and indexes that this program creates, and no others."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TypeAlias

from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.sqlite.file.schema import UNKNOWN_EVENTS, schema_text
from seatkeeper.storage.verify.replay import printable

_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
_COMMENT_OR_SPACE = re.compile(rb"--[^\n]*|\s+")

_INDEX = re.compile(rb"CREATEINDEXevents_unknownONevents\(type\)WHEREtype<>'[^']+'(ANDtype<>'[^']+')*")

Name: TypeAlias = tuple[object, ...]
"""Kind, name, and the table."""


def schema_findings(connection: sqlite3.Connection, kinds: Kinds) -> Iterator[str]:
    """Report what is missing, what is not of this program, and what differs from this program's statements."""
    expected, found = _expected(kinds), _objects(connection)
    for name in [*expected, *(name for name in found if name not in expected)]:
        kind, called = (printable(part) for part in name[:2])
        if name not in found:
            yield f"schema: the {kind} {called} is missing"
        elif name not in expected:
            yield f"schema: the {kind} {called} does not belong to this program"
        elif found[name] != expected[name] and not _is_of_another_release(name, found[name]):
            yield f"schema: the {kind} {called} differs from the one that this program creates"


def _is_of_another_release(name: Name, sql: object) -> bool:
    """Return whether this is the index of unknown events of another release, which the next start makes again."""
    return name[1] == UNKNOWN_EVENTS.encode() and isinstance(sql, bytes) and _INDEX.fullmatch(sql) is not None


def _expected(kinds: Kinds) -> Mapping[Name, object]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        model.text_factory = bytes
        model.executescript(schema_text(kinds))
        return _objects(model)


def _objects(connection: sqlite3.Connection) -> Mapping[Name, object]:
    return {
        tuple(name): _COMMENT_OR_SPACE.sub(b"", sql) if isinstance(sql, bytes) else sql
        for *name, sql in connection.execute(_OBJECTS)
    }

"""Verification of a database, which may be served meanwhile, because one state of it is read and nothing is locked."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import cast

from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.schema import ddl
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.verify.reading import PostgresqlReading, open_reading
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.verify.replay import printable
from seatkeeper.storage.verify.verification import Listener, Progress, Verification, VerifyReport, silent

_CREATED = re.compile(r"CREATE (?:UNIQUE )?(TABLE|INDEX) (\w+)")

_INDEXES = """
SELECT relname::text, indisvalid AND indisready FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = current_schema()::regnamespace
"""


def verify(
    address: Address,
    *,
    on_finding: Callable[[str], None],
    on_events: Progress = silent,
    kinds: Kinds = KINDS,
) -> VerifyReport:
    """Check the database, and call `on_finding` with each finding, in a line that names the row.

    `on_events` reports the events that are replayed. Raise DatabaseRefused when the database cannot be read or this
    program cannot use it. Call it where no event loop runs.
    """
    started = time.monotonic()
    with closing(open_reading(address)) as reading:
        verification = Verification(reading, Listener(on_finding, on_events), kinds)
        verification.run([lambda: _schema(reading, kinds), lambda: _head(reading)])
        verification.finish()
    verification.report.seconds = time.monotonic() - started
    return verification.report


def _schema(reading: PostgresqlReading, kinds: Kinds) -> Iterator[str]:
    """Report tables and indexes that are missing, and indexes that PostgreSQL does not use."""
    indexes = {printable(name): valid for name, valid in reading.fetch(_INDEXES)}
    for what, name in _CREATED.findall(ddl.schema_text(kinds)):
        if name not in (reading.tables if what == "TABLE" else indexes):
            yield f"schema: the {what.lower()} {name} is missing"
    for name, valid in indexes.items():
        if not valid:
            yield f"schema: the index {name} is not valid"


def _head(reading: PostgresqlReading) -> Iterator[str]:
    """Report a head of the journal that is not where its last event is."""
    found = reading.fetch("SELECT position, (SELECT coalesce(max(position), 0) FROM events) FROM journal_head")
    for head, last in cast("list[tuple[int, int]]", found):
        if head != last:
            yield f"journal_head: it is at position {head}, and the last event at {last}"
    if len(found) != 1:
        yield f"journal_head: there are {len(found)} rows"

"""Verification of a file, which may be served meanwhile, because it is only read."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.accounts import ACCOUNTS
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file.identity import refuse_mismatch
from seatkeeper.storage.sqlite.file.reading import open_snapshot
from seatkeeper.storage.sqlite.file.wal import find_damage, log_of
from seatkeeper.storage.sqlite.verify.reading import SqliteReading
from seatkeeper.storage.sqlite.verify.schema import schema_findings
from seatkeeper.storage.sqlite.verify.search import search_findings
from seatkeeper.storage.verify.replay import printable
from seatkeeper.storage.verify.verification import Listener, Progress, Verification, VerifyReport, silent

STEPS_A_REPORT = 500_000
"""Steps of SQLite between two reports of progress, while it checks the pages."""

STEPS_AN_EVENT = 30
"""Such steps for each event, roughly."""


def verify(
    path: Path,
    *,
    on_finding: Callable[[str], None],
    on_pages: Progress = silent,
    on_events: Progress = silent,
    kinds: Kinds = KINDS,
) -> VerifyReport:
    """Check the file, and call `on_finding` with each finding, in a line that names the row.

    `on_pages` reports, roughly, the events whose pages are checked, then `on_events` the events that are replayed.
    Raise DatabaseRefused when the file cannot be read or this program cannot use it.
    """
    started = time.monotonic()
    refuse_mismatch(path)
    with closing(open_snapshot(path)) as connection:
        reading = SqliteReading(connection)
        own = OwnChecks(path, connection, on_pages, kinds)
        verification = Verification(reading, Listener(on_finding, on_events), kinds, anew=reading.older)
        schema = () if reading.older else (own.schema,)  # else the next start brings it up to date
        verification.run([own.log_file, *schema, own.pages], [own.search])
        verification.finish()
    verification.report.seconds = time.monotonic() - started
    return verification.report


class OwnChecks:
    """The checks that only a file needs."""

    def __init__(self, path: Path, connection: sqlite3.Connection, on_pages: Progress, kinds: Kinds) -> None:
        """Check what the open transaction of the connection sees of the database at this path."""
        self._path = path
        self._connection = connection
        self._on_pages = on_pages
        self._kinds = kinds

    def log_file(self) -> Iterator[str]:
        """Report damage of the log."""
        try:
            damage = find_damage(log_of(self._path))
        except OSError as error:
            yield f"the log cannot be read: {error.strerror}"
            return
        if damage is not None:
            commits = f"{damage.commits} whole commit{'' if damage.commits == 1 else 's'}"
            yield f"log: it is damaged at byte {damage.byte}; {commits} behind the damage cannot be checked"

    def schema(self) -> Iterator[str]:
        """Report what is not as this program creates it."""
        return schema_findings(self._connection, self._kinds)

    def pages(self) -> Iterator[str]:
        """Have SQLite check the pages, the types, and that each index has the entries of its table.

        `integrity_check` looks up each row in each index and compares their counts, so an index without a finding has
        exactly the rows of its table, in order. So what is read later from an index is as good as the table.
        """
        self._connection.execute("PRAGMA cache_size = -65536")  # 64 MiB, for keys that are looked up in random order
        ((last,),) = self._connection.execute("SELECT ifnull(max(position), 0) FROM events").fetchall()
        reports = itertools.count(1)

        def report() -> None:
            self._on_pages(min(next(reports) * STEPS_A_REPORT // STEPS_AN_EVENT, last), last + 1)

        self._connection.set_progress_handler(report, STEPS_A_REPORT)
        lines = self._connection.execute("PRAGMA integrity_check(100)").fetchall()
        self._connection.set_progress_handler(None, 0)
        self._on_pages(last, last)
        for (line,) in lines:
            if line != b"ok":
                yield f"SQLite: {printable(line)}"

    def search(self) -> Iterator[str]:
        """Report what is wrong with the search index."""
        return search_findings(self._connection) if ACCOUNTS in self._kinds.views else iter(())

"""Verification: everything that is stored is compared with a replay of the whole journal.

It reads in one transaction, stream by stream, so it takes the memory of one stream and its views.
"""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import msgspec

from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.accounts import ACCOUNTS
from seatkeeper.storage.records import SnapshotRow
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file.identity import refuse_mismatch
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION, open_snapshot
from seatkeeper.storage.sqlite.file.wal import find_damage, log_of
from seatkeeper.storage.verify.blocks import block_findings
from seatkeeper.storage.verify.compare import Snapshots, Views, snapshot_finding
from seatkeeper.storage.verify.journal_ids import journal_id_findings
from seatkeeper.storage.verify.receipts import Answers, receipt_findings
from seatkeeper.storage.verify.replay import Stored, by_stream, kind_of, printable, replay
from seatkeeper.storage.verify.schema import schema_findings
from seatkeeper.storage.verify.search import search_findings
from seatkeeper.storage.verify.webhooks import webhook_findings

MOST_LINES = 100
"""Findings that are reported one by one; the others are only counted."""

EVENTS_A_REPORT = 5_000
"""Events between two reports of progress."""

UNREADABLE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, MemoryError)
"""What reading a damaged file may raise; a wrong length asks for too much memory."""

STEPS_A_REPORT = 500_000
"""Steps of SQLite between two reports of progress, while it checks the pages."""

STEPS_AN_EVENT = 30
"""Such steps for each event, roughly."""

Progress = Callable[[int, int], None]
"""Is called with the events done and their total."""


class VerifyReport(msgspec.Struct):
    """The numbers of what was checked, and of the findings."""

    rows: dict[str, int] = {}  # msgspec gives each report a copy
    """The rows of each view, by table."""
    events: int = 0
    snapshots: int = 0
    receipts: int = 0
    findings: int = 0
    seconds: float = 0.0


def silent(_done: int, _all: int) -> None:
    """Report no progress."""


class Listener(NamedTuple):
    """What a verification calls: with each finding, and with the progress of its two parts."""

    on_finding: Callable[[str], None]
    on_pages: Progress
    on_events: Progress


def verify(
    path: Path,
    *,
    on_finding: Callable[[str], None],
    on_pages: Progress = silent,
    on_events: Progress = silent,
    kinds: Kinds = KINDS,
) -> VerifyReport:
    """Check the file, and call `on_finding` with each finding, in a line that names the row.

    The file may be served meanwhile, because it is only read. `on_pages` reports, roughly, the events whose pages are
    checked, then `on_events` the events that are replayed. Raise DatabaseRefused when the file cannot be read or this
    program cannot use it.
    """
    started = time.monotonic()
    refuse_mismatch(path)
    with closing(open_snapshot(path)) as connection:
        verification = Verification(path, connection, Listener(on_finding, on_pages, on_events), kinds)
        verification.run()
        verification.finish()
    verification.report.seconds = time.monotonic() - started
    return verification.report


class Verification:
    """One pass over one consistent state of a database."""

    def __init__(self, path: Path, connection: sqlite3.Connection, listener: Listener, kinds: Kinds) -> None:
        """Verify what the open transaction of the connection sees of the database at this path."""
        self._path = path
        self.report = VerifyReport()
        self._connection = connection
        self._listener = listener
        self._kinds = kinds
        self._last = 0
        self._next_report = EVENTS_A_REPORT
        self._all_streams = False
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        self._older = version < SCHEMA_VERSION

    def found(self, line: str | None) -> None:
        """Count a finding, and report it unless there were many; None is no finding."""
        if line is not None:
            self.report.findings += 1
            if self.report.findings <= MOST_LINES:
                self._listener.on_finding(line)

    def _all_found(self, lines: Iterable[str | None]) -> None:
        for line in lines:
            self.found(line)

    def run(self) -> None:
        """Check the log, the schema, the pages, the streams, the positions, the receipts and the search index.

        An error of one check is a finding, and the other checks still run.
        """
        checks = (self._log_file, self._schema, self._pages, self._streams, self._positions, self._receipts)
        for check in (*checks, self._journal_ids, self._blocks, self._search, self._webhooks):
            try:
                check()
            except sqlite3.Error as error:
                self.found(f"SQLite cannot continue: {error}")
            except OSError as error:
                self.found(f"the log cannot be read: {error.strerror}")
            except UNREADABLE as error:
                self.found(f"the check cannot continue: {error!r}")

    def _log_file(self) -> None:
        damage = find_damage(log_of(self._path))
        if damage is not None:
            commits = f"{damage.commits} whole commit{'' if damage.commits == 1 else 's'}"
            self.found(f"log: it is damaged at byte {damage.byte}; {commits} behind the damage cannot be checked")

    def _schema(self) -> None:
        if not self._older:  # else the next start brings it up to date
            self._all_found(schema_findings(self._connection, self._kinds))

    def _pages(self) -> None:
        """Have SQLite check the pages, the types, and that each index has the entries of its table.

        `integrity_check` looks up each row in each index and compares their counts, so an index without a finding has
        exactly the rows of its table, in order. So what is read below from an index is as good as the table.
        """
        self._connection.execute("PRAGMA cache_size = -65536")  # 64 MiB, for keys that are looked up in random order
        ((self._last,),) = self._connection.execute("SELECT ifnull(max(position), 0) FROM events").fetchall()
        reports = itertools.count(1)

        def report() -> None:
            self._listener.on_pages(min(next(reports) * STEPS_A_REPORT // STEPS_AN_EVENT, self._last), self._last + 1)

        self._connection.set_progress_handler(report, STEPS_A_REPORT)
        lines = self._connection.execute("PRAGMA integrity_check(100)").fetchall()
        self._connection.set_progress_handler(None, 0)
        self._listener.on_pages(self._last, self._last)
        self._all_found(f"SQLite: {printable(line)}" for (line,) in lines if line != b"ok")

    def _streams(self) -> None:
        execute = self._connection.execute
        snapshots, views = Snapshots(self._connection), Views(self._connection, self._kinds, anew=self._older)
        answers = Answers(self._connection, self._kinds)
        for stream_id, rows in groupby(execute(by_stream(older=self._older)), key=itemgetter(1)):
            self._all_found(snapshots.left_over(stream_id))
            answers.enter(stream_id)
            state, version = self._replay(stream_id, rows, snapshots.of(stream_id), answers)
            self._all_found(views.compare(stream_id, state, version))
            self._report_events()
        self._all_found(snapshots.left_over(None))
        self._all_found(views.left_over())
        self._all_found(views.in_another_order())
        self.report.snapshots = snapshots.count
        self.report.rows = views.counts
        self._all_streams = True

    def _replay(
        self, stream_id: bytes, rows: Iterator[Stored], snapshot: SnapshotRow | None, answers: Answers
    ) -> tuple[object | None, int]:
        """Replay a stream, and compare its snapshot and answers on the way; return no state if it is damaged."""
        state: object | None = None
        version = 0
        due = 0 if snapshot is None else snapshot.version
        try:
            for position, version, event, state in replay(stream_id, rows, self._kinds):
                if rules := kind_of(stream_id, self._kinds).broken_rules(state, event):
                    where = f"event {position} ({printable(stream_id)}, version {version})"
                    self._all_found(f"{where} leads to {rule}" for rule in rules)
                if version == due and snapshot is not None:
                    self.found(snapshot_finding(snapshot, state, self._kinds))
                if version == answers.version:
                    self._all_found(answers.compare(stream_id, state, version))
        except StreamDamaged as error:
            self.found(str(error))
            self.report.events += version + 1 + sum(1 for _ in rows)  # what follows is skipped
            return None, version
        self.report.events += version
        if snapshot is not None and not 1 <= due <= version:
            self.found(f"snapshot {printable(stream_id)}: is of version {due}, but the stream has {version} events")
        return state, version

    def _report_events(self) -> None:
        if self.report.events >= self._next_report:
            self._listener.on_events(self.report.events, self._last)
            self._next_report = self.report.events + EVENTS_A_REPORT

    def finish(self) -> None:
        """Report the end of the progress."""
        self._listener.on_events(self._last, self._last)

    def _positions(self) -> None:
        """Check that the positions are 1, 2, 3, ..., and that the table and the index by stream hold the same rows."""
        ((count, first),) = self._connection.execute(
            "SELECT count(*), ifnull(min(position), 1) FROM events NOT INDEXED"
        ).fetchall()
        if self._all_streams and count != self.report.events:
            self.found(f"events: the table has {count} rows, and its index {self.report.events}")
        if first != 1:
            self.found(f"events: the first one has position {first}")
        if count != self._last:
            gaps = self._connection.execute(
                "SELECT position FROM events AS one NOT INDEXED WHERE position < ? AND NOT EXISTS"
                " (SELECT * FROM events WHERE position = one.position + 1) ORDER BY position",
                (self._last,),
            )
            self._all_found(f"events: position {position + 1} is missing" for (position,) in gaps)

    def _journal_ids(self) -> None:
        if not self._older:
            self._all_found(journal_id_findings(self._connection, self._last))

    def _blocks(self) -> None:
        if not self._older and not self.report.findings:  # what is wrong with events would be told twice
            self._all_found(block_findings(self._connection))

    def _webhooks(self) -> None:
        if not self._older:
            self._all_found(webhook_findings(self._connection))

    def _receipts(self) -> None:
        for lines in receipt_findings(self._connection):
            self.report.receipts += 1
            self._all_found(lines)

    def _search(self) -> None:
        if ACCOUNTS in self._kinds.views and not self._older and not self.report.findings:
            self._all_found(search_findings(self._connection))

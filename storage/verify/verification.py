"""Verification, for every engine: everything that is stored is compared with a replay of the whole journal.

It reads one state of the database, stream by stream, so it takes the memory of one stream and its views.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, cast

import msgspec

from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.records import SnapshotRow
from seatkeeper.storage.verify.blocks import block_findings
from seatkeeper.storage.verify.compare import Snapshots, Views, snapshot_finding
from seatkeeper.storage.verify.journal_ids import journal_id_findings
from seatkeeper.storage.verify.reading import Check, Reading
from seatkeeper.storage.verify.receipts import Answers, receipt_findings
from seatkeeper.storage.verify.replay import Stored, kind_of, printable, replay
from seatkeeper.storage.verify.webhooks import webhook_findings

MOST_LINES = 100
"""Findings that are reported one by one; the others are only counted."""

EVENTS_A_REPORT = 5_000
"""Events between two reports of progress."""

UNREADABLE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, MemoryError)
"""What reading damaged rows may raise; a wrong length asks for too much memory."""

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
    """What a verification calls: with each finding, and with its progress."""

    on_finding: Callable[[str], None]
    on_events: Progress


class Verification:
    """One pass over one state of a database."""

    def __init__(self, reading: Reading, listener: Listener, kinds: Kinds, *, anew: bool = False) -> None:
        """Verify what this reads; the next start makes all but the journal `anew` if its schema is older."""
        self.report = VerifyReport()
        self._reading = reading
        self._listener = listener
        self._kinds = kinds
        self._last = 0
        self._next_report = EVENTS_A_REPORT
        self._all_streams = False
        self._older = anew

    def found(self, line: str | None) -> None:
        """Count a finding, and report it unless there were many; None is no finding."""
        if line is not None:
            self.report.findings += 1
            if self.report.findings <= MOST_LINES:
                self._listener.on_finding(line)

    def _all_found(self, lines: Iterable[str | None]) -> None:
        for line in lines:
            self.found(line)

    def run(self, first: Sequence[Check] = (), then: Sequence[Check] = ()) -> None:
        """Run these checks, then those of the streams, the positions and the receipts, then the others.

        What an engine checks `then` needs views that agree. An error of one check is a finding, and the others still
        run.
        """
        for check in first:
            self._attempt(lambda check=check: self._all_found(check()))  # type: ignore[misc] # each has its own
        for part in (self._streams, self._positions, self._receipts, self._journal_ids, self._blocks):
            self._attempt(part)
        for check in then if not self._older else ():
            if not self.report.findings:  # what is wrong with views would be told twice
                self._attempt(lambda check=check: self._all_found(check()))  # type: ignore[misc]
        self._attempt(self._webhooks)

    def _attempt(self, check: Callable[[], None]) -> None:
        try:
            with self._reading.part():
                check()
        except self._reading.failures as error:
            self.found(f"{self._reading.dialect.engine} cannot continue: {error}")
        except UNREADABLE as error:
            self.found(f"the check cannot continue: {error!r}")

    def _streams(self) -> None:
        reading = self._reading
        ((last,),) = reading.fetch("SELECT coalesce(max(position), 0) FROM events")
        self._last = cast("int", last)
        snapshots, views = Snapshots(reading), Views(reading, self._kinds, anew=self._older)
        answers = Answers(reading, self._kinds)
        events = cast("Iterator[Stored]", reading.rows(reading.dialect.events_by_stream))
        for stream_id, rows in groupby(events, key=itemgetter(1)):
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
        self, stream_id: bytes, rows: Iterator[Stored], snapshots: Sequence[SnapshotRow], answers: Answers
    ) -> tuple[object | None, int]:
        """Replay a stream, and compare its snapshots and answers on the way; return no state if it is damaged."""
        state: object | None = None
        version = 0
        due = {snapshot.version for snapshot in snapshots}
        try:
            for position, version, event, state in replay(stream_id, rows, self._kinds):
                if rules := kind_of(stream_id, self._kinds).broken_rules(state, event):
                    where = f"event {position} ({printable(stream_id)}, version {version})"
                    self._all_found(f"{where} leads to {rule}" for rule in rules)
                if version in due:
                    self._compare_snapshots(snapshots, state, version)
                if version == answers.version:
                    self._all_found(answers.compare(stream_id, state, version))
        except StreamDamaged as error:
            self.found(str(error))
            self.report.events += version + 1 + sum(1 for _ in rows)  # what follows is skipped
            return None, version
        self.report.events += version
        for wrong in sorted(one for one in due if not 1 <= one <= version):
            self.found(f"snapshot {printable(stream_id)}: is of version {wrong}, but the stream has {version} events")
        return state, version

    def _compare_snapshots(self, snapshots: Sequence[SnapshotRow], state: object, version: int) -> None:
        for snapshot in snapshots:
            if snapshot.version == version:
                self.found(snapshot_finding(snapshot, state, self._kinds))

    def _report_events(self) -> None:
        if self.report.events >= self._next_report:
            self._listener.on_events(self.report.events, self._last)
            self._next_report = self.report.events + EVENTS_A_REPORT

    def finish(self) -> None:
        """Report the end of the progress."""
        self._listener.on_events(self._last, self._last)

    def _positions(self) -> None:
        """Check that the positions are 1, 2, 3, ..., and that the table and the index by stream hold the same rows."""
        positions = self._reading.dialect.positions
        ((count, first),) = self._reading.fetch(f"SELECT count(*), coalesce(min(position), 1) FROM {positions}")  # noqa: S608 - our own source
        if self._all_streams and count != self.report.events:
            self.found(f"events: the table has {count} rows, and its index {self.report.events}")
        if first != 1:
            self.found(f"events: the first one has position {first}")
        if count != self._last:
            gaps = (
                f"SELECT position FROM {positions} WHERE position < {self._last} AND NOT EXISTS"  # noqa: S608 - our own
                " (SELECT * FROM events WHERE events.position = one.position + 1) ORDER BY position"
            )
            for (position,) in cast("Iterator[tuple[int]]", self._reading.rows(gaps)):
                self.found(f"events: position {position + 1} is missing")

    def _journal_ids(self) -> None:
        if not self._older:
            self._all_found(journal_id_findings(self._reading, self._last))

    def _blocks(self) -> None:
        if not self._older and not self.report.findings:  # what is wrong with events would be told twice
            self._all_found(block_findings(self._reading))

    def _webhooks(self) -> None:
        if not self._older:
            self._all_found(webhook_findings(self._reading))

    def _receipts(self) -> None:
        for lines in receipt_findings(self._reading):
            self.report.receipts += 1
            self._all_found(lines)

"""Verification: everything that is stored is compared with a replay of the whole journal.

All of it is read in one transaction, stream by stream, so that it takes no more memory than one stream and its views,
however long the journal is.
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

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.journal import StreamDamaged
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.storage.compare import Snapshots, Views, snapshot_finding
from seatkeeper.storage.receipt_check import Answers, receipt_findings
from seatkeeper.storage.records import SnapshotRow
from seatkeeper.storage.replay import BY_STREAM, Stored, broken_rules, replay, shown
from seatkeeper.storage.schema import log_of, open_snapshot
from seatkeeper.storage.schema_check import schema_findings
from seatkeeper.storage.wal import find_damage

MOST_LINES = 100
"""Findings that are told one by one; the others are only counted."""

A_TICK = 5_000
"""Events between two reports of progress."""

UNREADABLE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, MemoryError)
"""What a damaged file may raise where nobody looked for it; a length that is wrong asks for memory without end."""

STEPS_A_TICK = 500_000
"""Steps of SQLite between two reports of progress, while it compares the indexes with their tables."""

STEPS_AN_EVENT = 30
"""Such steps for each event, roughly."""

Progress = Callable[[int, int], None]


class Tally(msgspec.Struct):
    """What was checked, and how many findings there were."""

    accounts: int = 0
    plans: int = 0
    members: int = 0
    events: int = 0
    snapshots: int = 0
    receipts: int = 0
    findings: int = 0
    seconds: float = 0.0


def silent(_done: int, _all: int) -> None:
    """Report no progress."""


def verify(path: Path, *, tell: Callable[[str], None], progress: Progress = silent, look: Progress = silent) -> Tally:
    """Compare all that is stored; `tell` hears of each finding in a line that names the row.

    A file that is being served may be verified: it is only read. `look` hears, roughly, for how many events the pages
    have been looked at, then `progress` how many are replayed, and of how many. Raises DatabaseRefused when the file
    cannot be read or is not for this program.
    """
    started = time.monotonic()
    with closing(open_snapshot(path)) as connection:
        verification = Verification(path, connection, tell, progress, look)
        verification.run()
        verification.finish()
    verification.tally.seconds = time.monotonic() - started
    return verification.tally


class Verification:
    """One pass over one consistent state of a database."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        tell: Callable[[str], None],
        progress: Progress,
        look: Progress,
    ) -> None:
        """Verify what the open transaction of the connection sees of the database at this path."""
        self._path = path
        self.tally = Tally()
        self._connection = connection
        self._tell = tell
        self._progress = progress
        self._look = look
        self._last = 0
        self._tick = A_TICK
        self._all_streams = False

    def found(self, line: str | None) -> None:
        """Count a finding, and tell it unless there were many; None is none."""
        if line is not None:
            self.tally.findings += 1
            if self.tally.findings <= MOST_LINES:
                self._tell(line)

    def _all_found(self, lines: Iterable[str | None]) -> None:
        for line in lines:
            self.found(line)

    def run(self) -> None:
        """Check the pages, every stream with what was made of it, the positions, and the receipts.

        Whatever a damaged file makes of one of these is a finding, and the others are checked all the same.
        """
        for check in (self._log_file, self._schema, self._pages, self._streams, self._positions, self._receipts):
            try:
                check()
            except sqlite3.Error as error:
                self.found(f"SQLite cannot read on: {error}")
            except OSError as error:
                self.found(f"the log cannot be read: {error.strerror}")
            except UNREADABLE as error:
                self.found(f"what is stored cannot be read on: {error!r}")

    def _log_file(self) -> None:
        damage = find_damage(log_of(self._path))
        if damage is not None:
            behind = f"{damage.commits} whole commit{'' if damage.commits == 1 else 's'}"
            self.found(
                f"log: it is damaged at byte {damage.place}, and of what is behind it, {behind}, nothing is seen here"
            )

    def _schema(self) -> None:
        self._all_found(schema_findings(self._connection))

    def _pages(self) -> None:
        """Have SQLite check the pages, the types, and that each index has the entries that follow from its table.

        `integrity_check` looks each row up in each index and compares their counts, so an index without a finding has
        exactly the rows of its table, in order. What is read below through an index, or from one, without a look at
        the table is as good as the table then; and the columns that an index does not have are read from the table.
        """
        self._connection.execute("PRAGMA cache_size = -65536")  # 64 MiB, for keys that are looked up in no order
        ((self._last,),) = self._connection.execute("SELECT ifnull(max(position), 0) FROM events").fetchall()
        ticks = itertools.count(1)

        def tick() -> None:
            self._look(min(next(ticks) * STEPS_A_TICK // STEPS_AN_EVENT, self._last), self._last + 1)

        self._connection.set_progress_handler(tick, STEPS_A_TICK)
        lines = self._connection.execute("PRAGMA integrity_check(100)").fetchall()
        self._connection.set_progress_handler(None, 0)
        self._look(self._last, self._last)
        self._all_found(f"SQLite: {shown(line)}" for (line,) in lines if line != b"ok")

    def _streams(self) -> None:
        execute = self._connection.execute
        snapshots, views = Snapshots(self._connection), Views(self._connection)
        answers = Answers(self._connection)
        for stream_id, rows in groupby(execute(BY_STREAM), key=itemgetter(1)):
            self._all_found(snapshots.left_over(stream_id))
            answers.enter(stream_id)
            state, version = self._replay(stream_id, rows, snapshots.of(stream_id), answers)
            self._all_found(views.compare(stream_id, state, version))
            self._report()
        self._all_found(snapshots.left_over(None))
        self._all_found(views.left_over())
        self._all_found(views.in_another_order())
        self.tally.snapshots = snapshots.count
        self._all_streams = True

    def _replay(
        self, stream_id: bytes, rows: Iterator[Stored], snapshot: SnapshotRow | None, answers: Answers
    ) -> tuple[Account | Plan | None, int]:
        """Replay a stream, and compare its snapshot and answers on the way; without a state where it is damaged."""
        state: Account | Plan | None = None
        version = 0
        due = 0 if snapshot is None else snapshot.version
        try:
            for position, version, event, state in replay(stream_id, rows):
                if rules := broken_rules(event, state):
                    where = f"event {position} ({shown(stream_id)}, version {version})"
                    self._all_found(f"{where} leads to {rule}" for rule in rules)
                if version == due and snapshot is not None:
                    self.found(snapshot_finding(snapshot, state))
                if version == answers.version:
                    self._all_found(answers.compare(stream_id, state, version))
        except StreamDamaged as error:
            self.found(str(error))
            self.tally.events += version + 1 + sum(1 for _ in rows)  # what follows is passed over
            return None, version
        self.tally.events += version
        if snapshot is not None and not 1 <= due <= version:
            self.found(f"snapshot {shown(stream_id)}: is of version {due}, and the stream has {version} events")
        self._count(state)
        return state, version

    def _count(self, state: Account | Plan | None) -> None:
        if isinstance(state, Account):
            self.tally.accounts += 1
            self.tally.members += len(state.members)
        elif state is not None:
            self.tally.plans += 1

    def _report(self) -> None:
        if self.tally.events >= self._tick:
            self._progress(self.tally.events, self._last)
            self._tick = self.tally.events + A_TICK

    def finish(self) -> None:
        """Report that there is no more to come."""
        self._progress(self._last, self._last)

    def _positions(self) -> None:
        """Check that the positions are 1, 2, 3, ..., and that the table and the index by stream hold the same rows."""
        ((count, first),) = self._connection.execute(
            "SELECT count(*), ifnull(min(position), 1) FROM events NOT INDEXED"
        ).fetchall()
        if self._all_streams and count != self.tally.events:
            self.found(f"events: the table holds {count}, its index {self.tally.events}")
        if first != 1:
            self.found(f"events: the first one has position {first}")
        if count != self._last:
            gaps = self._connection.execute(
                "SELECT position FROM events AS one NOT INDEXED WHERE position < ? AND NOT EXISTS"
                " (SELECT * FROM events WHERE position = one.position + 1) ORDER BY position",
                (self._last,),
            )
            self._all_found(f"events: there is none at position {position + 1}" for (position,) in gaps)

    def _receipts(self) -> None:
        for lines in receipt_findings(self._connection):
            self.tally.receipts += 1
            self._all_found(lines)

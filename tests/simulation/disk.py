"""The disk: an SQLite database in memory, whose connections take time, fail, and lose what was not synced."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import cast

import aiosqlite

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.records import EventRow
from seatkeeper.storage.sqlite.file.schema import schema_text
from seatkeeper.storage.sqlite.reading.readers import Readers, Row, Value
from seatkeeper.storage.sqlite.writer import RolledBack, Writer
from tests.simulation.clock import WallClock
from tests.simulation.faults import Fault

EXCUSED = 40.0
"""Seconds for which a 500 is allowed after what brings one."""

LONGEST_QUERY = 8.0
"""Seconds, beyond the deadline of a query."""

A_WHILE = 12
"""Commits and openings for which a fault that lasts goes on, at most."""


class Disk:
    """What outlives a crash, and the faults to come."""

    def __init__(self, faults: Iterable[Fault], note: Callable[[str], None], kinds: Kinds) -> None:
        self.rows = sqlite3.connect(":memory:", isolation_level=None, cached_statements=512)
        self.rows.executescript(schema_text(kinds))
        self.faults = {fault.commit: fault for fault in faults}
        self.note = note
        self.clock = WallClock()
        self.tries = 0
        self.tally: Counter[str] = Counter()
        self._for_next_open: Sequence[Statement] | None = None
        self._before_error: bytes | None = None
        self._went_on = False
        self.stumbles = 0
        self._excused_until = 0.0
        self._until = {"slow": 0, "slow reads": 0, "full": 0, "unreadable": 0, "failing": 0, "damage": 0}
        self.damaged: list[str] = []
        self._refused_openings = 0

    def calm(self) -> None:
        """Let nothing go wrong from now on."""
        self.faults.clear()
        self._until = dict.fromkeys(self._until, 0)
        self._refused_openings = self.stumbles = 0

    def repair(self) -> None:
        """Let what is stored be read again, which otherwise takes some commits."""
        self._until["unreadable"] = 0

    def excuse(self) -> None:
        """Allow a 500 for a while: an aggregate that failed is left alone for as long as that."""
        self._excused_until = asyncio.get_running_loop().time() + EXCUSED

    def excused(self) -> bool:
        """Return whether something happened that may be answered with a 500."""
        return asyncio.get_running_loop().time() < self._excused_until

    def stumble(self) -> None:
        """Raise an error if an actor is to stumble now."""
        if self.stumbles:
            self.stumbles -= 1
            self.excuse()
            message = "stumbled"
            raise RuntimeError(message)

    def next_fault(self) -> Fault | None:
        """Count a try to commit, and return its fault."""
        self.tries += 1
        fault = self.faults.pop(self.tries, None)
        if fault is not None:
            self.note(f"disk: {fault.kind} at commit {fault.commit}")
            self.tally[fault.kind] += 1
            if fault.kind in self._until:
                self._until[fault.kind] = self.tries + 1 + int(fault.chance * A_WHILE)
            elif fault.kind == "stumble":
                self.stumbles = 1 + int(fault.chance * 3)
            elif fault.kind == "clock leaps":
                self.clock.leap(fault.chance)
            elif fault.kind == "fail and stay down":
                self._refused_openings = 1 + int(fault.chance * 7)
        return fault

    def lasts(self, kind: str) -> bool:
        """Return whether a fault that lasts is active."""
        return self.tries < self._until[kind]

    def damage(self, statements: Iterable[Statement]) -> None:
        """Damage the page of the first stream that these write to."""
        self.damaged += list(_streams(statements))[:1]

    def meets_damage(self, statements: Iterable[Statement]) -> bool:
        """Return whether these write to the page that is damaged now."""
        return self.lasts("damage") and self.damaged[-1:] != [] and self.damaged[-1] in _streams(statements)

    def rehearse(self, kind: str, statements: Iterable[Statement]) -> None:
        """Raise SQLite's error if a statement breaks a constraint, which comes before a fault of the commit itself."""
        if kind != "hang" and not kind.startswith("fail") and not self.lasts("failing"):
            return
        try:
            self.rows.execute("BEGIN IMMEDIATE")
            for sql, parameters in statements:
                self.rows.execute(sql, parameters)
        finally:
            if self.rows.in_transaction:
                self.rows.execute("ROLLBACK")

    def commit(self, statements: Iterable[Statement]) -> None:
        """Write and sync a transaction, or raise SQLite's error and write nothing."""
        try:
            self.rows.execute("BEGIN IMMEDIATE")
            for sql, parameters in statements:
                self.rows.execute(sql, parameters)
            self.rows.execute("COMMIT")
            self._for_next_open = None  # SQLite writes over what failed before, if the same connection goes on
            self._went_on = self._before_error is not None
        except sqlite3.Error:
            if self.rows.in_transaction:
                self.rows.execute("ROLLBACK")
            raise

    def fail_to_sync(self) -> None:
        """Have an I/O error: what the same connection commits from now on is visible, but not on the disk."""
        self._before_error, self._went_on = self.rows.serialize(), False

    def leave_for_next_open(self, statements: Sequence[Statement]) -> None:
        """Store what failed so that it appears when the file is opened again."""
        self._for_next_open = statements

    def open(self) -> None:
        """Open the file, with what was left for this; raise DatabaseRefused while that fails."""
        self._until = {kind: until - 1 for kind, until in self._until.items()}
        if self._refused_openings:
            self._refused_openings -= 1
            raise DatabaseRefused("the simulated file cannot be opened")
        if self._before_error is not None and self._went_on:
            self.rows.deserialize(self._before_error)
        self._before_error = None
        if self._for_next_open is not None:
            self.commit(self._for_next_open)

    def version(self, stream_id: str) -> int:
        """Return the version of a stream as the disk has it."""
        sql = "SELECT ifnull(max(version), 0) FROM events WHERE stream_id = ?"
        ((version,),) = self.rows.execute(sql, (stream_id,))
        return int(version)


class Mount:
    """The disk for one life of the process; after the crash it answers no more."""

    def __init__(self, disk: Disk, random: Random, pace: float, crash: Callable[[], None]) -> None:
        self.disk = disk
        self.random = random
        self.crash = crash
        self.gone = False
        self.committing = False
        self._pace = pace

    async def pass_time(self, lasting: str, share: float = 1.0) -> None:
        """Let the time of a commit or a query pass."""
        seconds = self.random.expovariate(1 / self._pace) * share
        if self.disk.lasts(lasting):
            seconds *= 100 if lasting == "slow" or self.random.random() < 0.97 else 5_000
        await asyncio.sleep(min(seconds, LONGEST_QUERY) if lasting == "slow reads" else seconds)
        if self.gone:
            raise asyncio.CancelledError

    async def open_writer(self, _path: Path, _kinds: Kinds) -> Writer:
        """Open the simulated connection that writes."""
        await self.pass_time("slow")
        self.disk.open()
        return cast("Writer", SimulatedWriter(self))

    async def open_readers(self, _path: Path, *, count: int, bound: int, deadline: float) -> Readers:
        """Open the simulated connections that read."""
        await self.pass_time("slow reads")
        connections = [cast("aiosqlite.Connection", SimulatedReader(self)) for _ in range(count)]
        return Readers(connections, bound=bound, deadline=deadline)


class SimulatedWriter:
    """What the journal uses of the connection that writes."""

    in_transaction = False

    def __init__(self, mount: Mount) -> None:
        self._mount = mount

    async def commit_all(self, statements: Sequence[Statement]) -> None:
        self._mount.committing = True
        try:
            await self._commit_all(statements)
        finally:
            self._mount.committing = False

    async def _commit_all(self, statements: Sequence[Statement]) -> None:
        mount, disk = self._mount, self._mount.disk
        fault = disk.next_fault()
        kind, chance = ("", 0.0) if fault is None else (fault.kind, fault.chance)
        if kind == "crash later":
            asyncio.get_running_loop().call_later(chance * 0.05, mount.crash)
        await mount.pass_time("slow")
        if kind == "crash before":
            mount.crash()
            raise asyncio.CancelledError
        await self._go_wrong(kind, chance, statements)
        disk.commit(statements)
        if kind == "crash after":
            mount.crash()
            raise asyncio.CancelledError
        await mount.pass_time("slow", 0.3)

    async def _go_wrong(self, kind: str, chance: float, statements: Sequence[Statement]) -> None:
        disk = self._mount.disk
        disk.rehearse(kind, statements)
        if kind == "hang":
            try:
                await asyncio.sleep(1e6)
            finally:
                if not self._mount.gone and chance < 1 / 2:
                    disk.leave_for_next_open(statements)
        if kind == "refuse":
            raise _error(sqlite3.SQLITE_BUSY, "database is locked")
        if disk.lasts("full"):
            raise _error(sqlite3.SQLITE_FULL, "database or disk is full")
        if kind == "damage":
            disk.damage(statements)
        if disk.meets_damage(statements):
            raise RolledBack(_error(sqlite3.SQLITE_CORRUPT, "database disk image is malformed"))
        if kind == "fail and store and crash":
            asyncio.get_running_loop().call_later(chance**2 * 0.01, self._mount.crash)
        if "store" in kind:
            disk.leave_for_next_open(statements)
        if kind.startswith("fail") or disk.lasts("failing"):
            disk.fail_to_sync()
            raise _error(sqlite3.SQLITE_IOERR, "disk I/O error")

    async def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Read what is committed; after a failure there is nothing to roll back."""
        return [] if sql == "ROLLBACK" else self._mount.disk.rows.execute(sql, parameters).fetchall()

    async def look_after_log(self) -> int:
        """Look at the file; it is there, and has no log."""
        return 0

    async def close(self) -> None:
        await self._mount.pass_time("slow")


class SimulatedReader:
    """What `Readers` uses of a connection that reads."""

    def __init__(self, mount: Mount) -> None:
        self._mount = mount
        self._closed = self._runs = self._interrupted = False

    async def execute_fetchall(self, sql: str, parameters: Iterable[Value] = ()) -> list[Row]:
        if self._closed:
            raise ValueError("no active connection")  # aiosqlite's own word
        share = self._mount.random.random() / 4
        self._runs, self._interrupted = True, False
        try:
            await self._mount.pass_time("slow reads", share)
            rows = self._mount.disk.rows.execute(sql, tuple(parameters)).fetchall()
            await self._mount.pass_time("slow reads", 1 / 4 - share)
        finally:
            self._runs = False
        if self._mount.disk.lasts("unreadable") and self._mount.random.random() < 1 / 2:
            self._mount.disk.excuse()
            raise _error(sqlite3.SQLITE_IOERR, "disk I/O error")
        if self._interrupted:
            raise _error(sqlite3.SQLITE_INTERRUPT, "interrupted")
        return rows

    async def interrupt(self) -> None:
        """Stop the query that runs."""
        self._interrupted = self._runs

    async def close(self) -> None:
        self._closed = True


def _streams(statements: Iterable[Statement]) -> Iterator[str]:
    """Name the streams whose events are written."""
    for sql, parameters in statements:
        if sql.startswith("INSERT INTO events"):
            yield from cast("Sequence[str]", parameters[1 :: len(EventRow._fields)])


def _error(code: int, words: str) -> sqlite3.Error:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error

"""The database that all processes share: its tables, its fence, and the connections to it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar, cast

import aiosqlite

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.engine import Stored
from seatkeeper.storage.journal.failures import BatchRejected
from seatkeeper.storage.journal.writes import QueuedWrite
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.shards import Fence, TakenOver
from seatkeeper.storage.sqlite import batch
from seatkeeper.storage.sqlite.reading.readers import Readers
from tests.simulation.disk import Disk, Mount, SimulatedReader
from tests.simulation.faults import Fault
from tests.simulation.shards.conductor import Process
from tests.simulation.shards.network import take

T = TypeVar("T")

LATE = {"hang": 60.0, "fail and store late": 10.0}
"""Seconds by which what a process asks for comes later to the server, at most."""

NAME = "the simulated server"

PACE = 0.001
"""Seconds from a process to the server, in the mean."""


class ConnectionLost(Exception):
    """The connection has ended: whether the server did what it was asked for is unknown."""


class Taken(NamedTuple):
    """A shard that was taken: its fence, and the last position of the journal."""

    fence: Fence
    position: int


class Server(Disk):
    """A disk with the epochs of shards. Each transaction is one step, so locks are never seen."""

    def __init__(self, faults: Iterable[Fault], note: Callable[[str], None], kinds: Kinds) -> None:
        super().__init__([fault for fault in faults if not fault.kind.startswith(("message", "answer"))], note, kinds)
        self.epochs: dict[int, tuple[int, str]] = {}
        self.fenced = 0
        self.owners: list[Fence] = []
        """Who has taken a shard and who has stored something, in this order."""

    def take(self, shard: int, holder: str, *, again: bool) -> Taken:
        """Take a shard with a new epoch: the first time from anybody, and then only from oneself."""
        if self._refused_openings:
            self._refused_openings -= 1
            raise DatabaseRefused(f"{NAME} takes no connections")
        epoch, before = self.epochs.get(shard, (0, ""))
        if again and before != holder:
            raise TakenOver(NAME)
        self.epochs[shard] = epoch + 1, holder
        fence = Fence(shard, epoch + 1)
        self.owners.append(fence)
        return Taken(fence, self.position())

    def position(self) -> int:
        """Return the last position of the journal."""
        ((position,),) = self.rows.execute("SELECT count(*) FROM events")
        return int(position)

    def check(self, fence: Fence) -> None:
        """Raise TakenOver unless the shard has this epoch."""
        if self.epochs[fence.shard][0] != fence.epoch:
            self.fenced += 1
            raise TakenOver(NAME)

    def store(self, fence: Fence, writes: Sequence[QueuedWrite]) -> Stored:
        """Store a batch behind the fence."""
        self.check(fence)
        return self.place(fence, writes)

    def place(self, fence: Fence, writes: Sequence[QueuedWrite]) -> Stored:
        """Store a batch from the next position on, whoever owns the shard."""
        statements, events = batch.statements(writes, self.position())
        self.transact(statements)
        self.owners.append(fence)
        return Stored(events, self.position())

    def usurped(self) -> str | None:
        """Name an owner that has stored something after a later one had taken its shard."""
        last: dict[int, int] = {}
        for shard, epoch in self.owners:
            if epoch < last.setdefault(shard, epoch):
                return f"shard {shard} was stored to in epoch {epoch} after epoch {last[shard]} had begun"
            last[shard] = epoch
        return None

    def transact(self, statements: Iterable[Statement]) -> None:
        """Run statements in a transaction; raise BatchRejected where they break a constraint."""
        try:
            self.commit(statements)
        except sqlite3.IntegrityError as error:
            raise BatchRejected(str(error)) from error


class Connection:
    """What a process uses of the server. What has left is carried out, whatever becomes of the process."""

    def __init__(self, process: Process, server: Server, mount: Mount) -> None:
        self.server = server
        self._process = process
        self._mount = mount

    async def ask(self, work: Callable[[], T], fault: Fault | None = None) -> T:
        """Have the server do something; raise ConnectionLost, and what the server raises."""
        process, kind, chance = self._process, *(("", 0.5) if fault is None else fault[1:])
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        there, back = self._delay() + LATE.get(kind, 0.0) * chance**2, self._delay()

        def carry_out() -> None:
            result, error = _outcome(work)
            if kind == "kill after":
                process.kill()
            elif kind != "hang":
                lost = ConnectionLost() if kind == "fail and store" else error
                process.conductor.later(back, lambda: process.hear(take, answer, result, lost))

        if kind not in {"fail", "fail and stay down"} and not (kind == "hang" and chance < 1 / 2):
            process.conductor.later(there, carry_out)
        if kind in {"fail", "fail and stay down", "fail and store late"}:
            answer.cancel()
            await asyncio.sleep(back)
            raise ConnectionLost
        if kind == "kill meanwhile":
            process.kill()
        return await answer

    def _delay(self) -> float:
        seconds = self._process.random.expovariate(1 / PACE)
        return seconds * 100 if self.server.lasts("slow") else seconds

    def readers(self, *, count: int, bound: int, deadline: float) -> Readers:
        """Open connections that read."""
        connections = [cast("aiosqlite.Connection", SimulatedReader(self._mount)) for _ in range(count)]
        return Readers(connections, bound=bound, deadline=deadline)


def _outcome(work: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return work(), None
    except Exception as error:  # noqa: BLE001 - it is told to who has asked
        return None, error

"""A lane to a shard: the commands of a turn of the loop go in one call, and those that come meanwhile in the next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Accepted, Outcome
from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.actors.runtime.inbox import InboxFull
from seatkeeper.http.cluster import wire
from seatkeeper.http.cluster.status import ShardStatus
from seatkeeper.storage.errors import StorageDown

logger = logging.getLogger("seatkeeper.cluster")

BATCH = 256
"""Commands of a call, at most."""

BATCH_BYTES = 64 * 1024
"""Bytes of their contents, at most, but for one that is larger alone: beyond 100 KB, Ray has a message stored first."""

PATIENCE = 0.05
"""Seconds in which one call is under way at a time: what comes meanwhile goes together in the next one.

A call costs both processes some 0.5 ms. Four at a time cost a sign-up 1.4 times as much at 256 connections. After these
seconds another one may go, so that a command that takes long does not hold up the others.
"""

UNDER_WAY = 16
"""Calls to a shard at the same time, at most."""

WAITING = 10_000
"""Commands that may wait for a call."""

CALL_DEADLINE = 15.0
"""Seconds for a call; the shard answers in two thirds of it, with what it knows by then."""

PROBE_EVERY = 0.25
"""Seconds between an answer to a probe and the next one."""

PROBE_DEADLINE = 3.0
"""Seconds without an answer after which nothing is sent to a shard until it answers again."""


class ShardGone(Exception):
    """The process of a shard has ended, hangs or cannot be reached: what was sent was carried out or not."""


class RemoteShard(Protocol):
    """A shard in another process; each call raises ShardGone."""

    def commands(self, message: bytes) -> Awaitable[bytes]:
        """Have commands carried out."""

    def status(self, edge: str = "") -> Awaitable[ShardStatus]:
        """Ask how it is doing."""


class Sent(msgspec.Struct, gc=False):
    """A command that waits for its outcome, and who waits."""

    command: wire.SentCommand
    replies: list[Reply]
    question: str | None


class Lane:
    """Sends the commands for one shard. While that is not there, they are refused at once, as nothing was sent."""

    def __init__(self, number: int, shard: RemoteShard, heard: Callable[[int], None]) -> None:
        """Send to this shard; `heard` is called with the positions of events that it has stored."""
        self.number = number
        self._shard = shard
        self._heard = heard
        self._waiting: list[Sent] = []
        self._questions: dict[str, Sent] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._late_calls: set[asyncio.Task[None]] = set()
        self._flushing = False
        self.is_up = False
        self.reason = "it has not answered yet"
        """Why it is not up."""
        self.status: ShardStatus | None = None
        """The last one that it told."""
        self.calls = 0
        self.sent = 0
        self.lost = 0

    def __len__(self) -> int:
        """Count the commands that wait for a call."""
        return len(self._waiting)

    def send(self, command: wire.SentCommand, question: str | None = None) -> Reply:
        """Send a command with the others of this turn; raise InboxFull.

        Those of one `question` that wait at the same moment are sent once. The reply brings the outcome, or raises
        StorageDown, OutcomeUnknown and what the shard raises.
        """
        reply: Reply = LoopFuture()
        if not self.is_up:
            reply.fail(StorageDown(f"shard {self.number} is not there: {self.reason}"))
            return reply
        asked = None if question is None else self._questions.get(question)
        if asked is not None:
            asked.replies.append(reply)
            return reply
        if len(self._waiting) >= WAITING:
            message = f"{WAITING} commands wait for shard {self.number}"
            raise InboxFull(message)
        sent = Sent(command, [reply], question)
        self._waiting.append(sent)
        if question is not None:
            self._questions[question] = sent
        self._flush_soon()
        return reply

    def _flush_soon(self) -> None:
        if not self._flushing and self._may_call():
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _may_call(self) -> bool:
        under_way = len(self._calls)
        return under_way == len(self._late_calls) and under_way < UNDER_WAY

    def _flush(self) -> None:
        self._flushing = False
        while self._waiting and self._may_call():
            batch = self._take_batch()
            loop = asyncio.get_running_loop()
            call = loop.create_task(self._call(batch))
            self._calls.add(call)
            call.add_done_callback(self._called)
            loop.call_later(PATIENCE, self._is_late, call)

    def _take_batch(self) -> list[Sent]:
        count = size = 0
        for sent in self._waiting[:BATCH]:
            size += len(memoryview(sent.command.content))
            if count and size > BATCH_BYTES:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        for sent in batch:
            if sent.question is not None:
                del self._questions[sent.question]
        return batch

    def _is_late(self, call: asyncio.Task[None]) -> None:
        if call in self._calls:
            self._late_calls.add(call)
            self._go_on()

    def _called(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._late_calls.discard(call)
        self._go_on()

    def _go_on(self) -> None:
        if self._waiting:
            self._flush_soon()

    async def _call(self, batch: list[Sent]) -> None:
        self.calls += 1
        self.sent += len(batch)
        message = wire.write_commands([sent.command for sent in batch])
        try:
            answer = await in_time(self._shard.commands(message), CALL_DEADLINE)
            outcomes = wire.read_outcomes(answer, len(batch))
        except Exception as error:  # noqa: BLE001 - of any kind: the outcome is unknown
            self._lose(batch, error)
            return
        position = 0
        for sent, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Accepted) and outcome.position > position:
                position = outcome.position
            resolve(sent.replies, outcome)
        self._heard(position)

    def _lose(self, batch: list[Sent], error: Exception) -> None:
        """Fail what was under way with an unknown outcome, and what waits, of which nothing was sent."""
        self.lost += len(batch)
        self.down(str(error) or type(error).__name__)
        for sent in batch:
            if sent.question is None:
                resolve(sent.replies, OutcomeUnknown(f"shard {self.number} was lost meanwhile"))
            else:  # it changes nothing
                resolve(sent.replies, StorageDown(f"shard {self.number} was lost meanwhile"))

    def down(self, reason: str) -> None:
        """Send nothing until a probe finds the shard ready."""
        if self.is_up:
            logger.warning("a shard is not there", extra={"shard": self.number, "reason": reason})
        self.is_up = False
        self.reason = reason
        waiting, self._waiting = self._waiting, []
        self._questions.clear()
        for sent in waiting:
            resolve(sent.replies, StorageDown(f"shard {self.number} is not there: {reason}"))

    async def probe(self, edge: str) -> None:
        """Ask the shard how it is doing, and be up if it answers in time and is ready; raise nothing.

        What is under way is waited for: a shard that is busy for longer than the deadline answers it yet.
        """
        try:
            self.status = await in_time(self._shard.status(edge), PROBE_DEADLINE)
        except Exception as error:  # noqa: BLE001 - of any kind: it is not there
            self.down(str(error) or type(error).__name__)
            return
        if self.status.unready is None:
            if not self.is_up:
                logger.info("a shard is there", extra={"shard": self.number, "shard_pid": self.status.pid})
            self.is_up = True
        else:
            self.down(self.status.unready)


def resolve(replies: list[Reply], outcome: Outcome | Exception) -> None:
    """Give an outcome to all who wait for it."""
    for reply in replies:
        if isinstance(outcome, Exception):
            reply.fail(outcome)
        else:
            reply.set(outcome)


async def in_time(awaited: Awaitable[wire.T], seconds: float) -> wire.T:
    """Wait for a call so long at most, without cancelling it; raise TimeoutError."""
    call = asyncio.ensure_future(awaited)
    done, _ = await asyncio.wait({call}, timeout=seconds)
    if not done:
        call.add_done_callback(lambda late: late.cancelled() or late.exception())
        message = f"no answer within {seconds:g} s"
        raise TimeoutError(message)
    return call.result()

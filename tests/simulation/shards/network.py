"""The calls from edges to shards, which Ray carries: they come late, twice or never, and overtake each other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from seatkeeper.http.cluster import wire
from seatkeeper.http.cluster.lane import ShardGone
from seatkeeper.http.cluster.status import ShardStatus
from tests.simulation.faults import Fault

if TYPE_CHECKING:
    from tests.simulation.shards.conductor import Process
    from tests.simulation.shards.owner import Owner

PACE = 0.0008
"""Seconds of a message, in the mean."""

LATEST = 40.0
"""Seconds after which a message that is late comes at the latest; an edge waits for 15 of them."""


class Network:
    """Carries messages, with the faults that wait for them."""

    def __init__(
        self, faults: Iterable[Fault], note: Callable[[str], None], copied: Callable[[AbstractSet[str]], None]
    ) -> None:
        """Have the keys of commands whose message comes twice `copied`."""
        self._copied = copied
        self.faults = {fault.commit: fault for fault in faults if fault.kind.startswith(("message", "answer"))}
        self.tally: Counter[str] = Counter()
        self._note = note
        self._messages = 0
        self.coming = 0
        """Messages on their way."""

    def next_fault(self, message: bytes) -> Fault | None:
        """Count a message, and return its fault.

        Ray sends a call once, so a command without a key comes once or not at all: a message with one does not come
        twice. Who repeats a message has got no answer to it: the answer that counts is the one to the copy, and where
        that is a failure, the first may have been carried out.
        """
        self._messages += 1
        fault = self.faults.pop(self._messages, None)
        if fault is None or (fault.kind == "message repeated" and not may_repeat(message)):
            return None
        self._note(f"network: {fault.kind}, the message {fault.commit}")
        self.tally[fault.kind] += 1
        if fault.kind == "message repeated":
            self._copied({sent.key.key for sent in wire.read_commands(message) if sent.key is not None})
        return fault


def may_repeat(message: bytes) -> bool:
    """Tell whether all commands of a message have a key, or are questions, which change nothing."""
    return all(sent.key is not None or sent.type == "OfferPackage" for sent in wire.read_commands(message))


class Link:
    """The calls of an edge, or of another shard, to a shard."""

    def __init__(self, edge: Process, network: Network, number: int) -> None:
        self._edge = edge
        self._network = network
        self._number = number
        self.owner: Owner | None = None
        """The process that the caller takes for the shard."""

    async def commands(self, message: bytes) -> bytes:
        fault = self._network.next_fault(message)
        return await self._call(lambda owner: owner.shard.commands(message), fault)

    async def status(self, edge: str = "") -> ShardStatus:
        answer = await self._call(lambda owner: owner.shard.status(edge), None)
        return msgspec.msgpack.decode(answer, type=ShardStatus)

    async def _call(self, work: Callable[[Owner], Awaitable[bytes]], fault: Fault | None) -> bytes:
        edge, owner = self._edge, self.owner
        kind, chance = ("", 0.0) if fault is None else fault[1:]
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if owner is None or owner.dead:
            await asyncio.sleep(self._delay())
            raise ShardGone("its process has ended")
        owner.waiting[answer] = edge
        answer.add_done_callback(lambda _: owner.waiting.pop(answer, None))
        back = self._delay() + (chance**2 * LATEST if kind == "answer late" else 0.0)

        def leave(result: bytes, error: Exception | None) -> None:
            """Let an answer leave the shard."""
            edge.conductor.later(back, lambda: edge.hear(take, answer, result, error))

        def send(seconds: float, reply: Callable[[bytes, Exception | None], None]) -> None:
            self._network.coming += 1
            edge.conductor.later(seconds, lambda: self._come(work, reply))

        if kind == "message repeated":
            send(self._delay(), _lost)
            send(self._delay() + chance**4 * LATEST, leave)
        elif kind != "message lost":
            late = chance**2 * LATEST if kind == "message late" else 0.0
            send(self._delay() + late, _lost if kind == "answer lost" else leave)
        if kind in {"message lost", "answer lost"} and chance < 1 / 2:
            edge.conductor.later(chance, lambda: edge.hear(take, answer, b"", ShardGone("the connection was lost")))
        return await answer

    def _come(
        self, work: Callable[[Owner], Awaitable[bytes]], reply: Callable[[bytes, Exception | None], None]
    ) -> None:
        """Let a message come to the process that has the shard now, as the edge knows."""
        self._network.coming -= 1
        if self.owner is not None:
            self.owner.hear(self.owner.carry_out, work, reply)

    def _delay(self) -> float:
        return self._edge.random.expovariate(1 / PACE)


def _lost(_result: bytes, _error: Exception | None) -> None:
    """Lose an answer."""


def take(answer: asyncio.Future[bytes], result: bytes, error: Exception | None) -> None:
    """Take an answer, or the reason why there is none, whichever comes first."""
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)


def lose_calls(owner: Owner, seconds: Callable[[], float]) -> None:
    """Tell all who wait for answers of a process, after so many seconds each, that it is gone."""
    for answer, edge in list(owner.waiting.items()):
        gone = partial(edge.hear, take, answer, b"", ShardGone("its process has ended"))
        edge.conductor.later(seconds(), gone)

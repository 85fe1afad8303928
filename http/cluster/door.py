"""The doors of an edge and of a shard: commands go to the shard of their stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from seatkeeper.actors.aggregates.aggregate import NO_OPTIONS, AnyAggregate, CommandOptions, Reply
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import IdempotencyKey
from seatkeeper.actors.aggregates.messages import Command, Question, Refusal
from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.http.cluster.lane import PROBE_EVERY, Lane, RemoteShard
from seatkeeper.http.cluster.placement import shard_of
from seatkeeper.http.cluster.wire import SentCommand, pack_command


class ClusterDoor:
    """Finds the shard of a stream, and knows which shards are there."""

    def __init__(self, shards: Sequence[RemoteShard], heard: Callable[[int], None], edge: str) -> None:
        """Send to these; `heard` is called with the positions of stored events, and shards know us as `edge`."""
        self.lanes = [Lane(number, shard, heard) for number, shard in enumerate(shards)]
        self._edge = edge
        self.serving = False
        """Whether the edge takes requests: shards are told its name as long as it does."""
        self._before_answer: dict[str, Callable[[], Awaitable[None]]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self.looked = asyncio.Event()
        """Set after each look at a shard."""

    def before_answer(self, kind: str, prepare: Callable[[], Awaitable[None]]) -> None:
        """Await this before commands to a kind of aggregate are answered."""
        self._before_answer[kind] = prepare

    def ask(
        self,
        actor_class: type[AnyAggregate],
        aggregate_id: str,
        command: Command,
        options: CommandOptions = NO_OPTIONS,
        *,
        fresh: bool = False,
    ) -> Reply:
        """Send the command to the shard of the aggregate, as `Directory.ask` sends it to its actor."""
        kind = actor_class.kind
        stream_id = f"{kind}-{aggregate_id}"
        lane = self.lanes[shard_of(stream_id, len(self.lanes))]
        question = f"{type(command).__name__} {stream_id}" if isinstance(command, Question) else None
        reply = lane.send(pack_command(kind, aggregate_id, command, options, fresh=fresh), question)
        prepare = self._before_answer.get(kind)
        return reply if prepare is None else self._then(reply, prepare)

    def store_refusal(self, refusal: Refusal, key: IdempotencyKey | None, reply: Reply | None = None) -> Reply:
        """Have a shard store a refusal under the key of its command; the reply brings the refusal."""
        if key is None:
            reply = LoopFuture() if reply is None else reply
            reply.set(refusal)
            return reply
        sent = pack_command("", "", refusal, CommandOptions(key=key))
        name = "" if sent.key is None else sent.key.key
        return self.lanes[shard_of(name, len(self.lanes))].send(sent)

    def _then(self, first: Reply, prepare: Callable[[], Awaitable[None]]) -> Reply:
        reply: Reply = LoopFuture()

        async def wait() -> None:
            try:
                outcome = await first
                await prepare()
            except Exception as error:  # noqa: BLE001 - it is reported to who waits for the reply
                reply.fail(error)
            else:
                reply.set(outcome)

        task = asyncio.get_running_loop().create_task(wait())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return reply

    async def watch(self) -> None:
        """Look at all shards again and again, until this is cancelled."""
        await asyncio.gather(*(self._watch(lane) for lane in self.lanes))

    async def _watch(self, lane: Lane) -> None:
        while True:
            await lane.probe(self._edge if self.serving else "")
            self.looked.set()
            await asyncio.sleep(PROBE_EVERY)

    async def wait_until_up(self, seconds: float) -> None:
        """Wait until all shards are there; raise TimeoutError."""
        async with asyncio.timeout(seconds):
            while self.unready_reason() is not None:
                self.looked.clear()
                await self.looked.wait()

    def unready_reason(self) -> str | None:
        """Name the shards that are not there, None if all are."""
        away = [f"{lane.number} ({lane.reason.rstrip('.')})" for lane in self.lanes if not lane.is_up]
        if not away:
            return None
        return f"Of {len(self.lanes)} shards these are not there: {', '.join(away)}."

    @property
    def is_stopping(self) -> bool:
        """Tell whether a shard has said that the cluster stops."""
        return any(lane.status is not None and lane.status.stopping for lane in self.lanes)

    @property
    def is_leaving(self) -> bool:
        """Tell whether a shard has said that another edge is to take the place of this one."""
        return any(lane.status is not None and self._edge in lane.status.leaving for lane in self.lanes)

    def counted(self, read: Callable[[Lane], int]) -> Mapping[str, int]:
        """Read a figure of the lane to each shard, by its number."""
        return {str(lane.number): read(lane) for lane in self.lanes}


class PeerDoor:
    """The door of a shard: finds the shard of a stream, which may be the own one.

    The others are looked for when they are needed.
    """

    def __init__(self, directory: Directory, number: int, count: int, find: Callable[[int], RemoteShard]) -> None:
        """Be the door of shard `number`; `find` finds another one, or raises ShardGone."""
        self._directory = directory
        self._number = number
        self._count = count
        self._find = find
        self._lanes: dict[int, Lane] = {}
        self._running: set[asyncio.Task[None]] = set()

    def ask(
        self,
        actor_class: type[AnyAggregate],
        aggregate_id: str,
        command: Command,
        options: CommandOptions = NO_OPTIONS,
        *,
        fresh: bool = False,
    ) -> Reply:
        """Send the command to the aggregate, as `Directory.ask` does."""
        stream_id = f"{actor_class.kind}-{aggregate_id}"
        number = shard_of(stream_id, self._count)
        if number == self._number:
            return self._directory.ask(actor_class, aggregate_id, command, options, fresh=fresh)
        question = f"{type(command).__name__} {stream_id}" if isinstance(command, Question) else None
        packed = pack_command(actor_class.kind, aggregate_id, command, options, fresh=fresh)
        reply: Reply = LoopFuture()
        task = asyncio.get_running_loop().create_task(self._send(number, packed, question, reply))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return reply

    async def _send(self, number: int, packed: SentCommand, question: str | None, reply: Reply) -> None:
        """Send a command to another shard, after a look whether that is there."""
        try:
            if number not in self._lanes:
                self._lanes[number] = Lane(number, self._find(number), lambda _position: None)
            lane = self._lanes[number]
            if not lane.is_up:
                await lane.probe("")
            if not lane.is_up:
                self._lanes.pop(number, None)
            reply.set(await lane.send(packed, question))
        except Exception as error:  # noqa: BLE001 - it is reported to who waits for the reply
            reply.fail(error)

    def store_refusal(self, refusal: Refusal, key: IdempotencyKey | None, reply: Reply | None = None) -> Reply:
        """Store a refusal under the key of its command; the reply brings the refusal."""
        return self._directory.store_refusal(refusal, key, reply)

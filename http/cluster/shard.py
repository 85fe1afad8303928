"""A shard: the owner of a part of the streams, which takes the commands to them from the edges, many in one message.

Nothing here knows Ray, which places the shard, starts it again when its process dies, and carries its messages.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Outcome
from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.http.cluster import wire
from seatkeeper.http.cluster.following import Follower
from seatkeeper.http.cluster.status import ShardSettings, ShardStatus
from seatkeeper.http.events_out.webhooks.sender import HttpSender
from seatkeeper.http.front import tune_collector
from seatkeeper.http.observability import logs
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.observability.owners import show_owner
from seatkeeper.http.outgoing import Outgoing
from seatkeeper.http.system import Clock, IdSource
from seatkeeper.storage.errors import DatabaseRefused, StorageDown
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.shards import Place
from seatkeeper.storage.postgresql.storage import PostgresqlStorage
from seatkeeper.storage.registry import KINDS

logger = logging.getLogger("seatkeeper")

ANSWER_DEADLINE = 10.0
"""Seconds for the commands of a message; what has no outcome by then is of unknown outcome."""

SEEN = 5.0
"""Seconds for which an edge that has asked for the status counts as one that is there."""

MOST_EDGES = 1_000

ANSWERED_EVERY = 0.02
"""Seconds between two looks whether all is answered."""

AGAIN_AFTER = 1.0
"""Seconds after which a journal that could not be opened is tried again."""

_ACTORS = {kind.actor.kind: kind.actor for kind in KINDS}


def end_process() -> None:
    """End this process at once, so that a new one takes the shard, or none where one has it."""
    os._exit(1)


class Shard:
    """The aggregates of a part of the streams, with their journal; shard 0 also delivers to the webhooks."""

    def __init__(self, settings: bytes, end: Callable[[], None] = end_process) -> None:
        """Make the parts; `end` is called when the journal has given up."""
        logs.set_up()
        self._settings = chosen = msgspec.msgpack.decode(settings, type=ShardSettings)
        self._end = end
        self._metrics = Metrics()
        self._place = Place(chosen.number, chosen.count)
        self._storage = PostgresqlStorage(
            Address(chosen.database),
            now=Clock(),
            on_outcome_unknown=self._reset_actors,
            committed=self._metrics.commit,
            take_over=True,
            place=self._place,
        )
        journal = self._storage.journal
        self._directory = Directory(journal, max_live=chosen.live_actors, inbox_bound=chosen.inbox)
        show_owner(self._metrics, self._directory, journal)
        self._opening: asyncio.Task[None] | None = None
        self._open = False
        self._tasks: list[asyncio.Task[None]] = []
        self._outgoing: Outgoing | None = None
        self._running: dict[str, Reply] = {}
        self._edges: dict[str, float] = {}
        self._stopping = False
        self._closed = False
        self._answering = 0
        self._commands = 0

    def _reset_actors(self) -> None:
        self._directory.reset_all()

    def _begin_to_open(self) -> asyncio.Task[None]:
        """Open the journal in a task of its own, unless that is under way; a failure is logged, and tried again."""
        if self._opening is None or (self._opening.done() and not self._open):
            self._opening = asyncio.get_running_loop().create_task(self._try_to_open())
        return self._opening

    async def _try_to_open(self) -> None:
        """Open the journal; after a failure, end only when it is time for another try."""
        try:
            await self._storage.journal.open()
        except DatabaseRefused as error:
            logger.error("a shard could not be opened", extra={"shard": self._place.number, "reason": str(error)})  # noqa: TRY400 - the reason is enough
            await asyncio.sleep(AGAIN_AFTER)
            return
        try:
            self._tasks = [asyncio.get_running_loop().create_task(self._watch_journal())]
            if self._place.number == 0:
                await self._start_deliveries()
        except Exception:  # of any kind: half a shard is none, and the next process begins anew
            logger.exception("a shard could not be started", extra={"shard": self._place.number})
            self._end()
            return
        tune_collector()
        self._open = True
        logger.info("a shard is open", extra={"shard": self._place.number, "database": self._storage.name})

    async def _start_deliveries(self) -> None:
        chosen, storage = self._settings, self._storage
        sender = HttpSender(allow_http=chosen.webhook_http, allow_private=chosen.webhook_private_addresses)
        outgoing = Outgoing(storage.journal, storage.queries, storage.deliveries, sender, IdSource())
        await outgoing.start(self._directory)
        outgoing.show(self._metrics)
        follower = Follower(storage.queries, storage.journal.tell_position)
        storage.journal.on_commit(follower.know)
        self._tasks.append(asyncio.get_running_loop().create_task(follower.run()))
        self._outgoing = outgoing

    async def _watch_journal(self) -> None:
        """End the process when the journal has given up: it was taken over, or its database is gone."""
        writing = self._storage.journal.writing
        await asyncio.wait({writing})
        if not self._closed or writing.exception() is not None:
            logger.critical("a shard ends", extra={"shard": self._place.number, "reason": str(writing.exception())})
            self._end()

    async def commands(self, message: bytes) -> bytes:
        """Carry out the commands of a message, in their order; answer with their outcomes."""
        sent = wire.read_commands(message)
        self._commands += len(sent)
        if not self._open or self._closed:
            if not self._closed:
                self._begin_to_open()
            closed = wire.pack_outcome(StorageDown("the shard is not open"))
            return wire.write_outcomes([closed] * len(sent))
        self._answering += 1
        try:
            replies = [self._send(one) for one in sent]
            return wire.write_outcomes(map(wire.pack_outcome, await _outcomes(replies)))
        finally:
            self._answering -= 1

    def _send(self, sent: wire.SentCommand) -> Reply:
        """Send a command to its aggregate; the twin of one that runs waits for it, and then has no outcome."""
        key = None if sent.key is None else sent.key.key
        try:
            if key is None:
                return self._ask(sent)
            if key in self._running:
                return _after(self._running[key])
            reply = self._running[key] = self._ask(sent)
            reply.add_done_callback(lambda _: self._running.pop(key, None))
        except Exception as error:  # noqa: BLE001 - it is reported to who waits for the reply
            reply = LoopFuture()
            reply.fail(error)
        return reply

    def _ask(self, sent: wire.SentCommand) -> Reply:
        options = wire.options_of(sent)
        if not sent.kind:
            return self._directory.store_refusal(wire.refusal_of(sent), options.key)
        actor, command = _ACTORS[sent.kind], wire.command_of(sent)
        return self._directory.ask(actor, sent.aggregate_id, command, options, fresh=sent.fresh)

    async def status(self, edge: str = "") -> bytes:
        """Tell how the shard is doing; an edge gives its name, to be counted."""
        now = time.monotonic()
        if edge and (edge in self._edges or len(self._edges) < MOST_EDGES):
            self._edges[edge] = now
        self._edges = {name: seen for name, seen in self._edges.items() if now - seen < SEEN}
        if not (self._open or self._closed):
            self._begin_to_open()
        journal = self._storage.journal
        return msgspec.msgpack.encode(
            ShardStatus(
                number=self._place.number,
                pid=os.getpid(),
                unready=self._unready_reason(),
                stopping=self._stopping,
                live_actors=len(self._directory),
                waiting=len(journal),
                commands=self._commands,
                refused=journal.refused,
                failed=journal.failed,
                edges=sorted(self._edges),
            )
        )

    def _unready_reason(self) -> str | None:
        if self._closed:
            return "It is closed."
        return self._storage.journal.unready_reason() if self._open else "It is not open yet."

    async def metrics(self) -> bytes:
        """Write the metrics of this process down, as Prometheus reads them."""
        return self._metrics.text()

    async def ping(self, webhook_id: str) -> bytes:
        """Send a ping to a webhook; only the shard that delivers does."""
        if self._outgoing is None:
            raise StorageDown
        return msgspec.msgpack.encode(await self._outgoing.ping(webhook_id))

    async def ask_to_stop(self) -> None:
        """Tell the edges, when they ask for the status, that the cluster stops."""
        self._stopping = True

    async def close(self) -> None:
        """Take no more commands, answer those that are under way, and close the journal."""
        self._closed = True
        if self._opening is not None:
            await asyncio.wait({self._opening})
        if not self._open:
            return  # there is nothing to commit
        while self._answering:  # noqa: ASYNC110 - each has a deadline
            await asyncio.sleep(ANSWERED_EVERY)
        if self._outgoing is not None:
            await self._outgoing.stop()
            await self._outgoing.close()
        for task in self._tasks:
            task.cancel()
        with suppress(DatabaseRefused):  # it was logged by then
            await self._storage.journal.close()
        self._open = False


async def _outcomes(replies: Sequence[Reply]) -> list[Outcome | Exception]:
    """Wait for all replies, up to the deadline."""
    outcomes: list[Outcome | Exception] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_DEADLINE):
            for reply in replies:
                outcomes.append(await _outcome(reply))  # noqa: PERF401 - those before the deadline are kept
    for reply in replies[len(outcomes) :]:
        late = OutcomeUnknown(f"no outcome within {ANSWER_DEADLINE:g} s")
        outcomes.append(await _outcome(reply) if reply.done() else late)
    return outcomes


async def _outcome(reply: Reply) -> Outcome | Exception:
    try:
        return await reply
    except Exception as error:  # noqa: BLE001 - it is the outcome
        return error


def _after(first: Reply) -> Reply:
    """Wait for the first command of a key, whose answer its twin finds in the receipt."""
    reply: Reply = LoopFuture()
    first.add_done_callback(lambda _: reply.fail(NotStored("another request with the same key was first")))
    return reply

"""A shard: the owner of a part of the streams, which takes the commands to them from the edges, many in one message.

Nothing here knows Ray, which places the shard, starts it again when its process dies, and carries its messages.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Outcome
from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.http.cluster import wire
from seatkeeper.http.cluster.door import PeerDoor
from seatkeeper.http.cluster.following import Follower
from seatkeeper.http.cluster.lane import RemoteShard
from seatkeeper.http.cluster.placement import shard_of
from seatkeeper.http.cluster.status import ShardSettings, ShardStatus
from seatkeeper.http.events_out.webhooks.sender import HttpSender
from seatkeeper.http.front import tune_collector
from seatkeeper.http.observability import logs
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.observability.owners import show_owner
from seatkeeper.http.observability.process import show_process
from seatkeeper.http.observability.traces import follow_commits, tracer_if_it_can_be
from seatkeeper.http.outgoing import Outgoing
from seatkeeper.http.system import Clock, IdSource, first_id_at
from seatkeeper.http.timing import Timing
from seatkeeper.storage.errors import DatabaseRefused, StorageDown
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.shards import Place, TakenOver
from seatkeeper.storage.postgresql.storage import PostgresqlStorage
from seatkeeper.storage.registry import KINDS

logger = logging.getLogger("seatkeeper")

ANSWER_DEADLINE = 10.0
"""Seconds for the commands of a message; what has no outcome by then is of unknown outcome."""

SEEN = 5.0
"""Seconds for which an edge that has asked for the status counts as one that is there."""

MOST_EDGES = 1_000
"""Edges that are known by their names."""

ANSWERED_EVERY = 0.02
"""Seconds between two looks whether all is answered."""

CLOSED_FOR = 30.0
"""Seconds after which a shard that was closed, and is still there, ends by itself."""

AGAIN_AFTER = 1.0
"""Seconds after which a journal that could not be opened is tried again."""

SECRETS_KEPT = 3600.0
"""Seconds for which a secret that no webhook names is kept: an edge stores it, then sends the command that names it."""

_ACTORS = {kind.actor.kind: kind.actor for kind in KINDS}


def end_process() -> None:
    """End this process at once, so that a new one takes the shard, or none where one has it."""
    os._exit(1)


def end_for_good() -> None:
    """Have this process ended, and no other started for its shard."""
    from seatkeeper.http.cluster.on_ray import end_this_shard  # noqa: PLC0415 - it imports this file, and is an extra

    end_this_shard()


def find_by_ray(number: int) -> RemoteShard:
    """Find another shard where Ray has placed it; raise ShardGone."""
    from seatkeeper.http.cluster.on_ray import find_shard  # noqa: PLC0415 - it imports this file, and is an extra

    return find_shard(number)


class Shard:
    """The aggregates of a part of the streams, with their journal; shard 0 also delivers to the webhooks."""

    def __init__(
        self,
        settings: bytes,
        end: Callable[[], None] = end_process,
        find: Callable[[int], RemoteShard] = find_by_ray,
        end_for_good: Callable[[], None] = end_for_good,
    ) -> None:
        """Make the parts; `find` finds the other shards.

        `end` is called when the journal has given up, and `end_for_good` when the database is that of a later start.
        """
        self._settings = chosen = msgspec.msgpack.decode(settings, type=ShardSettings)
        logs.set_up(chosen.log_level, chosen.log_format)
        self._end = end
        self._end_for_good = end_for_good
        self._metrics = Metrics()
        self._place = Place(chosen.number, chosen.count, chosen.start)
        now = Clock()
        self._storage = PostgresqlStorage(
            Address(chosen.database),
            now=now,
            on_outcome_unknown=self._reset_actors,
            committed=self._metrics.commit,
            take_over=True,
            place=self._place,
        )
        journal = self._storage.journal
        self._directory = Directory(journal, now=now, max_live=chosen.live_actors, inbox_bound=chosen.inbox)
        self._trace()
        self._door = PeerDoor(self._directory, chosen.number, chosen.count, find)
        self._timing = self._make_timing()
        self._show()
        self._opening: asyncio.Task[None] | None = None
        self._open = False
        self._tasks: list[asyncio.Task[None]] = []
        self._outgoing: Outgoing | None = None
        self._running: dict[str, Reply] = {}
        self._edges: dict[str, float] = {}
        self._leaving: dict[str, float] = {}
        self._stopping = False
        self._closed = False
        self._answering = 0
        self._commands = 0
        self._calls = self._by_name()

    def _by_name(self) -> Mapping[str, Callable[..., Awaitable[bytes | None]]]:
        calls = (
            *(self.commands, self.status, self.metrics, self.ping),
            *(self.ask_to_stop, self.ask_to_leave, self.forget_edge, self.close),
        )
        return {call.__name__: call for call in calls}

    def _trace(self) -> None:
        """Make spans of the commands and of their commits, if it is asked for."""
        self._tracer = tracer_if_it_can_be(os.environ, wanted=self._settings.traces)
        self._traced = self._tracer.door(self._directory)
        follow_commits(self._tracer, self._storage.journal, "postgresql")

    def _show(self) -> None:
        self._timing.show(self._metrics)
        show_owner(self._metrics, self._directory, self._storage.journal)
        show_process(self._metrics)

    def _make_timing(self) -> Timing:
        return Timing(
            self._directory,
            self._storage.journal,
            self._storage.queries,
            new_id=IdSource(),
            a_second=self._settings.timers_a_second,
            owns=self._owns,
        )

    def _owns(self, account_id: str) -> bool:
        """Tell whether an account belongs to this shard."""
        return shard_of(f"{AccountActor.kind}-{account_id}", self._place.shards) == self._place.number

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
        except TakenOver as error:
            extra = {"shard": self._place.number, "reason": str(error)}
            logger.critical("another process has taken the journal over", extra=extra)
            self._end_for_good()
            await asyncio.sleep(AGAIN_AFTER)
            return
        except Exception as error:  # of any kind: it is tried again
            extra = {"shard": self._place.number, "reason": str(error) or repr(error)}
            logger.error("a shard could not be opened", extra=extra, exc_info=not isinstance(error, DatabaseRefused))  # noqa: TRY400 - the reason is enough where it was expected
            await asyncio.sleep(AGAIN_AFTER)
            return
        try:
            self._tasks = [asyncio.get_running_loop().create_task(self._watch_journal())]
            if self._place.number == 0:
                await self._start_deliveries()
            self._timing.start(self._door)
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
        await storage.deliveries.clean(before=first_id_at(time.time() - SECRETS_KEPT))
        traced = self._tracer.sender(sender)
        outgoing = Outgoing(storage.journal, storage.queries, storage.deliveries, traced, IdSource())
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

    async def call(self, what: str, *content: object) -> bytes | None:
        """Answer a call by its name, for who cannot know the methods of a later version."""
        return await self._calls[what](*content)

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
                return after_first(self._running[key])
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
        return self._traced.ask(actor, sent.aggregate_id, command, options, fresh=sent.fresh)

    async def status(self, edge: str = "") -> bytes:
        """Tell how the shard is doing; an edge that serves gives its name, to be counted."""
        now = time.monotonic()
        if edge and (edge in self._edges or len(self._edges) < MOST_EDGES):
            self._edges[edge] = now
        self._edges = _seen_lately(self._edges, now)
        self._leaving = _seen_lately(self._leaving, now)
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
                leaving=sorted(self._leaving),
                count=self._place.shards,
            )
        )

    def _unready_reason(self) -> str | None:
        if self._closed:
            return "It is closed."
        return self._storage.journal.unready_reason() if self._open else "It is not open yet."

    async def metrics(self) -> bytes:
        """Tell the metrics of this process, an encoded list of Family."""
        return msgspec.msgpack.encode(self._metrics.families())

    async def ping(self, webhook_id: str) -> bytes:
        """Send a ping to a webhook; only the shard that delivers does."""
        if self._outgoing is None:
            raise StorageDown
        return msgspec.msgpack.encode(await self._outgoing.ping(webhook_id))

    async def ask_to_stop(self) -> None:
        """Tell the edges, when they ask for the status, that the cluster stops."""
        self._stopping = True

    async def ask_to_leave(self, edge: str) -> None:
        """Tell an edge, or who has started it, for some seconds that another is to take its place."""
        if edge in self._leaving or len(self._leaving) < MOST_EDGES:
            self._leaving[edge] = time.monotonic()

    async def forget_edge(self, edge: str) -> None:
        """Learn that an edge serves no more: all that it took was answered."""
        self._edges.pop(edge, None)
        self._leaving.pop(edge, None)

    async def close(self) -> None:
        """Take no more commands, answer those that are under way, and close the journal.

        Who closes a shard ends its process next. If that one was interrupted, the process ends by itself.
        """
        self._closed = True
        asyncio.get_running_loop().call_later(CLOSED_FOR, self._end)
        if self._opening is not None:
            await asyncio.wait({self._opening})
        if not self._open:
            return  # there is nothing to commit
        while self._answering:  # noqa: ASYNC110 - each has a deadline
            await asyncio.sleep(ANSWERED_EVERY)
        await self._timing.stop()
        if self._outgoing is not None:
            await self._outgoing.stop()
            await self._outgoing.close()
        for task in self._tasks:
            task.cancel()
        with suppress(DatabaseRefused):  # it was logged by then
            await self._storage.journal.close()
        self._tracer.close()
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


def _seen_lately(seen: Mapping[str, float], now: float) -> dict[str, float]:
    return {name: at for name, at in seen.items() if now - at < SEEN}


async def _outcome(reply: Reply) -> Outcome | Exception:
    try:
        return await reply
    except Exception as error:  # noqa: BLE001 - it is the outcome
        return error


def after_first(first: Reply) -> Reply:
    """Wait for the first command of a key: its twin finds the answer in the receipt, or fails as the first did."""
    reply: Reply = LoopFuture()

    def ended(done: Reply) -> None:
        try:
            done.get()
        except Exception as error:  # noqa: BLE001 - it is reported to who waits for the reply
            reply.fail(error)
        else:
            reply.fail(NotStored("another request with the same key was first"))

    first.add_done_callback(ended)
    return reply

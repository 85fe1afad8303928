"""One of some writers of a database: the service's own engine, which commits sign-ups that were prepared before.

The process reads an order from its standard input, says when it is ready, waits for the next line, and writes what it
measured. It has the engine of `storage/postgresql` and its connections, and none of the queue, the actors and HTTP.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from typing import TYPE_CHECKING, Final

import msgspec

from bench.bulk import AT
from bench.measures.actor_memory import command
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.accounts.evolution import evolve
from seatkeeper.actors.aggregates.journal import Append
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.storage.journal.writes import QueuedWrite, encode
from seatkeeper.storage.postgresql import batch
from seatkeeper.storage.postgresql.database import Limits
from seatkeeper.storage.postgresql.engine import PostgresqlEngine
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.shards import Place, Shard
from seatkeeper.storage.registry import KINDS

if TYPE_CHECKING:
    from asyncpg.connection import LoggedQuery

WARM_UP: Final = 5
"""Commits before the first that counts: they prepare the statements."""

COMMIT_WITHIN: Final = 30.0
NUMBERS: Final = 100_000_000
"""Numbers of accounts for each writer."""


class Writing(msgspec.Struct, frozen=True):
    """What a writer does: so many commits of so many sign-ups `together`, as this shard of so many.

    `search_path` is set once the database is open, None to leave it; with `watched`, the times for which the head of
    the journal is locked are measured.
    """

    address: str
    shard: int
    shards: int
    commits: int
    together: int
    search_path: str | None = None
    watched: bool = False


class Written(msgspec.Struct, frozen=True):
    """When each commit had ended, in seconds of the machine's monotonic clock, and the median of the locks, in ms."""

    ends: list[float]
    locked: float | None = None


class Locks:
    """How long each transaction has the head of the journal: from the statement that locks it to the end of COMMIT.

    Both as the writer sees them, so it is more than what the server sees by the way of the first message there and of
    the last one back.
    """

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._since = 0.0

    def __call__(self, query: LoggedQuery) -> None:
        """Be called after each statement."""
        if query.query == batch.EVENTS:
            self._since = time.monotonic() - query.elapsed
        elif query.query == "COMMIT":
            self.seconds.append(time.monotonic() - self._since)


def sign_up(number: int) -> QueuedWrite:
    """Decide and encode a sign-up, as the service does before it waits for a commit."""
    order = command(number)
    events = decide(None, order)
    if isinstance(events, Refusal):
        raise TypeError(events)
    state: Account | None = None
    for event in events:
        state = evolve(state, event)
    return encode(Append(f"account-{order.account_id}", 0, events, state), AT, KINDS)


async def write(order: Writing, engine: PostgresqlEngine) -> Written:
    """Prepare all commits, say so, wait for a line, and make them."""
    connection = engine.database.writer.connection
    if order.search_path is not None:
        await connection.execute(f"SET search_path = {order.search_path}")
    first = NUMBERS * order.shard
    count = (WARM_UP + order.commits) * order.together
    prepared = [sign_up(first + number) for number in range(count)]
    batches = [prepared[at : at + order.together] for at in range(0, count, order.together)]
    for writes in batches[:WARM_UP]:
        await engine.commit(writes)
    locks, ends = Locks(), []
    if order.watched:
        connection.add_query_logger(locks)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for writes in batches[WARM_UP:]:
        await engine.commit(writes)
        ends.append(time.monotonic())
    await asyncio.sleep(0)  # the last statement is told in the next turn of the loop
    return Written(ends, 1e3 * statistics.median(locks.seconds) if locks.seconds else None)


async def run(order: Writing) -> Written:
    """Take the shard, write, and close."""
    shard = Shard(Place(order.shard, order.shards), "the database of the benchmark")
    engine = PostgresqlEngine(Address(order.address), KINDS, Limits(), COMMIT_WITHIN, shard)
    await engine.open_first()
    try:
        return await write(order, engine)
    finally:
        await engine.close()


def main() -> None:
    """Read the order, write, and tell what was measured."""
    order = msgspec.json.decode(sys.stdin.readline(), type=Writing)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run(order))))


if __name__ == "__main__":
    main()

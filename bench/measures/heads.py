"""Commits of several writers that share one head of the journal, beside the same with a head for each.

Both are the engine of `storage/postgresql`, with the same statements, tables, rows and fences, in a schema that is made
for the round. With the global position, `journal_head` is the one row that all commits lock. Without it, each writer's
search path has a schema in front that holds another `journal_head` alone, so that no commit waits for another one; its
positions begin at a number of its own, because they are the key of the events that all of them store in one table.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from bench.failure import BenchFailure
from bench.machine import pinned
from bench.sides import Ratio, spread
from bench.stored import verify
from bench.writer import WARM_UP, Writing, Written
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.sharding.beside import prepare_for_shards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.postgresql import Postgresql
    from bench.setting import Setting

WRITERS: Final = 4
TOGETHER: Final = 64
"""Sign-ups in each commit."""

MORE: Final = 256
"""The same in large commits, which shards make when they wait for each other."""

ENDED_WITHIN: Final = 300.0
EVENTS_OF_A_SIGN_UP: Final = 2
APART: Final = 1 << 40
"""Positions between the heads of two writers."""

SCHEMA: Final = "bench_writers"
STORED: Final = "SELECT count(*), max(position), (SELECT position FROM journal_head) FROM events"


class Heads(msgspec.Struct, frozen=True):
    """Commits a second of each round: with one head, with a head for each, and of one writer alone.

    The last are by the sign-ups in a commit, as are the ms for which such a commit had the head locked: the median of
    each round.
    """

    writers: int
    together: int
    shared: list[float]
    own: list[float]
    alone: dict[int, list[float]]
    locked: dict[int, list[float]]

    def ratio(self) -> Ratio:
        """Give the ratio of the rates with one head to those without, in the same round."""
        return spread([one / beside for one, beside in zip(self.shared, self.own, strict=True)])

    def head_a_command(self, together: int) -> float:
        """Give for how long a sign-up has the head locked, in µs: its share of a commit of so many."""
        return spread(self.locked[together]).median * 1e3 / together


def measure(setting: Setting, postgresql: Postgresql) -> Heads:
    """Let the writers write in turn with one head and with a head for each, then one writer alone."""
    made = Heads(WRITERS, TOGETHER, [], [], {TOGETHER: [], MORE: []}, {TOGETHER: [], MORE: []})

    def with_one() -> None:
        made.shared.append(rate(*write(setting, postgresql, WRITERS)))

    def with_own() -> None:
        made.own.append(rate(*write(setting, postgresql, WRITERS, own_heads=True)))

    def alone(together: int) -> None:
        began, (written,) = write(setting, postgresql, 1, together)
        made.alone[together].append(rate(began, [written]))
        made.locked[together].append(written.locked or 0.0)

    sides: dict[str, Callable[[], None]] = {
        "one head": with_one,
        "a head for each": with_own,
        "one writer": partial(alone, TOGETHER),
        "one writer, large commits": partial(alone, MORE),
    }
    for number in range(1, setting.amounts.rounds + 1):
        for name in sides if number % 2 else reversed(sides):
            setting.timeline.show(f"writers, round {number} of {setting.amounts.rounds}: {name}")
            sides[name]()
    return made


def write(
    setting: Setting, postgresql: Postgresql, count: int, together: int = TOGETHER, *, own_heads: bool = False
) -> tuple[float, list[Written]]:
    """Let so many writers write in a new schema, and check what it holds; when they began, and what they measured."""
    commits = max(2, setting.amounts.commits * TOGETHER // together)
    with ExitStack() as stack:
        address = stack.enter_context(postgresql.new_schema(SCHEMA))
        asyncio.run(prepare_for_shards(Address(address), count))
        paths: list[str | None] = [None] * count
        if own_heads:
            paths = [stack.enter_context(own_head(postgresql, shard)) for shard in range(count)]
        orders = [
            Writing(address, shard, count, commits, together, path, watched=count == 1)
            for shard, path in enumerate(paths)
        ]
        writers = [stack.enter_context(writing(setting, order)) for order in orders]
        for writer in writers:
            wait_until_ready(writer)
        began = time.monotonic()
        for writer in writers:
            tell(writer)
        written = [result(writer) for writer in writers]
        check(postgresql, count * (commits + WARM_UP) * together, own_heads=own_heads)
        if not own_heads:
            verify(address)
    return began, written


@contextmanager
def own_head(postgresql: Postgresql, shard: int) -> Iterator[str]:
    """Make a schema with a head of the journal for one shard; the search path with which the shard finds it."""
    schema = f"{SCHEMA}_{shard}"
    with postgresql.new_schema(schema):
        postgresql.rows(f"CREATE TABLE journal_head (LIKE {SCHEMA}.journal_head INCLUDING ALL)", schema)
        postgresql.rows(f"INSERT INTO journal_head (position) VALUES ({(shard + 1) * APART})", schema)
        yield f"{schema}, {SCHEMA}, public"


@contextmanager
def writing(setting: Setting, order: Writing) -> Iterator[subprocess.Popen[bytes]]:
    """Start a writer with its order, on all cores: they share them with the server, as processes of a cluster do."""
    with pinned(setting.cores.server, setting.cores.load):
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.writer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    try:
        tell(process, msgspec.json.encode(order))
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def tell(writer: subprocess.Popen[bytes], line: bytes = b"") -> None:
    """Send a line."""
    if writer.stdin is None:
        raise TypeError(writer)
    writer.stdin.write(line + b"\n")
    writer.stdin.flush()


def wait_until_ready(writer: subprocess.Popen[bytes]) -> None:
    """Wait until a writer has prepared its commits."""
    if writer.stdout is None or writer.stdout.readline() != b"ready\n":
        raise BenchFailure("a writer ended before it was ready: see above")


def result(writer: subprocess.Popen[bytes]) -> Written:
    """Wait for what a writer has measured."""
    try:
        output, _ = writer.communicate(timeout=ENDED_WITHIN)
    except subprocess.TimeoutExpired:
        raise BenchFailure("a writer did not end in time") from None
    if writer.returncode != 0:
        raise BenchFailure("a writer failed: see above")
    return msgspec.json.decode(output, type=Written)


def rate(began: float, written: Sequence[Written]) -> float:
    """Count the commits a second while all wrote: from the beginning until the first of them had no more to do."""
    end = min(one.ends[-1] for one in written)
    return sum(at <= end for one in written for at in one.ends) / (end - began)


def check(postgresql: Postgresql, sign_ups: int, *, own_heads: bool) -> None:
    """Check that everything is stored, with the positions of one head, or without any of it."""
    ((events, last, head),) = postgresql.rows(STORED, SCHEMA)
    expected = EVENTS_OF_A_SIGN_UP * sign_ups
    if (events, head) != (expected, 0 if own_heads else expected) or (last != expected) is not own_heads:
        found = f"{events} are stored, the last at position {last}, and the head is at {head}"
        raise BenchFailure(f"{expected} events were committed, {found}")

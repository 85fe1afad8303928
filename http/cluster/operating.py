"""What an operator asks of the shards of a cluster: how they are doing, and to end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence

from seatkeeper.http.cluster import on_ray
from seatkeeper.http.cluster.lane import ShardGone, in_time
from seatkeeper.http.cluster.on_ray import ShardOnRay
from seatkeeper.http.cluster.status import ShardStatus

logger = logging.getLogger("seatkeeper.cluster")

STATUS_DEADLINE = 5.0
"""Seconds for a shard to say how it is doing."""

STOP_DEADLINE = 40.0
"""Seconds for all edges to answer what is under way, and to end."""

RESTART_DEADLINE = 60.0
"""Seconds for the new process of a shard to be ready."""

EDGE_DEADLINE = 120.0
"""Seconds for an edge to answer what is under way and to end, and for another one to serve."""

CLOSE_DEADLINE = 20.0
"""Seconds for the shards to commit what waits and to close."""

HEARD_WITHIN = 1.5
"""Seconds in which who watches over the shards hears that they stop: it asks twice a second."""

EVERY = 0.5
"""Seconds between two looks for edges."""

REMEMBERED_EVERY = 5.0
"""Seconds between two questions whether Ray still knows the shards."""


async def status(shards: Mapping[int, ShardOnRay]) -> Sequence[ShardStatus | str]:
    """Ask each shard how it is doing; those that do not tell, or are missing, have a sentence instead."""
    told = dict(zip(shards, await asyncio.gather(*map(_status, shards.values())), strict=True))
    count = max(max(shards) + 1, *(one.count for one in told.values() if isinstance(one, ShardStatus)))
    return [told.get(number, "it was stopped") for number in range(count)]


def is_well(told: ShardStatus | str) -> bool:
    """Tell whether a shard is ready."""
    return isinstance(told, ShardStatus) and told.unready is None


async def _status(shard: ShardOnRay) -> ShardStatus | str:
    """Ask how a shard is doing, or say why it does not tell."""
    try:
        return await in_time(shard.status(), STATUS_DEADLINE)
    except (ShardGone, TimeoutError) as error:
        return str(error)


def described(told: ShardStatus | str) -> str:
    """Say how a shard is doing."""
    if isinstance(told, str):
        return f"not there: {told}"
    state = told.unready or ("stopping" if told.stopping else "ready")
    edges = ", ".join(told.edges) or "none"
    return f"{state}, pid {told.pid}, {told.live_actors} aggregates in memory, edges: {edges}"


async def stop(shards: Sequence[ShardOnRay]) -> None:
    """Have all edges answer what is under way and end, then the shards."""
    await _tell(shard.ask_to_stop() for shard in shards)
    await asyncio.sleep(HEARD_WITHIN)
    end = time.monotonic() + STOP_DEADLINE
    while time.monotonic() < end and await _edges(shards):  # noqa: ASYNC110 - other processes tell no event
        await asyncio.sleep(EVERY)
    await end_shards(shards)


async def restart(shards: Sequence[ShardOnRay]) -> Sequence[str]:
    """Start all processes again, one after the other, as a new version needs; return what went wrong.

    The shards first: what an edge of the version before sends them, they know.
    """
    return await restart_shards(shards) or await restart_edges(shards)


async def restart_shards(shards: Sequence[ShardOnRay]) -> Sequence[str]:
    """Start the processes of the shards again, one after the other, as a new version needs; return what went wrong."""
    for number, shard in enumerate(shards):
        with contextlib.suppress(ShardGone, TimeoutError):
            await in_time(shard.close(), CLOSE_DEADLINE)
        await asyncio.sleep(EVERY)  # the last answers leave
        shard.kill(for_good=False)
        end = time.monotonic() + RESTART_DEADLINE
        while not await _is_ready(shard):
            if time.monotonic() > end:
                return [f"shard {number} is not ready after {RESTART_DEADLINE:.0f} s: the others were left as they are"]
            await asyncio.sleep(EVERY)
    return []


async def _is_ready(shard: ShardOnRay) -> bool:
    try:
        return (await in_time(shard.status(), STATUS_DEADLINE)).unready is None
    except (ShardGone, TimeoutError):
        return False


async def restart_edges(shards: Sequence[ShardOnRay]) -> Sequence[str]:
    """Have the edges replaced, one after the other; return what went wrong.

    Shards pass it on: to who has started an edge, or to the edge itself. An edge is replaced when it has answered all
    that it took, and there are as many edges as before.
    """
    for edge in sorted(await _edges(shards)):
        before = len(await _edges(shards))
        end = time.monotonic() + EDGE_DEADLINE
        while True:
            await _tell(shard.ask_to_leave(edge) for shard in shards)
            edges = await _edges(shards)
            if edge not in edges and len(edges) >= before:
                break
            if time.monotonic() > end:
                state = "has not ended" if edge in edges else "has ended, and no other has taken its place"
                return [f"edge {edge} {state} after {EDGE_DEADLINE:.0f} s: the others were left as they are"]
            await asyncio.sleep(EVERY)
    return []


async def _edges(shards: Sequence[ShardOnRay]) -> set[str]:
    """Name the edges that serve, as far as the shards that are there know them."""
    told = await asyncio.gather(*(in_time(shard.status(), STATUS_DEADLINE) for shard in shards), return_exceptions=True)
    return {edge for status in told if isinstance(status, ShardStatus) for edge in status.edges}


async def _tell(calls: Iterable[Awaitable[None]]) -> None:
    """Have all shards told that are there; the others learn it from the edges, or are told again."""
    told = await asyncio.gather(*(in_time(call, STATUS_DEADLINE) for call in calls), return_exceptions=True)
    for error in told:
        if error is not None and not isinstance(error, (ShardGone, TimeoutError)):
            raise error


async def end_shards(shards: Sequence[ShardOnRay]) -> None:
    """Have the shards commit what waits, and end their processes for good."""

    async def end(number: int, shard: ShardOnRay) -> None:
        try:
            await in_time(shard.close(), CLOSE_DEADLINE)
        except ShardGone:
            pass  # somebody else has ended it
        except TimeoutError:
            logger.error("a shard was not closed in time", extra={"shard": number})  # noqa: TRY400 - there is no more to say
        shard.kill(for_good=True)

    await asyncio.gather(*(end(number, shard) for number, shard in enumerate(shards)))


async def while_remembered(count: int, work: Coroutine[object, object, None], stop: Callable[[], None]) -> None:
    """Do this; when Ray knows the shards no more, have it stopped, and raise ConnectionError.

    Ray forgets them when its head is started anew: it will not start a shard again that dies, nor tell where one is.
    It forgets one that has ended for good, because it was taken over.
    """
    working, forgotten = asyncio.create_task(work), asyncio.create_task(_until_forgotten(count))
    await asyncio.wait({working, forgotten}, return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        forgotten.cancel()
        return await working
    stop()
    await working
    await forgotten
    message = (
        "Ray knows the shards no more: its head was started anew, they were stopped, or another has taken the database"
    )
    raise ConnectionError(message)


async def _until_forgotten(count: int) -> None:
    while await asyncio.to_thread(on_ray.remembers_shards, count):  # noqa: ASYNC110 - Ray tells no event
        await asyncio.sleep(REMEMBERED_EVERY)

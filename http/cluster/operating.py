"""What an operator asks of the shards of a cluster: how they are doing, and to end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence

from seatkeeper.http.cluster.lane import ShardGone, in_time
from seatkeeper.http.cluster.on_ray import ShardOnRay

logger = logging.getLogger("seatkeeper.cluster")

STATUS_DEADLINE = 5.0
"""Seconds for a shard to say how it is doing."""

STOP_DEADLINE = 40.0
"""Seconds for all edges to answer what is under way, and to end."""

RESTART_DEADLINE = 60.0
"""Seconds for the new process of a shard to be ready."""

CLOSE_DEADLINE = 20.0
"""Seconds for the shards to commit what waits and to close."""

EVERY = 0.5
"""Seconds between two looks for edges."""


async def status(shards: Sequence[ShardOnRay]) -> tuple[list[str], bool]:
    """Write a line for each shard; return them, and whether all are ready."""
    lines, well = [], True
    for number, shard in enumerate(shards):
        try:
            told = await in_time(shard.status(), STATUS_DEADLINE)
        except (ShardGone, TimeoutError) as error:
            lines.append(f"shard {number}: not there: {error}")
            well = False
            continue
        state = told.unready or ("stopping" if told.stopping else "ready")
        edges = ", ".join(told.edges) or "none"
        lines.append(
            f"shard {number}: {state}, pid {told.pid}, {told.live_actors} aggregates in memory, edges: {edges}"
        )
        well = well and told.unready is None
    return lines, well


async def stop(shards: Sequence[ShardOnRay]) -> None:
    """Have all edges answer what is under way and end, then the shards."""
    for shard in shards:
        with contextlib.suppress(ShardGone, TimeoutError):
            await in_time(shard.ask_to_stop(), STATUS_DEADLINE)
    end = time.monotonic() + STOP_DEADLINE
    while time.monotonic() < end and any(await asyncio.gather(*map(_has_edges, shards))):  # noqa: ASYNC110 - other processes tell no event
        await asyncio.sleep(EVERY)
    await end_shards(shards)


async def restart(shards: Sequence[ShardOnRay]) -> Sequence[str]:
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


async def _has_edges(shard: ShardOnRay) -> bool:
    try:
        return bool((await in_time(shard.status(), STATUS_DEADLINE)).edges)
    except (ShardGone, TimeoutError):
        return False


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

"""Ray: it places the shards, starts them again, and carries calls to them. Only this file knows it.

It answers on loopback alone where it is started here. `_node_ip_address="127.0.0.1"` does not do that: Ray takes the
address of the machine in its place, and listens on all. The variable that is meant for other systems does.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Awaitable
from typing import Protocol, TypeVar, cast

import msgspec

from seatkeeper.http.cluster.lane import ShardGone
from seatkeeper.http.cluster.placement import name_of, namespace_of
from seatkeeper.http.cluster.shard import Shard
from seatkeeper.http.cluster.status import ShardSettings, ShardStatus

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers, over the network

T = TypeVar("T")

LOOPBACK_ONLY = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"

END_DEADLINE = "RAY_kill_worker_timeout_milliseconds"
"""How long a node of Ray waits for a process that it was told to end, before it kills it: 5 s, unless it is told.

A shard that answers is closed before it is ended, so this only counts for one that hangs.
"""

ALL_LINES, NO_COLOURS = "RAY_DEDUP_LOGS", "RAY_COLOR_PREFIX"
"""Ray leaves out what another shard has logged in the last seconds, but for its figures, so that one ends too."""

FOUND_WITHIN = 5.0
"""Seconds to reach the head of Ray."""

OBJECT_STORE = 80 * 1024 * 1024
"""Bytes of shared memory for large messages, which there are none of; it is the least that Ray takes."""

SHARE = 0.0001
"""Part of a core that a shard asks Ray for, the least that there is: all without one are put on the same node."""

CALLS = 1_000
"""Calls that a shard may handle at the same time."""


class _Method(Protocol):
    def remote(self, *arguments: object) -> Awaitable[object]: ...


class _Handle(Protocol):
    """A shard, as Ray offers it.

    Ray remembers the methods of a shard from its first start, whatever version runs by now. So it knows one alone.
    """

    call: _Method


def connect(database: str, address: str | None, *, log: bool = False) -> str:
    """Connect to Ray at an address, or start it for this machine; return its address. Raise ConnectionError.

    `database` is its address without the password, whose shards are meant.
    """
    if address is not None and "://" not in address:
        _look_for(address)
    if address is None or address.startswith(("auto", "127.")):
        os.environ.setdefault(LOOPBACK_ONLY, "0")
    os.environ.setdefault(END_DEADLINE, "100")
    os.environ.setdefault(ALL_LINES, "0")
    os.environ.setdefault(NO_COLOURS, "0")
    import ray  # noqa: PLC0415 - it reads the environment

    options: dict[str, object] = {"num_cpus": 1, "object_store_memory": OBJECT_STORE} if address is None else {}
    ray.init(
        address="local" if address is None else address,
        namespace=namespace_of(database),
        include_dashboard=False if address is None else None,
        logging_level=logging.ERROR,
        log_to_driver=log,
        **options,  # type: ignore[arg-type]
    )
    return str(ray.get_runtime_context().gcs_address)


def _look_for(address: str) -> None:
    """Raise ConnectionError if nothing listens there: Ray itself tries for minutes, and heeds no signal meanwhile."""
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        return  # such as `auto`
    try:
        socket.create_connection((host.strip("[]"), int(port)), FOUND_WITHIN).close()
    except (OSError, OverflowError) as error:
        message = f"no Ray answers at {address}: {error}"
        raise ConnectionError(message) from error


def disconnect() -> None:
    """Leave Ray; if it was started here, it ends."""
    import ray  # noqa: PLC0415

    ray.shutdown()


class ShardOnRay:
    """A shard that Ray knows."""

    def __init__(self, handle: _Handle) -> None:
        """Call through this handle."""
        self._handle = handle

    async def commands(self, message: bytes) -> bytes:
        """Have commands carried out; raise ShardGone."""
        return cast("bytes", await _called(self._handle.call.remote("commands", message)))

    async def status(self, edge: str = "") -> ShardStatus:
        """Ask how it is doing; raise ShardGone."""
        told = cast("bytes", await _called(self._handle.call.remote("status", edge)))
        return msgspec.msgpack.decode(told, type=ShardStatus)

    async def ping(self, webhook_id: str) -> bytes:
        """Have a ping sent; raise ShardGone."""
        return cast("bytes", await _called(self._handle.call.remote("ping", webhook_id)))

    async def metrics(self) -> bytes:
        """Read the metrics of its process, an encoded list of Family; raise ShardGone."""
        return cast("bytes", await _called(self._handle.call.remote("metrics")))

    async def ask_to_stop(self) -> None:
        """Have it tell the edges that the cluster stops; raise ShardGone."""
        await _called(self._handle.call.remote("ask_to_stop"))

    async def ask_to_leave(self, edge: str) -> None:
        """Have it tell an edge that another is to take its place; raise ShardGone."""
        await _called(self._handle.call.remote("ask_to_leave", edge))

    async def forget_edge(self, edge: str) -> None:
        """Tell it that an edge serves no more; raise ShardGone."""
        await _called(self._handle.call.remote("forget_edge", edge))

    async def close(self) -> None:
        """Have it commit what waits, and close its journal; raise ShardGone."""
        await _called(self._handle.call.remote("close"))

    def kill(self, *, for_good: bool) -> None:
        """End its process, also one that hangs; unless it is for good, Ray starts it again."""
        import ray  # noqa: PLC0415

        ray.kill(self._handle, no_restart=for_good)  # type: ignore[arg-type]


async def _called(call: Awaitable[T]) -> T:
    from ray.exceptions import RayError  # noqa: PLC0415

    try:
        return await call
    except RayError as error:
        raise ShardGone(str(error).partition("\n")[0]) from None


def start_shard(settings: ShardSettings) -> ShardOnRay:
    """Start a shard, unless it is there."""
    import ray  # noqa: PLC0415

    actor = ray.remote(Shard).options(
        name=name_of(settings.number),
        lifetime="detached",
        get_if_exists=True,
        max_restarts=-1,
        max_task_retries=0,
        max_concurrency=CALLS,
        num_cpus=SHARE,
        scheduling_strategy="SPREAD",
    )
    return ShardOnRay(cast("_Handle", actor.remote(msgspec.msgpack.encode(settings))))


def end_this_shard() -> None:
    """Have Ray end the shard that this process is, for good."""
    import ray  # noqa: PLC0415

    ray.kill(ray.get_runtime_context().current_actor, no_restart=True)


def find_shards() -> dict[int, ShardOnRay]:
    """Find the shards that were started, by their numbers, whatever the database says of them."""
    import ray.util  # noqa: PLC0415

    prefix = name_of(0).removesuffix("0")
    numbers = sorted(int(name.removeprefix(prefix)) for name in ray.util.list_named_actors() if name.startswith(prefix))
    return {number: find_shard(number) for number in numbers}


def remembers_shards(count: int) -> bool:
    """Ask Ray whether it knows them by their names; one whose head was started anew knows nobody, not even who asks."""
    import ray.util  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    try:
        names = ray.util.list_named_actors()
    except RayError as error:
        return "WrongClusterID" not in str(error)  # else it is not there, and ends this process after a minute
    return {name_of(number) for number in range(count)} <= set(names)


def find_shard(number: int) -> ShardOnRay:
    """Find a shard that was started; raise ShardGone."""
    import ray  # noqa: PLC0415

    try:
        return ShardOnRay(cast("_Handle", ray.get_actor(name_of(number))))
    except ValueError as error:
        message = f"shard {number} was not started, or was stopped"
        raise ShardGone(message) from error

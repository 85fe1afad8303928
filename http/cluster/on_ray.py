"""Ray: it places the shards, starts them again, and carries calls to them. Only this file knows it.

It answers on loopback alone where it is started here. `_node_ip_address="127.0.0.1"` does not do that: Ray takes the
address of the machine in its place, and listens on all. The variable that is meant for other systems does.
"""

from __future__ import annotations

import logging
import os
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

OBJECT_STORE = 80 * 1024 * 1024
"""Bytes of shared memory for large messages, which there are none of; it is the least that Ray takes."""

CALLS = 1_000
"""Calls that a shard may handle at the same time."""


class _Method(Protocol):
    def remote(self, *arguments: object) -> Awaitable[object]: ...


class _Handle(Protocol):
    """The methods of a shard, as Ray offers them."""

    commands: _Method
    status: _Method
    metrics: _Method
    ping: _Method
    ask_to_stop: _Method
    close: _Method


def connect(database: str, address: str | None, *, log: bool = False) -> str:
    """Connect to Ray at an address, or start it for this machine; return its address. Raise ConnectionError.

    `database` is its address without the password, whose shards are meant.
    """
    if address is None or address.startswith(("auto", "127.")):
        os.environ.setdefault(LOOPBACK_ONLY, "0")
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
        return cast("bytes", await _called(self._handle.commands.remote(message)))

    async def status(self, edge: str = "") -> ShardStatus:
        """Ask how it is doing; raise ShardGone."""
        told = cast("bytes", await _called(self._handle.status.remote(edge)))
        return msgspec.msgpack.decode(told, type=ShardStatus)

    async def ping(self, webhook_id: str) -> bytes:
        """Have a ping sent; raise ShardGone."""
        return cast("bytes", await _called(self._handle.ping.remote(webhook_id)))

    async def metrics(self) -> bytes:
        """Read the metrics of its process; raise ShardGone."""
        return cast("bytes", await _called(self._handle.metrics.remote()))

    async def ask_to_stop(self) -> None:
        """Have it tell the edges that the cluster stops; raise ShardGone."""
        await _called(self._handle.ask_to_stop.remote())

    async def close(self) -> None:
        """Have it commit what waits, and close its journal; raise ShardGone."""
        await _called(self._handle.close.remote())

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
        num_cpus=0,
        scheduling_strategy="SPREAD",
    )
    return ShardOnRay(cast("_Handle", actor.remote(msgspec.msgpack.encode(settings))))


def find_shard(number: int) -> ShardOnRay:
    """Find a shard that was started; raise ShardGone."""
    import ray  # noqa: PLC0415

    try:
        return ShardOnRay(cast("_Handle", ray.get_actor(name_of(number))))
    except ValueError as error:
        message = f"shard {number} was not started, or was stopped"
        raise ShardGone(message) from error

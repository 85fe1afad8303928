"""What a shard is told when it is made, and what it tells of itself."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.aggregates.timers import A_SECOND
from seatkeeper.http.observability.logs import Form, Level


class ShardSettings(msgspec.Struct, frozen=True):
    """What a shard is made with."""

    database: str
    number: int
    count: int
    live_actors: int
    inbox: int
    webhook_http: bool
    webhook_private_addresses: bool
    timers_a_second: int = A_SECOND
    start: str = ""
    """That of the cluster, which it keeps when it is started again; "" from a version that tells none."""
    log_level: Level = "info"
    log_format: Form = "json"
    traces: bool = False


class ShardStatus(msgspec.Struct, frozen=True):
    """How a shard is doing."""

    number: int
    pid: int
    unready: str | None
    """Why it does not serve writes, None if it does."""
    stopping: bool
    live_actors: int
    waiting: int
    commands: int
    refused: int
    failed: int
    edges: list[str]
    """The edges that serve, and have asked for this in the last seconds."""
    leaving: list[str] = []
    """Those of them that are to end, once another has taken their place."""
    count: int = 0
    """How many shards there are, 0 from a version that does not tell."""

"""What a shard is told when it is made, and what it tells of itself."""

from __future__ import annotations

import msgspec


class ShardSettings(msgspec.Struct, frozen=True):
    """What a shard is made with."""

    database: str
    number: int
    count: int
    live_actors: int
    inbox: int
    webhook_http: bool
    webhook_private_addresses: bool


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
    """The edges that have asked for this in the last seconds."""

"""Where things are in a cluster: the shard of a stream, and the names under which Ray knows shards."""

from __future__ import annotations

import hashlib
import socket

from seatkeeper.actors.notifications.actor import WebhookActor

_DELIVERED = f"{WebhookActor.kind}-"


def shard_of(stream_id: str, count: int) -> int:
    """Return the number of the shard that owns a stream; it is the same in every process and for ever.

    The webhooks all belong to shard 0, which delivers to them.
    """
    if stream_id.startswith(_DELIVERED):
        return 0
    digest = hashlib.blake2b(stream_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest) % count


def namespace_of(database: str) -> str:
    """Name the namespace of Ray for the shards of a database, by its address without the password."""
    return f"seatkeeper-{hashlib.sha256(database.encode()).hexdigest()[:12]}"


def edge_name(pid: int) -> str:
    """Name an edge on this machine by its process."""
    return f"{socket.gethostname()}:{pid}"


def name_of(shard: int) -> str:
    """Name the actor of a shard within its namespace."""
    return f"shard-{shard}"

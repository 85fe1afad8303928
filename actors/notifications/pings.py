"""What came of a ping: the one request that a webhook gets without an event."""

from __future__ import annotations

import msgspec


class Ping(msgspec.Struct, frozen=True, gc=False):
    """One request, and the answer to it: a status, or the error because of which there was none."""

    message_id: str
    at: str
    milliseconds: int
    status: int | None
    error: str | None
    delivered: bool

"""The deadline of commands: who has waited too long is told that the outcome is unknown."""

from __future__ import annotations

import time

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.http.server.idempotency import StillRunning


class CommandDeadline:
    """The replies that are waited for. One sweep a second looks at all: a timer for each would cost 3 us a command."""

    def __init__(self, seconds: float) -> None:
        """Wait at most so long for a reply, to the second."""
        self._seconds = seconds
        self._waiting: dict[Reply, float] = {}

    def add(self, reply: Reply) -> None:
        """Begin to wait for a reply."""
        self._waiting[reply] = time.perf_counter()

    def remove(self, reply: Reply) -> None:
        """Wait no longer."""
        del self._waiting[reply]

    def sweep(self) -> None:
        """Answer each command that has waited for longer than the deadline with an unknown outcome."""
        latest = time.perf_counter() - self._seconds
        for reply, since in list(self._waiting.items()):
            if since <= latest and not reply.done():
                late = StillRunning(f"no outcome within {self._seconds:g} s")
                reply.give_up(late, late.end)

    def expire_all(self) -> None:
        """Answer all commands now, and later ones at the next sweep."""
        self._seconds = 0.0
        self.sweep()

"""The health of a journal: whether the database stores what it is given, as the last commits tell."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.errors import StorageFull
from seatkeeper.storage.journal.failures import BatchRejected, PageUnreadable
from seatkeeper.storage.journal.writes import QueuedWrite

FEW = 5
"""Streams in a row that may need an unreadable page before the problem counts as one of the whole database."""

SLOW_COMMIT = 5.0
"""Seconds after which a running commit makes the service not ready."""


class Health:
    """Tells a problem of a few streams from one of the whole database, by the failures since the last commit."""

    def __init__(self) -> None:
        """Start without failures."""
        self.reason: str | None = None
        """Why others would be refused too, None if they would not."""
        self.full = False
        """Whether the disk was full at the last try."""
        self.busy_since: float | None = None
        """When the commit began that is under way."""
        self._streams: set[str] = set()
        self._failures = 0

    def opened(self, refused: NotStored | None) -> None:
        """Record that the database was opened, and the error if it refused a probe."""
        self.reason = None if refused is None else _reason_of(refused)
        self.full = isinstance(refused, StorageFull)

    def stored(self, writes: Sequence[QueuedWrite]) -> None:
        """Record a commit; a probe, which has no writes, proves nothing about the pages of streams."""
        if writes:
            self._streams.clear()
            self._failures = 0
        if not self._is_general():
            self.reason = None
        self.full = False

    def refused(self, writes: Iterable[QueuedWrite], error: NotStored) -> None:
        """Record refused writes, which make the journal not ready if others would be refused too."""
        if isinstance(error, PageUnreadable):
            self._streams.update(write.stream_id for write in writes)
        if self._is_general() or not isinstance(error, BatchRejected):
            self.reason = _reason_of(error)
            self.full = isinstance(error, StorageFull)

    def failed(self) -> int:
        """Record a batch of unknown outcome; return how many came before it since the last commit."""
        self._failures += 1
        return self._failures - 1

    def unready_reason(self) -> str | None:
        """Return why commits do not go as they should, None if they do."""
        if self.busy_since is not None and time.monotonic() - self.busy_since > SLOW_COMMIT:
            return f"A commit has been under way for more than {SLOW_COMMIT:.0f} s."
        return self.reason

    def _is_general(self) -> bool:
        return len(self._streams) >= FEW


def _reason_of(refused: NotStored) -> str:
    return f"The last commit was refused: {str(refused) or type(refused).__name__}."

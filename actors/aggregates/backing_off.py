"""Timers whose aggregate has failed, and when each is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from seatkeeper.actors.aggregates.timers import Timer

FIRST, LONGEST = 1.0, 60.0
"""Seconds until the second try, and between two at most; each further pause is twice as long."""

MOST = 10_000
"""Aggregates that are remembered; what is due of others is found when all timers are gone through again."""


class Failure(msgspec.Struct, gc=False):
    """A timer that has failed: how often in a row, and when it is tried again; None while it is."""

    timer: Timer
    failures: int
    at: float | None


class BackingOff:
    """The aggregates that wait for another try."""

    def __init__(self) -> None:
        """Begin without any."""
        self._failures: dict[str, Failure] = {}

    def __len__(self) -> int:
        """Count them."""
        return len(self._failures)

    def __contains__(self, aggregate_id: object) -> bool:
        """Tell whether an aggregate waits for another try."""
        failure = self._failures.get(str(aggregate_id))
        return failure is not None and failure.at is not None

    def add(self, timer: Timer, now: float) -> float:
        """Note a failure; return the seconds until the next try."""
        known = self._failures.get(timer.aggregate_id)
        before = 0 if known is None else known.failures
        pause = min(LONGEST, FIRST * 2.0 ** min(before, 10))
        if known is not None or len(self._failures) < MOST:
            self._failures[timer.aggregate_id] = Failure(timer, before + 1, now + pause)
        return pause

    def succeeded(self, aggregate_id: str) -> None:
        """Forget the failures of an aggregate."""
        self._failures.pop(aggregate_id, None)

    def forget_all(self) -> None:
        """Forget all failures: the timers are still stored."""
        self._failures.clear()

    def take_due(self, now: float) -> Iterator[Timer]:
        """Go through those whose next try is due."""
        for failure in list(self._failures.values()):
            if failure.at is not None and failure.at <= now:
                failure.at = None
                yield failure.timer

    def next_try(self, most: int) -> float | None:
        """Return when one is tried again that has failed less often than this, None if there is none."""
        return min((f.at for f in self._failures.values() if f.at is not None and f.failures < most), default=None)

    def oldest(self) -> str | None:
        """Return when the oldest of them was due."""
        return min((failure.timer.due_at for failure in self._failures.values()), default=None)

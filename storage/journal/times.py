"""When a write was recorded: by the clock, which may be set back, and never before the write before it."""

from __future__ import annotations

from collections.abc import Callable


class RecordedTimes:
    """The times of one journal, each at least that of the one before: so `as of` a time is a place in a stream."""

    def __init__(self, now: Callable[[], str]) -> None:
        """Read this clock: RFC 3339, UTC, milliseconds, so that later times are greater texts."""
        self._now = now
        self._last = ""

    def begin_after(self, recorded_at: str) -> None:
        """Give no time before this one, which is that of the last event of the journal."""
        self._last = max(self._last, recorded_at)

    def __call__(self) -> str:
        """Return the time of the clock, or the last one where the clock is behind it."""
        now = self._now()
        if now < self._last:
            return self._last
        self._last = now
        return now

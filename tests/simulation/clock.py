"""A loop without sockets, threads and waiting: when no task can run, its clock jumps to the next timer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

LONGEST_RUN = 400_000
"""Rounds of the loop after which a run counts as one that never ends; the longest that did end took 30,000."""


class Stuck(Exception):
    """No task can run and no timer is set, or the rounds never end."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs what is ready in the order in which it became ready, so that the same run is the same to the letter."""

    def __init__(self, now: float) -> None:
        super().__init__()
        self._now = now
        self._selector = self
        self._rounds = 0

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> Sequence[object]:
        """Replace the selector: no file is ever ready, and waiting takes no time."""
        self._rounds += 1
        if timeout is None or self._rounds > LONGEST_RUN:
            raise Stuck("all tasks wait for each other" if timeout is None else "it never ends")
        self._now += max(0.0, timeout)
        return ()

    def _process_events(self, _events: Sequence[object]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    def end(self) -> None:
        """Cancel all tasks, whatever they do then, and close."""
        for _ in range(10):
            for task in asyncio.all_tasks(self):
                task.cancel()
            self.call_soon(self.stop)
            self.run_forever()
        self.close()


_DAY = 86_400.0
_LEAPS = (-2 * _DAY, -3_600.0, 2.0, 3_600.0, _DAY, 8 * _DAY, 40 * _DAY)


class WallClock:
    """The clock on the wall, which leaps: it outlives the lives of a service, and all machines have it."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self.latest = ""
        """The latest time that it has told."""
        self.set_back = False
        """Whether it went back while a service ran."""

    def tell(self, seconds: float) -> str:
        """Tell the time, so many seconds after the beginning."""
        text = written(seconds + self._ahead)
        self.latest = max(self.latest, text)
        return text

    def leap(self, chance: float) -> None:
        """Leap, mostly forwards, by this random number."""
        leap = _LEAPS[int(chance * len(_LEAPS))]
        self._ahead += leap
        self.set_back |= leap < 0

    def move(self, seconds: float) -> None:
        """Go forwards."""
        self._ahead += seconds


BEGINNING = datetime(2026, 11, 22, 18, 12, tzinfo=UTC)


def written(seconds: float) -> str:
    """Write a moment as the service's clock does: RFC 3339, UTC, milliseconds."""
    moment = BEGINNING + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def earlier(moment: str, seconds: int) -> str:
    """Return the moment so many seconds before."""
    before = datetime.fromisoformat(moment) - timedelta(seconds=seconds)
    return before.isoformat(timespec="milliseconds").replace("+00:00", "Z")

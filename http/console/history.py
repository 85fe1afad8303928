"""The history: what was counted in each of the last minutes, of which the overview draws its pictures.

A sample reads the counters that the metrics have anyway, 50 us every five seconds; nothing is counted for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.server.routes import Route

logger = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two samples."""

KEPT = 360
"""Samples that are kept: 30 minutes."""

SIGN_UP = "sign_up"
"""The name of the call that signs somebody up."""

LIVE_ACTORS = "seatkeeper_live_actors"


class Reading(NamedTuple):
    """Everything that was counted so far, and how things stand."""

    commands: Mapping[str, int]
    """Commands that were carried out, by the name of their call."""
    refusals: Mapping[str, int]
    """Commands that were refused, by the rule."""
    commits: Sequence[int]
    """Commits by the seconds that they took: one number for each bound, and one for those beyond the last."""
    live_actors: int | None
    """None where aggregates live in other processes."""
    position: int
    ready: bool


class Sample(NamedTuple):
    """What was counted in the seconds before a time, and how things stood then."""

    at: float
    seconds: float
    commands: Mapping[str, int]
    refusals: Mapping[str, int]
    commits: Sequence[int]
    live_actors: int | None
    position: int
    ready: bool


class Reader:
    """Reads the metrics of this process."""

    def __init__(self, metrics: Metrics, routes: Iterable[Route], unready_reason: Callable[[], str | None]) -> None:
        """Know the calls by their methods and paths."""
        self._metrics, self._unready_reason = metrics, unready_reason
        self._commands = {(route.method, route.path): route for route in routes if route.writes}
        self.position = 0

    def follow(self, position: int) -> None:
        """Know the position of the last commit."""
        self.position = max(position, self.position)

    def read(self) -> Reading:
        """Read everything."""
        counted = self._metrics.counted()
        commands: Counter[str] = Counter()
        for (method, path, status), count in counted.requests.items():
            route = self._commands.get((method, path))
            if route is not None and status == route.status:  # a dry run of what makes something has another one
                commands[route.name] += count
        live_actors = self._metrics.value(LIVE_ACTORS)
        return Reading(
            commands,
            counted.refusals,
            counted.commits,
            None if live_actors is None else int(live_actors),
            self.position,
            ready=self._unready_reason() is None,
        )


class History:
    """The samples of the last half an hour."""

    def __init__(
        self,
        reader: Reader,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Sample what this reads; the clock is that of people, the timer counts seconds."""
        self._reader, self._clock, self._timer = reader, clock, timer
        self._samples: deque[Sample] = deque(maxlen=KEPT)
        self._last: tuple[float, Reading] | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """The position of the last commit."""
        return self._reader.position

    @property
    def samples(self) -> Sequence[Sample]:
        """The samples, the oldest first."""
        return tuple(self._samples)

    def take(self) -> None:
        """Take a sample of what was counted since the last one; the first only says where the counting begins."""
        counted_at, now = self._timer(), self._reader.read()
        before, self._last = self._last, (counted_at, now)
        if before is None:
            return
        was = before[1]
        self._samples.append(
            Sample(
                self._clock(),
                counted_at - before[0],
                _more(now.commands, was.commands),
                _more(now.refusals, was.refusals),
                [new - old for new, old in zip(now.commits, was.commits, strict=True)],
                now.live_actors,
                now.position,
                now.ready,
            )
        )

    def start(self) -> None:
        """Begin to take samples."""
        self._running = asyncio.get_running_loop().create_task(self.run())

    def stop(self) -> None:
        """Take no more."""
        if self._running is not None:
            self._running.cancel()

    async def run(self) -> None:
        """Take samples until it is cancelled."""
        while True:
            try:
                self.take()
            except Exception:  # of any kind: there is a gap in a picture, and the service has other things to do
                logger.exception("no sample could be taken for the overview")
            await asyncio.sleep(EVERY)


def _more(now: Mapping[str, int], was: Mapping[str, int]) -> Mapping[str, int]:
    return {name: more for name, count in now.items() if (more := count - was.get(name, 0)) > 0}

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


BEGINNING = datetime(2026, 11, 22, 18, 12, tzinfo=UTC)


def written(seconds: float) -> str:
    """Write a moment as the service's clock does: RFC 3339, UTC, milliseconds."""
    moment = BEGINNING + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"

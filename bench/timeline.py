"""The line on stderr that tells what runs at the moment, and how far the whole is."""

from __future__ import annotations

import sys
import time
from typing import Final

WIDTH: Final = 24


class Timeline:
    """Tells each step: on a terminal as a bar in one line that is written over, elsewhere as lines."""

    def __init__(self, expected: float) -> None:
        """Expect the whole to take so many seconds."""
        self._began = time.monotonic()
        self._expected = expected
        self._done = 0.0
        self._part = 0.0
        self._part_began = self._began
        self._told = ""
        self._terminal = sys.stderr.isatty()

    def begin(self, expected: float) -> None:
        """Begin a part that is expected to take so many seconds; the last one is done."""
        self._done += self._part
        self._part, self._part_began = expected, time.monotonic()

    def tell(self, step: str, share: float | None = None) -> None:
        """Tell a step; of a long one, the share that is done, which is only told on a terminal."""
        if self._terminal:
            behind = "" if share is None else f" {share:.0%}"
            print(f"\r\x1b[K{self._bar()} [{self.seconds:4.0f} s] {step}{behind}", end="", file=sys.stderr, flush=True)
        elif step != self._told:
            print(f"[{self.seconds:4.0f} s] {step}", file=sys.stderr, flush=True)
        self._told = step

    def end(self) -> None:
        """Leave the terminal's line clean."""
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    @property
    def seconds(self) -> float:
        """Seconds since the benchmark began."""
        return time.monotonic() - self._began

    def _bar(self) -> str:
        within = min(time.monotonic() - self._part_began, self._part)
        full = min(WIDTH, int(WIDTH * (self._done + within) / max(self._expected, 1.0)))
        return "#" * full + "." * (WIDTH - full)

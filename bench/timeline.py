"""The line on stderr with the current step and the progress of the whole run."""

from __future__ import annotations

import sys
import time
from typing import Final

WIDTH: Final = 24


class Timeline:
    """Shows each step: on a terminal as a bar in one line that is written over, elsewhere as lines."""

    def __init__(self, expected: float) -> None:
        """Expect the whole run to take so many seconds."""
        self._began = time.monotonic()
        self._expected = expected
        self._done = 0.0
        self._part = 0.0
        self._part_began = self._began
        self._shown = ""
        self._terminal = sys.stderr.isatty()

    def begin(self, expected: float) -> None:
        """End the current part, and begin one that is expected to take so many seconds."""
        self._done += self._part
        self._part, self._part_began = expected, time.monotonic()

    def show(self, step: str, share: float | None = None) -> None:
        """Show a step; `share` is how much of it is done, and appears only on a terminal."""
        if self._terminal:
            done = "" if share is None else f" {share:.0%}"
            print(f"\r\x1b[K{self._bar()} [{self.seconds:4.0f} s] {step}{done}", end="", file=sys.stderr, flush=True)
        elif step != self._shown:
            print(f"[{self.seconds:4.0f} s] {step}", file=sys.stderr, flush=True)
        self._shown = step

    def end(self) -> None:
        """Clear the terminal's line."""
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

"""The line on stderr that tells what runs at the moment."""

from __future__ import annotations

import sys
import time


class Timeline:
    """Tells each step with the seconds since the benchmark began; on a terminal in one line that is written over."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def tell(self, step: str) -> None:
        line = f"[{self.seconds:4.0f} s] {step}"
        print(f"\r\x1b[K{line}" if self._terminal else f"{line}\n", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the terminal's line clean."""
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    @property
    def seconds(self) -> float:
        """Seconds since the benchmark began."""
        return time.monotonic() - self._began

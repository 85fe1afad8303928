"""The clock, and the source of new ids."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

_MOST = 0xFFF


class Clock:
    """The wall clock. It formats each second and each millisecond once: most calls have nothing to format."""

    def __init__(self) -> None:
        """Begin before any time."""
        self._milliseconds = self._seconds = 0
        self._written = self._second = ""

    def __call__(self) -> str:
        """Return the time: RFC 3339, UTC, milliseconds."""
        milliseconds = time.time_ns() // 1_000_000
        if milliseconds != self._milliseconds:
            self._milliseconds = milliseconds
            seconds, rest = divmod(milliseconds, 1000)
            if seconds != self._seconds:
                self._seconds, self._second = seconds, f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
            self._written = f"{self._second}.{rest:03d}Z"
        return self._written


class SandboxClock:
    """A clock that stands still until it is moved on."""

    def __init__(self) -> None:
        """Stand at the time of now."""
        self._now = Clock()()

    def __call__(self) -> str:
        """Return the time: RFC 3339, UTC, milliseconds."""
        return self._now

    def set(self, now: str) -> None:
        """Stand at this time, as nothing has happened yet."""
        self._now = now

    def move(self, now: str) -> None:
        """Move on to this time, never back."""
        self._now = max(self._now, now)


class IdSource:
    """UUIDs of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, a counter of 12, 60 random bits.

    They increase as long as the process runs, also when the clock is set back.
    """

    RANDOM_NUMBERS = 512
    """Random numbers of 8 bytes that are fetched at once: a system call each would cost 1.5 us."""

    def __init__(self) -> None:
        """Begin before any time."""
        self._milliseconds = 0
        self._count = 0
        self._prefix = ""
        self._tails: list[str] = []

    def __call__(self) -> str:
        """Return the next id."""
        milliseconds = time.time_ns() // 1_000_000
        if milliseconds > self._milliseconds:
            self._begin(milliseconds)
        elif self._count < _MOST:
            self._count += 1
        else:
            self._begin(self._milliseconds + 1)
        if not self._tails:
            random = os.urandom(8 * self.RANDOM_NUMBERS).hex()
            self._tails = [f"-8{random[at : at + 3]}-{random[at + 3 : at + 15]}" for at in range(0, len(random), 16)]
        return f"{self._prefix}{self._count:03x}{self._tails.pop()}"

    def _begin(self, milliseconds: int) -> None:
        self._milliseconds, self._count = milliseconds, 0
        self._prefix = f"{_stamp(milliseconds)}-7"


def first_id_at(seconds: float) -> str:
    """Return what all ids of this time and later are after, and all earlier ones before."""
    return _stamp(int(seconds * 1000))


def _stamp(milliseconds: int) -> str:
    stamp = f"{milliseconds:012x}"
    return f"{stamp[:8]}-{stamp[8:]}"

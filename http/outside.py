"""What only the outside knows: the time, and ids that nobody has had before."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime


def now() -> str:
    """Return the wall clock: RFC 3339, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_MOST = 0xFFF


class IdSource:
    """UUIDs of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, 12 that count, 62 of chance.

    They rise as long as the process runs, also when the clock is set back.
    """

    def __init__(self) -> None:
        """Begin before any time."""
        self._milliseconds = 0
        self._count = 0

    def __call__(self) -> str:
        """Return the next id."""
        milliseconds = time.time_ns() // 1_000_000
        if milliseconds > self._milliseconds:
            self._milliseconds, self._count = milliseconds, 0
        elif self._count < _MOST:
            self._count += 1
        else:
            self._milliseconds, self._count = self._milliseconds + 1, 0
        stamp = f"{self._milliseconds:012x}"
        chance = f"{int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000:016x}"
        return f"{stamp[:8]}-{stamp[8:]}-7{self._count:03x}-{chance[:4]}-{chance[4:]}"

"""What replaces the lock of the file and the renewal of its identity."""

from __future__ import annotations

from pathlib import Path

from seatkeeper.storage.sqlite.writer import Writer


async def keep_identity(_writer: Writer, _path: Path, _lock: object) -> None:
    """Replaces the renewal of the identity, which a disk in memory does not have."""


class NoLock:
    """Replaces the lock file, which a crash releases."""

    def __init__(self, _path: Path) -> None:
        pass

    def release(self) -> None:
        pass

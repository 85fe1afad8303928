"""What the version of SQLite means for the service and for the tools beside it."""

from __future__ import annotations

from collections.abc import Mapping

Version = tuple[int, ...]

MENDED = (3, 51, 3)
BACKPORTS: Mapping[Version, int] = {(3, 44): 6, (3, 50): 7}
"""The patch from which on an older release is mended too."""


def has_wal_reset_bug(version: Version) -> bool:
    """Tell whether this SQLite can lose a commit when a second connection checkpoints at the moment of a reset.

    The service has one connection that checkpoints. Source: https://www.sqlite.org/wal.html, "The WAL-reset bug".
    """
    patch = BACKPORTS.get(version[:2])
    return version < MENDED and (patch is None or version[2] < patch)

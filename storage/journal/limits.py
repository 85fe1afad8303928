"""The bounds of a journal."""

from __future__ import annotations

from typing import NamedTuple


class JournalLimits(NamedTuple):
    """The bounds of a journal: counts, and times in seconds. A batch that is tried again does not count as waiting."""

    waiting: int = 10_000
    batch: int = 500
    commit_deadline: float = 30.0
    reopenings: int = 5
    probe_every: float = 1.0

"""The journal in an SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seatkeeper.storage.journal.batching import BatchingJournal
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.database import Limits
from seatkeeper.storage.sqlite.engine import SqliteEngine
from seatkeeper.storage.sqlite.reading.readers import Readers


class SqliteJournal(BatchingJournal):
    """A journal on an SQLite engine, with the connections for queries."""

    def __init__(  # noqa: PLR0913 - those of a journal, and its file
        self,
        path: Path,
        *,
        now: Callable[[], str],
        on_outcome_unknown: Callable[[], None],
        committed: Callable[[int, float], None] = lambda _events, _seconds: None,
        limits: JournalLimits | None = None,
        files: Limits | None = None,
        kinds: Kinds = KINDS,
    ) -> None:
        """Prepare a journal in this file; `open` opens it, or makes it."""
        limits = limits or JournalLimits()
        self.engine = SqliteEngine(path, kinds, files or Limits(), limits.commit_deadline)
        super().__init__(
            self.engine,
            now=now,
            on_outcome_unknown=on_outcome_unknown,
            committed=committed,
            limits=limits,
            kinds=kinds,
        )

    @property
    def readers(self) -> Readers:
        """The connections for queries, which are new ones after the file was opened again."""
        return self.engine.database.readers

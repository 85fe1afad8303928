"""The storage in an SQLite file."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from seatkeeper.storage.sqlite.deliveries import SqliteDeliveries
from seatkeeper.storage.sqlite.file.reading import first_event
from seatkeeper.storage.sqlite.file.version import has_wal_reset_bug
from seatkeeper.storage.sqlite.journal import SqliteJournal
from seatkeeper.storage.sqlite.key_uses import save_uses
from seatkeeper.storage.sqlite.reading.queries import SqliteQueries
from seatkeeper.storage.sqlite.search.follower import Follower
from seatkeeper.storage.storage import Gauge

logger = logging.getLogger(__name__)


class SqliteStorage:
    """A file with its journal, the queries that read it, and the search index that follows it."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], str],
        on_outcome_unknown: Callable[[], None],
        committed: Callable[[int, float], None],
    ) -> None:
        """Prepare them; the arguments are those of a journal."""
        self.name = str(path)
        self._path = path
        self.journal = SqliteJournal(path, now=now, on_outcome_unknown=on_outcome_unknown, committed=committed)
        self.queries = SqliteQueries(lambda: self.journal.readers)
        self.deliveries = SqliteDeliveries(self.journal, now=now)
        self._search = Follower(self.journal)
        self.journal.on_commit(self._search.committed)

    @property
    def versions(self) -> Mapping[str, str]:
        """The version of SQLite."""
        return {"sqlite": sqlite3.sqlite_version}

    @property
    def gauges(self) -> Sequence[Gauge]:
        """The size of the file, the length of the log, and how far the search index is behind."""
        engine, search, path = self.journal.engine, self._search, self._path
        return [
            Gauge("seatkeeper_database_bytes", "The file.", lambda: path.stat().st_size if path.exists() else 0),
            Gauge("seatkeeper_wal_bytes", "The write-ahead log, looked at once a second.", lambda: engine.log_bytes),
            Gauge("seatkeeper_search_behind_events", "Events the search index lacks.", lambda: search.behind),
        ]

    async def first_event(self) -> str | None:
        """Return the type of the first event; None if there is none, or no file that can be read."""
        return await asyncio.to_thread(first_event, self._path)

    def start(self) -> None:
        """Have the search index follow, and warn of an SQLite with a bug that matters to other tools."""
        self._search.start()
        if has_wal_reset_bug(sqlite3.sqlite_version_info):
            logger.warning("this SQLite has the WAL-reset bug", extra={"sqlite": sqlite3.sqlite_version})

    async def stop(self) -> None:
        """Stop the search index where it is."""
        await self._search.stop()

    async def save_key_uses(self, uses: Sequence[tuple[str, str]]) -> None:
        """Store these keys with the time of their last use; raise NotStored or OutcomeUnknown."""
        await save_uses(self.journal, uses)

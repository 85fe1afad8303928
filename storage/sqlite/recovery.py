"""Opening the file, and opening it again after a commit of unknown outcome."""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.journal_ids import JournalIdentity, new_journal_id
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.sqlite.database import Database, Limits
from seatkeeper.storage.sqlite.failures import PROBE, free_bytes, has_room, rejection
from seatkeeper.storage.sqlite.file.identity import NONE, identity_of
from seatkeeper.storage.sqlite.file.journal_ids import ANOTHER, OWN_OR_EARLIER
from seatkeeper.storage.sqlite.file.lock import Lock
from seatkeeper.storage.sqlite.file.reading import UNREADABLE
from seatkeeper.storage.sqlite.file.wal import log_bytes
from seatkeeper.storage.sqlite.file.watch import Found, which_file
from seatkeeper.storage.sqlite.writer import RolledBack, Writer

logger = logging.getLogger(__name__)


class OpenedFile(NamedTuple):
    """An open file, its last event, and the error if it refused a probe."""

    database: Database
    position: int
    recorded_at: str
    refused: NotStored | None = None


class FileOpener:
    """Opens the file of one journal, whose `identity` is known when it is open."""

    identity: JournalIdentity

    def __init__(self, path: Path, kinds: Kinds, limits: Limits, commit_deadline: float) -> None:
        """Open the file at this path, for these kinds; a probe has `commit_deadline` seconds."""
        self._path = path
        self._kinds = kinds
        self._limits = limits
        self._commit_deadline = commit_deadline
        self._served: Found | None = None

    async def open_first(self, lock: Lock) -> OpenedFile:
        """Open the file and renew its identity; raise DatabaseRefused.

        On a full disk too: even to read, SQLite needs 32 KiB for the index of the log. A start reports that at once;
        only a running service waits for space.
        """
        try:
            record_identity(self._path, lock)
            opened = await self._open()
            try:
                await renew_identity(opened.database.writer, self._path, lock)
                self.identity = await journal_identity(opened.database.writer, self._path)
            except BaseException:
                await opened.database.close()
                raise
            self._served = which_file(str(self._path))
        except DatabaseRefused as error:
            if has_room(self._path):
                raise
            message = f"{error}; the disk is full: {free_bytes(self._path):,} bytes are free, make room and start again"
            raise DatabaseRefused(message) from error
        return opened

    async def open_again(self) -> OpenedFile:
        """Open the file, and probe whether it takes a commit; raise DatabaseRefused, or TimeoutError."""
        try:
            self._refuse_another_file()
            return await self._open(probe=True)
        except sqlite3.Error as error:
            raise DatabaseRefused(str(error)) from error

    def _refuse_another_file(self) -> None:
        """Raise DatabaseRefused unless what lies at the path is the file that was served: else an empty one is made."""
        if which_file(str(self._path)) != self._served:
            message = f"{self._path} is not the file that was served: it was removed, renamed or replaced"
            raise DatabaseRefused(message)

    async def _open(self, *, probe: bool = False) -> OpenedFile:
        database = await Database.open(self._path, self._limits, self._kinds)
        try:
            last = await database.last_event()
            refused = await self._probe(database) if probe else None
        except BaseException:
            await database.close()
            raise
        return OpenedFile(database, *last, refused)

    async def _probe(self, database: Database) -> NotStored | None:
        """Commit a probe; return the error if it was refused, and raise one if its outcome is unknown."""
        try:
            async with asyncio.timeout(self._commit_deadline):
                await database.writer.commit_all(PROBE)
        except (sqlite3.Error, RolledBack) as error:
            return await rejection(database.writer, error, self._path)
        return None


def record_identity(path: Path, lock: Lock) -> None:
    """Note in the lock which file lies here, before a log of it is made; raise DatabaseRefused.

    The lock may be older than the file, and a crash in what follows leaves a log.
    """
    if log_bytes(path):
        return
    try:
        lock.write([identity_of(path) if path.is_file() else NONE])
    except UNREADABLE:
        return  # it is no database, which opening it reports
    except OSError as error:
        message = f"{path}.lock cannot be written: {error}"
        raise DatabaseRefused(message) from error


async def renew_identity(writer: Writer, path: Path, lock: Lock) -> None:
    """Give the file another identity; raise DatabaseRefused.

    The lock has the old one too until the new one is in the file itself: a crash may come between.
    """
    try:
        old, new = identity_of(path), secrets.token_hex(16)
        lock.write([old, new])
        await writer.execute("INSERT OR REPLACE INTO identity (rowid, id) VALUES (1, ?)", (new,))
        await writer.execute("PRAGMA wal_checkpoint(PASSIVE)")
        if identity_of(path) == new:  # not while another process reads what was before
            lock.write([new])
    except (sqlite3.Error, OSError) as error:
        message = f"{path} cannot be written: {error}"
        raise DatabaseRefused(message) from error


async def journal_identity(writer: Writer, path: Path) -> JournalIdentity:
    """Read who the journal is, after giving an id to a new one and to a copy; raise DatabaseRefused."""
    try:
        rows = await writer.execute(OWN_OR_EARLIER)
        if all(shared is not None for _, shared in rows):
            own = new_journal_id()
            await writer.execute(ANOTHER, (own,))
            logger.info("the journal has a new id", extra={"journal_id": own, "earlier": len(rows)})
            rows.append((own, None))
    except sqlite3.Error as error:
        message = f"{path} cannot be written: {error}"
        raise DatabaseRefused(message) from error
    return JournalIdentity.of((str(journal_id), None if shared is None else int(shared)) for journal_id, shared in rows)


async def rescue(writer: Writer, path: Path, *, holds_commits: bool) -> str:
    """Save what the writer's connection reads beside the path, or where temporary files go; say what to do."""
    if not holds_commits:
        return "nothing is lost. See that no other process uses the database, and start again"
    for beside in (True, False):
        try:
            folder = path.parent if beside else Path(tempfile.mkdtemp(prefix="seatkeeper-"))
            saved = next(one for one in _names(folder / f"{path.name}.rescued") if not one.exists())
            await writer.rescue(saved)
        except (sqlite3.Error, OSError):
            logger.exception("what was acknowledged could not be saved", extra={"database": str(path)})
        else:
            return (
                f"all that was acknowledged is in {saved}: verify it, move what lies at {path} and {path}-wal away,"
                f" put it there, and start again"
            )
    return "what was acknowledged could not be saved: see the log"


def _names(path: Path) -> Iterator[Path]:
    yield path
    yield from (path.with_name(f"{path.name}.{number}") for number in itertools.count(2))

"""The engines, of which `--database` chooses one. That of PostgreSQL is imported when it is needed: it is an extra."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from seatkeeper.storage.copying.copying import Destination, Source, copy_all
from seatkeeper.storage.copying.sqlite import file_destination, file_source
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file import journal_ids
from seatkeeper.storage.sqlite.file.alone import alone_with
from seatkeeper.storage.sqlite.file.identity import refuse_mismatch
from seatkeeper.storage.sqlite.file.reading import open_snapshot
from seatkeeper.storage.sqlite.storage import SqliteStorage
from seatkeeper.storage.sqlite.verify import rebuild as sqlite_rebuild
from seatkeeper.storage.sqlite.verify import verify as sqlite_verify
from seatkeeper.storage.sqlite.verify.reading import SqliteReading
from seatkeeper.storage.storage import Storage
from seatkeeper.storage.verify.reading import Reading
from seatkeeper.storage.verify.verification import Progress, VerifyReport


def storage_in(  # noqa: PLR0913 - those of a journal, and whose the database may be
    database: str,
    *,
    now: Callable[[], str],
    on_outcome_unknown: Callable[[], None],
    committed: Callable[[int, float], None] = lambda _events, _seconds: None,
    take_over: bool = False,
    standby: bool = False,
) -> Storage:
    """Prepare the storage in this database, as `--database` names it; the journal's `open` opens it.

    With `take_over`, a database on a server is taken from another process; a file never is. As a `standby`, that
    process is waited for until it has ended.
    Raise DatabaseRefused when an address cannot be read, or its engine is not installed.
    """
    if not is_address(database):
        return SqliteStorage(Path(database), now=now, on_outcome_unknown=on_outcome_unknown, committed=committed)
    with _extra():
        from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
        from seatkeeper.storage.postgresql.storage import PostgresqlStorage  # noqa: PLC0415
    address = Address(database)
    return PostgresqlStorage(
        address,
        now=now,
        on_outcome_unknown=on_outcome_unknown,
        committed=committed,
        take_over=take_over,
        standby=standby,
    )


async def may_hold_keys(database: str) -> bool:
    """Tell, without taking the database, whether API keys may be in it; raise DatabaseRefused."""
    if not is_address(database):
        return await asyncio.to_thread(Path(database).exists)
    with _extra():
        from seatkeeper.storage.postgresql.server import keys  # noqa: PLC0415
        from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
    return await keys.may_hold_keys(Address(database))


def verify(
    database: str, *, on_finding: Callable[[str], None], on_pages: Progress, on_events: Progress
) -> VerifyReport:
    """Compare all that is stored with the journal, where no event loop runs; raise DatabaseRefused."""
    if not is_address(database):
        path = Path(database)
        return sqlite_verify.verify(path, on_finding=on_finding, on_pages=on_pages, on_events=on_events)
    with _extra():
        from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
        from seatkeeper.storage.postgresql.verify import verify as postgresql_verify  # noqa: PLC0415
    return postgresql_verify.verify(Address(database), on_finding=on_finding, on_events=on_events)


def rebuild(database: str, *, progress: Progress) -> None:
    """Make the views anew from the journal, where no event loop runs; raise DatabaseRefused or StreamDamaged."""
    if not is_address(database):
        sqlite_rebuild.rebuild(Path(database), progress=progress)
        return
    with _extra():
        from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
        from seatkeeper.storage.postgresql.verify import rebuild as postgresql_rebuild  # noqa: PLC0415
    postgresql_rebuild.rebuild(Address(database), progress=progress)


def copy(database: str, destination: str, *, progress: Progress) -> int:
    """Copy everything into a new file or an empty database, where no event loop runs; return the number of the events.

    No service may run on either. Raise DatabaseRefused, which leaves nothing of the copy.
    """
    with _source(database) as read, _destination(destination) as written:
        return copy_all(read, written, KINDS, progress)


def _source(database: str) -> AbstractContextManager[Source]:
    if not is_address(database):
        return file_source(Path(database))
    with _extra():
        from seatkeeper.storage.copying.postgresql import server_source  # noqa: PLC0415
        from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
    return server_source(Address(database))


def _destination(database: str) -> AbstractContextManager[Destination]:
    if not is_address(database):
        return file_destination(Path(database), KINDS)
    with _extra():
        from seatkeeper.storage.copying.postgresql import server_destination  # noqa: PLC0415
        from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
    return server_destination(Address(database), KINDS)


@contextmanager
def reading_in(database: str) -> Iterator[Reading]:
    """Read one state of a database, also while it is served, where no event loop runs; raise DatabaseRefused."""
    if not is_address(database):
        path = Path(database)
        refuse_mismatch(path)
        with closing(open_snapshot(path)) as connection:
            reading = SqliteReading(connection)
            if reading.older:
                message = f"{path} is of an older version: the first start of the service brings it up to date"
                raise DatabaseRefused(message)
            yield reading
        return
    with _extra():
        from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
        from seatkeeper.storage.postgresql.verify.reading import open_reading  # noqa: PLC0415
    with closing(open_reading(Address(database))) as server:
        yield server


def renew_journal(database: str) -> JournalIdentity:
    """Give the journal a new id, where no event loop runs and no service either; raise DatabaseRefused."""
    if not is_address(database):
        with alone_with(Path(database)) as path:
            return journal_ids.renew(path)
    with _extra():
        from seatkeeper.storage.postgresql.schema import renewal  # noqa: PLC0415
        from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
    return renewal.renew_journal(Address(database))


def is_address(database: str) -> bool:
    """Tell whether this names a database of a server, well or badly, and not a file."""
    return "://" in database or database.startswith(("postgresql:", "postgres:"))


@contextmanager
def _extra() -> Iterator[None]:
    """Say what is missing where asyncpg is."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = "PostgreSQL needs the extra seatkeeper[postgresql], which brings asyncpg"
        raise DatabaseRefused(message) from error

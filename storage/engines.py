"""The engines, of which `--database` chooses one. That of PostgreSQL is imported when it is needed: it is an extra."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.storage import SqliteStorage
from seatkeeper.storage.sqlite.verify import rebuild as sqlite_rebuild
from seatkeeper.storage.sqlite.verify import verify as sqlite_verify
from seatkeeper.storage.storage import Storage
from seatkeeper.storage.verify.verification import Progress, VerifyReport


def storage_in(
    database: str,
    *,
    now: Callable[[], str],
    on_outcome_unknown: Callable[[], None],
    committed: Callable[[int, float], None] = lambda _events, _seconds: None,
    take_over: bool = False,
) -> Storage:
    """Prepare the storage in this database, as `--database` names it; the journal's `open` opens it.

    With `take_over`, a database on a server is taken from another process; a file never is.
    Raise DatabaseRefused when an address cannot be read, or its engine is not installed.
    """
    if not is_address(database):
        return SqliteStorage(Path(database), now=now, on_outcome_unknown=on_outcome_unknown, committed=committed)
    with _extra():
        from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
        from seatkeeper.storage.postgresql.storage import PostgresqlStorage  # noqa: PLC0415
    address = Address(database)
    return PostgresqlStorage(
        address, now=now, on_outcome_unknown=on_outcome_unknown, committed=committed, take_over=take_over
    )


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


def copy(path: Path, destination: str, *, progress: Progress) -> int:
    """Copy a file into an empty database of a server, where no event loop runs; return the number of the events.

    Raise DatabaseRefused.
    """
    if not is_address(destination):
        message = "the destination is no address of a database; `seatkeeper backup` copies to a file"
        raise DatabaseRefused(message)
    with _extra():
        from seatkeeper.storage.postgresql import copying  # noqa: PLC0415
        from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
    return copying.copy(path, Address(destination), progress=progress)


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

"""The engines, of which `--database` chooses one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seatkeeper.storage.sqlite.storage import SqliteStorage
from seatkeeper.storage.storage import Storage


def storage_in(
    database: str,
    *,
    now: Callable[[], str],
    on_outcome_unknown: Callable[[], None],
    committed: Callable[[int, float], None] = lambda _events, _seconds: None,
) -> Storage:
    """Prepare the storage in this database, as `--database` names it; the journal's `open` opens it."""
    return SqliteStorage(Path(database), now=now, on_outcome_unknown=on_outcome_unknown, committed=committed)

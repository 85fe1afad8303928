"""The files of a server that has stopped: do they hold what was acknowledged, and how to have them read anew."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from bench.failure import BenchFailure

if TYPE_CHECKING:
    from pathlib import Path

OPENED_IN_JOURNAL: Final = "SELECT count(*) FROM events WHERE type = 'account.opened'"
IN_VIEW: Final = "SELECT count(*) FROM accounts"
NAMES: Final = "SELECT count(DISTINCT name) FROM accounts"


def verify_accounts(database: Path, acknowledged: int) -> int:
    """Insist that the journal and the view hold as many accounts as were acknowledged, each once; give their number."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        counts = (connection.execute(count).fetchone()[0] for count in (OPENED_IN_JOURNAL, IN_VIEW, NAMES))
        opened, viewed, names = map(int, counts)
    if not opened == viewed == names == acknowledged:
        found = f"the journal has {opened}, the view {viewed} with {names} different names"
        raise BenchFailure(f"{acknowledged} sign-ups were acknowledged, {found}")
    return opened


def forget_pages(database: Path) -> None:
    """Ask the kernel to drop the database's pages, so that the next start reads from the disk."""
    for file in database.parent.glob(f"{database.name}*"):
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)

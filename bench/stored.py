"""The files of a stopped server: whether they hold what was acknowledged, and how to drop them from the page cache."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Final

from bench.failure import BenchFailure

if TYPE_CHECKING:
    from pathlib import Path

VERIFIED_WITHIN: Final = 300.0

OPENED_IN_JOURNAL: Final = "SELECT count(*) FROM events WHERE type = 'account.opened'"
IN_VIEW: Final = "SELECT count(*) FROM accounts"
NAMES: Final = "SELECT count(DISTINCT name) FROM accounts"


def connected(database: Path) -> sqlite3.Connection:
    """Open the file to read it."""
    return sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)


def verify_accounts(database: Path, acknowledged: int) -> int:
    """Check that the journal and the view hold each acknowledged account once; return their number."""
    with closing(connected(database)) as connection:
        counts = (connection.execute(count).fetchone()[0] for count in (OPENED_IN_JOURNAL, IN_VIEW, NAMES))
        opened, viewed, names = map(int, counts)
    if not opened == viewed == names == acknowledged:
        found = f"the journal has {opened}, the view {viewed} with {names} different names"
        raise BenchFailure(f"{acknowledged} sign-ups were acknowledged, {found}")
    return opened


def count_accounts(database: Path, acknowledged: int) -> None:
    """Check only the number of accounts: comparing the names of millions takes minutes, and `verify` reads all."""
    with closing(connected(database)) as connection:
        ((viewed,),) = connection.execute(IN_VIEW)
    if viewed != acknowledged:
        raise BenchFailure(f"{acknowledged} accounts must be stored, the view has {viewed}")


def verify(database: Path | str, within: float = VERIFIED_WITHIN) -> None:
    """Check that `seatkeeper verify` finds nothing."""
    command = [sys.executable, "-m", "seatkeeper.http.cli", "verify", "--database", str(database)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=within, check=False)
    except subprocess.TimeoutExpired:
        raise BenchFailure(f"seatkeeper verify did not end within {within:.0f} s") from None
    if done.returncode != 0:
        raise BenchFailure(f"seatkeeper verify found:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def forget_pages(database: Path) -> None:
    """Ask the kernel to drop the pages of the database, so that the next start reads from the disk."""
    for file in database.parent.glob(f"{database.name}*"):
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)

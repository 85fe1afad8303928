"""The permissions of a database and what lies beside it: names and addresses are for the owner alone."""

from __future__ import annotations

import logging
from pathlib import Path

logger = logging.getLogger(__name__)

OTHERS = 0o077
"""What the group and everybody else may do."""

OWNER_ALONE = 0o600


def make_private(path: Path) -> None:
    """Take the permissions of others from the database, its log, the index of that, its lock and its older copies.

    SQLite gives a log that it makes the permissions of the database.
    """
    beside = [path.with_name(path.name + end) for end in ("", "-wal", "-shm", ".lock")]
    for one in [*beside, *path.parent.glob(f"{path.name}.before-*")]:
        try:
            if one.is_file() and one.stat().st_mode & OTHERS:
                one.chmod(OWNER_ALONE)
                logger.info("others could read a file", extra={"path": str(one)})
        except OSError as error:
            logger.warning("others may read a file", extra={"path": str(one), "reason": str(error)})

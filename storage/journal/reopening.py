"""Opening the database again after a commit of unknown outcome: tries, pauses, and the end of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from seatkeeper.storage.errors import DatabaseRefused, StorageAway
from seatkeeper.storage.journal.engine import Engine, Opened

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 5.0
"""Seconds between two tries to open the database again, at most."""


async def reopen(
    engine: Engine, tries: int, most: int, *, closing: Callable[[], bool], failed: Callable[[str], None]
) -> Opened:
    """Try to open the database until it takes a commit; raise DatabaseRefused after so many tries, or StorageLost.

    `tries` are made already: so often it took a probe and then failed the next commit. A full disk, or a server that is
    away, costs no try, unless the journal is closing. `failed` is called with the reason of each failed try.
    """
    tries = pauses = tries if engine.has_room() else 0
    while tries < most:
        try:
            return await engine.open_again()
        except (DatabaseRefused, OSError) as error:
            full, away = not engine.has_room(), isinstance(error, StorageAway)
            if not (full or away) or closing():
                tries += 1
            pauses += not full
            reason = "the disk is full" if full else str(error) or "too slow"
            message = "the database could not be opened again: %s"
            logger.log(logging.ERROR, message, reason, exc_info=not (full or away), extra={"tries": tries})
            failed(f"The database cannot be opened: {reason}.")
            await asyncio.sleep(min(LONGEST_PAUSE, 0.2 * 2 ** max(min(pauses, 9) - 1, 0)))
    message = f"{engine.name} could not be opened again in {most} tries"
    raise DatabaseRefused(message)

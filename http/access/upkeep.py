"""The upkeep of the keyring: it is loaded, kept equal to the database, and its uses are stored once a minute."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence

from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.storage.errors import QueryFailed, QueryTooSlow, TooManyQueries

logger = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two savings of when keys were last used."""

PAUSE = 1.0
"""Seconds between two tries to read the keys again."""

SAVE_DEADLINE = 2.0
"""Seconds for a saving, so that a disk that hangs does not hold up the end of the service."""

Save = Callable[[Sequence[tuple[str, str]]], Awaitable[None]]

_UNREADABLE = (NotStored, TooManyQueries, QueryTooSlow, QueryFailed, sqlite3.Error)


class Upkeep:
    """Runs beside the service."""

    def __init__(self, keyring: Keyring, save: Save, *, every: float = EVERY, pause: float = PAUSE) -> None:
        """Keep this keyring; `save` stores uses, and raises NotStored or OutcomeUnknown."""
        self._keyring = keyring
        self._save = save
        self._every = every
        self._pause = pause
        self._wake = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the keys, then run until `stop`."""
        await self._keyring.load()
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End, and save what has not been saved."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
        await self._save_uses()

    async def reload(self) -> None:
        """Load the keys after a change; where that fails, no key works until `_run` has succeeded."""
        try:
            await self._keyring.load()
        except _UNREADABLE as error:
            self._keyring.forget()
            logger.error("the keys could not be read", extra={"reason": repr(error)})  # noqa: TRY400 - the reason is enough
            self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            seconds = self._pause if self._keyring.stale else self._every
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            if self._keyring.stale:
                await self._try_again()
            else:
                await self._save_uses()

    async def _try_again(self) -> None:
        """Read the keys if that is possible by now; `reload` tells of a failure, and this one comes again soon."""
        with contextlib.suppress(*_UNREADABLE):
            await self._keyring.load()

    async def _save_uses(self) -> None:
        uses = self._keyring.take_uses()
        if not uses:
            return
        try:
            async with asyncio.timeout(SAVE_DEADLINE):
                await self._save(uses)
        except (NotStored, OutcomeUnknown, TimeoutError) as error:
            self._keyring.uses_not_saved(uses)
            logger.warning("the last uses of keys were not saved", extra={"reason": repr(error)})
        except asyncio.CancelledError:
            self._keyring.uses_not_saved(uses)
            raise

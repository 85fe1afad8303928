"""A connection of a program that does nothing else: each call waits for the server."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import TypeVar

import asyncpg

from seatkeeper.storage.postgresql.failures import LOST
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import Connection, close, connect, refusal

T = TypeVar("T")

PATIENT = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "jit": "off"}
"""For queries that read all there is, with pauses between their pages."""

READS = {**PATIENT, "default_transaction_read_only": "on"}
"""The same, for one that only reads."""

SILENCE = 3_600.0
"""Seconds after which a server that says nothing is given up: it may sort all events before the first of them."""


class Session:
    """A connection with an event loop of its own; no other loop may run in its thread."""

    def __init__(self, address: Address, settings: Mapping[str, str]) -> None:
        """Connect; raise DatabaseRefused."""
        self.address = address
        self._loop = asyncio.Runner()
        try:
            self.connection: Connection = self.run(connect(address, settings))
        except BaseException:
            self._loop.close()
            raise

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Wait for something that the server does; raise DatabaseRefused if it is gone."""
        try:
            return self._loop.run(asyncio.wait_for(work, SILENCE))
        except (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, *LOST) as error:
            raise refusal(self.address, error) from error

    def pages(self, select: str, size: int) -> Iterator[Sequence[asyncpg.Record]]:
        """Go through the rows of a query in the open transaction, so many at once."""
        cursor = self.run(_open(self.connection, select))
        while found := self.run(cursor.fetch(size)):
            yield found

    def close(self) -> None:
        """End the transaction and the connection."""
        try:
            self.run(close(self.connection))
        finally:
            self._loop.close()


async def _open(connection: Connection, select: str) -> asyncpg.cursor.Cursor[asyncpg.Record]:
    return await connection.cursor(select)

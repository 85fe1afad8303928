"""Connections: what is set in each, what may not stand between, and what a failure to connect means."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import TypeAlias

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused, StorageAway
from seatkeeper.storage.postgresql.server.address import Address

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CONNECT_DEADLINE = 10.0
"""Seconds until a connection is there or is given up."""

IDLE_IN_TRANSACTION = 5
"""Seconds after which the server ends a transaction whose client is silent, so that its locks hold up no other."""

SETTINGS = {
    "application_name": "seatkeeper",
    "default_transaction_isolation": "read committed",  # the fence has to see what was committed since (writer.py)
    "default_transaction_read_only": "off",
    "lock_timeout": "5s",
    "statement_timeout": "20s",
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION}s",
    "tcp_keepalives_idle": "10",  # the server finds out that our host is gone
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20s",
}
"""What each connection asks for, so that every wait has an end."""

POOLED = (
    "a connection pooler such as PgBouncer stands before it. Seatkeeper keeps a few connections with settings of their"
    " own open, which a pooler takes away between transactions: give the address of the server itself"
)

_UNSUPPORTED_PARAMETER = "unsupported startup parameter"
"""What PgBouncer says to settings that it does not keep; its SQLSTATE is that of any breach of the protocol."""

_AWAY = ("080", "53", "57P", "55P03")
"""Beginnings of the SQLSTATEs of a server that starts, stops, has no connection left, or has a lock that is held."""


async def connect(address: Address, settings: Mapping[str, str] | None = None) -> Connection:
    """Open a connection with our settings, and these; raise DatabaseRefused, StorageAway if waiting may help."""
    try:
        async with asyncio.timeout(CONNECT_DEADLINE):
            connection: Connection = await asyncpg.connect(
                address.url, max_cached_statement_lifetime=0, server_settings={**SETTINGS, **(settings or {})}
            )
    except Exception as error:  # noqa: BLE001 - asyncpg raises errors of many kinds, some of which quote the address
        raise refusal(address, error) from None
    return connection


def refusal(address: Address, error: Exception) -> DatabaseRefused:
    """Say why the database cannot be used, without the password."""
    if _UNSUPPORTED_PARAMETER in str(error):
        return DatabaseRefused(f"{address} cannot be used: {POOLED}")
    state = getattr(error, "sqlstate", None) or ""
    lost = isinstance(error, OSError | asyncpg.TargetServerAttributeNotMatched) and not isinstance(error, ssl.SSLError)
    away = lost or state.startswith(_AWAY)
    if isinstance(error, ValueError) and not isinstance(error, OSError | asyncpg.InterfaceError):  # may quote any part
        return DatabaseRefused(f"{address} cannot be used: one of its parts is not valid ({type(error).__name__})")
    reason = address.hide(str(error)) or ("no answer in time" if isinstance(error, TimeoutError) else repr(error))
    return (StorageAway if away else DatabaseRefused)(f"{address} cannot be used: {reason}")


async def close(*connections: Connection) -> None:
    """Close connections with a word to the server, or without it if that takes long."""
    for connection in connections:
        try:
            async with asyncio.timeout(CONNECT_DEADLINE / 5):
                await connection.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()

"""Which connections are made: names lead only to public addresses, and each socket is checked again.

The check of the socket is the one that holds: whatever a name led to before, and for an address in the URL itself, it
sees the address that is connected to.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from seatkeeper.http.events_out.webhooks.addresses import refused_reason

Found: TypeAlias = Sequence[tuple[socket.AddressFamily, str]]
Lookup: TypeAlias = Callable[[str, int, socket.AddressFamily], Awaitable[Found]]
"""Return the addresses of a name; raise OSError when there are none."""


class AddressRefused(OSError):
    """Nothing is sent to this address; the message does not name it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the host {reason}, which the service does not send to")


async def resolve(host: str, port: int, family: socket.AddressFamily) -> Found:
    """Ask the system, on a thread of its own that nobody waits for: a name server that hangs holds no other name up.

    aiohttp looks a name up once at a time, so there are never more threads than webhooks.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Found] = loop.create_future()

    def settle(addresses: Found | None, error: OSError | None) -> None:
        if not found.done():
            if error is None:
                found.set_result(addresses or ())
            else:
                found.set_exception(error)

    def ask() -> None:
        addresses, failure = None, None
        try:
            infos = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
            addresses = [(kind, str(address[0])) for kind, _, _, _, address in infos]
        except (OSError, UnicodeError) as error:
            failure = error if isinstance(error, OSError) else OSError(str(error))
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, addresses, failure)

    threading.Thread(target=ask, name="webhook-lookup", daemon=True).start()
    return await found


class PublicResolver(AbstractResolver):
    """Finds the public addresses of a name, and drops its others."""

    def __init__(self, lookup: Lookup, *, allow_private: bool) -> None:
        """Look names up with this function."""
        self._lookup = lookup
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses; raise AddressRefused when there are only others."""
        found = await self._lookup(host, port, family)
        reasons = {address: None if self._allow_private else refused_reason(address) for _, address in found}
        results = [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, address in found
            if reasons[address] is None
        ]
        if not results:
            raise AddressRefused(next(filter(None, reasons.values()), "has no address"))
        return results

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""


def open_socket(*, allow_private: bool) -> aiohttp.SocketFactoryType:
    """Make the function that opens the socket to an address, after a last look at it."""

    def opened(address_info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = address_info
        reason = None if allow_private else refused_reason(str(address[0]))
        if reason is not None:
            raise AddressRefused(reason)
        return socket.socket(family, kind, protocol)

    return opened

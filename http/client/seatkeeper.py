"""The two clients: one to await, one that blocks. Both have the same resources."""

from __future__ import annotations

from types import TracebackType
from typing import Generic, Self, Unpack

from seatkeeper.http.client.methods import C
from seatkeeper.http.client.resources.accounts import Accounts
from seatkeeper.http.client.resources.api_keys import ApiKeys
from seatkeeper.http.client.resources.events import Events
from seatkeeper.http.client.resources.invitations import Grants, Invitations
from seatkeeper.http.client.resources.members import Members
from seatkeeper.http.client.resources.plans import Plans, Signups
from seatkeeper.http.client.resources.service import Operations, Receipts, SandboxClock
from seatkeeper.http.client.resources.webhooks import Webhooks
from seatkeeper.http.client.sending.blocking import BlockingConnection
from seatkeeper.http.client.sending.connection import Connection, Settings


class Resources(Generic[C]):
    """All resources of the API, an attribute each."""

    def __init__(self, connection: C) -> None:
        """Send over this connection."""
        self.plans = Plans(connection)
        self.signups = Signups(connection)
        self.accounts = Accounts(connection)
        self.members = Members(connection)
        self.invitations = Invitations(connection)
        self.grants = Grants(connection)
        self.events = Events(connection)
        self.webhooks = Webhooks(connection)
        self.api_keys = ApiKeys(connection)
        self.receipts = Receipts(connection)
        self.clock = SandboxClock(connection)
        self.operations = Operations(connection)


class Seatkeeper(Resources[Connection]):
    """A client of a service: `async with Seatkeeper(url, key) as seats`."""

    def __init__(self, url: str, key: str | None = None, **settings: Unpack[Settings]) -> None:
        """Speak to the service at `url` with an API key."""
        self._connection = Connection(url, key, **settings)
        super().__init__(self._connection)

    async def open(self) -> Self:
        """Prepare to send; `close` ends it."""
        await self._connection.open()
        return self

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        """Prepare to send."""
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        await self.close()


class BlockingSeatkeeper(Resources[BlockingConnection]):
    """A client for programs without an event loop: `with BlockingSeatkeeper(url, key) as seats`."""

    def __init__(self, url: str, key: str | None = None, **settings: Unpack[Settings]) -> None:
        """Speak to the service at `url`, as Seatkeeper does. Any thread may use it."""
        self._connection = BlockingConnection(Connection(url, key, **settings))
        super().__init__(self._connection)

    def open(self) -> Self:
        """Prepare to send; `close` ends it."""
        self._connection.open()
        return self

    def close(self) -> None:
        """Close all connections."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Prepare to send."""
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self.close()

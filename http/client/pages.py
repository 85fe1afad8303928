"""Lists, as iterators over all pages."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator, Iterator
from typing import Generic, TypeVar

from seatkeeper.http.client.calls import Listing
from seatkeeper.http.client.sending.blocking import BlockingConnection
from seatkeeper.http.client.sending.connection import Connection

G = TypeVar("G")
T = TypeVar("T")


class Pages(Generic[G, T]):
    """A list: `async for` reads it to its end, a page at a time."""

    def __init__(self, connection: Connection, listing: Listing[G, T]) -> None:
        """Read this list."""
        self._connection = connection
        self._listing = listing

    async def page(self) -> G:
        """Read one page: the first one, or that of the cursor that was given."""
        return (await self._connection.send(self._listing.call)).value

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        """Read all pages."""
        listing = self._listing
        while True:
            page = (await self._connection.send(listing.call)).value
            for item in listing.items(page):
                yield item
            onward = listing.onward(page, listing.call.query)
            if onward is None:
                return
            call = dataclasses.replace(listing.call, query={**listing.call.query, **onward})
            listing = dataclasses.replace(listing, call=call)


class BlockingPages(Generic[G, T]):
    """A list: `for` reads it to its end, a page at a time."""

    def __init__(self, connection: BlockingConnection, pages: Pages[G, T]) -> None:
        """Read this list."""
        self._connection = connection
        self._pages = pages

    def page(self) -> G:
        """Read one page: the first one, or that of the cursor that was given."""
        return self._connection.run(self._pages.page())

    def __iter__(self) -> Iterator[T]:
        """Read all pages."""
        return self._connection.iterate(aiter(self._pages))

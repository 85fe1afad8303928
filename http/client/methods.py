"""How a method that makes a call becomes one that is awaited, or one that blocks.

A resource is written once, for both clients. `@read`, `@write`, `@listing` and `@stream` mark its methods, and what
such a method does depends on the connection of the resource. Its parameters stay as they are written, for editors and
for mypy.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from functools import update_wrapper, wraps
from types import MethodType
from typing import Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from seatkeeper.http.client.calls import Answer, Call, DryRun, Listing, Subscription
from seatkeeper.http.client.pages import BlockingPages, Pages
from seatkeeper.http.client.sending.blocking import BlockingConnection
from seatkeeper.http.client.sending.connection import Connection
from seatkeeper.http.client.sending.stream import follow
from seatkeeper.http.client.structs.answers import Event

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
G = TypeVar("G")
D = TypeVar("D")
A_co = TypeVar("A_co", covariant=True)
B_co = TypeVar("B_co", covariant=True)
C = TypeVar("C", bound=Connection | BlockingConnection)


class Resource(Generic[C]):
    """The calls about one kind of thing, over a connection of either kind."""

    def __init__(self, connection: C) -> None:
        """Send over this connection."""
        self.connection = connection


class AwaitedRead(Generic[P, T]):
    """A call that reads: `await` it."""

    def __init__(self, connection: Connection, make: Callable[P, Call[T]]) -> None:
        """Send what `make` makes."""
        self._connection = connection
        self._make = make
        update_wrapper(self, make)

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Send it, and return what is answered; raise Problem or NoAnswer."""
        return (await self.answer(*args, **kwargs)).value

    async def answer(self, *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        """Send it, and return the answer with its version and its position."""
        return await self._connection.send(self._make(*args, **kwargs))


class AwaitedWrite(AwaitedRead[P, T]):
    """A call that writes: `await` it."""

    async def dry_run(self, *args: P.args, **kwargs: P.kwargs) -> DryRun[T]:
        """Ask what would come of it; nothing is changed."""
        return await self._connection.dry_run(self._make(*args, **kwargs))


class BlockingRead(Generic[P, T]):
    """A call that reads, and waits for its answer."""

    def __init__(self, connection: BlockingConnection, make: Callable[P, Call[T]]) -> None:
        """Send what `make` makes."""
        self._connection = connection
        self._make = make
        update_wrapper(self, make)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Send it, and return what is answered; raise Problem or NoAnswer."""
        return self.answer(*args, **kwargs).value

    def answer(self, *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        """Send it, and return the answer with its version and its position."""
        return self._connection.run(self._connection.awaited.send(self._make(*args, **kwargs)))


class BlockingWrite(BlockingRead[P, T]):
    """A call that writes, and waits for its answer."""

    def dry_run(self, *args: P.args, **kwargs: P.kwargs) -> DryRun[T]:
        """Ask what would come of it; nothing is changed."""
        return self._connection.run(self._connection.awaited.dry_run(self._make(*args, **kwargs)))


class Method(Generic[A_co, B_co]):
    """A method of a resource: one thing over a connection that is awaited, another over one that blocks."""

    def __init__(
        self,
        make: Callable[..., D],
        awaited: Callable[[Connection, Callable[..., D]], A_co],
        blocking: Callable[[BlockingConnection, Callable[..., D]], B_co],
    ) -> None:
        """Bind `make` to a resource, then to its connection by one of the two."""
        self.make: Callable[..., object] = make
        self.__doc__ = make.__doc__
        self._awaited: Callable[[Connection, object], A_co] = lambda connection, resource: awaited(
            connection, MethodType(make, resource)
        )
        self._blocking: Callable[[BlockingConnection, object], B_co] = lambda connection, resource: blocking(
            connection, MethodType(make, resource)
        )

    @overload
    def __get__(self, resource: None, kind: object) -> Self: ...
    @overload
    def __get__(self, resource: Resource[Connection], kind: object) -> A_co: ...
    @overload
    def __get__(self, resource: Resource[BlockingConnection], kind: object) -> B_co: ...
    def __get__(
        self, resource: Resource[Connection] | Resource[BlockingConnection] | None, kind: object
    ) -> Self | A_co | B_co:
        """Bind it to a resource."""
        if resource is None:
            return self
        connection = resource.connection
        if isinstance(connection, Connection):
            return self._awaited(connection, resource)
        return self._blocking(connection, resource)


def read(make: Callable[Concatenate[R, P], Call[T]]) -> Method[AwaitedRead[P, T], BlockingRead[P, T]]:
    """Mark a method that makes a call which reads."""
    return Method(make, AwaitedRead[P, T], BlockingRead[P, T])


def write(make: Callable[Concatenate[R, P], Call[T]]) -> Method[AwaitedWrite[P, T], BlockingWrite[P, T]]:
    """Mark a method that makes a call which writes."""
    return Method(make, AwaitedWrite[P, T], BlockingWrite[P, T])


def listing(
    make: Callable[Concatenate[R, P], Listing[G, T]],
) -> Method[Callable[P, Pages[G, T]], Callable[P, BlockingPages[G, T]]]:
    """Mark a method that describes a list."""

    def awaited(connection: Connection, bound: Callable[P, Listing[G, T]]) -> Callable[P, Pages[G, T]]:
        @wraps(bound)
        def pages(*args: P.args, **kwargs: P.kwargs) -> Pages[G, T]:
            return Pages(connection, bound(*args, **kwargs))

        return pages

    def blocking(connection: BlockingConnection, bound: Callable[P, Listing[G, T]]) -> Callable[P, BlockingPages[G, T]]:
        @wraps(bound)
        def pages(*args: P.args, **kwargs: P.kwargs) -> BlockingPages[G, T]:
            return BlockingPages(connection, Pages(connection.awaited, bound(*args, **kwargs)))

        return pages

    return Method(make, awaited, blocking)


def stream(
    make: Callable[Concatenate[R, P], Subscription],
) -> Method[Callable[P, AsyncGenerator[Event, None]], Callable[P, Iterator[Event]]]:
    """Mark a method that describes what of the journal to follow."""

    def awaited(connection: Connection, bound: Callable[P, Subscription]) -> Callable[P, AsyncGenerator[Event, None]]:
        @wraps(bound)
        def events(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[Event, None]:
            return follow(connection, bound(*args, **kwargs))

        return events

    def blocking(connection: BlockingConnection, bound: Callable[P, Subscription]) -> Callable[P, Iterator[Event]]:
        @wraps(bound)
        def events(*args: P.args, **kwargs: P.kwargs) -> Iterator[Event]:
            return connection.iterate(follow(connection.awaited, bound(*args, **kwargs)))

        return events

    return Method(make, awaited, blocking)

"""What a verification reads through: one state of a database, as its engine gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeAlias

Row: TypeAlias = tuple[object, ...]

Check: TypeAlias = Callable[[], Iterator[str]]
"""A check that only one engine needs; it reports its findings."""


class Dialect(NamedTuple):
    """The SQL in which the engines differ."""

    engine: str
    """The name of the engine, for findings."""
    events_by_stream: str
    """Selects all events, stream by stream."""
    positions: str
    """The source of all positions, from the table and not from an index."""
    blocks: str
    """Selects the rows that the table of blocks has to have."""
    numbers_without_gaps: bool
    """Whether the rows of a table are numbered 1, 2, 3, ..., and not only upwards."""


class Reading(Protocol):
    """One state of a database, which does not change while others write. Text comes as bytes, which may be damaged."""

    @property
    def dialect(self) -> Dialect:
        """The SQL of the engine."""

    @property
    def tables(self) -> AbstractSet[str]:
        """The names of the tables."""

    @property
    def has_one_writer(self) -> bool:
        """Whether all commits come one after the other."""

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What reading raises when something stored cannot be read, and the rest perhaps can."""

    def rows(self, select: str) -> Iterator[Row]:
        """Go through the rows of a query, of which there may be many."""

    def fetch(self, select: str, values: Sequence[object] = ()) -> Sequence[Row]:
        """Return the few rows of a query with these values for its marks."""

    def stored(self, value: object) -> object:
        """Return a value of a view as it comes back when it was stored."""

    def part(self) -> AbstractContextManager[object]:
        """Begin a part of the verification, after which the next one can read although this one failed."""

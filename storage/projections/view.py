"""What a view is: a table, and how its rows follow from the state of an aggregate.

The rows are written in the transaction of their events, so a client reads its own writes. A summary is stored as the
JSON that the API returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from seatkeeper.actors.aggregates.messages import Event, Refusal

Value: TypeAlias = str | int | None
Row: TypeAlias = tuple[Value, ...]
"""A row of a view; each view has a NamedTuple of its own."""


class Deleted(NamedTuple):
    """The key of a row that no longer exists."""

    key: Row


class Unique(NamedTuple):
    """A column whose values no two rows may share, a rule that no single aggregate can check.

    The table has a unique index on it. An append that claims a value which another aggregate holds is refused in its
    own transaction, and the rest of the batch is stored.
    """

    column: str
    claim: Callable[[Sequence[Event]], str | None]
    """The value that these events take."""
    refusal: Callable[[str], Refusal]
    """The refusal when it is taken."""


@dataclass(frozen=True, eq=False)
class View:
    """A table of query rows.

    The first `key_columns` columns of a row are its key, and the first column is the id of the aggregate. An `ordered`
    view has one row for each aggregate, and a column `number` that counts them in the order in which they began.
    """

    table: str
    row: type[NamedTuple]
    key_columns: int
    rows: Callable[..., Iterable[Row]]
    """All rows of an aggregate, from its state and version."""
    changes: Callable[..., Iterable[Row | Deleted]]
    """The rows that these events change, from the state and version after them."""
    sqlite: str
    """The SQLite statements that create the table and its indexes."""
    about: frozenset[type[Event]] | None = None
    """The events that may change rows, so that others cost nothing; None for all."""
    ordered: bool = False
    unique: Unique | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns of a row."""
        return self.row._fields

    @property
    def key(self) -> tuple[str, ...]:
        """Name the columns of the key."""
        return self.columns[: self.key_columns]


ViewChange: TypeAlias = tuple[View, Row | Deleted]

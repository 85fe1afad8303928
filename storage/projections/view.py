"""What a view is: a table, and how its rows follow from the state of an aggregate.

The rows are written in the transaction of their events, so a client reads its own writes. A summary is stored as the
JSON that the API returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Value: TypeAlias = str | int | None
Row: TypeAlias = tuple[Value, ...]
"""A row of a view; each view has a NamedTuple of its own."""


class Deleted(NamedTuple):
    """The key of a row that no longer exists."""

    key: Row


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
    ordered: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns of a row."""
        return self.row._fields

    @property
    def key(self) -> tuple[str, ...]:
        """Name the columns of the key."""
        return self.columns[: self.key_columns]


ViewChange: TypeAlias = tuple[View, Row | Deleted]

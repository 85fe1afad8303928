"""The check of values that only one aggregate may have, which are looked up many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from seatkeeper.storage.projections.view import Row, View
from seatkeeper.storage.verify.reading import Reading
from seatkeeper.storage.verify.replay import printable

AT_ONCE = 500
"""Values that are looked up at once: on PostgreSQL each look-up is a round trip."""


class UniqueValues:
    """The values of a view of which no two aggregates may have the same."""

    def __init__(self, reading: Reading, view: View, column: str) -> None:
        """Look them up in this column."""
        self._reading = reading
        self._view = view
        self._column = column
        self._place = view.columns.index(column)
        self._waiting: list[Row] = []

    def add(self, expected: Sequence[Row]) -> Iterator[str]:
        """Take the rows that follow from the events of an aggregate; report what is found of some, perhaps later."""
        self._waiting += [row for row in expected if row[self._place] is not None]
        if len(self._waiting) >= AT_ONCE:
            yield from self.shared()

    def shared(self) -> Iterator[str]:
        """Report the aggregates that another one shares a value with, of those that wait."""
        rows, self._waiting = self._waiting, []
        table, key, column = self._view.table, self._view.columns[0], self._column
        owners: defaultdict[object, list[object]] = defaultdict(list)
        if rows:
            marks = ", ".join("?" * len(rows))
            sql = f"SELECT {column}, {key} FROM {table} WHERE {column} IN ({marks})"  # noqa: S608 - our own names
            for value, owner in self._reading.fetch(sql, [row[self._place] for row in rows]):
                owners[value].append(owner)
        for row in rows:
            for other in owners[self._reading.stored(row[self._place])]:
                if other != self._reading.stored(row[0]):
                    yield f"{table} {row[0]}: {printable(other)} has the same {column}"

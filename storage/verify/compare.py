"""Comparisons of the snapshot and the view rows of a stream with the state that follows from its events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.view import Row as ViewRow
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.records import SNAPSHOT_SCHEMA, SnapshotRow, checksum, read_snapshot
from seatkeeper.storage.verify.reading import Reading, Row
from seatkeeper.storage.verify.replay import printable, row_checksum
from seatkeeper.storage.verify.unique import UniqueValues


class SortedRows:
    """Rows in the order of their first column, taken from the top while the streams come in the same order."""

    def __init__(self, reading: Reading, select: str) -> None:
        """Read the rows of a SELECT that is ordered by its first column, which is text."""
        self._rows = reading.rows(select)
        self._next_row()

    def _next_row(self) -> None:
        top = self._top = next(self._rows, None)
        self._key: bytes = top[0] if top is not None and isinstance(top[0], bytes) else b""

    def take(self, key: bytes) -> list[Row]:
        """Take the rows with this key."""
        taken: list[Row] = []
        while self._top is not None and self._key == key:
            taken.append(self._top)
            self._next_row()
        return taken

    def skip(self, key: bytes | None) -> Iterator[object]:
        """Take the rows before this key, or all rows that are left."""
        while self._top is not None and (key is None or self._key < key):
            skipped = self._top[0]
            self._next_row()
            yield skipped


class Snapshots:
    """The tables of snapshots and of milestones, compared stream by stream."""

    def __init__(self, reading: Reading) -> None:
        """Read these."""
        tables = ["snapshots", *{"milestones"}.intersection(reading.tables)]  # an older file has no milestones yet
        each = [f"SELECT stream_id, version, schema, state, checksum FROM {table}" for table in tables]  # noqa: S608 - our own names
        self._rows = SortedRows(reading, f"{' UNION ALL '.join(each)} ORDER BY stream_id, version")
        self.count = 0

    def of(self, stream_id: bytes) -> list[SnapshotRow]:
        """Take the snapshots of this stream, the latest last."""
        taken: list[SnapshotRow] = []
        for key, version, schema, state, code in self._rows.take(stream_id):
            self.count += 1
            due = version if isinstance(version, int) else -1
            right = code if code == row_checksum(key, version, schema, state) else None
            taken.append(SnapshotRow(_text(key), due, schema, _text(state), right))  # type: ignore[arg-type] # STRICT columns
        return taken

    def left_over(self, stream_id: bytes | None) -> Iterator[str]:
        """Report the snapshots before this stream, or at the end, that belong to no stream."""
        for key in self._rows.skip(stream_id):
            self.count += 1
            yield f"snapshot {printable(key)}: its stream does not exist"


def snapshot_finding(snapshot: SnapshotRow, state: object, kinds: Kinds) -> str | None:
    """Return what is wrong with a snapshot; `state` is that of its stream at its version."""
    if snapshot.checksum != checksum(*snapshot[:-1]):
        return f"snapshot {snapshot.stream_id}: does not match its checksum"
    if snapshot.schema != SNAPSHOT_SCHEMA:  # of another release: it lacks what a replay knows, and is replaced later
        return None
    read = read_snapshot(snapshot, kinds)
    if read is None or not kinds.of_stream(snapshot.stream_id).actor.same(read, state):
        return f"snapshot {snapshot.stream_id}: differs from the state after its first {snapshot.version} events"
    return None


class Views:
    """The tables of the views, compared stream by stream."""

    def __init__(self, reading: Reading, kinds: Kinds, *, anew: bool = False) -> None:
        """Read these; compare nothing if the next start makes the views `anew`."""
        self._reading = reading
        self._kinds = kinds
        compared = () if anew else kinds.views
        # A missing table is a finding of the schema.
        self._tables = {view: _Table(reading, view) for view in compared if view.table in reading.tables}
        self._unique = {
            view: UniqueValues(reading, view, view.unique.column) for view in self._tables if view.unique is not None
        }
        self.counts = dict.fromkeys((view.table for view in compared), 0)
        """The rows that should exist, by table."""

    def compare(self, stream_id: bytes, state: object | None, version: int) -> Iterator[str]:
        """Compare the rows of a stream; of a damaged stream, which has no state, only the rows before it."""
        _, _, identity = stream_id.partition(b"-")
        try:
            kind = self._kinds.of_stream(stream_id.decode("utf-8", "replace"))
        except KeyError:
            return
        for view in kind.views:
            if view not in self._tables:
                continue
            expected = None if state is None else list(view.rows(state, version))
            self.counts[view.table] += len(expected or ())
            yield from self._tables[view].compare(identity, expected)
            if view in self._unique:
                yield from self._unique[view].add(expected or ())

    def in_another_order(self) -> Iterator[str]:
        """Report the rows whose numbers are not in the order in which their streams began.

        No row is ever deleted, so they are 1, 2, 3, ... where the engine leaves no gaps. Shards that write at the same
        time take their numbers before their positions.
        """
        if not self._reading.has_one_writer:
            return
        for kind in self._kinds:
            for view in kind.views:
                if view.ordered and view in self._tables:
                    yield from self._numbers(view, kind.actor.kind)

    def _numbers(self, view: View, kind: str) -> Iterator[str]:
        last, table, key = 0, view.table, view.columns[0]
        sql = (
            f"SELECT {key}, position FROM {table} JOIN events"  # noqa: S608 - our own names
            f" ON stream_id = '{kind}-' || {key} AND events.version = 1 ORDER BY number"
        )
        for identity, position in cast("Iterator[tuple[bytes, int]]", self._reading.rows(sql)):
            if position < last:
                yield f"{table} {printable(identity)}: its number is higher than that of one that began later"
            last = max(last, position)
        ((count, number),) = self._reading.fetch(f"SELECT count(*), coalesce(max(number), 0) FROM {table}")  # noqa: S608 - our own names
        if count != number and self._reading.dialect.numbers_without_gaps:
            yield f"{table}: there are {count} rows, and the highest number is {number}"

    def left_over(self) -> Iterator[str]:
        """Report the rows after all streams, which belong to none, and the last of the values that are shared."""
        for unique in self._unique.values():
            yield from unique.shared()
        for table in self._tables.values():
            yield from table.left_over(None)


class _Table:
    """The table of a view, whose keys begin with the id of the aggregate."""

    def __init__(self, reading: Reading, view: View) -> None:
        """Read the rows."""
        sql = f"SELECT {', '.join(view.columns)} FROM {view.table} ORDER BY {', '.join(view.key)}"  # noqa: S608 - our own names
        self._name = view.table
        self._columns = view.columns
        self._keys = view.key_columns
        self._stored = reading.stored
        self._rows = SortedRows(reading, sql)

    def compare(self, identity: bytes, expected: Sequence[ViewRow] | None) -> Iterator[str]:
        """Compare the rows of an aggregate with the expected ones; None if these are unknown."""
        yield from self.left_over(identity)
        rows = self._rows.take(identity)
        if expected is None:
            return
        wanted = [tuple(map(self._stored, row)) for row in expected]
        if rows != wanted:
            yield from self._differences(rows, wanted)

    def _differences(self, rows: Sequence[Row], wanted: Sequence[Row]) -> Iterator[str]:
        stored = {row[: self._keys]: row for row in rows}
        for row in wanted:
            found = stored.pop(row[: self._keys], None)
            if found is None:
                yield f"{self._named(row)}: is missing"
            elif found != row:
                differing = [name for name, one, other in zip(self._columns, found, row, strict=True) if one != other]
                yield f"{self._named(row)}: differs from its events in {', '.join(differing)}"
        for row in stored.values():
            yield f"{self._named(row)}: follows from no event"

    def left_over(self, identity: bytes | None) -> Iterator[str]:
        """Report the rows before this aggregate, or at the end, that belong to none."""
        for key in self._rows.skip(identity):
            yield f"{self._name} {printable(key)}: its stream does not exist"

    def _named(self, row: Row) -> str:
        return f"{self._name} {' '.join(_text(value) for value in row[: self._keys])}"


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

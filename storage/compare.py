"""Comparisons of what was made of a stream, its snapshot and its views, with the state that the stream leads to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.storage.records import SNAPSHOT_SCHEMA, SnapshotRow, checksum, read_snapshot
from seatkeeper.storage.replay import row_sum, shown
from seatkeeper.storage.views import AccountRow, MemberRow, PlanRow, ViewRow, account_row, member_row, project

State: TypeAlias = Account | Plan
Row: TypeAlias = tuple[object, ...]


class Pile:
    """Rows in the order of their first column, taken from the top while the streams go by in the same order."""

    def __init__(self, connection: sqlite3.Connection, select: str) -> None:
        """Lay out the rows of a SELECT that is ordered by its first column, which is text."""
        self._rows = connection.execute(select)
        self._turn()

    def _turn(self) -> None:
        top = self._top = next(self._rows, None)
        self._key: bytes = top[0] if top is not None and isinstance(top[0], bytes) else b""

    def take(self, key: bytes) -> list[Row]:
        """Take the rows with this key."""
        taken: list[Row] = []
        while self._top is not None and self._key == key:
            taken.append(self._top)
            self._turn()
        return taken

    def skip(self, key: bytes | None) -> Iterator[object]:
        """Take the rows that come before this key, or all that are left; nobody asked for them."""
        while self._top is not None and (key is None or self._key < key):
            above = self._top[0]
            self._turn()
            yield above


class Snapshots:
    """The table of the snapshots, compared stream by stream."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read through this connection."""
        self._pile = Pile(
            connection, "SELECT stream_id, version, schema, state, checksum FROM snapshots ORDER BY stream_id"
        )
        self.count = 0

    def of(self, stream_id: bytes) -> SnapshotRow | None:
        """Take the snapshot of this stream."""
        for key, version, schema, state, code in self._pile.take(stream_id):
            self.count += 1
            due = version if isinstance(version, int) else -1
            right = code if code == row_sum(key, version, schema, state) else None
            return SnapshotRow(_text(key), due, schema, _text(state), right)  # type: ignore[arg-type] # STRICT columns
        return None

    def left_over(self, stream_id: bytes | None) -> Iterator[str]:
        """Name those before this stream, or at the end, that belong to no stream."""
        for key in self._pile.skip(stream_id):
            self.count += 1
            yield f"snapshot {shown(key)}: there is no such stream"


def snapshot_finding(snapshot: SnapshotRow, state: State) -> str | None:
    """Say what is wrong with the snapshot of a stream, whose state at its version is this one."""
    if snapshot.checksum != checksum(*snapshot[:-1]):
        return f"snapshot {snapshot.stream_id}: does not match its checksum"
    if snapshot.schema != SNAPSHOT_SCHEMA:  # of another release: it is ignored, and replaced in time
        return None
    if read_snapshot(snapshot) != state:
        return f"snapshot {snapshot.stream_id}: is not what its first {snapshot.version} events lead to"
    return None


class Views:
    """The tables of the views, compared stream by stream."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read through this connection."""
        self._connection = connection
        self._accounts = _Table(connection, "accounts", AccountRow._fields, 1)
        self._members = _Table(connection, "members", MemberRow._fields, 2)
        self._plans = _Table(connection, "plans", PlanRow._fields, 1)

    def compare(self, stream_id: bytes, state: State | None, version: int) -> Iterator[str]:
        """Compare the rows of a stream; without a state, which is damaged then, only what comes before it."""
        kind, _, identity = stream_id.partition(b"-")
        if kind == b"account":
            account = state if isinstance(state, Account) else None
            yield from self._accounts.compare(identity, [account_row(account, version)] if account else None)
            members = [member_row(account, member_id) for member_id in account.members] if account else None
            yield from self._members.compare(identity, members)
        elif kind == b"plan":
            yield from self._plans.compare(identity, project(state, version, ()) if state is not None else None)

    def in_another_order(self) -> Iterator[str]:
        """Name the rows whose numbers are not in the order in which their streams began, by which lists go.

        They are 1, 2, 3, ..., for no row is ever deleted.
        """
        for table, kind in (("plans", "plan"), ("accounts", "account")):
            last = 0
            sql = (
                f"SELECT {kind}_id, position FROM {table} JOIN events"  # noqa: S608 - our own names
                f" ON stream_id = '{kind}-' || {kind}_id AND events.version = 1 ORDER BY number"
            )
            for identity, position in self._connection.execute(sql):
                if position < last:
                    yield f"{table} {shown(identity)}: its number comes after that of one that began later"
                last = max(last, position)
            ((count, number),) = self._connection.execute(f"SELECT count(*), ifnull(max(number), 0) FROM {table}")  # noqa: S608 - our own names
            if count != number:
                yield f"{table}: there are {count}, and their numbers go to {number}"

    def left_over(self) -> Iterator[str]:
        """Name the rows that belong to no stream and come after all of them."""
        for table in (self._accounts, self._members, self._plans):
            yield from table.left_over(None)


class _Table:
    """A table of rows with one key each, which begins with the id of their aggregate."""

    def __init__(self, connection: sqlite3.Connection, name: str, columns: Sequence[str], keys: int) -> None:
        """Read these columns, the first of which are the key."""
        order = ", ".join(columns[:keys])
        sql = f"SELECT {', '.join(columns)} FROM {name} ORDER BY {order}"  # noqa: S608 - our own names
        self._name = name
        self._columns = columns
        self._keys = keys
        self._pile = Pile(connection, sql)

    def compare(self, identity: bytes, expected: Sequence[ViewRow] | None) -> Iterator[str]:
        """Compare the rows of one aggregate with what they should be; None if nobody can tell."""
        yield from self.left_over(identity)
        rows = self._pile.take(identity)
        if expected is None:
            return
        wanted = [tuple([value.encode() if isinstance(value, str) else value for value in row]) for row in expected]
        if rows != wanted:
            yield from self._differences(rows, wanted)

    def _differences(self, rows: Sequence[Row], wanted: Sequence[Row]) -> Iterator[str]:
        stored = {row[: self._keys]: row for row in rows}
        for row in wanted:
            there = stored.pop(row[: self._keys], None)
            if there is None:
                yield f"{self._named(row)}: is missing"
            elif there != row:
                differing = [name for name, one, other in zip(self._columns, there, row, strict=True) if one != other]
                yield f"{self._named(row)}: differs from its events in {', '.join(differing)}"
        for row in stored.values():
            yield f"{self._named(row)}: is there, and there is no such thing"

    def left_over(self, identity: bytes | None) -> Iterator[str]:
        """Name the rows before this aggregate, or at the end, that belong to none."""
        for key in self._pile.skip(identity):
            yield f"{self._name} {shown(key)}: is there, and its stream is not"

    def _named(self, row: Row) -> str:
        return f"{self._name} {' '.join(_text(value) for value in row[: self._keys])}"


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

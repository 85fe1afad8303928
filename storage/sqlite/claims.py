"""Claims in SQL: the statements that fail where another has a claimed value, and the question who that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.claims import by_view
from seatkeeper.storage.kinds import Claim
from seatkeeper.storage.sqlite.writer import Writer


def guards(claims: Sequence[Claim]) -> Iterator[Statement]:
    """Write the statements that break a constraint, as an identity is not NULL, if another has a claimed value."""
    for view, some in by_view(claims).items():
        column, key = some[0].unique.column, view.columns[0]
        values = ", ".join(["(?, ?)"] * len(some))
        sql = (
            f"INSERT INTO identity WITH claimed (value, owner) AS (VALUES {values})"  # noqa: S608 - our own names
            f" SELECT NULL FROM claimed JOIN {view.table} ON {column} = value WHERE {key} <> owner"
        )
        yield sql, [part for claim in some for part in (claim.value, claim.owner)]


async def find_owners(writer: Writer, claims: Sequence[Claim]) -> dict[tuple[str, str], str]:
    """Find who has the claimed values, as it is committed, by table and value; raise sqlite3.Error."""
    owners: dict[tuple[str, str], str] = {}
    for view, some in by_view(claims).items():
        column, key = some[0].unique.column, view.columns[0]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT {column}, {key} FROM {view.table} WHERE {column} IN ({marks})"  # noqa: S608 - our own names
        for value, owner in await writer.execute(sql, [claim.value for claim in some]):
            owners[view.table, str(value)] = str(owner)
    return owners

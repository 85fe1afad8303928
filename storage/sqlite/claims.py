"""Claims: values that only one aggregate may have, settled by what is committed.

A batch with claims begins with a statement that fails if another aggregate has one of the values. Only then is it asked
who that is. Of two that claim a value at the same time, the second waits for the commit of the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seatkeeper.actors.aggregates.journal import DecideAgain
from seatkeeper.storage.kinds import Claim
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.sqlite.batch import QueuedWrite
from seatkeeper.storage.sqlite.failures import fail_all
from seatkeeper.storage.sqlite.queue import WriteQueue
from seatkeeper.storage.sqlite.writer import Statement, Writer


def together(writes: Sequence[QueuedWrite]) -> int:
    """Count the first writes that can be committed together: none claims what another one of them claims."""
    owners: dict[tuple[str, str], str] = {}
    for count, write in enumerate(writes):
        claim = write.claim
        if claim is not None and owners.setdefault((claim.view.table, claim.value), claim.owner) != claim.owner:
            return count
    return len(writes)


def guards(writes: Sequence[QueuedWrite]) -> Iterator[Statement]:
    """Write the statements that break a constraint, as an identity is not NULL, if another has a claimed value."""
    for view, claims in _by_view(writes).items():
        column, key = claims[0].unique.column, view.columns[0]
        values = ", ".join(["(?, ?)"] * len(claims))
        sql = (
            f"INSERT INTO identity WITH claimed (value, owner) AS (VALUES {values})"  # noqa: S608 - our own names
            f" SELECT NULL FROM claimed JOIN {view.table} ON {column} = value WHERE {key} <> owner"
        )
        yield sql, [part for claim in claims for part in (claim.value, claim.owner)]


async def settle(writer: Writer, queue: WriteQueue, writes: Sequence[QueuedWrite]) -> bool:
    """Refuse the appends of a rolled back batch that claim what others have, and put the rest back.

    Return False, and do nothing, if no claim was the cause; raise sqlite3.Error.
    """
    owners = await _owners(writer, writes)
    refused: dict[str, QueuedWrite] = {}
    behind: list[QueuedWrite] = []
    rest: list[QueuedWrite] = []
    for write in writes:
        claim = write.claim
        if write.stream_id in refused:
            behind.append(write)
        elif claim is not None and owners.get((claim.view.table, claim.value), claim.owner) != claim.owner:
            refused[write.stream_id] = write
        else:
            rest.append(write)
    if refused:
        behind += queue.take_streams(refused.keys())
        queue.put_back(rest)
        for write in refused.values():
            if write.append is not None and write.claim is not None:
                write.append.refused(write.claim.unique.refusal(write.claim.value))
        fail_all(behind, DecideAgain("an earlier append of the stream was refused"))
    return bool(refused)


def _by_view(writes: Sequence[QueuedWrite]) -> dict[View, list[Claim]]:
    found: dict[View, list[Claim]] = {}
    for write in writes:
        if write.claim is not None:
            found.setdefault(write.claim.view, []).append(write.claim)
    return found


async def _owners(writer: Writer, writes: Sequence[QueuedWrite]) -> dict[tuple[str, str], str]:
    """Find who has the claimed values, as it is committed."""
    owners: dict[tuple[str, str], str] = {}
    for view, claims in _by_view(writes).items():
        column, key = claims[0].unique.column, view.columns[0]
        marks = ", ".join("?" * len(claims))
        sql = f"SELECT {column}, {key} FROM {view.table} WHERE {column} IN ({marks})"  # noqa: S608 - our own names
        for value, owner in await writer.execute(sql, [claim.value for claim in claims]):
            owners[view.table, str(value)] = str(owner)
    return owners

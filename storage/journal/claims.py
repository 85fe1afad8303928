"""Claims: values that only one aggregate may have, settled by what is committed.

The transaction of a batch with claims fails if another aggregate has one of the values. Only then is it asked who that
is. Of two that claim a value at the same time, the second waits for the commit of the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from seatkeeper.actors.aggregates.journal import DecideAgain
from seatkeeper.storage.journal.failures import fail_all
from seatkeeper.storage.journal.queue import WriteQueue
from seatkeeper.storage.journal.writes import QueuedWrite
from seatkeeper.storage.kinds import Claim
from seatkeeper.storage.projections.view import Deleted, Row, View


def together(writes: Sequence[QueuedWrite]) -> int:
    """Count the first writes that can be committed together.

    None claims what another one of them claims, and none changes a value that an earlier one has left in the same row:
    of a row only the last state is written, so nothing would compare the one before with the rows of others.
    """
    owners: dict[tuple[str, str], str] = {}
    left: dict[tuple[str, Row], object] = {}
    for count, write in enumerate(writes):
        claim = write.claim
        if claim is not None and owners.setdefault((claim.view.table, claim.value), claim.owner) != claim.owner:
            return count
        for row, value in _unique_values(write):
            if left.setdefault(row, value) != value:
                return count
    return len(writes)


def _unique_values(write: QueuedWrite) -> Iterator[tuple[tuple[str, Row], object]]:
    for view, row in write.views:
        if view.unique is None:
            continue
        if isinstance(row, Deleted):
            yield (view.table, row.key), None
        else:
            yield (view.table, row[: view.key_columns]), row[view.columns.index(view.unique.column)]


def claims_of(writes: Iterable[QueuedWrite]) -> list[Claim]:
    """List what these claim."""
    return [write.claim for write in writes if write.claim is not None]


def by_view(claims: Iterable[Claim]) -> dict[View, list[Claim]]:
    """Group claims by the view that has their values."""
    found: dict[View, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.view, []).append(claim)
    return found


def settle(writes: Iterable[QueuedWrite], owners: Mapping[tuple[str, str], str], queue: WriteQueue) -> bool:
    """Refuse the appends of a rolled back batch that claim what others have, and put the rest back.

    Return False, and do nothing, if no claim was the cause.
    """
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

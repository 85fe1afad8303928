"""Claims: values that only one aggregate may have, settled by what is committed.

The transaction of a batch with claims fails if another aggregate has one of the values. Only then is it asked who that
is. Of two that claim a value at the same time, the second waits for the commit of the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seatkeeper.actors.aggregates.journal import DecideAgain
from seatkeeper.storage.journal.failures import fail_all
from seatkeeper.storage.journal.queue import WriteQueue
from seatkeeper.storage.journal.writes import QueuedWrite
from seatkeeper.storage.kinds import Claim
from seatkeeper.storage.projections.view import View


def together(writes: Sequence[QueuedWrite]) -> int:
    """Count the first writes that can be committed together: none claims what another one of them claims."""
    owners: dict[tuple[str, str], str] = {}
    for count, write in enumerate(writes):
        claim = write.claim
        if claim is not None and owners.setdefault((claim.view.table, claim.value), claim.owner) != claim.owner:
            return count
    return len(writes)


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

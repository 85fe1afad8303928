"""Claims: values that only one aggregate may have, settled by what is committed.

The unique index of the view refuses a batch with a claim that breaks the rule. Only then is it asked which it was, so
claims that are free cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seatkeeper.actors.aggregates.journal import DecideAgain
from seatkeeper.storage.kinds import Claim
from seatkeeper.storage.sqlite.batch import QueuedWrite
from seatkeeper.storage.sqlite.failures import fail_all
from seatkeeper.storage.sqlite.queue import WriteQueue
from seatkeeper.storage.sqlite.writer import Writer


class Settled(NamedTuple):
    """What is to become of the writes of a batch that was rolled back."""

    refused: list[QueuedWrite]
    """Their claim belongs to another aggregate."""
    behind: list[QueuedWrite]
    """Those of the same streams that come after, which were decided on top of them."""
    rest: list[QueuedWrite]
    """Those that can be tried again."""
    together: int
    """How many of the rest can be committed together: the next one claims what one of these claims."""


async def settle(writer: Writer, queue: WriteQueue, writes: Sequence[QueuedWrite]) -> int | None:
    """Refuse the appends that broke the rule, and put the others back; return how many can be committed together.

    Return None, and do nothing, if no claim is the cause; raise sqlite3.Error.
    """
    claims = [write.claim for write in writes if write.claim is not None]
    settled = _sort(writes, await _owners(writer, claims))
    if not settled.refused and settled.together == len(writes):
        return None
    behind = [*settled.behind, *queue.take_streams({write.stream_id for write in settled.refused})]
    queue.put_back(settled.rest)
    for write in settled.refused:
        if write.append is not None and write.claim is not None:
            write.append.refused(write.claim.unique.refusal(write.claim.value))
    fail_all(behind, DecideAgain("an earlier append of the stream was refused"))
    return max(1, settled.together)


def _sort(writes: Sequence[QueuedWrite], owners: Mapping[tuple[str, str], str]) -> Settled:
    settled, streams, together = Settled([], [], [], 0), set[str](), len(writes)
    claimed: dict[tuple[str, str], str] = {}
    for write in writes:
        claim = write.claim
        if write.stream_id in streams:
            settled.behind.append(write)
            continue
        if claim is not None:
            name = (claim.view.table, claim.value)
            if owners.get(name, claim.owner) != claim.owner:
                settled.refused.append(write)
                streams.add(write.stream_id)
                continue
            if claimed.setdefault(name, claim.owner) != claim.owner:
                together = min(together, len(settled.rest))
        settled.rest.append(write)
    return settled._replace(together=min(together, len(settled.rest)) if settled.refused else together)


async def _owners(writer: Writer, claims: Sequence[Claim]) -> dict[tuple[str, str], str]:
    """Find who has the claimed values, as it is committed."""
    owners: dict[tuple[str, str], str] = {}
    for view in {claim.view for claim in claims}:
        wanted = [claim for claim in claims if claim.view is view]
        column, key = wanted[0].unique.column, view.columns[0]
        marks = ", ".join("?" * len(wanted))
        sql = f"SELECT {column}, {key} FROM {view.table} WHERE {column} IN ({marks})"  # noqa: S608 - our own names
        for value, owner in await writer.execute(sql, [claim.value for claim in wanted]):
            owners[view.table, str(value)] = str(owner)
    return owners

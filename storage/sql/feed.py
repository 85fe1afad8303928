"""The SQL of the feed with a filter, which looks at a bounded number of events for each page."""

from __future__ import annotations

from collections.abc import Sequence

from seatkeeper.storage.queries import FeedFilter, context_of
from seatkeeper.storage.sql.pieces import Sql, concatenated, joined, last_version, where
from seatkeeper.storage.sqlite.blocks import BITS, SIZE, of_actor, of_type

EVENT = "SELECT position, stream_id, version, type, recorded_at, data, checksum, context FROM events"
"""Selects events as rows: a migrated table has the columns in another order."""

LOOKED_AT = 2_000
"""Events of a stream that are looked at for a page, at most: each may lie on a page of the file of its own."""

BLOCKS = 5
"""Blocks that are looked at for a page, at most: about 3 ms."""

IN_STREAM = f"""
{last_version("position", "BIGINT")}
SELECT low, coalesce(
    (SELECT position FROM events WHERE stream_id = stream AND version = low + {LOOKED_AT}),
    (SELECT coalesce(max(position), 0) FROM events)
)
FROM versions, wanted WHERE low >= high
"""  # noqa: S608 - our own names
"""Finds the version in a stream up to a position, and the position up to which a page of the stream looks then."""


def page_of_stream(wanted: FeedFilter, version: int, end: int, limit: int) -> Sql:
    """Write the query for what is wanted of the events of a stream after a version, up to a position."""
    within = "stream_id = ? AND version > ? AND version <= ? AND position <= ?"
    looked_at = Sql(within, [wanted.stream_id, version, version + LOOKED_AT, end])
    return concatenated(EVENT, where([looked_at, *_wanted(wanted)]), Sql("ORDER BY version LIMIT ?", [limit]))


def blocks(wanted: FeedFilter, after: int) -> Sql:
    """Write the query for the blocks that a page looks at: the next ones with events of the actor, or of the types."""
    whats = [of_type(tag) for tag in sorted(wanted.types or ())] if wanted.actor is None else [of_actor(wanted.actor)]
    whats = whats or [""]  # of no type: there is no such block
    one = "SELECT block FROM event_blocks WHERE what = ? AND block >= ? ORDER BY block LIMIT"
    each = [Sql(f"SELECT block FROM ({one} {BLOCKS}) AS next", [what, after >> BITS]) for what in whats]  # noqa: S608 - our own terms
    return concatenated(joined(" UNION ", each), f"ORDER BY block LIMIT {BLOCKS}")


def runs(found: Sequence[int]) -> list[tuple[int, int]]:
    """Join blocks that follow each other; return the first and the last position of each run."""
    positions: list[tuple[int, int]] = []
    for block in found:
        first, last = block << BITS, (block << BITS) + SIZE - 1
        if positions and positions[-1][1] == first - 1:
            first = positions.pop()[0]
        positions.append((first, last))
    return positions


def page(wanted: FeedFilter, after: int, end: int, limit: int) -> Sql:
    """Write the query for what is wanted of the events up to a position."""
    looked_at = Sql("position > ? AND position <= ?", [after, end])
    return concatenated(EVENT, where([looked_at, *_wanted(wanted)]), Sql("ORDER BY position LIMIT ?", [limit]))


def _wanted(wanted: FeedFilter) -> list[Sql]:
    terms: list[Sql] = []
    if wanted.types is not None:
        marks = ", ".join("?" * len(wanted.types))
        terms.append(Sql(f"type IN ({marks})" if marks else "1 = 0", sorted(wanted.types)))
    if wanted.actor is not None:
        terms.append(Sql("substr(context, 1, length(?)) = ?", [context_of(wanted.actor)] * 2))
    return terms

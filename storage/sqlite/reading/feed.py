"""The SQL of the feed with a filter, which looks at a bounded number of events for each page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from seatkeeper.storage.queries import FeedFilter, context_of
from seatkeeper.storage.sqlite.blocks import BITS, SIZE, of_actor, of_type
from seatkeeper.storage.sqlite.reading.readers import Value

EVENT = "SELECT position, stream_id, version, type, recorded_at, data, checksum, context FROM events"
"""Selects events as rows: a migrated table has the columns in another order."""

LOOKED_AT = 2_000
"""Events of a stream that are looked at for a page, at most: each may lie on a page of the file of its own."""

BLOCKS = 5
"""Blocks that are looked at for a page, at most: about 3 ms."""

Query: TypeAlias = tuple[str, list[Value]]
"""SQL and its parameters."""


_AT = "(SELECT position FROM events WHERE stream_id = stream AND version = (low + high + 1) / 2)"

IN_STREAM = f"""
WITH RECURSIVE wanted (stream, after) AS (VALUES (?, ?)),
versions (low, high) AS (
    SELECT 0, (SELECT ifnull(max(version), 0) FROM events WHERE stream_id = stream) FROM wanted
    UNION ALL
    SELECT iif({_AT} <= after, (low + high + 1) / 2, low), iif({_AT} <= after, high, (low + high - 1) / 2)
    FROM versions, wanted WHERE low < high
)
SELECT low, ifnull(
    (SELECT position FROM events WHERE stream_id = stream AND version = low + {LOOKED_AT}),
    (SELECT ifnull(max(position), 0) FROM events)
)
FROM versions, wanted WHERE low >= high
"""  # noqa: S608 - our own names
"""Finds the version in a stream that comes after a position, and the position up to which a page of the stream looks.

Positions grow with the versions, so it halves the versions: an account may have 100,000.
"""


def page_of_stream(wanted: FeedFilter, version: int, limit: int) -> Query:
    """Write the query for what is wanted of the events of a stream after a version."""
    terms, values = _wanted(wanted)
    terms = ["stream_id = ?", "version > ?", "version <= ?", *terms]
    sql = f"{EVENT} WHERE {' AND '.join(terms)} ORDER BY version LIMIT ?"
    return sql, [wanted.stream_id, version, version + LOOKED_AT, *values, limit]


def blocks(wanted: FeedFilter, after: int) -> Query:
    """Write the query for the blocks that a page looks at: the next ones with events of the actor, or of the types."""
    whats = [of_type(tag) for tag in sorted(wanted.types or ())] if wanted.actor is None else [of_actor(wanted.actor)]
    whats = whats or [""]  # of no type: there is no such block
    one = f"SELECT * FROM (SELECT block FROM event_blocks WHERE what = ? AND block >= ? ORDER BY block LIMIT {BLOCKS})"  # noqa: S608 - our own terms
    sql = f"{' UNION '.join([one] * len(whats))} ORDER BY block LIMIT {BLOCKS}"
    return sql, [value for what in whats for value in (what, after >> BITS)]


def runs(found: Sequence[int]) -> list[tuple[int, int]]:
    """Join blocks that follow each other; return the first and the last position of each run."""
    joined: list[tuple[int, int]] = []
    for block in found:
        first, last = block << BITS, (block << BITS) + SIZE - 1
        if joined and joined[-1][1] == first - 1:
            first = joined.pop()[0]
        joined.append((first, last))
    return joined


def page(wanted: FeedFilter, after: int, end: int, limit: int) -> Query:
    """Write the query for what is wanted of the events up to a position."""
    terms, values = _wanted(wanted)
    sql = f"{EVENT} WHERE {' AND '.join(['position > ?', 'position <= ?', *terms])} ORDER BY position LIMIT ?"
    return sql, [after, end, *values, limit]


def _wanted(wanted: FeedFilter) -> tuple[list[str], list[Value]]:
    terms: list[str] = []
    values: list[Value] = []
    if wanted.types is not None:
        terms.append(f"type IN ({', '.join('?' * len(wanted.types))})")
        values += sorted(wanted.types)
    if wanted.actor is not None:
        terms.append("substr(context, 1, length(?)) = ?")
        values += [context_of(wanted.actor)] * 2
    return terms, values

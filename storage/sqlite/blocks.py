"""Which blocks of the journal have events of a type or of an actor, so that a filter reads those blocks alone.

A block is 1,024 positions. An index of the events by actor, with a row each, costs 10 us a sign-up; these rows
cost less than 1 us, because a batch has few types and few actors.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from seatkeeper.storage.records import EventRow
from seatkeeper.storage.sqlite.reading.readers import Value

BITS = 10
"""The bits of a position inside its block."""

SIZE = 1 << BITS

FROM_EVENTS = (
    "SELECT 'type ' || type AS what, position >> 10 AS block FROM events"
    " UNION SELECT 'actor ' || json_extract(context, '$.actor'), position >> 10 FROM events WHERE context IS NOT NULL"
)
"""Selects the rows that the table has to have."""

FILL = f"INSERT INTO event_blocks (what, block) {FROM_EVENTS}"


def of_type(tag: str) -> str:
    """Name the events of a type."""
    return f"type {tag}"


def of_actor(actor: str) -> str:
    """Name the events of an actor."""
    return f"actor {actor}"


def rows(events: Sequence[Sequence[Value]]) -> list[tuple[str, int]]:
    """Make the rows of these events, which are rows of their table whose positions follow each other."""
    made: list[tuple[str, int]] = []
    start = 0
    while start < len(events):
        position = int(events[start][0] or 0)
        block = position >> BITS
        end = start + (block + 1 << BITS) - position
        some = events[start:end]
        made += [(of_type(str(tag)), block) for tag in set(map(_type, some))]
        contexts = {context for context in map(_context, some) if isinstance(context, str)}
        actors = {context.split('"', 4)[3] for context in contexts}  # it is the first field
        made += [(of_actor(actor), block) for actor in actors]
        start = end
    return made


_type, _context = itemgetter(EventRow._fields.index("type")), itemgetter(EventRow._fields.index("context"))

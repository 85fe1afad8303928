"""The invariant of webhooks: what came to the receiver, compared with the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seatkeeper.http.events_out.webhooks.target import Target, matcher, read_target
from tests.simulation.receiver import Arrival
from tests.simulation.world import Broken, World


class Place(NamedTuple):
    """Where an event lies, and its type."""

    stream_id: str
    version: int
    type: str


def check_deliveries(world: World) -> None:
    """Raise Broken where a message is of nothing in the journal, comes before what it follows, or changes its id."""
    rows = world.disk.rows.execute("SELECT stream_id, version, type FROM events ORDER BY position")
    places = [Place(*row) for row in rows]
    for target in targets(world):
        came = [
            (number, arrival) for number, arrival in enumerate(world.receiver.arrivals) if arrival.url == target.url
        ]
        _check_ids(places, [arrival for _, arrival in came])
        _check_order(wanted(places, target), came)


def targets(world: World) -> Sequence[Target]:
    """List the webhooks of the disk."""
    return [read_target(summary) for (summary,) in world.disk.rows.execute("SELECT summary FROM webhooks ORDER BY 1")]


def wanted(places: Sequence[Place], target: Target) -> Mapping[str, Sequence[int]]:
    """Collect the positions that a webhook has to get, by stream."""
    matches = matcher(target.types)
    streams: dict[str, list[int]] = defaultdict(list)
    for position, place in enumerate(places, 1):
        if matches(place.type):
            streams[place.stream_id].append(position)
    return streams


def _check_ids(places: Sequence[Place], came: Sequence[Arrival]) -> None:
    ids: dict[int, str] = {}
    for arrival in came:
        place = places[arrival.position - 1] if arrival.position <= len(places) else None
        if place is None or place[:2] != (arrival.stream_id, arrival.version):
            raise Broken("I8", f"{arrival} was delivered, and in the journal is {place}")
        if ids.setdefault(arrival.position, arrival.message_id) != arrival.message_id:
            raise Broken("I8", f"{arrival} came before as {ids[arrival.position]}")
    if len(set(ids.values())) != len(ids):
        raise Broken("I8", "two events were delivered with one id")


def _check_order(streams: Mapping[str, Sequence[int]], came: Sequence[tuple[int, Arrival]]) -> None:
    """See that each message came first when those before it on its stream had been answered with a 2xx."""
    accepted: dict[int, int] = {}
    for _, arrival in came:
        if arrival.accepted is not None:
            accepted[arrival.position] = min(arrival.accepted, accepted.get(arrival.position, arrival.accepted))
    first: dict[int, int] = {}
    for number, arrival in came:
        first.setdefault(arrival.position, number)
    for stream_id, positions in streams.items():
        ready = 0
        for position in positions:
            if position in first and not ready <= first[position]:
                raise Broken("I8", f"{position} of {stream_id} was delivered before what is before it")
            ready = max(ready, accepted.get(position, LATER))
    unwanted = first.keys() - {position for positions in streams.values() for position in positions}
    if unwanted:
        raise Broken("I8", f"{min(unwanted)} was delivered, and its type is not wanted")


LATER = 2**63
"""No number of arrivals."""


def undelivered(world: World) -> str | None:
    """Name an event that a webhook has not taken, or that the disk does not know as delivered."""
    events = world.disk.rows.execute("SELECT stream_id, version, type FROM events ORDER BY position")
    places = [Place(*row) for row in events]
    for target in targets(world):
        taken = {
            arrival.position
            for arrival in world.receiver.arrivals
            if arrival.url == target.url and arrival.accepted is not None
        }
        missing = {position for some in wanted(places, target).values() for position in some} - taken
        if missing:
            return f"{target.url} has not got {min(missing)}"
        row = world.disk.rows.execute(_STORED, (target.webhook_id,)).fetchone()
        if row != (len(places), 0):
            return f"{target.url} has got everything, and on the disk are its position and what waits: {row}"
    return None


_STORED = """
SELECT position, (SELECT count(*) FROM webhook_waiting AS one WHERE one.webhook_id = webhook_progress.webhook_id)
FROM webhook_progress WHERE webhook_id = ?
"""


def tally_deliveries(world: World) -> None:
    """Count the webhooks, the messages that came, and among them the repeats and those that got no 2xx."""
    arrivals, tally = world.receiver.arrivals, world.tally
    tally["webhooks"] += len(targets(world))
    tally["messages"] += len(arrivals)
    tally["messages: repeated"] += len(arrivals) - len({(arrival.url, arrival.position) for arrival in arrivals})
    tally["messages: without a 2xx"] += sum(arrival.accepted is None for arrival in arrivals)

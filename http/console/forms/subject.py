"""What a form is about: the thing that its ids name, as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from seatkeeper.http.console.page import Fields, Visit
from seatkeeper.http.server.routes import Route

_NAMES = ("account_name", "name", "url", "email", "reason")
"""The fields that tell people which one it is: a form that ends an account for good has to."""


@dataclass(frozen=True)
class Subject:
    """A thing, and the version of the aggregate that it belongs to, as If-Match takes it."""

    now: Mapping[str, object] = field(default_factory=dict)
    version: str = ""
    called: Sequence[str] = ()
    """What people call it, and then what it belongs to."""


async def subject_of(visit: Visit, route: Route, ids: Fields) -> Subject:
    """Read what a call is about; nothing for one that makes something of its own. Raise what the API refuses."""
    reads = _reads(route, visit.calls.routes)
    if not reads or not all(ids.get(name) for name in route.ids):
        return Subject()
    aggregate, version, called = {}, "", []
    for read in dict.fromkeys((reads[0], reads[-1])):
        named = {name: ids[name] for name in read.ids}
        answer = await visit.calls.ask(visit.request, visit.caller, read.name, ids=named)
        aggregate = msgspec.json.decode(answer.body, type=dict[str, object])
        version = version or answer.version or ""
        called += [str(aggregate[name]) for name in _NAMES if aggregate.get(name)][:1]
    return Subject(aggregate, version, called[::-1])


def _reads(route: Route, routes: Sequence[Route]) -> list[Route]:
    """List the reads of the things on the path of a call, from the aggregate on."""
    return sorted(
        (
            read
            for read in routes
            if not read.writes and read.path.endswith("}") and f"{route.path}/".startswith(f"{read.path}/")
        ),
        key=lambda read: len(read.path),
    )

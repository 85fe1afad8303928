"""What is told of each type of problem, as data: the page and the JSON at its address are made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from seatkeeper.http.openapi.examples import Examples
from seatkeeper.http.openapi.kinds import Kind, all_kinds
from seatkeeper.http.openapi.types import tag_of, types_of
from seatkeeper.http.server.routes import Route

NOWHERE = "/v1/nowhere"
"""The path in the example of a problem that belongs to no call."""


class CallOf(msgspec.Struct, frozen=True):
    """A call that may answer with a problem."""

    anchor: str
    """Where it is on the page of the reference."""
    method: str
    path: str
    summary: str


class ProblemPage(msgspec.Struct, frozen=True):
    """What a type of problem means, when it comes, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    when: str
    what_to_do: str
    every_call: bool
    calls: Sequence[CallOf]
    example: Mapping[str, object]


def problem_pages(routes: Iterable[Route]) -> Mapping[str, ProblemPage]:
    """Tell of each type of problem, by its slug, in the order of the statuses."""
    table = list(routes)
    examples = Examples(types_of(table))
    return {
        kind.slug: _page(kind, found, len(table), examples.path(found[0]) if found else NOWHERE)
        for kind, found in all_kinds(table).items()
    }


def _page(kind: Kind, routes: Sequence[Route], all_calls: int, path: str) -> ProblemPage:
    return ProblemPage(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=kind.detail,
        when=kind.when,
        what_to_do=kind.advice,
        every_call=len(routes) == all_calls,
        calls=[CallOf(_anchor(route), route.method, route.path, route.summary) for route in routes],
        example=kind.example(path),
    )


def _anchor(route: Route) -> str:
    return f"/docs#tag/{tag_of(route)}/operation/{route.name}"

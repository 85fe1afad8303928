"""The kinds of problems, as people and the OpenAPI document are told of them: refusals, and all others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from seatkeeper.actors.aggregates.aggregate import VersionMismatch
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.http.openapi.glossary import REQUEST_ID, example_of
from seatkeeper.http.server.problems import (
    BAD_REQUEST,
    EXPECTATION,
    INCOMPLETE,
    INTERNAL,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    NOT_READY,
    ORIGIN_NOT_ALLOWED,
    OVERLOADED,
    PROBLEMS,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    TOO_SLOW,
    UNAUTHENTICATED,
    FieldProblem,
    InsufficientScope,
    Problem,
    ProblemType,
    refusal_body,
    status_of,
    title,
)
from seatkeeper.http.server.routes import ANY_KEY, Route

_WRONG = FieldProblem("/package/user_limit", "Expected an integer from 1 to 1000000000")


class Kind(NamedTuple):
    """A kind of problem: its slug, the name of its schema, and in plain words what it is, when it comes, what to do."""

    slug: str
    name: str
    status: int
    detail: str
    when: str
    advice: str
    refusal: type[Refusal] | None = None

    @property
    def title(self) -> str:
        """Return its title, the slug as words."""
        return title(self.slug)

    def example(self, path: str) -> Mapping[str, object]:
        """Write the problem as it may come at a path."""
        if self.refusal is not None:
            fields = {name: example_of(self.refusal.__name__, name) for name in self.refusal.__struct_fields__}
            made: dict[str, object] = msgspec.json.decode(
                refusal_body(msgspec.convert(fields, self.refusal), path, REQUEST_ID)
            )
            return made
        errors = [_WRONG] if self.slug == INVALID.slug else []
        problem = Problem(f"/problems/{self.slug}", self.title, self.status, self.detail, path, REQUEST_ID, errors)
        told: dict[str, object] = msgspec.to_builtins(problem)
        return told


def kinds_of(route: Route) -> Sequence[Kind]:
    """List the kinds of problems that a call may answer with."""
    return [
        *(_of_refusal(refusal) for refusal in refusals_of(route)),
        *(_of_type(problem) for problem in _types_of(route)),
    ]


def all_kinds(routes: Iterable[Route]) -> Mapping[Kind, Sequence[Route]]:
    """List the kinds of problems by status and slug, each with the calls that may answer with it."""
    found: dict[Kind, list[Route]] = {_of_type(problem): [] for problem in (BAD_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED)}
    for route in routes:
        for kind in kinds_of(route):
            found.setdefault(kind, []).append(route)
    return dict(sorted(found.items(), key=lambda item: (item[0].status, item[0].slug)))


def refusals_of(route: Route) -> Sequence[type[Refusal]]:
    """List the refusals that a call may answer with."""
    refusals: list[type[Refusal]] = [*route.refusals, *([VersionMismatch] if route.writes else [])]
    if route.scope not in {None, ANY_KEY} and InsufficientScope not in refusals:
        refusals.append(InsufficientScope)
    return refusals


def _types_of(route: Route) -> Sequence[ProblemType]:
    types = [INVALID, MALFORMED, ORIGIN_NOT_ALLOWED, TOO_SLOW, INTERNAL, OVERLOADED]
    if route.scope is not None:
        types += [UNAUTHENTICATED, TOO_MANY_REQUESTS]
    if route.writes:
        types.append(KEY_REUSED)
    if route.ids:
        types.append(NOT_FOUND)  # an id with a slash in it leads to another path
    if route.body is not None:
        types += [INCOMPLETE, TOO_LARGE, MEDIA_TYPE, EXPECTATION]
    if route.path == "/readyz":
        types.append(NOT_READY)
    elsewhere = {INCOMPLETE, TOO_LARGE, NOT_FOUND, METHOD_NOT_ALLOWED}
    types += [problem for problem in PROBLEMS.values() if problem not in elsewhere]
    return list(dict.fromkeys(types))


def _of_refusal(refusal: type[Refusal]) -> Kind:
    detail, *more = refusal.paragraphs()
    when, advice = more if len(more) == 2 else ("", "")  # noqa: PLR2004 - when it comes, and what to do
    sentence = re.sub(r"{([\w.]+)}", r"<\1>", detail)
    return Kind(refusal.slug(), refusal.__name__, status_of(refusal), sentence, when, advice, refusal)


def _of_type(problem: ProblemType) -> Kind:
    name = problem.slug.title().replace("-", "")
    return Kind(problem.slug, name, problem.status, problem.detail, problem.when, problem.advice)

"""The problems of each call in the OpenAPI document: one schema for each type, one response for each combination."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from seatkeeper.actors.aggregates.aggregate import VersionMismatch
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.http.openapi.texts import HEADERS_OF_ERRORS, REFERENCE, REPLAYED, Schema, headers
from seatkeeper.http.server.problems import (
    EXPECTATION,
    INCOMPLETE,
    INTERNAL,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    ORIGIN_NOT_ALLOWED,
    OVERLOADED,
    PROBLEMS,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    TOO_SLOW,
    UNAUTHENTICATED,
    InsufficientScope,
    ProblemType,
    not_ready,
    status_of,
)
from seatkeeper.http.server.routes import ANY_KEY, Route

_NOT_READY = not_ready("The service does not serve writes now; the detail says why.")

Described: TypeAlias = Sequence[tuple[str, str]]
"""Problems that share a status: the name of the schema, and the description."""


def problems_of(route: Route) -> Mapping[int, Described]:
    """List the problems that a call may answer with, by status."""
    problems: dict[int, list[tuple[str, str]]] = {}
    for refusal in refusals_of(route):
        line = f"`/problems/{refusal.slug()}`: {_sentence(refusal)}"
        problems.setdefault(status_of(refusal), []).append((refusal.__name__, line))
    for problem in _problem_types(route):
        line = f"`/problems/{problem.slug}`: {problem.detail}"
        problems.setdefault(problem.status, []).append((_schema_name(problem), line))
    return dict(sorted(problems.items()))


def refusals_of(route: Route) -> Sequence[type[Refusal]]:
    """List the refusals that a call may answer with."""
    refusals: list[type[Refusal]] = [*route.refusals, *([VersionMismatch] if route.writes else [])]
    if route.scope not in {None, ANY_KEY} and InsufficientScope not in refusals:
        refusals.append(InsufficientScope)
    return refusals


def _is_stored(route: Route, status: int) -> bool:
    """Return whether a response with this status can be stored under a key."""
    stored = {status_of(refusal) for refusal in refusals_of(route) if refusal is not InsufficientScope}
    return route.writes and status in stored


def response_name(route: Route, status: int, described: Described) -> str:
    """Name the response component of these problems."""
    return ".".join([*(name for name, _ in described), *(["Stored"] if _is_stored(route, status) else [])])


def response_of(route: Route, status: int, described: Described) -> Schema:
    """Describe the response of these problems."""
    schemas = [{"$ref": REFERENCE.format(name=name)} for name, _ in described]
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    stored = [REPLAYED] if _is_stored(route, status) else []
    return {
        "description": "\n\n".join(line for _, line in described),
        "headers": headers("X-Request-Id", *HEADERS_OF_ERRORS.get(status, ()), *stored),
        "content": {"application/problem+json": {"schema": schema}},
    }


def _problem_types(route: Route) -> list[ProblemType]:
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
        types.append(_NOT_READY)
    elsewhere = {INCOMPLETE, TOO_LARGE, NOT_FOUND, METHOD_NOT_ALLOWED}
    types += [problem for problem in PROBLEMS.values() if problem not in elsewhere]
    return list(dict.fromkeys(types))


def _schema_name(problem: ProblemType) -> str:
    return problem.slug.title().replace("-", "")


def _sentence(refusal: type[Refusal]) -> str:
    return re.sub(r"{([\w.]+)}", r"<\1>", refusal.__doc__ or "")


def problem_schemas(table: Sequence[Route]) -> Mapping[str, Schema]:
    """Describe each problem: a `Problem` of this type and status, with the fields that belong to it."""
    refusals = list(dict.fromkeys(refusal for route in table for refusal in refusals_of(route)))
    _, schemas = msgspec.json.schema_components(refusals, ref_template=REFERENCE)
    for refusal in refusals:
        fields = schemas[refusal.__name__].get("properties", {})
        schemas[refusal.__name__] = _schema(refusal.slug(), status_of(refusal), _sentence(refusal), fields)
    for problem in dict.fromkeys(problem for route in table for problem in _problem_types(route)):
        fields = {"errors": {"minItems": 1}} if problem is INVALID else {}
        schemas[_schema_name(problem)] = _schema(problem.slug, problem.status, problem.detail, fields)
    return schemas


def _schema(slug: str, status: int, description: str, fields: Mapping[str, object]) -> Schema:
    return {
        "description": description,
        "type": "object",
        "allOf": [{"$ref": REFERENCE.format(name="Problem")}],
        "properties": {"type": {"const": f"/problems/{slug}"}, "status": {"const": status}, **fields},
        "required": ["type", "status", *fields],
    }

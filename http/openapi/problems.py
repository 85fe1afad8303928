"""The problems of each call in the OpenAPI document: one schema for each type, one response for each combination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from seatkeeper.http.openapi.examples import describe
from seatkeeper.http.openapi.kinds import Kind, all_kinds, kinds_of, refusals_of
from seatkeeper.http.openapi.texts import EXAMPLE, HEADERS_OF_ERRORS, REFERENCE, REPLAYED, Schema, headers
from seatkeeper.http.server.problems import INVALID, PROBLEM_TYPE, InsufficientScope, status_of
from seatkeeper.http.server.routes import Route


def problems_of(route: Route) -> Mapping[int, Sequence[Kind]]:
    """List the problems that a call may answer with, by status."""
    problems: dict[int, list[Kind]] = {}
    for kind in kinds_of(route):
        problems.setdefault(kind.status, []).append(kind)
    return dict(sorted(problems.items()))


def _is_stored(route: Route, status: int) -> bool:
    """Return whether a response with this status can be stored under a key."""
    stored = {status_of(refusal) for refusal in refusals_of(route) if refusal is not InsufficientScope}
    return route.writes and status in stored


def response_name(route: Route, status: int, kinds: Sequence[Kind]) -> str:
    """Name the response component of these problems."""
    return ".".join([*(kind.name for kind in kinds), *(["Stored"] if _is_stored(route, status) else [])])


def response_of(route: Route, status: int, kinds: Sequence[Kind]) -> Schema:
    """Describe the response of these problems."""
    schemas = [{"$ref": REFERENCE.format(name=kind.name)} for kind in kinds]
    stored = [REPLAYED] if _is_stored(route, status) else []
    content = {
        "schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas},
        "examples": {kind.slug: {"$ref": EXAMPLE.format(name=kind.name)} for kind in kinds},
    }
    return {
        "description": "\n\n".join(
            f"[`/problems/{kind.slug}`](/problems/{kind.slug}): {kind.detail}" for kind in kinds
        ),
        "headers": headers("X-Request-Id", *HEADERS_OF_ERRORS.get(status, ()), *stored),
        "content": {PROBLEM_TYPE: content},
    }


def described(table: Sequence[Route]) -> Mapping[Kind, Sequence[Route]]:
    """List the kinds of problems that some call answers with."""
    return {kind: routes for kind, routes in all_kinds(table).items() if routes}


def problem_schemas(table: Sequence[Route]) -> Mapping[str, Schema]:
    """Describe each problem: a `Problem` of this type and status, with the fields that belong to it."""
    kinds = list(described(table))
    refusals = [kind.refusal for kind in kinds if kind.refusal is not None]
    _, components = msgspec.json.schema_components(refusals, ref_template=REFERENCE)
    schemas = dict(describe(components))
    for kind in kinds:
        fields = cast("Mapping[str, object]", schemas.get(kind.name, {}).get("properties", {}))
        if kind.slug == INVALID.slug:
            fields = {"errors": {"minItems": 1}}
        schemas[kind.name] = _schema(kind, fields)
    return schemas


def problem_examples(table: Sequence[Route], path_of: Mapping[Route, str]) -> Mapping[str, Schema]:
    """Write an example of each problem, at the first path where it may come."""
    return {
        kind.name: {"summary": kind.detail, "value": kind.example(path_of[routes[0]])}
        for kind, routes in described(table).items()
    }


def _schema(kind: Kind, fields: Mapping[str, object]) -> Schema:
    return {
        "description": f"{kind.detail}\n\n{kind.when}",
        "type": "object",
        "allOf": [{"$ref": REFERENCE.format(name="Problem")}],
        "properties": {"type": {"const": f"/problems/{kind.slug}"}, "status": {"const": kind.status}, **fields},
        "required": ["type", "status", *fields],
    }

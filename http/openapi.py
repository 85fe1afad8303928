"""The OpenAPI 3.1 document, from the route table and msgspec's own schemas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version

import msgspec

from seatkeeper.actors.aggregate import VersionMismatch
from seatkeeper.actors.messages import Refusal
from seatkeeper.http.problems import (
    FAULTS,
    INTERNAL,
    INVALID,
    MEDIA_TYPE,
    OVERLOADED,
    REFUSALS,
    TOO_LARGE,
    TOO_SLOW,
    Fault,
    Problem,
)
from seatkeeper.http.routes import Route

Schema = dict[str, object]

_REFERENCE = "#/components/schemas/{name}"
_ABOUT = (
    "Signs customers up to plans and keeps their seats. A 2xx means: the events are in the journal, and the disk has "
    "confirmed it. Every error is a problem (RFC 9457) with a stable `type`."
)


def document(routes: Iterable[Route]) -> bytes:
    """Describe these routes, as JSON."""
    table = list(routes)
    types: list[object] = [Problem]
    for route in table:
        types += [kind for kind in (route.body, route.answer) if _has_schema(kind)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    references = dict(zip(map(str, types), schemas, strict=True))
    paths: dict[str, dict[str, object]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references)
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "openapi": "3.1.0",
                "info": {"title": "Seatkeeper", "version": version("seatkeeper"), "description": _ABOUT},
                "paths": paths,
                "components": {"schemas": components, "headers": _HEADERS},
            }
        ),
        indent=2,
    )


def _has_schema(kind: object) -> bool:
    return kind not in (None, str)


def _operation(route: Route, references: Mapping[str, Schema]) -> Schema:
    operation: Schema = {
        "operationId": route.handler.__name__,
        "summary": route.summary,
        "tags": [route.handler.__module__.rpartition(".")[2]],
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": _responses(route, references),
    }
    if route.body is not None:
        content = {"application/json": {"schema": references[str(route.body)]}}
        operation["requestBody"] = {"required": not route.body_optional, "content": content}
    return operation


def _path_parameters(route: Route) -> list[Schema]:
    names = re.findall(r"{(\w+)}", route.path)
    schema = {"type": "string", "format": "uuid"}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _query_parameters(route: Route) -> list[Schema]:
    _, components = msgspec.json.schema_components([route.query], ref_template=_REFERENCE)
    properties = components[route.query.__name__].get("properties", {})
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _header_parameters(route: Route) -> list[Schema]:
    if not route.writes:
        return []
    said = "The version that the aggregate must have, in quotes; 412 when it has another."
    return [
        {
            "name": "If-Match",
            "in": "header",
            "description": said,
            "schema": {"type": "string", "pattern": r'^(\*|"\d{1,18}")$'},
        }
    ]


def _responses(route: Route, references: Mapping[str, Schema]) -> Schema:
    success: Schema = {"description": "Done." if route.writes else "Found."}
    if route.answer is not None:
        schema = references[str(route.answer)] if _has_schema(route.answer) else {"type": "string"}
        success["content"] = {route.media_type: {"schema": schema}}
    if route.writes:
        names = ("ETag", "Seatkeeper-Position", *(("Location",) if route.status == 201 else ()))  # noqa: PLR2004 - Created
        success["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    problems: dict[int, list[str]] = {}
    for refusal in (*route.refusals, *((VersionMismatch,) if route.writes else ())):
        problems.setdefault(REFUSALS[refusal], []).append(_refusal_line(refusal))
    for fault in _faults(route):
        problems.setdefault(fault.status, []).append(f"`/problems/{fault.slug}`: {fault.detail}")
    responses: Schema = {str(route.status): success}
    for status, lines in sorted(problems.items()):
        content = {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(name="Problem")}}}
        responses[str(status)] = {"description": "\n\n".join(lines), "content": content}
    return responses


def _refusal_line(refusal: type[Refusal]) -> str:
    sentence = re.sub(r"{([\w.]+)}", r"<\1>", refusal.__doc__ or "")
    return f"`/problems/{refusal.slug()}`: {sentence}"


def _faults(route: Route) -> list[Fault]:
    faults = [INVALID, INTERNAL, OVERLOADED]
    if route.body is not None:
        faults += [TOO_SLOW, TOO_LARGE, MEDIA_TYPE]
    faults += [fault for fault in FAULTS.values() if fault not in faults]
    return faults


_HEADERS: Mapping[str, Schema] = {
    "ETag": {"description": "The aggregate's version, in quotes.", "schema": {"type": "string"}},
    "Seatkeeper-Position": {"description": "The journal's position of its last event.", "schema": {"type": "integer"}},
    "Location": {"description": "Where what was made can be read.", "schema": {"type": "string"}},
}

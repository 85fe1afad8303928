"""The OpenAPI 3.1 document, from the route table and msgspec's own schemas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeAlias

import msgspec

from seatkeeper.actors.aggregate import VersionMismatch
from seatkeeper.actors.messages import Refusal
from seatkeeper.http.openapi_texts import (
    ABOUT,
    EXAMPLES,
    HEADERS,
    HEADERS_OF_ERRORS,
    KEY,
    POSITION,
    QUERY,
    REPLAYED,
    TAGS,
    Schema,
)
from seatkeeper.http.problems import (
    EXPECTATION,
    FAULTS,
    HEADERS_TOO_LARGE,
    INCOMPLETE,
    INTERNAL,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    NOT_FOUND,
    OVERLOADED,
    REFUSALS,
    TOO_LARGE,
    TOO_SLOW,
    Fault,
    Problem,
    not_ready,
)
from seatkeeper.http.problems import MEDIA_TYPE as WRONG_MEDIA_TYPE
from seatkeeper.http.routes import Route

_REFERENCE = "#/components/schemas/{name}"
_RESPONSE = "#/components/responses/{name}"
_HEADER = "#/components/headers/{name}"
_NOT_READY = not_ready("Writes are not served now; the detail says why.")


@dataclass(frozen=True)
class _Types:
    """The schema of every type that a route takes or answers, and those that they are made of."""

    schemas: Mapping[str, Schema]
    components: Mapping[str, Schema]

    def of(self, kind: object) -> Schema:
        """Return the schema of a type."""
        return self.schemas[str(kind)] if _has_schema(kind) else {"type": "string"}

    def required(self, kind: object) -> Sequence[str]:
        """Name the fields that must be there."""
        found = self._resolved(self.of(kind)).get("required", [])
        return [str(name) for name in found] if isinstance(found, list) else []

    def ids(self, kind: object) -> Mapping[str, str]:
        """Find the ids that an answer of this type holds: name and JSON pointer; none of a list."""
        return dict(self._ids(self.of(kind), "")) if _has_schema(kind) else {}

    def _ids(self, schema: Schema, pointer: str) -> Iterable[tuple[str, str]]:
        properties = self._resolved(schema).get("properties")
        for name, inner in properties.items() if isinstance(properties, dict) else ():
            if name.endswith("_id"):
                yield name, f"{pointer}/{name}"
            yield from self._ids(inner, f"{pointer}/{name}")

    def _resolved(self, schema: Schema) -> Schema:
        return self.components.get(str(schema.get("$ref")).rpartition("/")[2], schema)


def document(routes: Iterable[Route]) -> bytes:
    """Describe these routes, as JSON."""
    table = list(routes)
    types = _types(table)
    paths: dict[str, dict[str, object]] = {}
    errors: Schema = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, table, types)
        errors |= {
            _response_name(route, status, said): _error(route, status, said) for status, said in _errors(route).items()
        }
    schemas = {**types.components, **_problem_schemas(table)}
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "openapi": "3.1.0",
                "info": {"title": "Seatkeeper", "version": version("seatkeeper"), "description": ABOUT},
                "paths": paths,
                "components": {"schemas": schemas, "responses": errors, "headers": HEADERS},
            }
        ),
        indent=2,
    )


def _types(table: Iterable[Route]) -> _Types:
    types: list[object] = [Problem]
    for route in table:
        types += [kind for kind in (route.body, route.answer) if _has_schema(kind)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    return _Types(dict(zip(map(str, types), schemas, strict=True)), components)


def _has_schema(kind: object) -> bool:
    return kind not in (None, str)


def _operation(route: Route, table: Iterable[Route], types: _Types) -> Schema:
    operation: Schema = {
        "operationId": _name(route),
        "summary": route.summary,
        "tags": [route.handler.__module__.rpartition(".")[2]],
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
    }
    if route.body is not None:
        content = {"application/json": {"schema": types.of(route.body), **_example(route.body)}}
        operation["requestBody"] = {"required": not route.body_optional, "content": content}
    errors = {
        str(status): {"$ref": _RESPONSE.format(name=_response_name(route, status, said))}
        for status, said in _errors(route).items()
    }
    operation["responses"] = {str(route.status): _success(route, table, types), **errors}
    return operation


def _name(route: Route) -> str:
    return route.handler.__name__


def _example(body: type[msgspec.Struct]) -> Schema:
    example = EXAMPLES.get(body.__name__)
    return {} if example is None else {"example": example}


def _path_parameters(route: Route) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": f"Which {name.removesuffix('_id')}.",
            "schema": KEY if name == "key" else {"type": "string", "format": "uuid"},
        }
        for name in route.ids
    ]


def _query_parameters(route: Route) -> list[Schema]:
    _, components = msgspec.json.schema_components([route.query], ref_template=_REFERENCE)
    properties = components[route.query.__name__].get("properties", {})
    return [
        {"name": name, "in": "query", "description": QUERY[name], "schema": schema}
        for name, schema in properties.items()
    ]


def _header_parameters(route: Route) -> list[Schema]:
    if not route.writes:
        return []
    said = "The version that the aggregate must have, in quotes; 412 when it has another. * is any."
    schema = {"anyOf": [{"const": "*"}, {"type": "string", "pattern": '^"[0-9]{1,18}"$'}]}
    tag: Schema = {"name": "If-Match", "in": "header", "description": said, "schema": schema, "examples": TAGS}
    once = (
        "Makes the call safe to be sent again: its first final answer (2xx, or a refusal) is stored with its effect and"
        " repeated for ever, with Idempotency-Replayed: true. 422 when the key came with another request."
    )
    key: Schema = {"name": "Idempotency-Key", "in": "header", "description": once, "schema": KEY}
    return [tag, key]


def _success(route: Route, table: Iterable[Route], types: _Types) -> Schema:
    success: Schema = {"description": "Done." if route.writes else "Found."}
    created = route.status == 201  # noqa: PLR2004 - Created
    one_thing = route.path.endswith("_id}")
    if route.answer is not None:
        success["content"] = {route.media_type: {"schema": types.of(route.answer)}}
    if route.writes or one_thing:
        written = [POSITION, REPLAYED] if route.writes else []
        names = ["ETag", *written, *(["Location"] if created else [])]
        success["headers"] = _headers(*names)
    if created or (one_thing and not route.writes):
        success["links"] = {_name(target): link for target in table if (link := _link(route, target, types))}
    return success


def _link(source: Route, target: Route, types: _Types) -> Schema | None:
    """Lead from an answer to a call that can be made with the ids in it; None if it cannot."""
    found = {name: f"$response.body#{pointer}" for name, pointer in types.ids(source.answer).items()}
    known = {**{name: f"$request.path.{name}" for name in source.ids}, **found}
    body = [name for name in types.required(target.body) if name in known] if target.body else []
    needed = target.ids
    if target is source or not known.keys() >= set(needed) or not found.keys() & {*needed, *body}:
        return None
    link: Schema = {"operationId": _name(target)}
    if needed:
        link["parameters"] = {name: known[name] for name in needed}
    if body:
        link["requestBody"] = {name: known[name] for name in body}
    return link


_Said: TypeAlias = Sequence[tuple[str, str]]
"""Problems that share a status: the name of the schema, and what is said of it."""


def _errors(route: Route) -> Mapping[int, _Said]:
    problems: dict[int, list[tuple[str, str]]] = {}
    for refusal in (*route.refusals, *((VersionMismatch,) if route.writes else ())):
        line = f"`/problems/{refusal.slug()}`: {_sentence(refusal)}"
        problems.setdefault(REFUSALS[refusal], []).append((refusal.__name__, line))
    for fault in _faults(route):
        line = f"`/problems/{fault.slug}`: {fault.detail}"
        problems.setdefault(fault.status, []).append((_fault_name(fault), line))
    return dict(sorted(problems.items()))


def _is_kept(route: Route, status: int) -> bool:
    """Tell whether an answer with this status may be one that is kept under a key."""
    refusals: Sequence[type[Refusal]] = (*route.refusals, VersionMismatch)
    return route.writes and status in {REFUSALS[refusal] for refusal in refusals}


def _response_name(route: Route, status: int, said: _Said) -> str:
    return ".".join([*(name for name, _ in said), *(["Kept"] if _is_kept(route, status) else [])])


def _error(route: Route, status: int, said: _Said) -> Schema:
    schemas = [{"$ref": _REFERENCE.format(name=name)} for name, _ in said]
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    kept = [REPLAYED] if _is_kept(route, status) else []
    return {
        "description": "\n\n".join(line for _, line in said),
        "headers": _headers("X-Request-Id", *HEADERS_OF_ERRORS.get(status, ()), *kept),
        "content": {"application/problem+json": {"schema": schema}},
    }


def _faults(route: Route) -> list[Fault]:
    faults = [INVALID, MALFORMED, TOO_SLOW, HEADERS_TOO_LARGE, INTERNAL, OVERLOADED]
    if route.writes:
        faults.append(KEY_REUSED)
    if route.ids:
        faults.append(NOT_FOUND)  # what has a slash in place of an id is another address
    if route.body is not None:
        faults += [INCOMPLETE, TOO_LARGE, WRONG_MEDIA_TYPE, EXPECTATION]
    if route.path == "/readyz":
        faults.append(_NOT_READY)
    faults += [fault for fault in FAULTS.values() if fault is not INCOMPLETE]
    return list(dict.fromkeys(faults))


def _fault_name(fault: Fault) -> str:
    return fault.slug.title().replace("-", "")


def _sentence(refusal: type[Refusal]) -> str:
    return re.sub(r"{([\w.]+)}", r"<\1>", refusal.__doc__ or "")


def _problem_schemas(table: Iterable[Route]) -> Mapping[str, Schema]:
    """Describe each problem: a `Problem` of this type and status, with the fields that belong to it."""
    _, schemas = msgspec.json.schema_components(list(REFUSALS), ref_template=_REFERENCE)
    for refusal, status in REFUSALS.items():
        fields = schemas[refusal.__name__].get("properties", {})
        schemas[refusal.__name__] = _problem(refusal.slug(), status, _sentence(refusal), fields)
    for fault in dict.fromkeys(fault for route in table for fault in _faults(route)):
        fields = {"errors": {"minItems": 1}} if fault is INVALID else {}
        schemas[_fault_name(fault)] = _problem(fault.slug, fault.status, fault.detail, fields)
    return schemas


def _problem(slug: str, status: int, said: str, fields: Mapping[str, object]) -> Schema:
    return {
        "description": said,
        "type": "object",
        "allOf": [{"$ref": _REFERENCE.format(name="Problem")}],
        "properties": {"type": {"const": f"/problems/{slug}"}, "status": {"const": status}, **fields},
        "required": ["type", "status", *fields],
    }


def _headers(*names: str) -> Schema:
    return {name: {"$ref": _HEADER.format(name=name)} for name in names}

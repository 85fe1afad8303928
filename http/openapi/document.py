"""The OpenAPI 3.1 document, made from the route table and msgspec's schemas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import metadata

import msgspec

from seatkeeper.http.openapi.problems import problem_schemas, problems_of, response_name, response_of
from seatkeeper.http.openapi.texts import (
    ABOUT,
    EXAMPLES,
    HEADERS,
    IF_MATCH,
    IF_NONE_MATCH,
    JOURNAL,
    KEY,
    LAST_EVENT_ID,
    NOT_MODIFIED,
    ON_BEHALF_OF,
    POSITION,
    QUERY,
    REFERENCE,
    REPLAYED,
    SCHEME,
    SECURITY_SCHEMES,
    Schema,
    headers,
)
from seatkeeper.http.openapi.types import Types, types_of
from seatkeeper.http.server.routes import ANY_KEY, Route

_RESPONSE = "#/components/responses/{name}"


def document(routes: Iterable[Route]) -> bytes:
    """Describe these routes, as JSON."""
    table = list(routes)
    types = types_of(table)
    paths: dict[str, dict[str, object]] = {}
    errors: Schema = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, table, types)
        errors |= {
            response_name(route, status, described): response_of(route, status, described)
            for status, described in problems_of(route).items()
        }
    schemas = {**types.components, **problem_schemas(table)}
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "openapi": "3.1.0",
                "info": _info(),
                "servers": [{"url": "/", "description": "The service that this document comes from."}],
                "security": [],
                "paths": paths,
                "components": {
                    "schemas": schemas,
                    "responses": errors,
                    "headers": HEADERS,
                    "securitySchemes": SECURITY_SCHEMES,
                },
            }
        ),
        indent=2,
    )


def _info() -> Schema:
    package = metadata("seatkeeper")
    license_id = package["License-Expression"]
    return {
        "title": "Seatkeeper",
        "version": package["Version"],
        "description": ABOUT,
        "license": {"name": f"{license_id} License", "identifier": license_id},
    }


def _operation(route: Route, table: Iterable[Route], types: Types) -> Schema:
    operation: Schema = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.handler.__module__.rpartition(".")[2]],
        "security": _security(route),
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
    }
    if route.description:
        operation["description"] = route.description
    if route.body is not None:
        content = {"application/json": {"schema": types.of(route.body), **_example(route.body)}}
        operation["requestBody"] = {"required": not route.body_optional, "content": content}
    errors = {
        str(status): {"$ref": _RESPONSE.format(name=response_name(route, status, described))}
        for status, described in problems_of(route).items()
    }
    unchanged = {"304": NOT_MODIFIED} if _reads_one_thing(route) else {}
    operation["responses"] = {str(route.status): _success(route, table, types), **unchanged, **errors}
    return operation


def _security(route: Route) -> Sequence[Schema]:
    """Say which scope the key of a call needs: none at all for an open call, any for a call of every key."""
    if route.scope is None:
        return []
    return [{SCHEME: [] if route.scope == ANY_KEY else [route.scope]}]


def _example(body: type[msgspec.Struct]) -> Schema:
    example = EXAMPLES.get(body.__name__)
    return {} if example is None else {"example": example}


def _path_parameters(route: Route) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": f"The id of the {name.removesuffix('_id')}."
            if name != "key"
            else "The Idempotency-Key of the command.",
            "schema": KEY if name == "key" else {"type": "string", "format": "uuid"},
        }
        for name in route.ids
    ]


def _query_parameters(route: Route) -> list[Schema]:
    _, components = msgspec.json.schema_components([route.query], ref_template=REFERENCE)
    properties = components[route.query.__name__].get("properties", {})
    return [
        {"name": name, "in": "query", "description": QUERY[name], "schema": schema}
        for name, schema in properties.items()
    ]


def _header_parameters(route: Route) -> list[Schema]:
    if route.streams:
        return [LAST_EVENT_ID]
    if not route.writes:
        return [IF_NONE_MATCH] if _reads_one_thing(route) else []
    once = (
        "Makes the call safe to send again: its first final answer (2xx or a refusal) is stored with its effect, and"
        " repeated for ever with Idempotency-Replayed: true. 422 if the key was used with another request."
    )
    key: Schema = {"name": "Idempotency-Key", "in": "header", "description": once, "schema": KEY}
    return [IF_MATCH, key, ON_BEHALF_OF]


def _reads_one_thing(route: Route) -> bool:
    """Return whether it answers with a thing that has a version, and with 304 to whoever has that version."""
    return not route.writes and route.path.endswith("_id}")


def _success(route: Route, table: Iterable[Route], types: Types) -> Schema:
    success: Schema = {"description": "Accepted." if route.writes else "Found."}
    created = route.status == 201  # noqa: PLR2004 - Created
    if route.answer is not None:
        success["content"] = {route.media_type: {} if route.streams else {"schema": types.of(route.answer)}}
    if route.writes or _reads_one_thing(route):
        written = [POSITION, JOURNAL, REPLAYED] if route.writes else []
        names = ["ETag", *written, *(["Location"] if created else [])]
        success["headers"] = headers(*names)
    if route.streams:
        success["headers"] = headers(JOURNAL)
    if created or _reads_one_thing(route):
        success["links"] = {target.name: link for target in table if (link := _link(route, target, types))}
    return success


def _link(source: Route, target: Route, types: Types) -> Schema | None:
    """Return the link from an answer to a call whose ids are all in it; None if some are not."""
    found = {name: f"$response.body#{pointer}" for name, pointer in types.ids(source.answer).items()}
    known = {**{name: f"$request.path.{name}" for name in source.ids}, **found}
    body = [name for name in types.required(target.body) if name in known] if target.body else []
    needed = target.ids
    if target is source or not known.keys() >= set(needed) or not found.keys() & {*needed, *body}:
        return None
    link: Schema = {"operationId": target.name}
    if needed:
        link["parameters"] = {name: known[name] for name in needed}
    if body:
        link["requestBody"] = {name: known[name] for name in body}
    return link

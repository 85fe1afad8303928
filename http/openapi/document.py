"""The OpenAPI 3.1 document, made from the route table and msgspec's schemas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import metadata

import msgspec

from seatkeeper.http.openapi.examples import Examples, describe
from seatkeeper.http.openapi.problems import (
    problem_examples,
    problem_schemas,
    problems_of,
    response_name,
    response_of,
)
from seatkeeper.http.openapi.texts import (
    ABOUT,
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
    TAGS,
    Schema,
    headers,
)
from seatkeeper.http.openapi.types import Types, dry_run_types, tag_of, types_of
from seatkeeper.http.server.routes import ANY_KEY, Route

_OK = 200

_RESPONSE = "#/components/responses/{name}"


def document(routes: Iterable[Route]) -> bytes:
    """Describe these routes, as JSON. It takes 0.1 s."""
    table = list(routes)
    types = types_of(table)
    examples = Examples(types)
    paths: dict[str, dict[str, object]] = {}
    errors: Schema = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, table, types, examples)
        errors |= {
            response_name(route, status, kinds): response_of(route, status, kinds)
            for status, kinds in problems_of(route).items()
        }
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": _info(),
            "servers": [{"url": "/", "description": "The service that this document comes from."}],
            "security": [],
            "tags": [_tag(name) for name in dict.fromkeys(map(tag_of, table))],
            "paths": paths,
            "components": {
                "schemas": {**describe(types.components), **problem_schemas(table)},
                "responses": errors,
                "examples": {
                    **examples.used,
                    **problem_examples(table, {route: examples.path(route) for route in table}),
                },
                "headers": HEADERS,
                "securitySchemes": SECURITY_SCHEMES,
            },
        }
    )


def _tag(name: str) -> Schema:
    title, description = TAGS[name]
    return {"name": name, "description": description, "x-displayName": title}


def _info() -> Schema:
    package = metadata("seatkeeper")
    license_id = package["License-Expression"]
    return {
        "title": "Seatkeeper",
        "version": package["Version"],
        "description": ABOUT,
        "license": {"name": f"{license_id} License", "identifier": license_id},
    }


def _operation(route: Route, table: Iterable[Route], types: Types, examples: Examples) -> Schema:
    operation: Schema = {
        "operationId": route.name,
        "summary": route.summary,
        "description": "\n\n".join([*([route.description] if route.description else []), _permission(route)]),
        "tags": [tag_of(route)],
        "security": _security(route),
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
    }
    if route.body is not None:
        content = {"application/json": {"schema": types.of(route.body), **examples.body(route)}}
        operation["requestBody"] = {"required": not route.body_optional, "content": content}
    errors = {
        str(status): {"$ref": _RESPONSE.format(name=response_name(route, status, kinds))}
        for status, kinds in problems_of(route).items()
    }
    operation["responses"] = {**_successes(route, table, types, examples), **errors}
    return operation


def _permission(route: Route) -> str:
    """Say in words who may make the call."""
    if route.scope is None:
        return "It needs no API key."
    if route.scope == ANY_KEY:
        return "Every API key may make it."
    return f"It needs an API key with the scope `{route.scope}`."


def _successes(route: Route, table: Iterable[Route], types: Types, examples: Examples) -> Schema:
    success: Schema = {str(route.status): _success(route, table, types, examples)}
    if _reads_one_thing(route):
        return {**success, "304": NOT_MODIFIED}
    if route.writes and route.status != _OK:
        return {str(_OK): _dry_run(route, types, examples), **success}
    return success


def _dry_run(route: Route, types: Types, examples: Examples) -> Schema:
    """Describe the answer of a dry run, where that of the call itself has another status."""
    schema = {"oneOf": _dry_run_schemas(route, types)}
    content = {route.media_type: {"schema": schema, **examples.answer(route, dry=True, only_dry=True)}}
    return {"description": "What would come of it, with dry_run.", "headers": headers(JOURNAL), "content": content}


def _dry_run_schemas(route: Route, types: Types) -> list[Schema]:
    return [types.of(kind) for kind in dry_run_types(route)]


def _security(route: Route) -> Sequence[Schema]:
    """Say which scope the key of a call needs: none at all for an open call, any for a call of every key."""
    if route.scope is None:
        return []
    return [{SCHEME: [] if route.scope == ANY_KEY else [route.scope]}]


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
    _, components = msgspec.json.schema_components([route.parameters], ref_template=REFERENCE)
    properties = components[route.parameters.__name__].get("properties", {})
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


def _success(route: Route, table: Iterable[Route], types: Types, examples: Examples) -> Schema:
    success: Schema = {"description": "Accepted." if route.writes else "Found."}
    created = route.status == 201  # noqa: PLR2004 - Created
    also_dry = route.writes and route.status == _OK
    if route.answer is not None:
        schema = types.of(route.answer)
        if also_dry:
            success["description"] = "Accepted; or what would come of it, with dry_run."
            schema = {"oneOf": [schema, *_dry_run_schemas(route, types)]}
        content: Schema = {} if route.streams else {"schema": schema}
        success["content"] = {route.media_type: {**content, **examples.answer(route, dry=also_dry)}}
    if route.writes or _reads_one_thing(route):
        end = ".Unless-Dry" if also_dry else ""
        written = [f"{POSITION}{end}", JOURNAL, REPLAYED] if route.writes else []
        success["headers"] = headers(f"ETag{end}", *written, *(["Location"] if created else []))
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

"""The examples of the OpenAPI document: of bodies, of answers, and of what a dry run is answered with.

An answer is made of its schema and the glossary, so that a new field has an example as soon as it has an entry there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from seatkeeper.http.openapi.glossary import MADE, entry_of, example_of
from seatkeeper.http.openapi.texts import EXAMPLE, EXAMPLES, WHOLE, Schema
from seatkeeper.http.openapi.types import Types
from seatkeeper.http.server.routes import Nothing, Route

_DRY_RUN = "DryRunAccepted_"


class Examples:
    """Makes examples, each once; `used` has those that something refers to."""

    def __init__(self, types: Types) -> None:
        """Make them of these types."""
        self._types = types
        self.used: dict[str, Schema] = {}

    def body(self, route: Route) -> Schema:
        """Show the body of a request."""
        if route.body is None or route.body is Nothing:
            return {"example": {}}
        return {"example": EXAMPLES[route.body.__name__]}

    def answer(self, route: Route, *, dry: bool, only_dry: bool = False) -> Schema:
        """Show an answer of a call, and what comes of a dry run where that has the same status."""
        if route.path in WHOLE:
            return {"example": WHOLE[route.path]}
        shown: dict[str, Schema] = {}
        if not only_dry:
            shown["answer"] = self._shown(_name(self._types.of(route.answer)), "The answer.")
        if dry:
            shown["dry_run"] = self._dry_run(route)
            shown["refused_dry_run"] = self._shown("DryRunRefused", "A dry run of what would be refused.")
        return {"examples": shown}

    def path(self, route: Route) -> str:
        """Return the path of a call, with an example of each id in it."""
        return route.path.format_map({name: example_of("Path", name) for name in route.ids})

    def _shown(self, name: str, summary: str) -> Schema:
        self.used.setdefault(name, {"summary": summary, "value": self._of(name)})
        return {"$ref": EXAMPLE.format(name=name)}

    def _dry_run(self, route: Route) -> Schema:
        answer = _name(self._types.of(route.answer)) if route.answer is not None and route.foreseen else ""
        name = f"{_DRY_RUN}{answer or 'NoneType'}_.{route.status}"
        value = {
            "accepted": True,
            "status": route.status,
            "answer": self._of(answer) if answer else None,
            "events": [self._of("DryRunEvent")],
        }
        self.used.setdefault(name, {"summary": "A dry run of what would be accepted.", "value": value})
        return {"$ref": EXAMPLE.format(name=name)}

    def _of(self, name: str) -> object:
        """Make an example of a struct: of each field that has to be there, or that the glossary has an example of."""
        schema = self._types.components[name]
        struct, required = name.partition("_")[0], cast("list[str]", schema.get("required", []))
        made: dict[str, object] = {}
        for field, inner in cast("Mapping[str, Schema]", schema["properties"]).items():
            value = self._value(inner) if _is_made(struct, field) else example_of(struct, field)
            if value is not None or field in required:
                made[field] = value
        return made

    def _value(self, schema: Schema) -> object:
        options = cast("list[Schema]", schema.get("anyOf", [schema]))
        first = next(option for option in options if option.get("type") != "null")
        if first.get("type") == "array":
            return [self._value(cast("Schema", first["items"]))]
        return self._of(_name(first))


def describe(components: Mapping[str, Schema]) -> Mapping[str, Schema]:
    """Say what each field means, before what its type says of it."""
    return {name: _described(name.partition("_")[0], schema) for name, schema in components.items()}


def _described(struct: str, schema: Schema) -> Schema:
    fields = cast("Mapping[str, Schema]", schema.get("properties", {}))
    if not fields:
        return schema
    told: dict[str, Schema] = {}
    for field, inner in fields.items():
        entry = entry_of(struct, field)
        says = [*([entry.description] if entry else []), *([inner["description"]] if "description" in inner else [])]
        told[field] = {**inner, "description": " ".join(map(str, says))} if says else inner
    return {**schema, "properties": told}


def _is_made(struct: str, field: str) -> bool:
    entry = entry_of(struct, field)
    return entry is not None and entry.example is MADE


def _name(schema: Schema) -> str:
    """Return the name of the component that a schema refers to, empty if it is none."""
    return str(schema.get("$ref", "")).rpartition("/")[2]

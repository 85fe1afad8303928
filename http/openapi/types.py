"""The schemas of all types that the routes take or return, as msgspec makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from seatkeeper.http.openapi.texts import REFERENCE, Schema
from seatkeeper.http.server.problems import Problem
from seatkeeper.http.server.responses import DryRunAccepted, DryRunRefused
from seatkeeper.http.server.routes import Route

_FOLLOWED = frozenset({"token"})
"""What is followed as an id is: who has the token of an invitation can accept it."""


@dataclass(frozen=True)
class Types:
    """The schemas of the types that the routes take or return, and of their parts."""

    schemas: Mapping[str, Schema]
    components: Mapping[str, Schema]

    def of(self, kind: object) -> Schema:
        """Return the schema of a type."""
        return self.schemas[str(kind)] if _has_schema(kind) else {"type": "string"}

    def required(self, kind: object) -> Sequence[str]:
        """List the names of the required fields."""
        found = self._resolved(self.of(kind)).get("required", [])
        return [str(name) for name in found] if isinstance(found, list) else []

    def ids(self, kind: object) -> Mapping[str, str]:
        """Return the ids in an answer of this type, by name, each with its JSON pointer; ids in lists are left out."""
        found: dict[str, str] = {}
        for name, pointer in self._ids(self.of(kind), "") if _has_schema(kind) else ():
            found.setdefault(name, pointer)  # what is inside of an account may name another plan than its own
        return found

    def _ids(self, schema: Schema, pointer: str) -> Iterable[tuple[str, str]]:
        properties = self._resolved(schema).get("properties")
        for name, inner in properties.items() if isinstance(properties, dict) else ():
            if name.endswith("_id") or name in _FOLLOWED:
                yield name, f"{pointer}/{name}"
            yield from self._ids(inner, f"{pointer}/{name}")

    def _resolved(self, schema: Schema) -> Schema:
        return self.components.get(str(schema.get("$ref")).rpartition("/")[2], schema)


def types_of(table: Iterable[Route]) -> Types:
    """Collect the schemas of the types of these routes."""
    types: list[object] = [Problem]
    for route in table:
        tried = dry_run_types(route) if route.writes else ()
        types += [kind for kind in (route.body, route.answer, *tried) if _has_schema(kind)]
    schemas, components = msgspec.json.schema_components(types, ref_template=REFERENCE)
    return Types(dict(zip(map(str, types), schemas, strict=True)), components)


def tag_of(route: Route) -> str:
    """Return the group of a call: the name of its module."""
    return route.handler.__module__.rpartition(".")[2]


def dry_run_types(route: Route) -> Sequence[object]:
    """Return the types of what a dry run of this route is answered with."""
    answer = route.answer if route.foreseen else None
    return [DryRunAccepted[answer], DryRunRefused]  # type: ignore[valid-type]


def _has_schema(kind: object) -> bool:
    return kind not in (None, str)

"""Shapes of JSON, for comparing what the service says with what the client reads and sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

Shape: TypeAlias = object

ANYTHING = "anything"
"""How a schema says `object`, which msgspec has none for."""


def shape_of(kind: object) -> Shape:
    """The shape of a type: what JSON of it is made of, without bounds, formats and sentences."""
    (schema,), components = msgspec.json.schema_components([kind], schema_hook=lambda _: {"title": ANYTHING})
    return _plain(schema, components)


def _plain(schema: Mapping[str, object], components: Mapping[str, Mapping[str, object]]) -> Shape:
    if "$ref" in schema:
        return _plain(components[str(schema["$ref"]).rpartition("/")[2]], components)
    kind = schema.get("type")
    if isinstance(one_of := schema.get("anyOf"), list) and kind != "string":
        return {"any of": sorted((_plain(one, components) for one in one_of), key=repr)}
    if isinstance(kind, list):
        return {"any of": sorted(({"type": one} for one in kind), key=repr)} if len(kind) > 1 else {"type": kind[0]}
    if "enum" in schema:
        return {"one of": sorted(map(repr, schema["enum"]))}  # type: ignore[call-overload]
    if kind == "object":
        return _object(schema, components)
    items = {"list of": _plain(schema.get("items", {}), components)} if kind == "array" else {}  # type: ignore[arg-type]
    return {"type": kind} if kind and not items else items


def _object(schema: Mapping[str, object], components: Mapping[str, Mapping[str, object]]) -> Shape:
    if isinstance(properties := schema.get("properties"), dict):
        required = schema.get("required", [])
        assert isinstance(required, list)
        return {
            name + ("" if name in required else "?"): _plain(one, components)
            for name, one in sorted(properties.items())
        }
    return {"entries": _plain(schema.get("additionalProperties", {}), components)}  # type: ignore[arg-type]


def differences(theirs: Shape, mine: Shape, where: str = "") -> list[str]:
    """Where the client does not take, or may not send, what the service says; a text stands for its own words."""
    if mine in (theirs, {}, {"entries": {}}) or (mine == {"type": "string"} and _words(theirs)):
        return []
    if isinstance(theirs, dict) and isinstance(mine, dict) and set(theirs) == set(mine) != {"one of"}:
        pairs = [(theirs[name], mine[name], f"{where}/{name}") for name in theirs]
        if "any of" in theirs and len(theirs["any of"]) == len(mine["any of"]):
            pairs = [
                (one, other, f"{where}|{place}")
                for place, (one, other) in enumerate(zip(theirs["any of"], mine["any of"], strict=True))
            ]
        elif "any of" in theirs:
            return [f"{where}: {theirs} is not {mine}"]
        return [found for pair in pairs for found in differences(*pair)]
    return [f"{where}: {theirs} is not {mine}"]


def _words(shape: Shape) -> bool:
    return isinstance(shape, dict) and set(shape) == {"one of"}

"""What is wrong with a field, in the words of the API: msgspec's own are about Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec
from msgspec import inspect

from seatkeeper.http.server.problems import ProblemError, invalid

_NAMED = re.compile(r"^Object (?P<what>contains unknown|missing required) field `(?P<field>.*)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[([0-9]+)\]")
"""A step of msgspec's paths: a field or an index. What is wrong inside of a dict is told of the dict."""

_WORDS = {
    inspect.ListType: "a list",
    inspect.DictType: "an object",
    inspect.BoolType: "true or false",
    inspect.NoneType: "null",
    inspect.StructType: "an object",
    inspect.DictType: "an object",
}


class FieldError(ValueError):
    """A field holds what it may not hold."""

    def __init__(self, field: str, detail: str, *inside: str) -> None:
        """Name the field of the object that is being read, the steps inside of it, and what is wrong."""
        super().__init__(detail)
        self.steps = (field, *inside)


def validation_problem(error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> ProblemError:
    """Make the 400 that says where, as a JSON pointer, and what was expected there."""
    steps, detail = explain(error, kind)
    return invalid("".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps), detail)


def explain(error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> tuple[Sequence[str], str]:
    """Turn msgspec's `... - at `$.package.user_limit`` into the fields that lead there, and what is expected."""
    detail, _, path = str(error).partition(" - at `$")
    steps = [name or index for name, index in _STEP.findall(path.rstrip("`"))]
    named = _NAMED.match(detail)
    if named is not None:
        return [*steps, named["field"]], "Required" if named["what"] == "missing required" else "Unknown field"
    if isinstance(error.__cause__, FieldError):
        return [*steps, *error.__cause__.steps], detail
    return steps, f"Expected {_expected(_type_at(_type_of(kind), steps))}"


@cache
def _type_of(kind: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(kind)


def _type_at(kind: inspect.Type, steps: Sequence[str]) -> inspect.Type:
    """Follow the steps from field to field, and into lists."""
    for step in steps:
        items = next((one for one in _alternatives(kind) if isinstance(one, inspect.ListType)), None)
        if items is not None:
            kind = items.item_type
            continue
        struct = next(one for one in _alternatives(kind) if isinstance(one, inspect.StructType))
        kind = next(field.type for field in struct.fields if field.encode_name == step)
    return kind


def _alternatives(kind: inspect.Type) -> Sequence[inspect.Type]:
    if isinstance(kind, inspect.Metadata):
        return _alternatives(kind.type)
    if isinstance(kind, inspect.UnionType):
        return [one for part in kind.types for one in _alternatives(part)]
    return [kind]


def _expected(kind: inspect.Type) -> str:
    """Say what is expected: in the words of the field, if it has some (`extra={"expected": ...}`), or of its type."""
    if isinstance(kind, inspect.Metadata):
        words = (kind.extra or {}).get("expected")
        return str(words) if words is not None else _expected(kind.type)
    if isinstance(kind, inspect.UnionType):
        return " or ".join(map(_expected, kind.types))
    return _expected_of_type(kind)


def _expected_of_type(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.IntType):
        return f"an integer from {kind.ge} to {kind.le}"
    if isinstance(kind, inspect.FloatType):
        return f"a number above {kind.gt:g}, at most {kind.le:g}"
    if isinstance(kind, inspect.LiteralType):
        return f"one of {', '.join(map(str, kind.values))}"
    if isinstance(kind, inspect.StrType):
        if kind.max_length is None:
            return "a string"
        least = f"{kind.min_length} to" if kind.min_length else "at most"
        return f"a string of {least} {kind.max_length} characters"
    return _WORDS[type(kind)]


def fields_of(query: type[msgspec.Struct], kind: type[inspect.Type]) -> frozenset[str]:
    """Name the fields that take values of a kind."""
    fields = inspect.type_info(query).fields  # type: ignore[attr-defined]
    return frozenset(field.name for field in fields if any(isinstance(one, kind) for one in _alternatives(field.type)))

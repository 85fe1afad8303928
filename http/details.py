"""What is wrong with a field, in the words of the API: msgspec's own are about Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec
from msgspec import inspect

from seatkeeper.http.fields import CURRENCY_CODES, NEW_ID, PLAN_TYPE, UUID, FieldError
from seatkeeper.http.problems import Faulty, invalid

_NAMED = re.compile(r"^Object (?P<what>contains unknown|missing required) field `(?P<field>.*)`$", re.DOTALL)
_PATTERNS = {
    UUID: "a UUID",
    NEW_ID: "a UUID of version 7",
    PLAN_TYPE: "1 to 50 letters, digits, - or _",
}
_WORDS = {
    inspect.BoolType: "true or false",
    inspect.NoneType: "null",
    inspect.StructType: "an object",
}


def point_at(error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> Faulty:
    """Make the 400 that says where, as a JSON pointer, and what was expected there."""
    steps, detail = explained(error, kind)
    return invalid("".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps), detail)


def explained(error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> tuple[Sequence[str], str]:
    """Turn msgspec's `... - at `$.package.user_limit`` into the fields that lead there, and what is expected."""
    detail, _, path = str(error).partition(" - at `$")
    steps = [step for step in path.rstrip("`").split(".") if step]
    named = _NAMED.match(detail)
    if named is not None:
        return [*steps, named["field"]], "Required" if named["what"] == "missing required" else "Unknown here"
    if isinstance(error.__cause__, FieldError):
        return [*steps, error.__cause__.field], detail
    return steps, f"Expected {_expected(_type_at(_type_of(kind), steps))}"


@cache
def _type_of(kind: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(kind)


def _type_at(kind: inspect.Type, steps: Sequence[str]) -> inspect.Type:
    """Follow the steps from field to field."""
    for step in steps:
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
    return " or ".join(map(_expected_alone, _alternatives(kind)))


def _expected_alone(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.IntType):
        return f"an integer from {kind.ge} to {kind.le}"
    if isinstance(kind, inspect.FloatType):
        return f"a number above {kind.gt:g}, at most {kind.le:g}"
    if isinstance(kind, inspect.LiteralType):
        names = tuple(map(str, kind.values))
        return "a currency as ISO 4217 writes it, like EUR" if names == CURRENCY_CODES else f"one of {', '.join(names)}"
    if isinstance(kind, inspect.StrType):
        bound = "a string" if kind.max_length is None else f"a string of at most {kind.max_length} characters"
        return _PATTERNS.get(kind.pattern or "", bound)
    return _WORDS[type(kind)]

"""Fields of forms, made of the types that the API reads bodies with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, TypeAlias

import msgspec
from msgspec import inspect

from seatkeeper.http.events_out.words import in_words, label

Kind: TypeAlias = Literal[
    "text", "number", "choice", "yes-no", "time", "lines", "checks", "entries", "group", "either", "rows"
]

ROWS = 3
"""Rows of a list of objects on a form that nobody has asked for more of."""

MOST_ROWS = 100
"""Rows of a list of objects on a form, at most: they are rendered in 50 ms; what is longer comes from a file."""

_ENTRIES = "One on each line, as name: value"
_REMOVED = "; a line without a value removes the entry."


@dataclass(frozen=True)
class Field:
    """A field of a form. Its name is the JSON pointer to its place in the body, as problems name it."""

    name: str
    label: str
    kind: Kind
    required: bool = True
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """Each value that can be chosen, with what it is called."""
    least: int | None = None
    most: int | None = None
    longest: int | None = None
    removable: bool = False
    """Whether it can be sent as null where leaving it out means another thing."""
    names: str = ""
    """The kind of thing whose id it holds: `plan` for `plan_id`."""
    parts: tuple[Field, ...] = ()

    @property
    def id(self) -> str:
        """The id of its element on the page."""
        return "field" + self.name.replace("/", "-")

    def row(self, number: int) -> tuple[Field, ...]:
        """Return the fields of one row of a list."""
        return tuple(_moved(part, self.name, f"{self.name}/{number}") for part in self.parts)


def _moved(part: Field, old: str, new: str) -> Field:
    parts = tuple(_moved(inner, old, new) for inner in part.parts)
    return replace(part, name=new + part.name.removeprefix(f"{old}/*"), parts=parts)


@cache
def fields_of(body: type[msgspec.Struct]) -> tuple[Field, ...]:
    """Make the fields of a body."""
    found = inspect.type_info(body)
    return _parts("", found) if isinstance(found, inspect.StructType) else ()


def _parts(pointer: str, kind: inspect.StructType) -> tuple[Field, ...]:
    return tuple(_field(f"{pointer}/{part.encode_name}", part) for part in kind.fields)


def _field(pointer: str, part: inspect.Field) -> Field:
    made = _made(pointer, part.type, part.encode_name)
    nullable = isinstance(part.type, inspect.UnionType) and any(
        isinstance(one, inspect.NoneType) for one in part.type.types
    )
    removable = nullable and part.default is not None
    return replace(made, required=part.required, removable=removable, hint=_hint(made.hint, part))


def _hint(hint: str, part: inspect.Field) -> str:
    """Add what is taken where the field is left empty."""
    default = part.default
    if part.required or default in (None, msgspec.NODEFAULT, msgspec.UNSET):
        return hint
    left = f"If it is left empty: {in_words(default)}."
    return f"{hint} {left}".strip()


def _made(pointer: str, kind: inspect.Type, name: str) -> Field:
    """Make the field of a type; raise NotImplementedError for one that no form has had yet."""
    described: Mapping[str, object] = {}
    expected = ""
    while isinstance(kind, (inspect.Metadata, inspect.UnionType)):
        if isinstance(kind, inspect.Metadata):
            described = {**described, **(kind.extra_json_schema or {})}
            expected = str((kind.extra or {}).get("expected", expected))
            kind = kind.type
            continue
        some = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        if len(some) > 1:
            return _either(pointer, some, name)
        kind = some[0]
    made = _plain(pointer, kind, name, described)
    description = str(described.get("description", ""))
    if made.kind == "text" and made.longest and description.startswith("Trimmed"):
        description = f"1 to {made.longest} characters."
    expects = f"Expected: {expected}." if expected and made.kind in {"text", "lines"} else ""
    hint = " ".join(part for part in (description or expects, made.hint) if part)
    return replace(made, hint=hint, names=_names(name, expected))


def _names(name: str, expected: str) -> str:
    return name.removesuffix("_id") if name.endswith("_id") and expected == "a UUID" else ""


def _either(pointer: str, some: Sequence[inspect.Type], name: str) -> Field:
    """Make the field of a word or an object: a choice, and the fields of the object."""
    parts = tuple(part for one in some if isinstance(one, inspect.StructType) for part in _parts(pointer, one))
    words = [str(value) for one in some if isinstance(one, inspect.LiteralType) for value in one.values]
    parts = tuple(replace(part, required=False) for part in parts)
    return Field(pointer, label(name), "either", choices=_choices(words), parts=parts)


def _plain(  # noqa: PLR0911 - one for each kind of type
    pointer: str, kind: inspect.Type, name: str, described: Mapping[str, object]
) -> Field:
    plain = Field(pointer, label(name), "text")
    if isinstance(kind, inspect.StrType):
        return _text(plain, kind, described)
    if isinstance(kind, inspect.IntType):
        return replace(plain, kind="number", least=kind.ge, most=kind.le)
    if isinstance(kind, inspect.BoolType):
        return replace(plain, kind="yes-no")
    if isinstance(kind, inspect.LiteralType):
        return replace(plain, kind="choice", choices=_choices([str(value) for value in kind.values]))
    if isinstance(kind, inspect.DateTimeType):
        return replace(plain, kind="time", hint="In UTC.")
    if isinstance(kind, inspect.DictType):
        return replace(plain, kind="entries", hint=_ENTRIES + (_REMOVED if _takes_null(described) else "."))
    if isinstance(kind, inspect.StructType):
        return replace(plain, kind="group", parts=_parts(pointer, kind))
    if isinstance(kind, inspect.ListType):
        return _list(plain, kind, name)
    message = f"no form has a field for {kind}"
    raise NotImplementedError(message)


def _takes_null(described: Mapping[str, object]) -> bool:
    """Tell whether an entry can be sent as null, which removes it."""
    entry = described.get("additionalProperties")
    return isinstance(entry, Mapping) and "null" in entry.get("type", ())


def _text(plain: Field, kind: inspect.StrType, described: Mapping[str, object]) -> Field:
    words = described.get("enum")
    if isinstance(words, list):
        return replace(plain, kind="choice", choices=_choices([str(word) for word in words]))
    longest = kind.max_length or described.get("maxLength")
    return replace(plain, longest=longest if isinstance(longest, int) else None)


def _list(plain: Field, kind: inspect.ListType, name: str) -> Field:
    item = _made(f"{plain.name}/*", kind.item_type, name)
    most = kind.max_length
    if item.kind == "choice":
        return replace(plain, kind="checks", choices=item.choices, most=most)
    if item.kind == "group":
        return replace(plain, kind="rows", parts=item.parts, most=most)
    return replace(plain, kind="lines", most=most, hint="One on each line.")


def _choices(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((word, word) for word in words)

"""What the client raises: problems that the service tells of, and answers that never came."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, cast, get_type_hints

import msgspec


class SeatkeeperError(Exception):
    """Whatever the client raises. With `idempotency_key`, the same write can be sent again later, to one effect."""

    idempotency_key: str | None = None


class NoAnswer(SeatkeeperError):
    """No answer came before the deadline. What became of a write is not known: send it again under its key."""

    def __init__(self, message: str, idempotency_key: str | None) -> None:
        """Tell of the last failure."""
        super().__init__(message)
        self.idempotency_key = idempotency_key


class UnexpectedAnswer(SeatkeeperError):
    """Something answered what this release of the client cannot read: a proxy, or another release of the service."""


class WrongSignature(SeatkeeperError):
    """A message is not one that the service signed with this secret, or it is too old."""


class FieldProblem(msgspec.Struct, frozen=True):
    """Where in the request something is wrong, as a JSON pointer, and what."""

    pointer: str
    detail: str


class Told(msgspec.Struct, frozen=True):
    """A problem as RFC 9457 has it."""

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    detail: str = ""
    instance: str | None = None
    request_id: str | None = None
    index: int | None = None


_told, _fields = msgspec.json.Decoder(Told), msgspec.json.Decoder(dict[str, object])


class Problem(SeatkeeperError):
    """What the service answers instead of what was asked for. Each type has a class, and its fields are attributes."""

    slug: ClassVar[str] = ""
    kinds: ClassVar[dict[str, type[Problem]]] = {}
    fields: ClassVar[Mapping[str, object]] = {}

    def __init_subclass__(cls) -> None:
        """Name the type after the class: `no-seat-left` for `NoSeatLeft`."""
        cls.slug = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()
        cls.kinds[cls.slug] = cls

    def __init__(self, told: Told, fields: Mapping[str, object] | None = None) -> None:
        """Take what the service told, and the fields of the type."""
        super().__init__(told.detail or told.title or f"status {told.status}")
        self.type = told.type
        self.status = told.status
        self.title = told.title
        self.detail = told.detail
        self.instance = told.instance
        self.request_id = told.request_id
        self.index = told.index
        """The place of the entry that is refused, counted from 0, where many were sent at once."""
        self.retry_after: float | None = None
        for name, kind in own_fields(type(self)).items():
            setattr(self, name, msgspec.convert((fields or {}).get(name), kind))


def own_fields(kind: type[Problem]) -> Mapping[str, type[object]]:
    """List the fields that a type of problem has beside those of every problem."""
    hints = get_type_hints(kind)
    return {name: cast("type[object]", hints[name]) for name in kind.__annotations__} if kind is not Problem else {}


def problem_in(body: bytes, status: int, request_id: str | None) -> Problem:
    """Read a problem; what is none, as of a proxy, is one without a type."""
    try:
        told, fields = _told.decode(body), _fields.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body.decode(errors="replace").strip()[:500]
        return Problem(Told(status=status, detail=text, request_id=request_id))
    told = msgspec.structs.replace(told, status=told.status or status, request_id=told.request_id or request_id)
    kind = Problem.kinds.get(told.type.removeprefix("/problems/"), Problem)
    try:
        return kind(told, fields)
    except msgspec.ValidationError:  # its fields are not those of this release
        return Problem(told)

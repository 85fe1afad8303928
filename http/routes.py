"""Routes: one table for the router, the types of requests and answers, and the OpenAPI document."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from aiohttp import web

from seatkeeper.actors.accounts.refusals import AccountNotFound, MemberNotFound
from seatkeeper.actors.aggregate import Done
from seatkeeper.actors.messages import Refusal
from seatkeeper.actors.subscriptions.refusals import PlanNotFound
from seatkeeper.http.fields import FieldError, is_uuid
from seatkeeper.http.problems import INCOMPLETE, MEDIA_TYPE, TOO_LARGE, TOO_SLOW, Faulty, Refused, invalid

if TYPE_CHECKING:
    from seatkeeper.http.service import Service

B = TypeVar("B")
Q = TypeVar("Q")

BODY_LIMIT = 64 * 1024
"""Bytes of a request body, at most."""

_NOBODY: Mapping[str, Refusal] = {
    "plan_id": PlanNotFound(),
    "account_id": AccountNotFound(),
    "member_id": MemberNotFound(),
}

encode = msgspec.json.Encoder().encode


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body or a query without fields."""


class Call(Generic[B, Q]):
    """A request, read and checked: the ids in its path, its query, its body, and the version it expects."""

    __slots__ = ("body", "expected_version", "ids", "query")

    def __init__(self, ids: Mapping[str, str], query: Q, body: B, expected_version: int | None) -> None:
        """Hold the parts."""
        self.ids = ids
        self.query = query
        self.body = body
        self.expected_version = expected_version


class Reply(msgspec.Struct, frozen=True, gc=False):
    """An answer: JSON, or text of another type, and what stands in its headers."""

    body: bytes
    status: int = 200
    version: int | None = None
    position: int | None = None
    location: str | None = None
    content_type: str = "application/json"


@dataclass(frozen=True)
class Route:
    """One call of the API: what it takes, what it answers, and which rules it may be refused by."""

    method: str
    path: str
    handler: Callable[..., Awaitable[Reply]]
    answer: object
    status: int = 200
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] = Nothing
    refusals: tuple[type[Refusal], ...] = ()
    media_type: str = "application/json"

    @property
    def summary(self) -> str:
        """Say in a sentence what it does: the handler's docstring."""
        return inspect.getdoc(self.handler) or ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The paths that lead here."""
        return re.compile(re.sub(r"{\w+}", "[^/]+", self.path))

    @property
    def writes(self) -> bool:
        """Tell whether it may change something."""
        return self.method != "GET"

    @property
    def body_optional(self) -> bool:
        """Tell whether the body may be left out: every field of it may."""
        return self.body is not None and not any(f.required for f in msgspec.structs.fields(self.body))

    def bind(self, service: Service) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Make what aiohttp calls."""
        decoder = None if self.body is None else msgspec.json.Decoder(self.body)
        optional = self.body_optional
        numbers = {f.name for f in msgspec.structs.fields(self.query) if isinstance(f.default, int)}

        async def handle(request: web.Request) -> web.StreamResponse:
            ids = _ids(request.match_info)
            query = self._read_query(request, numbers)
            body = None
            if decoder is not None:
                body = await _read_body(request, decoder, service.body_deadline, optional=optional)
            expected = _expected_version(request) if self.writes else None
            reply = await self.handler(service, Call(ids, query, body, expected))
            return _response(reply)

        return handle

    def _read_query(self, request: web.Request, numbers: AbstractSet[str]) -> msgspec.Struct:
        if not request.query_string:
            return self.query()
        given: dict[str, str | int] = dict(request.query)
        twice = next((name for name in given if len(request.query.getall(name)) > 1), None)
        if twice is not None:
            raise invalid(f"/{twice}", "Expected once")
        for name in numbers & given.keys():
            value = request.query[name]
            # Not msgspec's lax mode, which would read 1e9 and take the text null for nothing.
            if value.isascii() and value.isdigit() and len(value) < 20:  # noqa: PLR2004 - digits of 2**64
                given[name] = int(value)
        try:
            return msgspec.convert(given, self.query)
        except msgspec.ValidationError as error:
            raise _point_at(error) from error


async def _read_body(request: web.Request, decoder: msgspec.json.Decoder[B], deadline: float, *, optional: bool) -> B:
    if request.content_length is not None and request.content_length > BODY_LIMIT:
        raise Faulty(TOO_LARGE)
    headers = request.headers
    if "Content-Encoding" in headers:
        raise Faulty(MEDIA_TYPE)
    raw = await _receive(request, deadline)
    if not raw and optional:
        raw = b"{}"
    elif headers.get("Content-Type") != "application/json" and not _is_json(request):
        raise Faulty(MEDIA_TYPE)
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise _point_at(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid("", f"Not JSON: {error}") from error
    except RecursionError as error:
        raise invalid("", "Not JSON that is taken here: nested too deeply") from error


def _is_json(request: web.Request) -> bool:
    return request.content_type == "application/json" and (request.charset or "utf-8").lower() in {"utf-8", "utf8"}


async def _receive(request: web.Request, deadline: float) -> bytes:
    if request.content.is_eof():  # it came with the headers, as nearly all do: no timer
        return await request.read()
    try:
        async with asyncio.timeout(deadline):
            return await request.read()
    except TimeoutError as error:
        raise Faulty(TOO_SLOW) from error
    except ConnectionError as error:
        raise Faulty(INCOMPLETE) from error


_AT = re.compile(r"^(?P<detail>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"^Object (?:contains unknown|missing required) field `(?P<field>.*)`$", re.DOTALL)


def _point_at(error: msgspec.ValidationError) -> Faulty:
    """Turn msgspec's `... - at `$.package.user_limit`` into a JSON pointer."""
    said = _AT.match(str(error))
    if said is None:
        return invalid("", str(error))
    path = (said["path"] or "").replace("[", ".").replace("]", "")
    steps = [step for step in path.split(".") if step]
    named = _FIELD.match(said["detail"])
    if named is not None:
        steps.append(named["field"])
    elif isinstance(error.__cause__, FieldError):
        steps.append(error.__cause__.field)
    return invalid("".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps), said["detail"])


def _ids(match_info: Mapping[str, str]) -> Mapping[str, str]:
    ids = {}
    for name, value in match_info.items():
        if not is_uuid(value):
            raise Refused(_NOBODY[name])
        ids[name] = value.lower()
    return ids


_TAG = re.compile(r'(?:W/)?"[^"]*"')
_VERSION = re.compile(r'"(0|[1-9][0-9]{0,17})"')


def _expected_version(request: web.Request) -> int | None:
    """Read If-Match: None for any version, -1 for one that nothing has."""
    given = request.headers.getall("If-Match", ())
    if not given:
        return None
    header = ", ".join(given).strip()
    if header == "*":
        return None
    version = _VERSION.fullmatch(header)
    if version is not None:
        return int(version[1])
    if _TAG.fullmatch(header):
        return -1
    raise invalid("/If-Match", 'Expected one version in quotes, like "7"')


def _response(reply: Reply) -> web.Response:
    headers = {"Content-Type": reply.content_type} if reply.body else {}
    if reply.version is not None:
        headers["ETag"] = f'"{reply.version}"'
    if reply.position is not None:
        headers["Seatkeeper-Position"] = str(reply.position)
    if reply.location is not None:
        headers["Location"] = reply.location
    return web.Response(body=reply.body, status=reply.status, headers=headers)


def unmatched(routes: Sequence[Route]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Make the handler of what no route takes: 405 where other methods would do, else 404."""

    async def handle(request: web.Request) -> web.StreamResponse:
        methods = {route.method for route in routes if route.pattern.fullmatch(request.path)}
        if not methods:
            raise web.HTTPNotFound
        raise web.HTTPMethodNotAllowed(request.method, methods | ({"HEAD"} if "GET" in methods else set()))

    return handle


def written(outcome: Done | Refusal, *, status: int = 200, location: str | None = None) -> Reply:
    """Answer a command that was accepted; raise Refused if it was not."""
    if isinstance(outcome, Refusal):
        raise Refused(outcome)
    body = b"" if outcome.value is None else encode(outcome.value)
    return Reply(body, status, outcome.version, outcome.position, location)

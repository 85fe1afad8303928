"""Reading requests: their ids, query, body, expected version and idempotency key, each checked."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping

import msgspec
from aiohttp import web

from seatkeeper.actors.accounts.refusals import AccountNotFound, MemberNotFound
from seatkeeper.actors.messages import Refusal
from seatkeeper.actors.subscriptions.refusals import PlanNotFound
from seatkeeper.http.connection import ask_for_body
from seatkeeper.http.details import point_at
from seatkeeper.http.fields import is_uuid
from seatkeeper.http.problems import (
    INCOMPLETE,
    MEDIA_TYPE,
    TOO_LARGE,
    TOO_SLOW,
    Faulty,
    ReceiptNotFound,
    Refused,
    invalid,
)
from seatkeeper.http.routes import Call, Route

BODY_LIMIT = 64 * 1024
"""Bytes of a request body, at most."""

_NOBODY: Mapping[str, Refusal] = {
    "plan_id": PlanNotFound(),
    "account_id": AccountNotFound(),
    "member_id": MemberNotFound(),
    "key": ReceiptNotFound(),
}
_is_key = re.compile(r"[\x20-\x7e]{1,255}").fullmatch

_canonical = msgspec.json.Encoder(order="deterministic").encode


class Reader:
    """Reads the requests of one route."""

    def __init__(self, route: Route, body_deadline: float) -> None:
        """Wait at most `body_deadline` seconds for a body."""
        self._route = route
        self._writes = route.writes
        self._deadline = body_deadline
        self._decoder = None if route.body is None else msgspec.json.Decoder(route.body)
        self._optional = route.body_optional
        self._query = route.query
        self._no_query = route.query() if not route.query.__struct_fields__ else None
        self._numbers = {f.name for f in msgspec.structs.fields(route.query) if isinstance(f.default, int)}

    @property
    def takes_body(self) -> bool:
        """Tell whether the route takes a body."""
        return self._decoder is not None

    async def receive(self, request: web.BaseRequest) -> bytes:
        """Receive a body; for one that is all here already, nothing is waited for, nor sent."""
        if request.content.is_eof():
            return request.content.read_nowait()
        length = request.content_length
        if length is not None and length > BODY_LIMIT:
            raise Faulty(TOO_LARGE)
        if "Content-Encoding" in request.headers:
            raise Faulty(MEDIA_TYPE)
        try:
            async with asyncio.timeout(self._deadline):
                await ask_for_body(request)
                return await request.read()
        except TimeoutError as error:
            raise Faulty(TOO_SLOW) from error
        except ConnectionError as error:
            error.__traceback__ = None  # the body keeps it, and it leads back to the body: a cycle
            raise Faulty(INCOMPLETE) from error

    def read(self, request: web.BaseRequest, ids: Mapping[str, str], raw: bytes) -> Call[object, object]:
        """Read a request whose body has come; raise Faulty or Refused."""
        if ids:
            ids = {n: v.lower() if is_uuid(v) else self._no_id(request, n, v) for n, v in ids.items()}
        query = self._no_query
        if query is None or request.query_string:
            query = self._read_query(request)
        body = None if self._decoder is None else self._read_body(request, self._decoder, raw)
        if self._writes and "If-Match" in request.headers:
            return Call(ids, query, body, _expected_version(request))
        return Call(ids, query, body)

    def _no_id(self, request: web.BaseRequest, name: str, value: str) -> str:
        """Take what is no UUID if it is a key of a receipt, or comes with one of its own; raise Refused.

        Nobody has such an id. Of a command with a key, whoever is asked says so: that answer is kept like any other.
        """
        if _is_key(value) if name == "key" else self._writes and "Idempotency-Key" in request.headers:
            return value
        raise Refused(_NOBODY[name])

    def _read_query(self, request: web.BaseRequest) -> msgspec.Struct:
        given: dict[str, str | int] = dict(request.query)
        twice = next((name for name in given if len(request.query.getall(name)) > 1), None)
        if twice is not None:
            raise invalid(f"/{twice}", "Expected once")
        for name in self._numbers & given.keys():
            value = request.query[name]
            # Not msgspec's lax mode, which would read 1e9 and take the text null for nothing.
            if value.isascii() and value.isdigit() and len(value) < 20:  # noqa: PLR2004 - digits of 2**64
                given[name] = int(value)
        try:
            return msgspec.convert(given, self._query)
        except msgspec.ValidationError as error:
            raise point_at(error, self._query) from error

    def _read_body(self, request: web.BaseRequest, decoder: msgspec.json.Decoder[msgspec.Struct], raw: bytes) -> object:
        headers = request.headers
        if len(raw) > BODY_LIMIT:
            raise Faulty(TOO_LARGE)
        if "Content-Encoding" in headers:
            raise Faulty(MEDIA_TYPE)
        if not raw and self._optional:
            raw = b"{}"
        elif headers.get("Content-Type") != "application/json" and not _is_json(request):
            raise Faulty(MEDIA_TYPE)
        try:
            return decoder.decode(raw)
        except msgspec.ValidationError as error:
            raise point_at(error, decoder.type) from error
        except msgspec.DecodeError as error:
            raise invalid("", f"Not JSON: {error}") from error
        except UnicodeDecodeError as error:
            raise invalid("", "Not JSON: not in UTF-8") from error
        except RecursionError as error:
            raise invalid("", "Not JSON that is taken here: nested too deeply") from error

    def fingerprint(self, call: Call[object, object], raw: bytes) -> bytes:
        """Tell requests apart: what they ask for, however the same JSON is written."""
        said = _canonical(msgspec.json.decode(raw)) if raw else b"{}"
        place = "\n".join((self._route.method, self._route.path, *call.ids.values(), str(call.expected_version), ""))
        return hashlib.blake2b(place.encode() + said, digest_size=16).digest()


def read_key(request: web.BaseRequest) -> str:
    """Read the Idempotency-Key of a request that has one; raise Faulty."""
    given = request.headers.getall("Idempotency-Key")
    if len(given) != 1 or not _is_key(given[0]):
        raise invalid("/Idempotency-Key", "Expected once, with 1 to 255 printable ASCII characters")
    return given[0]


def _is_json(request: web.BaseRequest) -> bool:
    return request.content_type == "application/json" and (request.charset or "utf-8").lower() in {"utf-8", "utf8"}


_TAG = re.compile(r'(?:W/)?"[^"]*"')
_VERSION = re.compile(r'"(0|[1-9][0-9]{0,17})"')


def _expected_version(request: web.BaseRequest) -> int | None:
    """Read If-Match: None for any version, -1 for one that nothing has."""
    header = ", ".join(request.headers.getall("If-Match")).strip()
    if header == "*":
        return None
    version = _VERSION.fullmatch(header)
    if version is not None:
        return int(version[1])
    if _TAG.fullmatch(header):
        return -1
    raise invalid("/If-Match", 'Expected one version in quotes, like "7"')

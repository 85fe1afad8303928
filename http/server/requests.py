"""Reading requests: their ids, query, body, expected versions and idempotency key, each checked."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping

import msgspec
from aiohttp import HttpVersion10, hdrs, web

from seatkeeper.actors.aggregates.aggregate import NO_OPTIONS, CommandOptions
from seatkeeper.actors.aggregates.messages import Context
from seatkeeper.http.headers import IDEMPOTENCY_KEY, ON_BEHALF_OF
from seatkeeper.http.server.problems import (
    EXPECTATION,
    INCOMPLETE,
    MEDIA_TYPE,
    TOO_LARGE,
    TOO_SLOW,
    ProblemError,
    Refused,
    invalid,
)
from seatkeeper.http.server.routes import BODY_LIMIT, Call, Caller, Route, WriteQuery
from seatkeeper.http.server.validation import fields_of, validation_problem

CALLER = web.RequestKey("caller", Caller)
"""Who asks, as access control has found."""

UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

_is_uuid = re.compile(UUID).fullmatch
_is_key = re.compile(r"[\x20-\x7e]{1,255}").fullmatch

_FLAGS: Mapping[str, bool] = {"true": True, "false": False}

_canonical = msgspec.json.Encoder(order="deterministic").encode


class RequestReader:
    """Reads the requests of one route."""

    def __init__(self, route: Route, body_deadline: float) -> None:
        """Wait at most `body_deadline` seconds for a body."""
        self._route = route
        self._writes = route.writes
        self._deadline = body_deadline
        self._decoder = None if route.body is None else msgspec.json.Decoder(route.body)
        self._optional = route.body_optional
        self._limit = route.body_limit
        self._query = query = route.parameters
        self._no_query = query() if route.writes else _without_fields(query)
        self._numbers = fields_of(query, msgspec.inspect.IntType)
        self._flags = fields_of(query, msgspec.inspect.BoolType)

    def body_here(self, request: web.Request) -> bytes | None:
        """Return the body if all of it is here, as it nearly always is, and None if it is to be waited for."""
        if self._decoder is None:
            return b""
        content = request.content
        return content.read_nowait() if content.is_eof() and content.total_bytes <= self._limit else None

    async def receive(self, request: web.Request) -> bytes:
        """Wait for a body; raise ProblemError."""
        return await receive(request, self._limit, self._deadline)

    def read(
        self, request: web.Request, named: Mapping[str, str], raw: bytes, request_id: str = ""
    ) -> Call[object, object]:
        """Read a request that names these ids, and whose body has come; raise ProblemError or Refused.

        The id of a write goes into its events.
        """
        ids = self._ids(request, named)
        query = self._no_query
        if query is None or request.query_string:
            query = self._read_query(request)
        body = None if self._decoder is None else self._read_body(request, self._decoder, raw)
        if self._route.named is not None:
            ids = {**ids, **self._route.named(body)}
        caller = request[CALLER]
        if not self._writes:
            return Call(ids, query, body, NO_OPTIONS, caller)
        headers = request.headers
        expected = _expected_versions(request) if hdrs.IF_MATCH in headers else None
        customer = _on_behalf_of(request) if ON_BEHALF_OF in headers else None
        context = Context(caller.actor, request_id, customer, caller.traceparent)
        dry_run = isinstance(query, WriteQuery) and query.dry_run is True
        return Call(ids, query, body, CommandOptions(expected, None, context, dry_run), caller)

    def _ids(self, request: web.Request, ids: Mapping[str, str]) -> Mapping[str, str]:
        """Read the ids in the path; raise Refused for what nothing has as its id.

        The key of a receipt is no UUID. An id of a command that comes with an Idempotency-Key may be any: the aggregate
        refuses it then, and that answer is stored under the key like any other.
        """
        if not ids:
            return {}
        read = {}
        for name, value in ids.items():
            if _is_uuid(value):
                read[name] = value.lower()
            elif _is_key(value) if name == "key" else self._writes and _is_stored(request):
                read[name] = value
            else:
                raise Refused(self._route.not_found[name]())
        return read

    def _read_query(self, request: web.Request) -> msgspec.Struct:
        given: dict[str, str | int | bool] = dict(request.query)
        twice = next((name for name in given if len(request.query.getall(name)) > 1), None)
        if twice is not None:
            raise invalid(f"/{twice}", "Expected once")
        for name in self._numbers & given.keys():
            value = request.query[name]
            # Not msgspec's lax mode, which would read 1e9 and take the text null for nothing.
            if value.isascii() and value.isdigit() and len(value) < 20:  # noqa: PLR2004 - digits of 2**64
                given[name] = int(value)
        for name in self._flags & given.keys():
            given[name] = _FLAGS.get(request.query[name], request.query[name])
        try:
            return msgspec.convert(given, self._query)
        except msgspec.ValidationError as error:
            raise validation_problem(error, self._query) from error

    def _read_body(self, request: web.Request, decoder: msgspec.json.Decoder[msgspec.Struct], raw: bytes) -> object:
        headers = request.headers
        if hdrs.CONTENT_ENCODING in headers:
            raise ProblemError(MEDIA_TYPE)
        if not raw and self._optional:
            raw = b"{}"
        elif headers.get(hdrs.CONTENT_TYPE) != "application/json" and not _is_json(request):
            raise ProblemError(MEDIA_TYPE)
        try:
            return decoder.decode(raw)
        except msgspec.ValidationError as error:
            raise validation_problem(error, decoder.type) from error
        except msgspec.DecodeError as error:
            raise invalid("", f"Not JSON: {error}") from error
        except UnicodeDecodeError as error:
            raise invalid("", "Not JSON: not in UTF-8") from error
        except RecursionError as error:
            raise invalid("", "Not JSON that is taken here: nested too deeply") from error

    def fingerprint(self, call: Call[object, object], raw: bytes) -> bytes:
        """Tell requests apart: what they ask for, however the same JSON is written."""
        body = _canonical(msgspec.json.decode(raw)) if raw else b"{}"
        expected = _written(call.options.expected_versions)
        target = "\n".join((self._route.method, self._route.path, *call.ids.values(), expected, ""))
        return hashlib.blake2b(target.encode() + body, digest_size=16).digest()


def _without_fields(query: type[msgspec.Struct]) -> msgspec.Struct | None:
    """Return what is read where no parameter is given; None where that is to be checked."""
    if hasattr(query, "__post_init__") or any(field.required for field in msgspec.structs.fields(query)):
        return None
    return query()


async def receive(request: web.Request, limit: int, deadline: float) -> bytes:
    """Wait so many seconds for a body of at most so many bytes; raise ProblemError."""
    if (request.content_length or 0) > limit:
        raise ProblemError(TOO_LARGE)
    if hdrs.CONTENT_ENCODING in request.headers:
        raise ProblemError(MEDIA_TYPE)
    try:
        async with asyncio.timeout(deadline):
            await _ask_for_body(request)
            larger = limit > BODY_LIMIT  # than the one that aiohttp itself knows
            return await (request.clone(client_max_size=limit) if larger else request).read()
    except TimeoutError as error:
        raise ProblemError(TOO_SLOW) from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise ProblemError(INCOMPLETE) from error


async def _ask_for_body(request: web.Request) -> None:
    """Send the 100 that a client may wait for before it sends its body; raise ProblemError if it expects anything else.

    Not before its request is known to be served: who would be refused anyway shall not send a body for nothing.
    """
    expected = request.headers.get("Expect")
    if expected is None or request.version == HttpVersion10:
        return
    if expected.lower() != "100-continue":
        raise ProblemError(EXPECTATION)
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # it is no part of the response, of which aiohttp asks whether it has begun


def _is_stored(request: web.Request) -> bool:
    """Return whether its answer is stored: a dry run's is not, whatever key it has."""
    return IDEMPOTENCY_KEY in request.headers and request.query.get("dry_run") != "true"


def read_key(request: web.Request) -> str:
    """Read the Idempotency-Key of a request that has one; raise ProblemError."""
    given = request.headers.getall(IDEMPOTENCY_KEY)
    if len(given) != 1 or not _is_key(given[0]):
        raise invalid("/Idempotency-Key", "Expected once, with 1 to 255 printable ASCII characters")
    return given[0]


def _on_behalf_of(request: web.Request) -> str:
    """Read for whom a backend acts; raise ProblemError."""
    given = request.headers.getall(ON_BEHALF_OF)
    if len(given) != 1 or not _is_key(given[0]):
        raise invalid("/Seatkeeper-On-Behalf-Of", "Expected once, with 1 to 255 printable ASCII characters")
    return given[0]


def _is_json(request: web.Request) -> bool:
    return request.content_type == "application/json" and (request.charset or "utf-8").lower() in {"utf-8", "utf8"}


_TAG = r'(?:W/)?"[^"]*"'
_are_tags = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*").fullmatch
_each_tag = re.compile(r'(W/)?"([^"]*)"').findall
_is_version = re.compile(r"0|[1-9][0-9]{0,17}").fullmatch


def _expected_versions(request: web.Request) -> frozenset[int] | None:
    """Read If-Match (RFC 9110, 13.1.1): None for any version, an empty set for tags that nothing has.

    A weak tag is one of these: If-Match compares strongly.
    """
    header = ", ".join(request.headers.getall(hdrs.IF_MATCH))
    if header.strip() == "*":
        return None
    if not _are_tags(header):
        raise invalid("/If-Match", 'Expected versions in quotes, like "7" or "7", "8", or *')
    return frozenset(int(tag) for weak, tag in _each_tag(header) if not weak and _is_version(tag))


def _written(versions: frozenset[int] | None) -> str:
    """Write the expected versions for the fingerprint, where none that can be is -1: stored fingerprints have it so."""
    if versions is None:
        return "None"
    return ",".join(map(str, sorted(versions))) or "-1"


def is_known(request: web.Request, version: int) -> bool:
    """Return whether If-None-Match (RFC 9110, 13.1.2) says that the client has this version; it compares weakly.

    A header that is no list of tags says nothing: no read fails because of what a cache has added to it.
    """
    header = ", ".join(request.headers.getall(hdrs.IF_NONE_MATCH))
    if header.strip() == "*":
        return True
    return _are_tags(header) is not None and any(tag == str(version) for _, tag in _each_tag(header))

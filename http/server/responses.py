"""Answers and problems as aiohttp's responses."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Generic, TypeAlias, TypeVar, cast

import msgspec
from aiohttp import hdrs, web

from seatkeeper.actors.aggregates.messages import DryRun, Refusal
from seatkeeper.http.headers import ETAG, POSITION, REQUEST_ID
from seatkeeper.http.server.problems import (
    INCOMPLETE,
    MALFORMED,
    PROBLEM_TYPE,
    TOO_LARGE,
    TOO_SLOW,
    UNAUTHENTICATED,
    Problem,
    ProblemError,
    ProblemType,
    problem_type_of,
    refusal_body,
    status_of,
    title,
)
from seatkeeper.http.server.routes import Answer, Call, Route, encode

T = TypeVar("T")

_ID = web.RequestKey("request_id", str)
_is_request_id = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch

SERVER = "seatkeeper"
"""The Server header: no version of anything, which would only help who looks for holes."""

COMPRESSED_ASIDE = 32 * 1024
"""Bytes beyond which an answer is compressed on another thread: the 400 KB of the OpenAPI document take 5 ms."""


EventData: TypeAlias = dict[
    str, str | int | bool | list[str] | dict[str, str | int | dict[str, str | int] | None] | None
]
"""The fields of an event, as JSON has them."""


class DryRunEvent(msgspec.Struct, frozen=True):
    """An event that a command would store."""

    type: str
    data: EventData


class DryRunAccepted(msgspec.Struct, Generic[T], frozen=True):
    """What a command would answer, and the events that it would store; its new ids and its times are its own."""

    accepted: Annotated[bool, msgspec.Meta(extra_json_schema={"const": True})]
    status: int
    answer: T
    events: list[DryRunEvent]


class DryRunRefused(msgspec.Struct, frozen=True):
    """The problem that a command would be answered with."""

    accepted: Annotated[bool, msgspec.Meta(extra_json_schema={"const": False})]
    problem: Problem


class RequestIds:
    """The ids that the log knows requests by: the X-Request-Id that was sent, or one that is made here."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        """Make ids with `new_id`."""
        self._new_id = new_id

    def of(self, request: web.Request) -> str:
        """Return the id of a request, the same each time."""
        return request.get(_ID) or self.first_of(request)

    def first_of(self, request: web.Request) -> str:
        """Return the id of a request for which nobody has asked yet: to look for it first would cost 0.4 us."""
        given = request.headers.get(REQUEST_ID)
        known = request[_ID] = given if given is not None and _is_request_id(given) else self._new_id()
        return known


def response_to(answer: Answer) -> web.Response:
    """Write an answer."""
    headers = {hdrs.SERVER: SERVER}
    if answer.body:
        headers[hdrs.CONTENT_TYPE] = answer.content_type
    if answer.version is not None:
        headers[ETAG] = f'"{answer.version}"'
    if answer.position is not None:
        headers[POSITION] = str(answer.position)
    if answer.location is not None:
        headers[hdrs.LOCATION] = answer.location
    return web.Response(
        body=answer.body or None, status=answer.status, headers=headers, zlib_executor_size=COMPRESSED_ASIDE
    )


def not_modified(answer: Answer) -> web.Response:
    """Tell a client that it has this answer already: no body, and no header that describes one (RFC 9110, 15.4.5)."""
    return web.Response(status=304, headers={hdrs.SERVER: SERVER, ETAG: f'"{answer.version}"'})


def refusal_answer(refusal: Refusal, path: str, request_id: str) -> Answer:
    """Answer a refusal with its problem."""
    version = getattr(refusal, "current_version", None)
    body = refusal_body(refusal, path, request_id)
    return Answer(body, status_of(type(refusal)), version, content_type=PROBLEM_TYPE)


def dry_run_answer(route: Route, call: Call[object, object], run: DryRun) -> Answer:
    """Answer with what a command would be answered with; no header tells of what has not happened."""
    would = route.accepted(call, run)
    body = msgspec.Raw(would.body or b"null")
    events = [DryRunEvent(event.tag, cast("EventData", event.shown())) for event in run.events]
    return Answer(encode(DryRunAccepted(accepted=True, status=would.status, answer=body, events=events)))


def dry_refusal_answer(refusal: Refusal, path: str, request_id: str) -> Answer:
    """Answer with the problem that a command would be answered with."""
    problem = cast("Problem", msgspec.Raw(refusal_body(refusal, path, request_id)))  # with the fields of its type
    return Answer(encode(DryRunRefused(accepted=False, problem=problem)))


def refusal_response(refusal: Refusal, path: str, request_id: str) -> web.Response:
    """Answer a refusal that is stored under no key."""
    response = response_to(refusal_answer(refusal, path, request_id))
    response.headers[REQUEST_ID] = request_id
    return response


def problem_response(error: Exception, path: str, request_id: str) -> web.Response:
    """Answer with the problem that an exception is told as."""
    problem = problem_type_of(error)
    headers = {hdrs.SERVER: SERVER, hdrs.CONTENT_TYPE: PROBLEM_TYPE, REQUEST_ID: request_id}
    if problem.retry_after is not None:
        headers[hdrs.RETRY_AFTER] = str(problem.retry_after)
    if problem is UNAUTHENTICATED:
        headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    if isinstance(error, web.HTTPMethodNotAllowed):
        headers[hdrs.ALLOW] = ", ".join(sorted(error.allowed_methods))
    body = problem_body(problem, error, path, request_id)
    response = web.Response(body=body, status=problem.status, headers=headers)
    if problem in (TOO_LARGE, TOO_SLOW, INCOMPLETE, MALFORMED):
        response.force_close()  # the rest of the body is not read, or never comes; or it is another protocol
    return response


def problem_body(problem: ProblemType, error: Exception, path: str, request_id: str) -> bytes:
    """Write a problem as JSON."""
    errors = error.errors if isinstance(error, ProblemError) else []
    return msgspec.json.encode(
        Problem(
            f"/problems/{problem.slug}", title(problem.slug), problem.status, problem.detail, path, request_id, errors
        )
    )


def whole_response(problem: ProblemType, request_id: str) -> bytes:
    """Write a problem as the bytes of a whole response, for a connection that has no request to answer."""
    body = problem_body(problem, ProblemError(problem), "/", request_id)
    lines = [
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}",
        f"Server: {SERVER}",
        f"Content-Type: {PROBLEM_TYPE}",
        f"X-Request-Id: {request_id}",
        *([f"Retry-After: {problem.retry_after}"] if problem.retry_after is not None else []),
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body

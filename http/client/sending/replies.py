"""What came back: a reply as bytes, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar, cast

import msgspec

from seatkeeper.http.client.calls import Answer, Call, DryRun, WouldStore
from seatkeeper.http.client.errors import Problem, UnexpectedAnswer, problem_in

T = TypeVar("T")

_version = re.compile(r'"(\d+)"').search
_NULL = b"null"


class _Tried(msgspec.Struct, frozen=True):
    accepted: bool
    status: int = 0
    answer: msgspec.Raw = msgspec.Raw(_NULL)
    events: list[WouldStore] = []
    problem: msgspec.Raw = msgspec.Raw(_NULL)


@dataclass(frozen=True)
class Reply:
    """A response, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def problem(self, key: str | None) -> Problem:
        """Read the problem that it tells of; one that is no problem+json comes from a proxy."""
        request_id = self.headers.get("X-Request-Id")
        problem = problem_in(self.body, self.status, request_id)
        problem.retry_after = seconds(self.headers.get("Retry-After"))
        problem.idempotency_key = key
        return problem

    def number(self, name: str) -> int | None:
        """Read a header that holds a number."""
        text = self.headers.get(name)
        return int(text) if text is not None and text.isdecimal() else None


def answer_of(call: Call[T], reply: Reply, key: str | None) -> Answer[T]:
    """Read the answer to a call; raise UnexpectedAnswer for what has another shape."""
    try:
        value = _value(call, reply.body)
    except UnexpectedAnswer as error:
        error.idempotency_key = key
        raise
    version = _version(reply.headers.get("ETag", ""))
    return Answer(
        value=value,
        status=reply.status,
        version=None if version is None else int(version[1]),
        position=reply.number("Seatkeeper-Position"),
        journal_id=reply.headers.get("Seatkeeper-Journal"),
        location=reply.headers.get("Location"),
        replayed=reply.headers.get("Idempotency-Replayed") == "true",
        idempotency_key=key,
    )


def tried(call: Call[T], reply: Reply) -> DryRun[T]:
    """Read what would come of a call."""
    found = _decoded(reply.body, _Tried)
    if not found.accepted:
        problem = problem_in(bytes(found.problem), reply.status, None)
        return DryRun(accepted=False, status=problem.status, answer=None, events=[], problem=problem)
    answer = None if bytes(found.answer) == _NULL else _value(call, bytes(found.answer))
    return DryRun(accepted=True, status=found.status, answer=answer, events=found.events, problem=None)


def _value(call: Call[T], body: bytes) -> T:
    if call.answer is str:
        return cast("T", body.decode(errors="replace"))
    return _decoded(body or _NULL, call.answer)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnexpectedAnswer(f"the answer is not one of this release: {error}") from error


def seconds(retry_after: str | None) -> float | None:
    """Read a Retry-After: seconds, or a date (RFC 9110, 10.2.3); None where there is none that can be read."""
    if retry_after is None:
        return None
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None

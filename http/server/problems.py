"""Problems (RFC 9457): the one table of what a client is told, and with which status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from aiohttp import web

from seatkeeper.actors.aggregates.aggregate import AggregateFailed, VersionMismatch
from seatkeeper.actors.aggregates.directory import DirectoryFull
from seatkeeper.actors.aggregates.journal import JournalFull, NotStored, OutcomeUnknown, StreamDamaged
from seatkeeper.actors.aggregates.messages import NotFound, Refusal
from seatkeeper.actors.runtime.inbox import InboxFull
from seatkeeper.storage.errors import EventDamaged, QueryTooSlow, StorageDown, StorageFull, TooManyQueries

PROBLEM_TYPE = "application/problem+json"


class ProblemType(NamedTuple):
    """A kind of problem that is not a refusal of the domain; `retry_after` is in seconds."""

    status: int
    slug: str
    detail: str
    retry_after: int | None = None


INVALID = ProblemType(400, "invalid-request", "The request is invalid: see `errors`.")
MALFORMED = ProblemType(400, "malformed-request", "Only HTTP/1.0 and HTTP/1.1 are supported, without CONNECT.")
UNAUTHENTICATED = ProblemType(
    401, "unauthenticated", "This call needs a key that works: send `Authorization: Bearer sk_...`."
)
ORIGIN_NOT_ALLOWED = ProblemType(
    403,
    "origin-not-allowed",
    "The service does not answer to this Host or Origin. Without keys it answers to localhost and to its own pages.",
)
NOT_FOUND = ProblemType(404, "not-found", "There is no resource at this path.")
METHOD_NOT_ALLOWED = ProblemType(
    405, "method-not-allowed", "This resource does not support the method; the Allow header lists those that it does."
)
TOO_SLOW = ProblemType(408, "request-timeout", "The request did not arrive in time.")
INCOMPLETE = ProblemType(400, "incomplete-body", "The connection was closed before the body was complete.")
TOO_LARGE = ProblemType(413, "content-too-large", "The body is larger than 64 KiB.")
MEDIA_TYPE = ProblemType(
    415, "unsupported-media-type", "Send the body as application/json, in UTF-8, without a Content-Encoding."
)
KEY_REUSED = ProblemType(
    422, "idempotency-key-reused", "This Idempotency-Key was used with another request. Use a new key."
)
TOO_MANY_REQUESTS = ProblemType(
    429,
    "too-many-requests",
    "There were more requests with this key, or wrong keys from this address, than the limit. Wait for Retry-After.",
    1,
)
EXPECTATION = ProblemType(417, "expectation-failed", "The only supported expectation is 100-continue.")
INTERNAL = ProblemType(500, "internal-error", "An unexpected error occurred. The log has it under this request_id.")
OVERLOADED = ProblemType(503, "overloaded", "The service is busy. Nothing was changed: try again.", 1)

PROBLEMS: Mapping[type[Exception], ProblemType] = {
    web.HTTPNotFound: NOT_FOUND,
    web.HTTPMethodNotAllowed: METHOD_NOT_ALLOWED,
    web.HTTPRequestEntityTooLarge: TOO_LARGE,
    web.RequestPayloadError: INCOMPLETE,
    JournalFull: OVERLOADED,
    InboxFull: OVERLOADED,
    DirectoryFull: OVERLOADED,
    TooManyQueries: OVERLOADED,
    QueryTooSlow: ProblemType(503, "query-too-slow", "The query took too long. Ask for less.", 1),
    StorageFull: ProblemType(503, "storage-full", "The disk is full. Nothing was changed: try again later.", 10),
    StorageDown: ProblemType(503, "storage-down", "The storage is not ready. Nothing was changed: try again.", 1),
    OutcomeUnknown: ProblemType(
        503,
        "outcome-unknown",
        "The commit failed half-way: the command was carried out or not. Send it again with the same Idempotency-Key.",
        1,
    ),
    StreamDamaged: ProblemType(500, "stream-damaged", "The stored data of this resource is damaged."),
    NotStored: ProblemType(503, "not-stored", "The command could not be stored. Nothing was changed: try again.", 1),
    AggregateFailed: INTERNAL,
}
"""What an exception is told as: the first class in this order that fits."""


class InsufficientScope(Refusal, frozen=True, gc=False):
    """This key may not do that: it lacks the scope {required}. Use a key that has it."""

    required: str


class FieldProblem(msgspec.Struct, frozen=True):
    """Where in the request something is wrong, as a JSON pointer, and what."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem as RFC 9457 has it, with what belongs to its type."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldProblem] = []


class Refused(Exception):
    """Carries a refusal that becomes the response."""

    def __init__(self, refusal: Refusal) -> None:
        """Carry this one."""
        super().__init__(str(refusal))
        self.refusal = refusal


class ProblemError(Exception):
    """Carries a problem of the request."""

    def __init__(self, problem: ProblemType, *errors: FieldProblem) -> None:
        """Carry this problem, and where it is."""
        super().__init__(problem.detail)
        self.problem = problem
        self.errors = list(errors)


def not_ready(reason: str) -> ProblemType:
    """Make the 503 of a service that cannot serve writes now."""
    return ProblemType(503, "not-ready", reason, 1)


def invalid(pointer: str, detail: str) -> ProblemError:
    """Make the 400 that points at one field."""
    return ProblemError(INVALID, FieldProblem(pointer, detail))


def problem_type_of(error: Exception) -> ProblemType:
    """Find what the client is told of an exception."""
    if isinstance(error, ProblemError):
        return error.problem
    problem = next((problem for kind, problem in PROBLEMS.items() if isinstance(error, kind)), None)
    if isinstance(error, web.HTTPException) and problem is None:
        return ProblemType(error.status, "bad-request", error.reason)
    if isinstance(error, EventDamaged) and problem is not None:
        return problem._replace(detail=f"{problem.detail} Details: {error}.")
    return problem or INTERNAL


def title(slug: str) -> str:
    """Write a slug as words."""
    return slug.replace("-", " ").capitalize()


def status_of(refusal: type[Refusal]) -> int:
    """Return the status of a refusal: 404 where something is not there, 412 for a version, and 409 for most others."""
    if issubclass(refusal, NotFound):
        return 404
    if refusal is InsufficientScope:
        return 403
    return 412 if refusal is VersionMismatch else 409


def refusal_body(refusal: Refusal, path: str, request_id: str) -> bytes:
    """Write a refusal as a problem, with the fields that it carries."""
    slug, status = refusal.slug(), status_of(type(refusal))
    problem = Problem(f"/problems/{slug}", title(slug), status, str(refusal), path, request_id)
    return msgspec.json.encode({**msgspec.to_builtins(problem), **msgspec.to_builtins(refusal)})

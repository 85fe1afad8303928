"""Refusals and faults as problem+json (RFC 9457): the one table of status codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from aiohttp import web

from seatkeeper.actors.accounts import refusals as account
from seatkeeper.actors.aggregate import AggregateFailed, VersionMismatch
from seatkeeper.actors.directory import DirectoryFull
from seatkeeper.actors.journal import JournalFull, NotStored, OutcomeUnknown, StreamDamaged
from seatkeeper.actors.messages import Refusal
from seatkeeper.actors.runtime import InboxFull
from seatkeeper.actors.subscriptions import refusals as subscription
from seatkeeper.http.responses import Response, header
from seatkeeper.storage.database import QueryTooSlow, TooManyQueries
from seatkeeper.storage.journal import StorageFull
from seatkeeper.storage.queries import EventDamaged
from seatkeeper.storage.receipts import StorageDown

PROBLEM_TYPE = "application/problem+json"


class ReceiptNotFound(Refusal, frozen=True, gc=False):
    """Nothing is stored under this idempotency key: no command that came with it was answered for good."""


REFUSALS: Mapping[type[Refusal], int] = {
    subscription.PlanNotFound: 404,
    subscription.PlanExists: 409,
    subscription.PlanRetired: 409,
    account.AccountNotFound: 404,
    account.AccountExists: 409,
    account.AccountSuspended: 409,
    account.AccountClosed: 409,
    account.MemberNotFound: 404,
    account.UserLimitReached: 409,
    account.NoSeatLeft: 409,
    account.EmailTaken: 409,
    account.LastAdmin: 409,
    account.OverLimit: 409,
    account.CurrencyMismatch: 409,
    account.CreditExhausted: 409,
    account.CreditTooLarge: 409,
    VersionMismatch: 412,
    ReceiptNotFound: 404,
}


class Fault(NamedTuple):
    """What a client is told of something that is no rule of the domain."""

    status: int
    slug: str
    detail: str
    retry_after: int | None = None


INVALID = Fault(400, "invalid-request", "The request does not have the form that is expected here.")
MALFORMED = Fault(400, "malformed-request", "This is not HTTP/1.1 as it is spoken here.")
NOT_FOUND = Fault(404, "not-found", "There is nothing at this address.")
METHOD_NOT_ALLOWED = Fault(405, "method-not-allowed", "This address does not know that method.")
TOO_SLOW = Fault(408, "request-timeout", "The request did not arrive in time.")
INCOMPLETE = Fault(400, "incomplete-body", "The connection was closed before the body was whole.")
TOO_LARGE = Fault(413, "content-too-large", "The body is larger than is taken here.")
MEDIA_TYPE = Fault(415, "unsupported-media-type", "A body is sent as application/json, in UTF-8, uncompressed.")
KEY_REUSED = Fault(422, "idempotency-key-reused", "This Idempotency-Key came with another request before.")
EXPECTATION = Fault(417, "expectation-failed", "Of what a client may expect, only 100-continue is met here.")
HEADERS_TOO_LARGE = Fault(431, "headers-too-large", "The address or a header is longer than is taken here.")
INTERNAL = Fault(500, "internal-error", "Something failed that should not have; it is in the log.")
OVERLOADED = Fault(503, "overloaded", "Too much is under way; nothing was changed.", 1)

# In this order: the first class that fits counts.
FAULTS: Mapping[type[Exception], Fault] = {
    web.RequestPayloadError: INCOMPLETE,
    JournalFull: OVERLOADED,
    InboxFull: OVERLOADED,
    DirectoryFull: OVERLOADED,
    TooManyQueries: OVERLOADED,
    QueryTooSlow: Fault(503, "query-too-slow", "The query took too long; ask for less.", 1),
    StorageFull: Fault(503, "storage-full", "The disk is full; nothing was changed.", 10),
    StorageDown: Fault(503, "storage-down", "The storage is not ready; nothing was changed.", 1),
    OutcomeUnknown: Fault(503, "outcome-unknown", "A commit failed half-way: this command is done or not.", 1),
    StreamDamaged: Fault(500, "stream-damaged", "What is stored here is damaged; the rest of the service works."),
    NotStored: Fault(503, "not-stored", "The command could not be stored; nothing was changed.", 1),
    AggregateFailed: INTERNAL,
}


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
    """Carries a refusal that was decided at the edge."""

    def __init__(self, refusal: Refusal) -> None:
        """Carry this one."""
        super().__init__(str(refusal))
        self.refusal = refusal


class Faulty(Exception):
    """Carries a fault of the request."""

    def __init__(self, fault: Fault, *errors: FieldProblem) -> None:
        """Carry this fault, and where it is."""
        super().__init__(fault.detail)
        self.fault = fault
        self.errors = list(errors)


class NothingThere(Faulty):
    """Carries that a path leads nowhere."""

    def __init__(self) -> None:
        """Carry a 404."""
        super().__init__(NOT_FOUND)


class MethodNotAllowed(Faulty):
    """Carries that a path does not know a method, and which it knows."""

    def __init__(self, methods: Iterable[str]) -> None:
        """Carry a 405."""
        super().__init__(METHOD_NOT_ALLOWED)
        self.methods = frozenset(methods)


def not_ready(reason: str) -> Fault:
    """Make the 503 of a service that cannot serve writes now."""
    return Fault(503, "not-ready", reason, 1)


def invalid(pointer: str, detail: str) -> Faulty:
    """Make the 400 that points at one field."""
    return Faulty(INVALID, FieldProblem(pointer, detail))


def fault_of(error: Exception) -> Fault:
    """Find what the client is told of an exception."""
    if isinstance(error, Faulty):
        return error.fault
    if isinstance(error, web.HTTPException):
        return TOO_LARGE if error.status == TOO_LARGE.status else Fault(error.status, "bad-request", error.reason)
    fault = next((fault for kind, fault in FAULTS.items() if isinstance(error, kind)), INTERNAL)
    return fault._replace(detail=f"{fault.detail} Here, {error}.") if isinstance(error, EventDamaged) else fault


def title(slug: str) -> str:
    """Write a slug as words."""
    return slug.replace("-", " ").capitalize()


def status_of(refusal: Refusal) -> int:
    """Look the status of a refusal up."""
    return REFUSALS[type(refusal)]


def refusal_body(refusal: Refusal, path: str, request_id: str) -> bytes:
    """Write a refusal as a problem, with the fields that it carries."""
    slug = refusal.slug()
    problem = Problem(f"/problems/{slug}", title(slug), status_of(refusal), str(refusal), path, request_id)
    return msgspec.json.encode({**msgspec.to_builtins(problem), **msgspec.to_builtins(refusal)})


def fault_response(error: Exception, path: str, request_id: str) -> Response:
    """Answer with what the client is told of an exception."""
    fault = fault_of(error)
    errors = error.errors if isinstance(error, Faulty) else []
    problem = Problem(
        f"/problems/{fault.slug}", title(fault.slug), fault.status, fault.detail, path, request_id, errors
    )
    response = Response(fault.status, msgspec.json.encode(problem), header("Content-Type", PROBLEM_TYPE))
    response.add("X-Request-Id", request_id)
    if fault.retry_after is not None:
        response.add("Retry-After", str(fault.retry_after))
    if isinstance(error, MethodNotAllowed):
        response.add("Allow", ", ".join(sorted(error.methods)))
    if fault in (TOO_LARGE, TOO_SLOW, INCOMPLETE):
        response.force_close()  # the rest of the body is not read, or never comes
    return response

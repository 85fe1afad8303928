"""Problems (RFC 9457): the one table of what a client is told, and with which status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from aiohttp import web

from seatkeeper.actors.aggregates.aggregate import AggregateFailed, VersionMismatch
from seatkeeper.actors.aggregates.directory import DirectoryFull
from seatkeeper.actors.aggregates.journal import JournalFull, NotStored, OutcomeUnknown, StreamDamaged
from seatkeeper.actors.aggregates.messages import Gone, NotFound, OneOfMany, Refusal
from seatkeeper.actors.runtime.inbox import InboxFull
from seatkeeper.storage.errors import EventDamaged, QueryTooSlow, StorageDown, StorageFull, TooManyQueries

PROBLEM_TYPE = "application/problem+json"


class ProblemType(NamedTuple):
    """A kind of problem that is not a refusal of the domain; `retry_after` is in seconds.

    `when` it comes and what to do (`advice`) are for the page of the problem.
    """

    status: int
    slug: str
    detail: str
    retry_after: int | None = None
    when: str = ""
    advice: str = ""


INVALID = ProblemType(
    400,
    "invalid-request",
    "The request is invalid: see `errors`.",
    when="It comes when the path, the query, a header or the body is not what the call takes: a field is missing, is"
    " unknown, or has a value that is not allowed.",
    advice="Look at `errors`: each entry has the place of a field (`pointer`) and what is expected there. Change the"
    " request. The same request never succeeds.",
)
BAD_REQUEST = ProblemType(
    400,
    "bad-request",
    "The request cannot be read.",
    when="It comes, rarely, when a request breaks a rule of HTTP that has no problem of its own.",
    advice="Read the detail, which names the rule. A client that is made of an HTTP library does not get here.",
)
MALFORMED = ProblemType(
    400,
    "malformed-request",
    "Only HTTP/1.0 and HTTP/1.1 are supported, without CONNECT.",
    when="It comes when the request is in another version of HTTP, or takes the service for a proxy.",
    advice="Speak HTTP/1.1. A proxy in front of the service may speak HTTP/2 or 3 to your clients.",
)
UNAUTHENTICATED = ProblemType(
    401,
    "unauthenticated",
    "This call needs a key that works: send `Authorization: Bearer sk_...`.",
    when="It comes when there is no API key, or it is unknown, revoked or expired. The answer does not say which.",
    advice="Send the whole key, as it was shown when it was created. If it was lost, has ended or was revoked, have"
    " another one created, or its secret rotated.",
)
ORIGIN_NOT_ALLOWED = ProblemType(
    403,
    "origin-not-allowed",
    "The service does not answer to this Host or Origin. Without keys it answers to localhost and to its own pages.",
    when="It comes when a page of another site asks a service without keys, or when a service is asked by a name that"
    " `--allowed-hosts` does not have.",
    advice="Ask a service without keys as `localhost` or `127.0.0.1`. To reach it by other names or from other pages,"
    " create a key, then use `--allowed-hosts` and `--cors-origins`.",
)
NOT_FOUND = ProblemType(
    404,
    "not-found",
    "There is no resource at this path.",
    when="It comes when no call has this path.",
    advice="Compare the path with the reference at `/docs`. Paths end without a slash, and most begin with `/v1/`.",
)
METHOD_NOT_ALLOWED = ProblemType(
    405,
    "method-not-allowed",
    "This resource does not support the method; the Allow header lists those that it does.",
    when="It comes when the path is right and the method is not.",
    advice="Use one of the methods in the `Allow` header of the answer.",
)
TOO_SLOW = ProblemType(
    408,
    "request-timeout",
    "The request did not arrive in time.",
    when="It comes when the body of a request takes longer than `--body-deadline`. Nothing was changed.",
    advice="Send the request again on a new connection, with the same `Idempotency-Key`.",
)
INCOMPLETE = ProblemType(
    400,
    "incomplete-body",
    "The connection was closed before the body was complete.",
    when="It comes when a client ends the connection, or a proxy does, before the whole body was sent. Nothing was"
    " changed.",
    advice="Send the request again on a new connection. Check that `Content-Length` is the body's length in bytes.",
)
TOO_LARGE = ProblemType(
    413,
    "content-too-large",
    "The body is larger than 64 KiB, or than 1 MiB where many things are sent at once.",
    when="It comes when a body is larger than what the call takes.",
    advice="Send less: split a long list into several requests, each with an `Idempotency-Key` of its own.",
)
MEDIA_TYPE = ProblemType(
    415,
    "unsupported-media-type",
    "Send the body as application/json, in UTF-8, without a Content-Encoding.",
    when="It comes when a body has another `Content-Type` than `application/json`, or is compressed.",
    advice="Send the header `Content-Type: application/json`, and the body as it is.",
)
KEY_REUSED = ProblemType(
    422,
    "idempotency-key-reused",
    "This Idempotency-Key was used with another request. Use a new key.",
    when="It comes when a key that belongs to one command is sent with another path or another body.",
    advice="Make a new key for each command, and keep it for the repeats of that command. `/v1/receipts/{key}` shows"
    " what the key was used for.",
)
TOO_MANY_REQUESTS = ProblemType(
    429,
    "too-many-requests",
    "There were more requests with this key, or wrong keys from this address, than the limit. Wait for Retry-After.",
    1,
    when="It comes when an API key with a `rate_limit` has used its requests up, or when too many wrong keys came from"
    " one address. Nothing was changed.",
    advice="Wait for `Retry-After` seconds. `RateLimit` on each answer says how many requests are left.",
)
EXPECTATION = ProblemType(
    417,
    "expectation-failed",
    "The only supported expectation is 100-continue.",
    when="It comes when a request has an `Expect` header with anything else in it.",
    advice="Leave the header out, or send `Expect: 100-continue`.",
)
INTERNAL = ProblemType(
    500,
    "internal-error",
    "An unexpected error occurred. The log has it under this request_id.",
    when="It comes when the service has a fault. It is never the request's.",
    advice="Send the request again with the same `Idempotency-Key`. If it comes again, give the `request_id` to the"
    " operator, who finds the cause in the log.",
)
OVERLOADED = ProblemType(
    503,
    "overloaded",
    "The service is busy. Nothing was changed: try again.",
    1,
    when="It comes when a queue of the service is full: too many requests at once, or too many for one account.",
    advice="Try again after `Retry-After` seconds, and wait longer after each try. Send fewer requests at once.",
)

PROBLEMS: Mapping[type[Exception], ProblemType] = {
    web.HTTPNotFound: NOT_FOUND,
    web.HTTPMethodNotAllowed: METHOD_NOT_ALLOWED,
    web.HTTPRequestEntityTooLarge: TOO_LARGE,
    web.RequestPayloadError: INCOMPLETE,
    JournalFull: OVERLOADED,
    InboxFull: OVERLOADED,
    DirectoryFull: OVERLOADED,
    TooManyQueries: OVERLOADED,
    QueryTooSlow: ProblemType(
        503,
        "query-too-slow",
        "The query took too long. Ask for less.",
        1,
        when="It comes when a query reaches its deadline: a list with a wide filter, or a past that is far away.",
        advice="Ask for a smaller `limit` or with a narrower filter. If it comes often, the machine does too much.",
    ),
    StorageFull: ProblemType(
        503,
        "storage-full",
        "The disk is full. Nothing was changed: try again later.",
        10,
        when="It comes when the disk of the database has no room for the events of a command. Reads go on.",
        advice="Tell the operator, who has to make room. Then send the command again, with the same `Idempotency-Key`.",
    ),
    StorageDown: ProblemType(
        503,
        "storage-down",
        "The storage is not ready. Nothing was changed: try again.",
        1,
        when="It comes when the database cannot be reached, or is opened again after a failure. `/readyz` says why.",
        advice="Try again after `Retry-After` seconds. It ends by itself when the database is back.",
    ),
    OutcomeUnknown: ProblemType(
        503,
        "outcome-unknown",
        "The commit failed half-way: the command was carried out or not. Send it again with the same Idempotency-Key.",
        1,
        when="It comes when the service lost the answer of the database, or a command took longer than its deadline.",
        advice="Send the same request with the same `Idempotency-Key`: it is carried out at most once, and you get the"
        " answer of the first. Without a key, read the resource before you repeat the command.",
    ),
    StreamDamaged: ProblemType(
        500,
        "stream-damaged",
        "The stored data of this resource is damaged.",
        when="It comes when stored events do not have their checksum any more. The service makes no guess at them.",
        advice="Tell the operator: `seatkeeper verify` names what is damaged, and a backup has it. All other resources"
        " work.",
    ),
    NotStored: ProblemType(
        503,
        "not-stored",
        "The command could not be stored. Nothing was changed: try again.",
        1,
        when="It comes when the database refused the events of a command, or those of another one before it.",
        advice="Send the command again, with the same `Idempotency-Key`.",
    ),
    AggregateFailed: INTERNAL,
}
"""What an exception is told as: the first class in this order that fits."""


class InsufficientScope(Refusal, frozen=True, gc=False):
    """This key may not do that: it lacks the scope {required}. Use a key that has it.

    It comes when a request has an API key that works and whose scopes do not include what the call needs.

    Use a key with the scope that the field `required` names, or create one. The scopes of a key never change.
    """

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
    index: int | msgspec.UnsetType = msgspec.UNSET
    """The place of the entry that is refused, counted from 0, where many are sent at once."""


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


NOT_READY = ProblemType(
    503,
    "not-ready",
    "The service does not serve writes now; the detail says why.",
    1,
    when="It comes when the service is asked whether it is ready, while it stops or its storage does not work.",
    advice="Send no requests here until the answer is 200. It ends by itself, or the log has the cause.",
)


def not_ready(reason: str) -> ProblemType:
    """Make the 503 of a service that cannot serve writes now."""
    return NOT_READY._replace(detail=reason)


def invalid(pointer: str, detail: str) -> ProblemError:
    """Make the 400 that points at one field."""
    return ProblemError(INVALID, FieldProblem(pointer, detail))


def problem_type_of(error: Exception) -> ProblemType:
    """Find what the client is told of an exception."""
    if isinstance(error, ProblemError):
        return error.problem
    problem = next((problem for kind, problem in PROBLEMS.items() if isinstance(error, kind)), None)
    if isinstance(error, web.HTTPException) and problem is None:
        return BAD_REQUEST._replace(status=error.status, detail=error.reason)
    if isinstance(error, EventDamaged) and problem is not None:
        return problem._replace(detail=f"{problem.detail} Details: {error}.")
    return problem or INTERNAL


def title(slug: str) -> str:
    """Write a slug as words."""
    return slug.replace("-", " ").capitalize()


def status_of(refusal: type[Refusal]) -> int:
    """Return the status of a refusal: 404 not there, 410 over, 412 another version, 409 for most."""
    if issubclass(refusal, NotFound):
        return 404
    if refusal is InsufficientScope:
        return 403
    if issubclass(refusal, Gone):
        return 410
    return 412 if refusal is VersionMismatch else 409


def refusal_body(refusal: Refusal, path: str, request_id: str) -> bytes:
    """Write a refusal as a problem, with the fields that it carries."""
    if isinstance(refusal, OneOfMany):
        inner = refusal.refusal
        problem = Problem(
            f"/problems/{inner.slug}", title(inner.slug), status_of(type(refusal)), str(refusal), path, request_id
        )
        problem = msgspec.structs.replace(problem, index=refusal.index)
        return msgspec.json.encode({**msgspec.to_builtins(problem), **msgspec.to_builtins(inner.fields)})
    slug, status = refusal.slug(), status_of(type(refusal))
    problem = Problem(f"/problems/{slug}", title(slug), status, str(refusal), path, request_id)
    return msgspec.json.encode({**msgspec.to_builtins(problem), **msgspec.to_builtins(refusal)})

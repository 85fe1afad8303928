"""The routes of API keys. Nobody makes or takes over a key that may do more than their own."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from seatkeeper.actors.access import commands, refusals
from seatkeeper.actors.access.actor import ApiKeyActor
from seatkeeper.actors.access.events import KeyId
from seatkeeper.actors.access.scopes import SCOPES, Scope, first_beyond, ordered
from seatkeeper.actors.access.summaries import ApiKeySummary, KeyWithSecret, shown
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.times import later
from seatkeeper.http import fields
from seatkeeper.http.access.credentials import Credential, new_credential
from seatkeeper.http.api.lists.pages import Page, PageQuery, read_number, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import UNAUTHENTICATED, InsufficientScope, ProblemError, Refused
from seatkeeper.http.server.routes import Answer, B, Call, Nothing, Q, Route, encode
from seatkeeper.http.times import Time, ahead_if_given, in_utc

Scopes: TypeAlias = Annotated[
    list[Scope],
    msgspec.Meta(min_length=1, max_length=20, extra={"expected": f"a list of some of {', '.join(SCOPES)}"}),
]
RateLimit: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Overlap: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=604_800)]


class NewApiKey(msgspec.Struct, forbid_unknown_fields=True):
    """A new key; `rate_limit` is in requests a second."""

    name: fields.Name
    scopes: Scopes
    expires_at: Time | None = None
    rate_limit: RateLimit | None = None

    def __post_init__(self) -> None:
        self.name = fields.name("name", self.name)
        if self.expires_at is not None:
            self.expires_at = in_utc("expires_at", self.expires_at)


class Rotation(msgspec.Struct, forbid_unknown_fields=True):
    """For how long the secret of now works beside the new one."""

    overlap_seconds: Overlap = 0


def create_api_key(service: Service, call: Call[NewApiKey, Nothing]) -> Reply:
    """Make an API key; its secret is in the first answer only."""
    credential = new_credential(service.new_id())
    command = creation(call.body, credential, service.now())
    _require(service, call, *command.scopes)
    call.shown_once = str(credential)
    return service.ask(ApiKeyActor, command.key_id, call, command)


async def list_api_keys(service: Service, call: Call[None, PageQuery]) -> Answer:
    """List API keys, oldest first."""
    items = await service.queries.api_keys(read_number("api_keys", call), call.query.limit + 1)
    return show_page("api_keys", call, [item._replace(summary=_show(service, item.summary)) for item in items])


async def get_api_key(service: Service, call: Call[None, Nothing]) -> Answer:
    """Read an API key; its ETag does not tell of its last use, nor of its end by time."""
    found = await service.queries.api_key(call.ids["key_id"])
    if found is None:
        raise Refused(refusals.KeyNotFound())
    return Answer(_show(service, found.summary).encode(), version=found.version)


def rotate_api_key(service: Service, call: Call[Rotation, Nothing]) -> Reply:
    """Give an API key another secret, which is in the first answer only."""
    key_id = call.ids["key_id"]
    known = service.keyring.find(key_id)
    if known is not None:
        _require(service, call, *sorted(known.scopes))
    credential = new_credential(key_id)
    call.shown_once = str(credential)
    used = service.keyring.last_used_at(key_id)
    return service.ask(ApiKeyActor, key_id, call, rotation(call.body, credential, service.now(), used))


def revoke_api_key(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """End an API key for ever, on every connection at once."""
    key_id = call.ids["key_id"]
    known = service.keyring.find(key_id)
    if known is not None:
        _require(service, call, *sorted(known.scopes))
    command = commands.RevokeKey(service.now(), service.keyring.last_used_at(key_id))
    return service.ask(ApiKeyActor, key_id, call, command)


def creation(body: NewApiKey, credential: Credential, now: str) -> commands.CreateKey:
    """Make the command for a new key; raise ProblemError when it would have ended already."""
    return commands.CreateKey(
        key_id=KeyId(credential.key_id),
        name=body.name,
        scopes=ordered(body.scopes),
        rate_limit=body.rate_limit,
        expires_at=ahead_if_given("expires_at", body.expires_at, now),
        secret_hash=credential.digest.hex(),
        at=now,
    )


def rotation(body: Rotation, credential: Credential, now: str, last_used_at: str | None) -> commands.RotateKey:
    """Make the command for another secret."""
    seconds = body.overlap_seconds
    until = later(now, seconds) if seconds else None
    return commands.RotateKey(credential.digest.hex(), until, now, last_used_at)


def _require(service: Service, call: Call[B, Q], *scopes: str) -> None:
    """Raise Refused unless the caller may do all of this, and ProblemError where it has no key and needs one by now.

    A request to an open service may have waited for its body while the first key was made.
    """
    if call.caller.key_id is None and service.keyring.holds_keys:
        raise ProblemError(UNAUTHENTICATED)
    beyond = first_beyond(call.caller.scopes, scopes)
    if beyond is not None:
        raise Refused(InsufficientScope(beyond))


def _show(service: Service, summary: str) -> str:
    """Show a stored summary with what only this moment knows."""
    stored = msgspec.json.decode(summary, type=ApiKeySummary)
    return encode(shown(stored, service.keyring.last_used_at(stored.key_id), service.now())).decode()


def _location(_call: Call[NewApiKey, Nothing], made: KeyWithSecret) -> str:
    return f"/v1/api-keys/{made.api_key.key_id}"


_GONE = (refusals.KeyNotFound,)

ROUTES = (
    Route(
        "POST",
        "/v1/api-keys",
        create_api_key,
        KeyWithSecret,
        201,
        body=NewApiKey,
        location=_location,
        scope="keys",
    ),
    Route("GET", "/v1/api-keys", list_api_keys, Page[ApiKeySummary], query=PageQuery, scope="keys"),
    Route("GET", "/v1/api-keys/{key_id}", get_api_key, ApiKeySummary, refusals=_GONE, scope="keys"),
    Route(
        "POST",
        "/v1/api-keys/{key_id}/rotate",
        rotate_api_key,
        KeyWithSecret,
        body=Rotation,
        refusals=(*_GONE, refusals.KeyRevoked, refusals.KeyExpired),
        scope="keys",
    ),
    Route(
        "POST",
        "/v1/api-keys/{key_id}/revoke",
        revoke_api_key,
        ApiKeySummary,
        body=Nothing,
        refusals=_GONE,
        scope="keys",
    ),
)

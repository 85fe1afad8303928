"""What a client sees of an API key: frozen values, without the hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from seatkeeper.actors.access import commands
from seatkeeper.actors.access.api_key import ApiKey
from seatkeeper.actors.access.events import KeyId
from seatkeeper.actors.access.scopes import Scope
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Event


class ApiKeySummary(msgspec.Struct, frozen=True, gc=False):
    """An API key; `rate_limit` is in requests a second, and `last_used_at` may lag a minute behind."""

    key_id: KeyId
    name: str
    scopes: tuple[Scope, ...]
    rate_limit: int | None
    status: Literal["active", "revoked", "expired"]
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    version: int


class KeyWithSecret(msgspec.Struct, frozen=True, gc=False):
    """A key, and its secret, which only the first answer shows."""

    api_key: ApiKeySummary
    secret: str | None = None


Answer: TypeAlias = ApiKeySummary | KeyWithSecret


def summarize(key: ApiKey, version: int, last_used_at: str | None = None) -> ApiKeySummary:
    """Summarize the key as of a version; whether it has expired is not in the state, but a matter of the time."""
    return ApiKeySummary(
        key_id=key.key_id,
        name=key.name,
        scopes=key.scopes,
        rate_limit=key.rate_limit,
        status="revoked" if key.revoked else "active",
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=last_used_at,
        version=version,
    )


def shown(summary: ApiKeySummary, last_used_at: str | None, now: str) -> ApiKeySummary:
    """Show a stored summary at a time: with its last use, and as expired if it has."""
    ended = summary.status == "active" and summary.expires_at is not None and summary.expires_at <= now
    status: Literal["active", "revoked", "expired"] = "expired" if ended else summary.status
    return msgspec.structs.replace(summary, status=status, last_used_at=last_used_at)


def answer(key: ApiKey, version: int, command: Command, _events: Sequence[Event] = NOTHING) -> Answer:
    """Answer an accepted command; the secret is not here, and stays null in what is stored."""
    used = command.last_used_at if isinstance(command, commands.RotateKey | commands.RevokeKey) else None
    summary = summarize(key, version, used)
    return summary if isinstance(command, commands.RevokeKey) else KeyWithSecret(summary)


def stored_answer(key: ApiKey, version: int, stored: Mapping[str, object]) -> Answer:
    """Answer a stored answer's command from the current state, with the last use that it names."""
    inner = stored.get("api_key")
    used = (inner if isinstance(inner, dict) else stored).get("last_used_at")
    summary = summarize(key, version, used if isinstance(used, str) else None)
    return KeyWithSecret(summary) if "api_key" in stored else summary

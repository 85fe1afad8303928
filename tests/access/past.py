"""Past events of an API key."""

from __future__ import annotations

from seatkeeper.actors.access import api_key
from seatkeeper.actors.access.api_key import ApiKey
from seatkeeper.actors.access.commands import CreateKey, RevokeKey, RotateKey
from seatkeeper.actors.access.events import KeyCreated, KeyId, KeyRevoked, KeyRotated
from seatkeeper.actors.access.scopes import Scope
from seatkeeper.actors.aggregates.messages import Event
from tests.scenario import Aggregate

API_KEY = Aggregate[ApiKey](api_key.decide, api_key.evolve)
given, after = API_KEY.given, API_KEY.after

BACKEND = KeyId("01900000-0000-7000-8000-0000000000ee")
AT = "2026-11-22T18:12:00.000Z"
LATER = "2026-11-23T09:00:00.000Z"
MUCH_LATER = "2026-12-24T09:00:00.000Z"
FIRST, SECOND, THIRD = "11" * 32, "22" * 32, "33" * 32
"""Hashes of three secrets."""
SCOPES: tuple[Scope, ...] = ("plans:read", "accounts:write")

CREATE = CreateKey(BACKEND, "Backend", SCOPES, 50, MUCH_LATER, FIRST, AT)
ROTATE = RotateKey(SECOND, None, LATER)
REVOKE = RevokeKey(LATER)


def created(*, key_id: KeyId = BACKEND, name: str = "Backend", expires_at: str | None = MUCH_LATER) -> Event:
    """There is a key."""
    return KeyCreated(key_id, name, SCOPES, 50, expires_at, FIRST, AT)


def rotated(secret_hash: str = SECOND, overlap_until: str | None = None) -> Event:
    """It has another secret."""
    return KeyRotated(secret_hash, overlap_until, LATER)


def revoked() -> Event:
    """It has ended."""
    return KeyRevoked(LATER)

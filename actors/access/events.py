"""The events of an API key. The hash of a secret is stored, and no reader outside gets it."""

from __future__ import annotations

from typing import ClassVar, NewType, TypeAlias

from seatkeeper.actors.access.scopes import Scope
from seatkeeper.actors.aggregates.messages import Event

KeyId = NewType("KeyId", str)

SECRETS = frozenset({"secret_hash"})
"""The fields that are hidden."""


class KeyCreated(Event, frozen=True, gc=False):
    """There is a new key; `secret_hash` is the SHA-256 of its secret in hexadecimal digits."""

    tag: ClassVar[str] = "key.created"
    hidden: ClassVar[frozenset[str]] = SECRETS

    key_id: KeyId
    name: str
    scopes: tuple[Scope, ...]
    rate_limit: int | None
    expires_at: str | None
    secret_hash: str
    created_at: str


class KeyRotated(Event, frozen=True, gc=False):
    """The key has another secret; the one before works until `overlap_until`, or no longer if that is None."""

    tag: ClassVar[str] = "key.rotated"
    hidden: ClassVar[frozenset[str]] = SECRETS

    secret_hash: str
    overlap_until: str | None
    rotated_at: str


class KeyRevoked(Event, frozen=True, gc=False):
    """The key works no longer, for ever."""

    tag: ClassVar[str] = "key.revoked"

    revoked_at: str


KeyEvent: TypeAlias = KeyCreated | KeyRotated | KeyRevoked

"""The commands of an API key. They carry the hash of a secret, never the secret."""

from __future__ import annotations

from seatkeeper.actors.access.events import KeyId
from seatkeeper.actors.access.scopes import Scope
from seatkeeper.actors.aggregates.messages import Command


class CreateKey(Command, frozen=True, gc=False):
    """Make a new key; a `rate_limit` is in requests a second."""

    key_id: KeyId
    name: str
    scopes: tuple[Scope, ...]
    rate_limit: int | None
    expires_at: str | None
    secret_hash: str
    at: str


class RotateKey(Command, frozen=True, gc=False):
    """Give the key another secret; the one of now works until `overlap_until`, or no longer if that is None.

    `last_used_at` is only shown in the answer.
    """

    secret_hash: str
    overlap_until: str | None
    at: str
    last_used_at: str | None = None


class RevokeKey(Command, frozen=True, gc=False):
    """End the key for ever; `last_used_at` is only shown in the answer."""

    at: str
    last_used_at: str | None = None

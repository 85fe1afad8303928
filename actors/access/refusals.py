"""The refusals of an API key. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

from seatkeeper.actors.access.events import KeyId
from seatkeeper.actors.aggregates.messages import NotFound, Refusal


class KeyNotFound(NotFound, frozen=True, gc=False):
    """Key not found: no API key has this id. Check the id."""


class KeyExists(Refusal, frozen=True, gc=False):
    """Key id taken: a key with the id {key_id} exists already. Use another id."""

    key_id: KeyId


class KeyRevoked(Refusal, frozen=True, gc=False):
    """Key revoked: the key {key_id} was revoked for ever. Create another key."""

    key_id: KeyId


class KeyExpired(Refusal, frozen=True, gc=False):
    """Key expired: the key {key_id} ended at {expires_at}. Create another key."""

    key_id: KeyId
    expires_at: str

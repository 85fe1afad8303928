"""The refusals of an API key. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

from seatkeeper.actors.access.events import KeyId
from seatkeeper.actors.aggregates.messages import NotFound, Refusal


class KeyNotFound(NotFound, frozen=True, gc=False):
    """Key not found: no API key has this id. Check the id.

    It comes when the id in the path belongs to no API key of this service.

    Take the id from the list of API keys. It is the part between the first and the second underscore of a key.
    """


class KeyExists(Refusal, frozen=True, gc=False):
    """Key id taken: a key with the id {key_id} exists already. Use another id."""

    key_id: KeyId


class KeyRevoked(Refusal, frozen=True, gc=False):
    """Key revoked: the key {key_id} was revoked for ever. Create another key.

    It comes when another secret is asked for a key that has been revoked. Revoking cannot be undone.

    Create another key with the same scopes, and give it to the client that had the old one.
    """

    key_id: KeyId


class KeyExpired(Refusal, frozen=True, gc=False):
    """Key expired: the key {key_id} ended at {expires_at}. Create another key.

    It comes when another secret is asked for a key whose `expires_at` has passed.

    Create another key with the same scopes and a later `expires_at`, or with none.
    """

    key_id: KeyId
    expires_at: str

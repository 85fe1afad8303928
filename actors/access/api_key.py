"""An API key: its state, its decisions, and how it evolves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from seatkeeper.actors.access import commands, events, refusals
from seatkeeper.actors.access.events import KeyId
from seatkeeper.actors.access.scopes import Scope, ordered
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision, Event


class ApiKey(msgspec.Struct, gc=False):
    """The state of one key, private to its actor. Times are RFC 3339 in UTC with milliseconds, so text compares."""

    key_id: KeyId
    name: str
    scopes: tuple[Scope, ...]
    rate_limit: int | None
    expires_at: str | None
    secret_hash: str
    created_at: str
    earlier_hash: str | None = None
    earlier_until: str | None = None
    """Until when the secret before the last rotation works."""
    revoked: bool = False


def create(key: ApiKey | None, command: commands.CreateKey) -> Decision:
    """Make a new key, unless its id is taken."""
    if key is not None:
        return refusals.KeyExists(key.key_id)
    return [
        events.KeyCreated(
            key_id=command.key_id,
            name=command.name,
            scopes=ordered(command.scopes),
            rate_limit=command.rate_limit,
            expires_at=command.expires_at,
            secret_hash=command.secret_hash,
            created_at=command.at,
        )
    ]


def rotate(key: ApiKey, command: commands.RotateKey) -> Decision:
    """Take another secret, unless the key has ended."""
    if key.revoked:
        return refusals.KeyRevoked(key.key_id)
    if key.expires_at is not None and key.expires_at <= command.at:
        return refusals.KeyExpired(key.key_id, key.expires_at)
    if command.secret_hash == key.secret_hash:
        return NOTHING
    return [events.KeyRotated(command.secret_hash, command.overlap_until, command.at)]


def revoke(key: ApiKey, command: commands.RevokeKey) -> Decision:
    """End the key, unless it has been revoked already."""
    return NOTHING if key.revoked else [events.KeyRevoked(command.at)]


_DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.RotateKey: rotate,
    commands.RevokeKey: revoke,
}


def decide(key: ApiKey | None, command: Command) -> Decision:
    """Decide on a command: events, nothing, or a refusal."""
    if isinstance(command, commands.CreateKey):
        return create(key, command)
    if key is None:
        return refusals.KeyNotFound()
    return _DECISIONS[type(command)](key, command)


def evolve(key: ApiKey | None, event: Event) -> ApiKey:
    """Apply one event to the state, in place."""
    if isinstance(event, events.KeyCreated):
        return ApiKey(
            key_id=event.key_id,
            name=event.name,
            scopes=event.scopes,
            rate_limit=event.rate_limit,
            expires_at=event.expires_at,
            secret_hash=event.secret_hash,
            created_at=event.created_at,
        )
    if key is None:
        message = f"{event.tag} before key.created"
        raise ValueError(message)
    match event:
        case events.KeyRotated(overlap_until=until):
            key.earlier_hash, key.earlier_until = (None, None) if until is None else (key.secret_hash, until)
            key.secret_hash = event.secret_hash
        case events.KeyRevoked():
            key.revoked = True
        case _:
            message = f"{event!r} is no event of a key"
            raise TypeError(message)
    return key


def identity(key: ApiKey) -> str:
    """Return the id of the key, which is also in the id of its stream."""
    return key.key_id

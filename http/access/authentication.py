"""Authentication: whose key a request has.

There is one answer for no credentials, unknown ones, a revoked key and an expired one, and the same work before it: one
SHA-256 and as many comparisons as a key can have secrets, whatever is presented.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from aiohttp import hdrs, web

from seatkeeper.http.access.credentials import Credential, read_credential
from seatkeeper.http.access.limits.guesses import Guesses
from seatkeeper.http.server.problems import TOO_MANY_REQUESTS, UNAUTHENTICATED, ProblemError
from seatkeeper.http.server.routes import Caller
from seatkeeper.storage.errors import StorageDown

logger = logging.getLogger("seatkeeper.http")

Secret = tuple[bytes, str | None]
"""The SHA-256 of a secret, and until when it works; None for as long as its key."""

NOTHING = Credential("", "")
"""What has not the form of credentials: no key has this id."""

LENGTH = len(f"Bearer {Credential('-' * 36, '-' * 43)}")
"""Characters of the header of usual credentials."""

FOR_EVER = "\x7f"
"""A time after all others, which are written so that they sort as text."""

_NOBODYS: Sequence[Secret] = ((b"\0" * 32, ""), (b"\0" * 32, ""))
"""What is compared where there is nothing to compare: no secret has this digest, and it has never worked."""


class Key(Protocol):
    """What is known of a key."""

    @property
    def key_id(self) -> str:
        """Its id."""

    @property
    def scopes(self) -> frozenset[str]:
        """What it may do."""

    @property
    def rate_limit(self) -> int | None:
        """How many requests a second it may make, None for any number."""

    @property
    def secrets(self) -> Sequence[Secret]:
        """Its secret, and maybe the one before that."""

    @property
    def expires_at(self) -> str | None:
        """Until when it works."""

    @property
    def revoked(self) -> bool:
        """Whether it has been revoked."""


class Keyring(Protocol):
    """Where the keys are found."""

    @property
    def holds_keys(self) -> bool:
        """Whether there is any key, also one that no longer works."""

    def find(self, key_id: str) -> Key | None:
        """Find a key."""

    def used(self, key_id: str) -> None:
        """Note that the key was used now."""


class NoKeys:
    """The keyring of a service that is always open."""

    holds_keys = False

    def find(self, _key_id: str) -> Key | None:
        """Find none."""
        return None

    def used(self, _key_id: str) -> None:
        """Note nothing."""


class KeyCaller(Caller, frozen=True):
    """A caller with a key; `digest` is that of the secret that was presented."""

    digest: bytes = b""


class Authenticator:
    """Finds whose key a request has."""

    def __init__(
        self, keyring: Keyring, guesses: Guesses, *, now: Callable[[], str], on_failure: Callable[[], None]
    ) -> None:
        """Look keys up in this ring; `now` is the clock, and `on_failure` is called for each request that fails."""
        self._keyring = keyring
        self._guesses = guesses
        self._now = now
        self._on_failure = on_failure

    @property
    def is_open(self) -> bool:
        """Tell whether the service needs no key: it has never had one."""
        return not self._keyring.holds_keys

    def authenticate(self, request: web.Request, address: str) -> tuple[Key, KeyCaller]:
        """Return the key and who asks with it; raise ProblemError.

        An address that has guessed too often is told so before anything it presents is looked at.
        """
        header = request.headers.get(hdrs.AUTHORIZATION)
        key_id, digest = _identify(header or "")
        was_right = self._guesses.was_right(address, digest)
        if header is not None and not was_right:
            wait = self._guesses.seconds_to_wait(address)
            if wait:
                raise ProblemError(TOO_MANY_REQUESTS._replace(retry_after=wait))
        key = self._keyring.find(key_id)
        until = _held_until(key, digest)
        now = self._now()
        if key is None or until is None or not _works(key, until, now):
            # A secret that was right once is no guess: who still has it may go on to the new one.
            if header is not None and until is None and self._guesses.wrong(address):
                logger.warning("too many wrong credentials", extra={"remote": address})
            self._on_failure()
            raise ProblemError(UNAUTHENTICATED)
        if not was_right:
            self._guesses.right(address, digest)
        self._keyring.used(key_id)
        return key, KeyCaller(f"key:{key_id}", key_id, key.scopes, digest=digest)

    def still_valid(self, caller: Caller) -> bool:
        """Tell whether a caller who was let in may still be answered: for what goes on for long, such as a stream."""
        if caller.key_id is None:
            return self.is_open
        try:
            key = self._keyring.find(caller.key_id)
        except StorageDown:
            return False
        until = _held_until(key, caller.digest) if isinstance(caller, KeyCaller) else FOR_EVER
        return key is not None and until is not None and _works(key, until, self._now())


def _identify(header: str) -> tuple[str, bytes]:
    """Return the id of the key in `Bearer sk_<key id>_<secret>` and the digest of the secret.

    What has another form has an id that no key has. Of the usual form no regular expression is asked, which would cost
    as much as all the rest.
    """
    if header[:10] == "Bearer sk_" and len(header) == LENGTH and header[46] == "_" and header.isascii():
        return header[10:46], Credential("", header[47:]).digest
    scheme, _, given = header.partition(" ")
    credential = read_credential(given.strip(" ")) if scheme.lower() == "bearer" else None
    return (credential or NOTHING).key_id, (credential or NOTHING).digest


def _held_until(key: Key | None, digest: bytes) -> str | None:
    """Return until when this secret of the key works, None if it is no secret of it."""
    known = _NOBODYS if key is None else key.secrets
    stored, until = known[0]
    earlier, earlier_until = known[1] if len(known) > 1 else _NOBODYS[1]
    is_it, was_it = hmac.compare_digest(stored, digest), hmac.compare_digest(earlier, digest)
    if is_it:
        return FOR_EVER if until is None else until
    return earlier_until if was_it else None


def _works(key: Key, until: str, now: str) -> bool:
    return not key.revoked and now < until and (key.expires_at is None or now < key.expires_at)

"""Sessions: who has signed in with a key, told by a cookie that is no key and needs no memory here.

Its value is `key_id.expires.sealed`: the key's secret under a pad that is made of the secret's digest and of the two.
Who has the cookie alone cannot make the pad. Who has the database alone, or a copy of it, has only digests, and so
nothing to put under one: as for a call of the API, it takes the secret. Another time makes another pad, so none can be
put in. Each process of a cluster can check it, and it ends with the secret: when the key is revoked, has expired, or
has another secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable

from seatkeeper.http.access.authentication import Authenticator, Key, KeyCaller, Keyring
from seatkeeper.http.access.credentials import LENGTH, Credential

HOURS = 8
"""How long a session lasts."""

_PURPOSE = b"console"

_read = re.compile(rf"([0-9a-f-]{{36}})\.([0-9]{{1,12}})\.([0-9a-f]{{{2 * LENGTH}}})").fullmatch


class Sessions:
    """Writes the values of sessions, and finds who has one."""

    def __init__(self, keyring: Keyring, authenticator: Authenticator, clock: Callable[[], float] = time.time) -> None:
        """Look keys up in this ring; `clock` tells the seconds since 1970."""
        self._keyring = keyring
        self._authenticator = authenticator
        self._clock = clock

    def begin(self, credential: Credential) -> str:
        """Write the value of a new session of who has just presented these credentials, which work."""
        key_id, expires = credential.key_id, int(self._clock()) + HOURS * 3600
        sealed = _under_pad(credential.secret.encode(), credential.digest, key_id, expires)
        return f"{key_id}.{expires}.{sealed.hex()}"

    def find(self, value: str) -> tuple[Key, KeyCaller] | None:
        """Return the key of a session and who asks with it, None for one that has ended or never was.

        Raise StorageDown while the keys are not known.
        """
        found = _read(value)
        if found is None:
            return None
        key_id, expires, sealed = found[1], int(found[2]), bytes.fromhex(found[3])
        key = self._keyring.find(key_id)
        if key is None or expires <= self._clock():
            return None
        for digest, _until in key.secrets:
            presented = hashlib.sha256(_under_pad(sealed, digest, key_id, expires)).digest()
            caller = KeyCaller(f"console:{key_id}", key_id, key.scopes, digest=digest)
            if hmac.compare_digest(presented, digest) and self._authenticator.still_valid(caller):
                self._keyring.used(key_id)
                return key, caller
        return None


def _under_pad(text: bytes, digest: bytes, key_id: str, expires: int) -> bytes:
    """Put a secret under the pad of a session, or take it from under it."""
    about = b"%s %d" % (key_id.encode(), expires)
    pad = hashlib.blake2b(about, digest_size=LENGTH, key=digest, person=_PURPOSE).digest()
    return bytes(one ^ other for one, other in zip(text, pad, strict=True))

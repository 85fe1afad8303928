"""Credentials: `sk_<key id>_<secret>`, with a secret of 256 random bits, whose SHA-256 is all that is stored."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import NamedTuple

RANDOM_BYTES = 32

LENGTH = 43
"""Characters of a secret: its bytes in base64, without padding."""

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_read = re.compile(rf"sk_({_UUID})_([A-Za-z0-9_-]{{{LENGTH}}})").fullmatch


class Credential(NamedTuple):
    """A key's id and its secret, as a client presents them."""

    key_id: str
    secret: str

    def __str__(self) -> str:
        """Write it as it is presented."""
        return f"sk_{self.key_id}_{self.secret}"

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the secret."""
        return hashlib.sha256(self.secret.encode()).digest()


def new_credential(key_id: str) -> Credential:
    """Make a secret for this key."""
    return Credential(key_id, secrets.token_urlsafe(RANDOM_BYTES))


def read_credential(text: str) -> Credential | None:
    """Read a credential, None for what has not the form of one."""
    found = _read(text)
    return None if found is None else Credential(found[1], found[2])

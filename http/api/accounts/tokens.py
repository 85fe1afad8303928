"""Tokens of invitations: `inv_<account id>_<invitation id>_<secret>`, of whose secret only the SHA-256 is stored.

The secret has 256 random bits. The ids say where to look, so that nothing has to be looked up by a token.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import NamedTuple
from uuid import UUID

from seatkeeper.actors.accounts.values import InvitationId

RANDOM_BYTES = 32

_read = re.compile(r"inv_([0-9a-f]{32})_([0-9a-f]{32})_([A-Za-z0-9_-]{43})").fullmatch


class InvitationToken(NamedTuple):
    """Whose invitation it is of, which one, and the secret."""

    account_id: str
    invitation_id: InvitationId
    secret: str

    def __str__(self) -> str:
        """Write it as it is sent to who is invited."""
        return f"inv_{self.account_id.replace('-', '')}_{self.invitation_id.replace('-', '')}_{self.secret}"

    @property
    def token_hash(self) -> str:
        """The SHA-256 of the secret, in hex."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


def new_token(account_id: str, invitation_id: str) -> InvitationToken:
    """Make a token for this invitation."""
    return InvitationToken(account_id, InvitationId(invitation_id), secrets.token_urlsafe(RANDOM_BYTES))


def read_token(text: str) -> InvitationToken | None:
    """Read a token, None for what has not the form of one."""
    found = _read(text)
    if found is None:
        return None
    return InvitationToken(str(UUID(found[1])), InvitationId(str(UUID(found[2]))), found[3])

"""A member, and how addresses are compared."""

from __future__ import annotations

import unicodedata

import idna
import msgspec

from seatkeeper.actors.accounts.values import Role
from seatkeeper.actors.aggregates.external import Metadata


class Member(msgspec.Struct, gc=False, omit_defaults=True):
    """A member, who has a member slot and perhaps a seat."""

    name: str
    email: str | None
    role: Role
    joined_at: str
    seated: bool = False
    external_id: str | None = None
    metadata: Metadata | None = None


def same_email(address: str) -> str:
    """Fold an e-mail address to the form in which addresses are compared: the domain is in ASCII (RFC 5890).

    Any text is taken: old events have addresses that are not accepted any more.
    """
    if address.isascii():
        return address.lower().removesuffix(".")
    local, at, domain = address.rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        domain = unicodedata.normalize("NFC", domain.casefold())
    return (unicodedata.normalize("NFC", local.casefold()) + at + domain).removesuffix(".")

"""A naive model of an account: plain lists, and everything counted anew each time."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field


@dataclass
class Person:
    """A member in the model."""

    member_id: str
    name: str
    email: str | None
    role: str
    seated: bool
    external_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class Books:
    """An account in the model: plain lists, and nothing counted."""

    name: str
    plan: tuple[str, int, int, int]
    people: list[Person]
    payments: list[int] = field(default_factory=list)
    status: str = "active"
    external_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def seats(self) -> int:
        """Seats taken."""
        return len([person for person in self.people if person.seated])

    @property
    def admins(self) -> list[Person]:
        """Members who are admins."""
        return [person for person in self.people if person.role == "admin"]

    @property
    def credit(self) -> int:
        """What was paid, less what was charged."""
        return sum(self.payments)

    def person(self, member_id: str) -> Person | None:
        """The member with this id."""
        return next((person for person in self.people if person.member_id == member_id), None)

    def taken(self, email: str | None, but: str = "") -> bool:
        """Whether somebody else has the address."""
        others = [person.email for person in self.people if person.member_id != but and person.email is not None]
        return email is not None and folded(email) in [folded(other) for other in others]

    def named(self, external_id: str | None, but: str = "") -> bool:
        """Whether somebody else has the external id."""
        others = [person.external_id for person in self.people if person.member_id != but]
        return external_id is not None and external_id in others


def merged(metadata: dict[str, str], change: dict[str, str | None]) -> dict[str, str]:
    """The metadata after a change, entry by entry."""
    after = dict(metadata)
    for key, value in change.items():
        after.pop(key, None)
        if value is not None:
            after[key] = value
    return after


def folded(email: str) -> str:
    """The form in which the model compares addresses: folded, then composed by way of its parts; the domain in ASCII.

    Python's own codec is that of IDNA 2003, which differs for a few letters, such as the sharp s. None is drawn.
    """
    local, at, domain = email.rpartition("@")
    return composed(local) + at + domain.encode("idna").decode().lower()


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text.casefold()))

"""A naive model of an account: plain lists, and everything counted anew each time."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

# Pairs that are equal only when folded: sharp s and ss, composed and decomposed, capital and small, a domain in Unicode
# and in ASCII.
EMAILS = [
    *("ada@x", "ADA@x", "stra\u00dfe@x", "STRASSE@x", "ren\u00e9e@x", "RENE\u0301E@x", "bob@x", "\u0130@x"),
    *("bob@m\u00fcnchen.de", "bob@xn--mnchen-3ya.de", None),
]
EXTERNAL_IDS = ["user-1", "USER-1", "user-2", None]
NAMES = ["Ada", "Bob", "Ren\u00e9e"]


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
class Invited:
    """A pending invitation in the model."""

    invitation_id: str
    email: str
    role: str
    seated: bool
    token: str


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
    invited: list[Invited] = field(default_factory=list)
    over: list[Invited] = field(default_factory=list)
    """Invitations that are over."""
    grants: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Members and seats of each."""

    @property
    def terms(self) -> tuple[str, int, int, int]:
        """The plan, its revision, and the seats and member slots with those of all grants."""
        plan_id, revision, seats, slots = self.plan
        members = slots + sum(grant[0] for grant in self.grants.values())
        return plan_id, revision, max(0, seats + sum(grant[1] for grant in self.grants.values())), max(0, members)

    def room(self, email: str | None = None) -> tuple[int, int]:
        """Seats and slots that are free for somebody with this address, whose invitation gives up what it holds."""
        holding = [one for one in self.invited if email is None or folded(one.email) != folded(email)]
        _, _, seats, slots = self.terms
        return seats - self.seats - len([one for one in holding if one.seated]), slots - len(self.people) - len(holding)

    def fits(self) -> bool:
        """Whether no more is used than there is."""
        return min(self.room()) >= 0

    def invitations_to(self, email: str | None) -> int:
        """How many pending invitations there are to this address."""
        return len([one for one in self.invited if email is not None and folded(one.email) == folded(email)])

    def takes_up(self, email: str | None) -> None:
        """End the invitation to the address of a member."""
        for one in [one for one in self.invited if email is not None and folded(one.email) == folded(email)]:
            self.end(one)

    def end(self, one: Invited) -> None:
        """End an invitation."""
        self.invited.remove(one)
        self.over.append(one)

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

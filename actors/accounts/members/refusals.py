"""The refusals about members. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import NotFound, OneOfMany, Refusal


class MemberNotFound(NotFound, frozen=True, gc=False):
    """Member not found: no member of this account has this id. Check the id.

    It comes when the id in the path belongs to no member of this account, or to one that was removed.

    Take the id from the list of the account's members, or find in which accounts a person is by the e-mail
    address.
    """


class EmailTaken(Refusal, frozen=True, gc=False):
    """E-mail address taken: another member of this account has {email}. Use another address.

    It comes when somebody is added, invited or changed, and another member of the same account has that e-mail
    address. Small and large letters are the same.

    Find the member with this address: it may be the same person. Otherwise use another address, or none.
    """

    email: str


class LastAdmin(Refusal, frozen=True, gc=False):
    """Last admin: an account needs at least one admin. Make another member an admin first.

    It comes when the only admin of an account is removed or gets another role.

    Make another member an admin, then send the command again. To end the whole account, close it.
    """


class EntryRefused(OneOfMany, frozen=True, gc=False):
    """{refusal.detail} Nobody was added: this is entry {index}, counted from 0."""

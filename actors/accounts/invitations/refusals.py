"""The refusals about invitations. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

from seatkeeper.actors.accounts.values import InvitationStatus
from seatkeeper.actors.aggregates.messages import Gone, NotFound, Refusal


class InvitationNotFound(NotFound, frozen=True, gc=False):
    """Invitation not found: nothing is known of this id or token. Check it, or ask for a new invitation.

    It comes when an id belongs to no invitation of this account, or when a token was never given out or is not the
    newest one: renewing an invitation makes another token.

    Check that the token was copied as a whole. The account's list of invitations has their ids; renew one to send
    a new token.
    """


class AlreadyInvited(Refusal, frozen=True, gc=False):
    """Already invited: an invitation to {email} is pending. Renew it, or revoke it first.

    It comes when somebody is invited to an account and an invitation to the same e-mail address is pending there.

    Renew the invitation if its token was lost, which gives a new one. Revoke it first to invite with another role.
    """

    email: str


class InvitationOver(Gone, frozen=True, gc=False):
    """Invitation over: it is {outcome}. Ask for a new invitation.

    It comes when an invitation is accepted, renewed or revoked that was accepted or revoked before, or has
    expired. The field `outcome` says which.

    If it was accepted, the person is a member already. If it has expired, renew it. If it was revoked, send
    another.
    """

    outcome: InvitationStatus

"""The refusals of an account: the `detail` that a client reads, and the name for programs."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.grants.refusals import GrantNotFound
from seatkeeper.actors.accounts.invitations.refusals import AlreadyInvited, InvitationNotFound, InvitationOver
from seatkeeper.actors.accounts.limits.refusals import (
    GraceRunning,
    MemberFrozen,
    NoSeatLeft,
    OverLimit,
    UserLimitReached,
)
from seatkeeper.actors.accounts.members.refusals import EmailTaken, EntryRefused, LastAdmin, MemberNotFound
from seatkeeper.actors.accounts.profile.refusals import (
    AccountClosed,
    AccountExists,
    AccountNotFound,
    AccountSuspended,
    CreditExhausted,
    CreditTooLarge,
    CurrencyMismatch,
)
from seatkeeper.actors.accounts.values import Excess
from seatkeeper.actors.aggregates.messages import Refusal, told
from tests.accounts.rooms import REFUSALS

SENTENCES: list[tuple[Refusal, str, str]] = [
    (
        EntryRefused(2, told(NoSeatLeft(1))),
        "entry-refused",
        (
            "Seat limit reached: 1 of 1 seats are taken. Free a seat, or change the plan. "
            "Nobody was added: this is entry 2, counted from 0."
        ),
    ),
    (
        InvitationNotFound(),
        "invitation-not-found",
        "Invitation not found: nothing is known of this id or token. Check it, or ask for a new invitation.",
    ),
    (
        AlreadyInvited("ada@example.org"),
        "already-invited",
        "Already invited: an invitation to ada@example.org is pending. Renew it, or revoke it first.",
    ),
    (InvitationOver("revoked"), "invitation-over", "Invitation over: it is revoked. Ask for a new invitation."),
    (GrantNotFound(), "grant-not-found", "Grant not found: no grant with this id is in force. Check the id."),
    (
        MemberFrozen(),
        "member-frozen",
        "Member frozen: a frozen member holds no seat. Make room first: remove a member, or change the plan.",
    ),
    (
        GraceRunning("2026-11-30T09:00:00.000Z"),
        "grace-running",
        (
            "Grace running: until 2026-11-30T09:00:00.000Z nobody can join, as too many are members. "
            "Remove members, or change the plan."
        ),
    ),
    (AccountNotFound(), "account-not-found", "Account not found: no account has this id. Check the id."),
    (
        AccountExists(),
        "account-exists",
        "Account id taken: an account with this id exists already. Use another id.",
    ),
    (
        AccountSuspended(),
        "account-suspended",
        "Account suspended: it can only be read, reactivated or closed. Reactivate it first.",
    ),
    (
        AccountClosed(),
        "account-closed",
        "Account closed: it can only be read. Sign up for a new account.",
    ),
    (
        MemberNotFound(),
        "member-not-found",
        "Member not found: no member of this account has this id. Check the id.",
    ),
    (
        UserLimitReached(3),
        "user-limit-reached",
        "User limit reached: 3 of 3 member slots are taken. Remove a member, or change the plan.",
    ),
    (
        NoSeatLeft(10),
        "no-seat-left",
        "Seat limit reached: 10 of 10 seats are taken. Free a seat, or change the plan.",
    ),
    (
        EmailTaken("ada@example.org"),
        "email-taken",
        "E-mail address taken: another member of this account has ada@example.org. Use another address.",
    ),
    (
        LastAdmin(),
        "last-admin",
        "Last admin: an account needs at least one admin. Make another member an admin first.",
    ),
    (
        OverLimit(Excess(members=2, seats=1)),
        "over-limit",
        "Plan too small: 2 members and 1 seats too many. Remove members, or free seats.",
    ),
    (
        CurrencyMismatch("EUR"),
        "currency-mismatch",
        "Currency mismatch: the credit of this account is in EUR. Send the amount in EUR.",
    ),
    (
        CreditExhausted(750),
        "credit-exhausted",
        "Credit exhausted: 750 minor units do not cover this charge. Charge less, or add credit.",
    ),
    (
        CreditTooLarge(2**53 - 1),
        "credit-too-large",
        "Credit too large: the balance may not exceed 9007199254740991 minor units. Add less.",
    ),
]


def test_every_refusal_has_an_example_here() -> None:
    assert {type(refusal) for refusal, _, _ in SENTENCES} == set(REFUSALS)


@pytest.mark.parametrize(("refusal", "slug", "sentence"), SENTENCES, ids=[slug for _, slug, _ in SENTENCES])
def test_a_refusal_reads_as_a_sentence_with_its_fields(refusal: Refusal, slug: str, sentence: str) -> None:
    assert str(refusal) == sentence
    assert refusal.slug() == type(refusal).slug() == slug


def test_braces_in_a_field_are_not_filled_in() -> None:
    sentence = "E-mail address taken: another member of this account has {email}{0}@example.org. Use another address."
    assert str(EmailTaken("{email}{0}@example.org")) == sentence


def test_refusals_are_equal_when_their_fields_are() -> None:
    assert NoSeatLeft(1) == NoSeatLeft(1)
    assert NoSeatLeft(1) != NoSeatLeft(2)

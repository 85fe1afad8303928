"""The refusals of an account: the `detail` that a client reads, and the name for programs."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts import refusals
from seatkeeper.actors.aggregates.messages import Refusal
from tests.scenario import kinds

SENTENCES: list[tuple[Refusal, str, str]] = [
    (refusals.AccountNotFound(), "account-not-found", "Account not found: no account has this id. Check the id."),
    (
        refusals.AccountExists(),
        "account-exists",
        "Account id taken: an account with this id exists already. Use another id.",
    ),
    (
        refusals.AccountSuspended(),
        "account-suspended",
        "Account suspended: it can only be read, reactivated or closed. Reactivate it first.",
    ),
    (
        refusals.AccountClosed(),
        "account-closed",
        "Account closed: it can only be read. Sign up for a new account.",
    ),
    (
        refusals.MemberNotFound(),
        "member-not-found",
        "Member not found: no member of this account has this id. Check the id.",
    ),
    (
        refusals.UserLimitReached(3),
        "user-limit-reached",
        "User limit reached: 3 of 3 member slots are taken. Remove a member, or change the plan.",
    ),
    (
        refusals.NoSeatLeft(10),
        "no-seat-left",
        "Seat limit reached: 10 of 10 seats are taken. Free a seat, or change the plan.",
    ),
    (
        refusals.EmailTaken("ada@example.org"),
        "email-taken",
        "E-mail address taken: another member of this account has ada@example.org. Use another address.",
    ),
    (
        refusals.LastAdmin(),
        "last-admin",
        "Last admin: an account needs at least one admin. Make another member an admin first.",
    ),
    (
        refusals.OverLimit(refusals.Excess(members=2, seats=1)),
        "over-limit",
        "Plan too small: 2 members and 1 seats too many. Remove members, or free seats.",
    ),
    (
        refusals.CurrencyMismatch("EUR"),
        "currency-mismatch",
        "Currency mismatch: the credit of this account is in EUR. Send the amount in EUR.",
    ),
    (
        refusals.CreditExhausted(750),
        "credit-exhausted",
        "Credit exhausted: 750 minor units do not cover this charge. Charge less, or add credit.",
    ),
    (
        refusals.CreditTooLarge(2**53 - 1),
        "credit-too-large",
        "Credit too large: the balance may not exceed 9007199254740991 minor units. Add less.",
    ),
]


def test_every_refusal_has_an_example_here() -> None:
    assert {type(refusal) for refusal, _, _ in SENTENCES} == set(kinds(refusals, Refusal))


@pytest.mark.parametrize(("refusal", "slug", "sentence"), SENTENCES, ids=[slug for _, slug, _ in SENTENCES])
def test_a_refusal_reads_as_a_sentence_with_its_fields(refusal: Refusal, slug: str, sentence: str) -> None:
    assert str(refusal) == sentence
    assert refusal.slug() == type(refusal).slug() == slug


def test_braces_in_a_field_are_not_filled_in() -> None:
    sentence = "E-mail address taken: another member of this account has {email}{0}@example.org. Use another address."
    assert str(refusals.EmailTaken("{email}{0}@example.org")) == sentence


def test_refusals_are_equal_when_their_fields_are() -> None:
    assert refusals.NoSeatLeft(1) == refusals.NoSeatLeft(1)
    assert refusals.NoSeatLeft(1) != refusals.NoSeatLeft(2)

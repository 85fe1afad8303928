"""The rules of an account, as the client reads them, and the names that programs know them by."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts import refusals
from seatkeeper.actors.messages import Refusal
from tests.scenario import kinds

SENTENCES: list[tuple[Refusal, str, str]] = [
    (refusals.AccountNotFound(), "account-not-found", "There is no account with this id."),
    (refusals.AccountExists(), "account-exists", "There is an account with this id already."),
    (
        refusals.AccountSuspended(),
        "account-suspended",
        "The account is suspended: it can be read, reactivated or closed.",
    ),
    (refusals.AccountClosed(), "account-closed", "The account is closed: it can only be read."),
    (refusals.MemberNotFound(), "member-not-found", "The account has no member with this id."),
    (
        refusals.UserLimitReached(3),
        "user-limit-reached",
        "No place is left of 3.",
    ),
    (refusals.NoSeatLeft(1), "no-seat-left", "No seat is left of 1."),
    (
        refusals.EmailTaken("ada@example.org"),
        "email-taken",
        "Another member of this account has the e-mail address ada@example.org.",
    ),
    (refusals.LastAdmin(), "last-admin", "This member is the last admin, and an account has at least one."),
    (
        refusals.OverLimit(refusals.Excess(members=2, seats=1)),
        "over-limit",
        "What is in use does not fit: 2 members and 1 seats too many.",
    ),
    (refusals.CurrencyMismatch("EUR"), "currency-mismatch", "The credit of this account is in EUR."),
    (
        refusals.CreditExhausted(750),
        "credit-exhausted",
        "The credit of 750 minor units does not cover this charge.",
    ),
    (
        refusals.CreditTooLarge(2**63 - 1),
        "credit-too-large",
        "The credit would be more than 9223372036854775807 minor units.",
    ),
]


def test_every_rule_has_its_sentence_here() -> None:
    assert {type(refusal) for refusal, _, _ in SENTENCES} == set(kinds(refusals, Refusal))


@pytest.mark.parametrize(("refusal", "slug", "sentence"), SENTENCES, ids=[slug for _, slug, _ in SENTENCES])
def test_a_refusal_reads_as_a_sentence_with_its_fields(refusal: Refusal, slug: str, sentence: str) -> None:
    assert str(refusal) == sentence
    assert refusal.slug() == type(refusal).slug() == slug


def test_braces_in_a_field_are_only_braces() -> None:
    sentence = "Another member of this account has the e-mail address {email}{0}@example.org."
    assert str(refusals.EmailTaken("{email}{0}@example.org")) == sentence


def test_refusals_are_compared_by_what_they_say() -> None:
    assert refusals.NoSeatLeft(1) == refusals.NoSeatLeft(1)
    assert refusals.NoSeatLeft(1) != refusals.NoSeatLeft(2)

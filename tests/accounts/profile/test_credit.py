"""Credit: a balance in minor units of the account's one currency, never below zero.

It grows to 2^53-1, which is what every client reads exactly; an account of an older release may have more, and can
only be charged.
"""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.profile.refusals import CreditExhausted, CreditTooLarge, CurrencyMismatch
from seatkeeper.actors.accounts.values import LARGEST_AMOUNT
from tests.accounts.past import adjust, after, credited, given, opened


def test_credit_is_added_and_the_event_has_the_balance() -> None:
    past = (opened(), credited(1000))
    account = given(*past).when(adjust(250)).then(credited(250, 1250))
    assert account.credit == 1250


def test_a_negative_amount_charges() -> None:
    past = (opened(), credited(1000))
    given(*past).when(adjust(-250)).then(credited(-250, 750))


def test_the_credit_can_be_used_up() -> None:
    given(opened(), credited(1000)).when(adjust(-1000)).then(credited(-1000, 0))


def test_a_charge_that_the_credit_does_not_cover_is_refused_with_the_balance() -> None:
    given(opened(), credited(1000)).when(adjust(-1001)).refuses(CreditExhausted(balance=1000))


def test_a_new_account_has_no_credit_to_charge() -> None:
    given(opened()).when(adjust(-1)).refuses(CreditExhausted(balance=0))


def test_the_largest_charge_is_refused_like_any_other() -> None:
    given(opened(), credited(1)).when(adjust(-LARGEST_AMOUNT)).refuses(CreditExhausted(balance=1))


def test_an_amount_of_zero_changes_nothing() -> None:
    given(opened(), credited(1000)).when(adjust(0)).changes_nothing()


@pytest.mark.parametrize("amount", [1, 0, -1])
def test_credit_has_one_currency(amount: int) -> None:
    given(opened()).when(adjust(amount, "USD")).refuses(CurrencyMismatch(currency="EUR"))


def test_the_currency_is_checked_before_the_balance() -> None:
    given(opened(), credited(5)).when(adjust(-100, "USD")).refuses(CurrencyMismatch(currency="EUR"))


def test_the_credit_may_be_as_large_as_53_bits_hold() -> None:
    account = given(opened(), credited(LARGEST_AMOUNT - 1)).when(adjust(1)).then(credited(1, LARGEST_AMOUNT))
    assert account.credit == 2**53 - 1


def test_the_credit_grows_no_further_than_53_bits() -> None:
    past = (opened(), credited(LARGEST_AMOUNT))
    given(*past).when(adjust(1)).refuses(CreditTooLarge(largest=LARGEST_AMOUNT))


def test_two_halves_that_are_too_large_together_are_refused() -> None:
    past = (opened(), credited(LARGEST_AMOUNT))
    given(*past).when(adjust(LARGEST_AMOUNT)).refuses(CreditTooLarge(largest=LARGEST_AMOUNT))


@pytest.mark.parametrize("amount", [-1, -(2**53) + 1])
def test_credit_that_was_larger_before_can_be_charged(amount: int) -> None:
    account = given(opened(), credited(2**63 - 1)).when(adjust(amount)).then(credited(amount, 2**63 - 1 + amount))
    assert account.credit == 2**63 - 1 + amount


def test_credit_that_was_larger_before_does_not_grow() -> None:
    given(opened(), credited(2**63 - 1)).when(adjust(1)).refuses(CreditTooLarge(largest=2**53 - 1))


def test_credit_that_was_larger_before_may_be_changed_by_zero() -> None:
    given(opened(), credited(2**63 - 1)).when(adjust(0)).changes_nothing()


def test_the_balance_of_the_last_event_is_the_credit() -> None:
    assert after(opened(), credited(700), credited(-200, 500), credited(50, 550)).credit == 550

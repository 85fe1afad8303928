"""Credit: an account's balance in minor units, never below zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import a_customer
from tests.contract.shapes import Account, Money, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service

MOST = 2**53 - 1


def test_credit_is_added(customer: Customer) -> None:
    with customer.new_events() as events:
        account = answer(customer.credit(1250), 200, Account)
    assert account.credit == Money(1250, "EUR")
    assert customer.account() == account
    assert len(events) == 1


def test_credit_is_charged(customer: Customer) -> None:
    customer.credit(1250)
    with customer.new_events() as events:
        assert answer(customer.credit(-250), 200, Account).credit == Money(1000, "EUR")
    assert len(events) == 1


def test_credit_may_be_used_up(customer: Customer) -> None:
    customer.credit(1250)
    assert answer(customer.credit(-1250), 200, Account).credit == Money(0, "EUR")


def test_credit_is_not_overdrawn(customer: Customer) -> None:
    customer.credit(1250)
    with customer.new_events() as events:
        problem(customer.credit(-1251), 409, "credit-exhausted")
    assert customer.account().credit == Money(1250, "EUR")
    assert events == []


def test_an_account_without_credit_is_not_charged(customer: Customer) -> None:
    problem(customer.credit(-1), 409, "credit-exhausted")


def test_the_largest_charge_is_refused_like_any_other(customer: Customer) -> None:
    problem(customer.credit(-MOST), 409, "credit-exhausted")


def test_credit_is_held_in_one_currency(customer: Customer) -> None:
    with customer.new_events() as events:
        problem(customer.credit(1250, "USD"), 409, "currency-mismatch")
    assert customer.account().credit == Money(0, "EUR")
    assert events == []


def test_credit_is_held_in_the_currency_of_the_sign_up(service: Service) -> None:
    customer = a_customer(service, currency="JPY")
    assert answer(customer.credit(500, "JPY"), 200, Account).credit == Money(500, "JPY")
    problem(customer.credit(500, "EUR"), 409, "currency-mismatch")


def test_an_amount_may_be_as_large_as_every_client_reads_exactly(customer: Customer) -> None:
    assert answer(customer.credit(MOST), 200, Account).credit == Money(MOST, "EUR")
    assert customer.account().credit == Money(MOST, "EUR")


def test_a_balance_never_grows_beyond_what_every_client_reads_exactly(customer: Customer) -> None:
    customer.credit(MOST)
    with customer.new_events() as events:
        problem(customer.credit(1), 409, "credit-too-large")
    assert customer.account().credit == Money(MOST, "EUR")
    assert events == []


@pytest.mark.parametrize("amount", [2**53, -(2**53), 2**63 - 1, 2**64, 12.5, "1250", None, True])
def test_an_amount_is_an_integer_of_53_bits_and_a_sign(customer: Customer, amount: object) -> None:
    body = {"amount": {"amount": amount, "currency": "EUR"}, "reason": "a gift"}
    wrong_field(customer.post("/credit", body), "/amount/amount")
    assert customer.account().credit == Money(0, "EUR")


@pytest.mark.parametrize("currency", ["", "EURO", "€", "eur", "EUR\n", None, 978])
def test_an_amount_has_a_currency(customer: Customer, currency: object) -> None:
    body = {"amount": {"amount": 1, "currency": currency}, "reason": "a gift"}
    wrong_field(customer.post("/credit", body), "/amount/currency")


def test_an_amount_is_more_than_a_number(customer: Customer) -> None:
    wrong_field(customer.post("/credit", {"amount": 1250, "reason": "a gift"}), "/amount")


def test_a_movement_has_a_reason(customer: Customer) -> None:
    wrong_field(customer.post("/credit", {"amount": {"amount": 1, "currency": "EUR"}}), "/reason")

"""Currencies in requests: those of ISO 4217's table that are money today."""

from __future__ import annotations

from typing import get_args

import iso4217
import pytest

from seatkeeper.http import fields

CODES: tuple[str, ...] = get_args(fields.CurrencyCode)


@pytest.mark.parametrize("code", ["EUR", "USD", "JPY", "KWD", "XAF", "XCG", "ZWG", "SLE", "VED", "CHF"])
def test_a_currency_in_use_is_taken(code: str) -> None:
    assert code in CODES


@pytest.mark.parametrize("code", ["BGN", "HRK", "DEM", "ANG", "CUC", "SLL", "ZWL"])
def test_a_currency_that_has_ended_is_not(code: str) -> None:
    assert code not in CODES


@pytest.mark.parametrize(
    "code", ["XAU", "XDR", "XSU", "XTS", "XXX", "BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", ""]
)
def test_metals_funds_and_what_is_no_money_are_not(code: str) -> None:
    assert code not in CODES


def test_the_table_is_of_2026_or_later() -> None:
    assert iso4217.__published__.year >= 2026, "the lev ended on 1 January 2026"


def test_the_codes_are_in_order_each_once() -> None:
    assert list(CODES) == sorted(set(CODES))
    assert len(CODES) > 150

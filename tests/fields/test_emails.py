"""E-mail addresses in requests: email-validator decides; what our pattern takes, it would return as it is."""

from __future__ import annotations

import string

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from seatkeeper.actors.accounts.members.member import same_email
from seatkeeper.http import fields
from seatkeeper.http.server.validation import FieldError
from tests import suite

EXAMPLES = suite.pick(short=300, middle=1_000, long=50_000)
NORMAL = {
    "ada@example.org": "ada@example.org",
    "o'brien+seats@mail.example.org": "o'brien+seats@mail.example.org",
    "Ada.Lovelace@Example.ORG": "Ada.Lovelace@example.org",
    "INFO@example.org": "info@example.org",
    "ada@suite.test": "ada@suite.test",
    "j@münchen.de": "j@münchen.de",
    "j@xn--mnchen-3ya.de": "j@münchen.de",
    "j@\uff4dünchen\u3002de": "j@münchen.de",
    "rene\u0301e@example.org": "renée@example.org",
    "用户@例子.公司": "用户@例子.公司",
    "a" * 64 + "@example.org": "a" * 64 + "@example.org",
}
WRONG = [
    *("", "@", "ada", "@example.org", "ada@", "ada@@example.org", "ada@example.org@example.org"),
    *("a@x..org", "a..b@x.org", ".a@x.org", "a.@x.org", "a@.x.org", "a@-x.org", "a@x-.org", "a@x.org.", "a@x"),
    *("a@[127.0.0.1]", "a@127.0.0.1", "a@localhost", "a@mail.localhost", "a@x.local", "a@x.invalid", "a@x.arpa"),
    *("a" * 65 + "@x.org", "a@" + "x" * 64 + ".org", "a@" + "x." * 125 + "org", "a" * 255, "a@ab--cd.org"),
    *("a@xn--a.org", "a@x_y.org", "a b@x.org", " a@x.org", "a@x.org ", "a@x.org\n", "a\x00@x.org", '"a b"@x.org'),
    *("Ada <a@x.org>", "<a@x.org>", "mailto:a@x.org@", "a,b@x.org", "a@x.org,b@x.org", "a\uff20x.org"),
    *("a\u200b@x.org", "\u202ea@x.org", "a@x\u200b.org", "a@x.org\u2028", "a@münchen..de", "\ud800@x.org"),
]

near = st.sampled_from(
    ["a", "ada.lovelace", "o'neil", "a..b", ".a", "a.", "Ada", "info", "INFO", "Info", "a" * 64, "a" * 65]
)
labels = st.sampled_from(
    ["x", "example", "ab--cd", "xn--a", "xn--mnchen-3ya", "-x", "x-", "X", "", "x" * 62, "x" * 63, "x" * 64]
)
ends = st.sampled_from(["org", "test", "x", "c0m", "7", "ORG", "x" * 63, "x" * 64, *SPECIAL_USE_DOMAIN_NAMES])
domains = st.builds(lambda parts, last: ".".join([*parts, last]), st.lists(labels, max_size=3), ends)
ordinary = st.from_regex(fields._ORDINARY_EMAIL, fullmatch=True)
addresses = st.one_of(
    st.builds("{}@{}".format, near, domains),
    st.builds("{}@{}".format, st.text(string.printable + "\u00e9", max_size=8), domains),
    st.emails(),
    ordinary,
)


def decided(address: str) -> str | None:
    """What the library says: the normal form, or None."""
    try:
        found = validate_email(address, strict=True, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.normalized


def cleaned(address: str) -> str | None:
    """What the field makes of it: the normal form, or None."""
    try:
        return fields.email("email", address)
    except FieldError:
        return None


@pytest.mark.parametrize(("address", "normal"), NORMAL.items())
def test_an_address_is_stored_in_its_normal_form(address: str, normal: str) -> None:
    assert cleaned(address) == normal
    assert cleaned(normal) == normal
    assert same_email(address) == same_email(normal)


@pytest.mark.parametrize("address", WRONG)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(FieldError, match="Expected an e-mail address of at most 254 characters"):
        fields.email("email", address)


@settings(max_examples=EXAMPLES, deadline=None)
@given(addresses)
@example("a@x.org")
@example("a" * 65 + "@x.org")
@example("INFO@x.org")
@example("a@" + "x" * 64 + ".org")
def test_the_pattern_takes_nothing_that_the_library_refuses_or_writes_in_another_way(address: str) -> None:
    assume(len(address) <= 254)
    if fields._is_ordinary_email(address):
        assert decided(address) == address


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.one_of(addresses, st.text(max_size=30), st.builds("{}@{}".format, st.text(max_size=8), st.text(max_size=12))))
def test_an_address_is_taken_exactly_when_the_library_takes_it(address: str) -> None:
    assume(len(address) <= 254)
    assert cleaned(address) == decided(address)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.one_of(st.builds("{}@{}".format, st.text(max_size=8), st.text(max_size=12)), st.text(max_size=20)))
def test_two_forms_that_the_library_writes_the_same_are_compared_the_same(address: str) -> None:
    normal = decided(address)
    if normal is not None:
        assert same_email(address) == same_email(normal)


@pytest.mark.parametrize("address", ["ada@example.com", "ada.lovelace@example.org", "member-000000007@example.com"])
def test_an_ordinary_address_is_decided_by_the_pattern(address: str) -> None:
    assert fields._is_ordinary_email(address)
